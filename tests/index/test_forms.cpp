// Counting, scrolling and facets, in memory and in a file alike, against plain loops.
#include <sextant/index/index.hpp>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "filter/random_filter.hpp"
#include "index/fixture.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::ErrorCode;
using sextant::field;
using sextant::Filter;
using sextant::Index;
using sextant::Record;

namespace {

constexpr std::size_t dimensions = 3;

/// An index, and what it must hold, in the order of insertion.
struct Both {
    TempFolder folder;
    Index index;
    std::vector<Record> model = {};
    Random random{31};
    Dice dice{31};

    explicit Both(bool file) : index(file ? Index::create(folder / "index", space(dimensions)) : Index::in_memory(space(dimensions))) {}

    void upsert(Record record) {
        index.upsert({&record, 1});
        const auto known = std::ranges::find(model, record.id, &Record::id);
        if (known == model.end()) model.push_back(std::move(record));
        else *known = std::move(record);
    }
    void upsert_random(std::size_t ids) { upsert(record("id-" + std::to_string(random.below(ids)), random.vector(dimensions), random_filter::payload(dice), "text")); }
    void remove(const std::string& id) {
        index.remove(std::vector{id});
        std::erase_if(model, [&](const Record& one) { return one.id == id; });
    }
    [[nodiscard]] std::vector<Record> meeting(const std::optional<Filter>& filter) const {
        std::vector<Record> met;
        for (const auto& one : model)
            if (!filter || filter->matches(one.payload)) met.push_back(one);
        return met;
    }
};

bool same(const std::vector<Record>& a, const std::vector<Record>& b) {
    return std::ranges::equal(a, b, [](const Record& x, const Record& y) { return fixture::same(x, y); });
}

std::vector<Record> scrolled(const Index& index, std::size_t limit, const std::optional<Filter>& filter) {
    std::vector<Record> all;
    sextant::ScrollOptions options{.limit = limit, .filter = filter};
    do {
        auto page = index.scroll(options);
        CHECK(page.records.size() <= limit);
        CHECK((page.next.empty() || page.records.size() == limit));
        all.insert(all.end(), page.records.begin(), page.records.end());
        options.after = page.next;
        REQUIRE(all.size() <= 1'000);
    } while (!options.after.empty());
    return all;
}

/// "value: count" of each, values as filters have them.
std::vector<std::string> shown(const std::vector<sextant::Facet>& facets) {
    const std::string before = R"("v" == )";
    std::vector<std::string> lines;
    for (const auto& [value, count] : facets) lines.push_back((field("v") == value).to_string().substr(before.size()) + ": " + std::to_string(count));
    return lines;
}

}  // namespace

TEST_CASE("records are counted and scrolled in the order of insertion, whatever was replaced and removed") {
    Both both(GENERATE(false, true));
    for (int step = 0; step < 300; ++step) {
        if (both.random.below(3) > 0) both.upsert_random(100);
        else both.remove("id-" + std::to_string(both.random.below(100)));
        if (step % 10 != 9) continue;
        const auto filter = random_filter::filter(both.dice, 2);
        INFO(step << ": " << filter.to_string());
        CHECK(both.index.count(filter) == both.meeting(filter).size());
        CHECK(same(scrolled(both.index, 1 + both.random.below(30), std::nullopt), both.model));
        CHECK(same(scrolled(both.index, 1 + both.random.below(30), filter), both.meeting(filter)));
    }
}

TEST_CASE("whatever is written between two pages, a record that stays is seen once") {
    Both both(GENERATE(false, true));
    for (int i = 0; i < 500; ++i) both.upsert_random(300);
    for (int round = 0; round < 10; ++round) {
        std::set<std::string> stay;
        for (const auto& one : both.model) stay.insert(one.id);
        std::map<std::string, int> seen;
        std::string after;
        do {
            const auto page = both.index.scroll({.limit = 1 + both.random.below(20), .after = after});
            for (const auto& one : page.records) {
                ++seen[one.id];
                CHECK(fixture::same(one, *std::ranges::find(both.model, one.id, &Record::id)));
            }
            after = page.next;
            for (int write = 0; write < 5; ++write) {
                // Also the last one that was seen goes: the cursor holds without it.
                const std::string id = write == 0 ? page.records.back().id : "id-" + std::to_string(both.random.below(300));
                if (write % 2 == 0) {
                    both.remove(id);
                    stay.erase(id);
                } else {
                    both.upsert_random(300);
                }
            }
        } while (!after.empty());
        for (const auto& [id, times] : seen)
            if (stay.contains(id)) CHECK(times == 1);
        for (const auto& id : stay) CHECK(seen.contains(id));
        for (int i = 0; i < 100; ++i) both.upsert_random(300);
    }
}

TEST_CASE("a scroll ends: nothing comes after the last record, and of an empty index there is nothing") {
    Both both(GENERATE(false, true));
    CHECK(both.index.scroll().records.empty());
    CHECK(both.index.scroll().next.empty());
    for (const auto* id : {"a", "b", "c"}) both.upsert(record(id, {1, 0, 0}));
    const auto two = both.index.scroll({.limit = 2});
    CHECK(two.records.size() == 2);
    const auto third = both.index.scroll({.limit = 1, .after = two.next});
    CHECK(third.records.at(0).id == "c");
    CHECK(third.next.empty());
    CHECK(both.index.scroll({.limit = 3}).next.empty());
}

TEST_CASE("a scroll beside a writer sees what stays, once") {
    Both both(GENERATE(false, true));
    for (int i = 0; i < 200; ++i) both.upsert(record("stays-" + std::to_string(i), {1, 0, 0}, R"({"stays": true})"));
    std::atomic<bool> done = false;
    std::thread writer([&] {
        Random random(5);
        while (!done) {
            const auto id = "moves-" + std::to_string(random.below(50));
            if (random.below(2) == 0) both.index.upsert(std::vector{record(id, {0, 1, 0})});
            else both.index.remove(std::vector{id});
        }
    });
    for (int round = 0; round < 20; ++round) {
        std::size_t next = 0, wrong = 0;
        for (const auto& one : scrolled(both.index, 7, std::nullopt))
            if (one.id.starts_with("stays-") && one.id != "stays-" + std::to_string(next++)) ++wrong;
        CHECK(next == 200);
        CHECK(wrong == 0);
        CHECK(both.index.count(field("stays") == true) == 200);
    }
    done = true;
    writer.join();
}

TEST_CASE("facets count values, elements of arrays too, each once for each record") {
    Both both(GENERATE(false, true));
    int id = 0;
    for (const auto* payload : {R"({"v": "b"})", R"({"v": ["a", "b", "a"]})", R"({"v": 2})", R"({"v": [2.0, 1e0]})", R"({"v": 2.5})", R"({"v": true})",
                                R"({"v": null})", R"({"v": {"lat": 1, "lon": 2}})", R"({"v": [[1], {}]})", R"({})", R"({"v": "2"})", R"({"v": false})",
                                R"({"v": 9223372036854775807})", R"({"v": 9223372036854775808})", R"({"v": []})"})
        both.upsert(record(std::to_string(id++), {1, 0, 0}, payload));
    const std::vector<std::string> expected{"2: 2", R"("b": 2)", "false: 1", "true: 1", "1: 1", "2.5: 1",
                                            "9223372036854775807: 1", "9223372036854775808.0: 1", R"("2": 1)", R"("a": 1)"};
    CHECK(shown(both.index.facets(field("v"), {.limit = 100})) == expected);
    CHECK(shown(both.index.facets(field("v"), {.limit = 3})) == std::vector<std::string>(expected.begin(), expected.begin() + 3));
    CHECK(shown(both.index.facets(field("v"), {.filter = field("v").contains("a")})) == std::vector<std::string>{R"("a": 1)", R"("b": 1)"});
    CHECK(both.index.facets(field("v.w")).empty());
    both.upsert(record("1", {1, 0, 0}, R"({"v": "a"})"));
    both.remove("0");
    CHECK(shown(both.index.facets(field("v"), {.filter = field("v").starts_with("a")})) == std::vector<std::string>{R"("a": 1)"});
    CHECK(shown(both.index.facets(field("v"), {.limit = 1})) == std::vector<std::string>{"2: 2"});
}

TEST_CASE("the count of a facet is the number of records that the filter on its value meets") {
    Both both(GENERATE(false, true));
    for (int i = 0; i < 300; ++i) both.upsert_random(200);
    std::size_t found = 0;
    for (int i = 0; i < 30; ++i) {
        const auto filter = random_filter::filter(both.dice, 2);
        for (const auto* path : {"a", "b", "a.b"}) {
            const auto facets = both.index.facets(field(path), {.limit = 1'000, .filter = filter});
            INFO(filter.to_string());
            for (const auto& facet : facets)
                CHECK(facet.count == both.meeting(filter && (field(path) == facet.value || field(path).contains(facet.value))).size());
            CHECK(std::ranges::is_sorted(facets, std::ranges::greater(), &sextant::Facet::count));
            found += facets.size();
        }
    }
    CHECK(found > 100);
}

TEST_CASE("cursors that were not given out are refused, as are limits of 0") {
    Both both(false);
    for (int i = 0; i < 5; ++i) both.upsert(record(std::to_string(i), {1, 0, 0}));
    const auto good = both.index.scroll({.limit = 2}).next;
    CHECK(std::ranges::all_of(good, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }));
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto bad = good;
        bad[i] = bad[i] == '1' ? '2' : '1';
        expect_error(ErrorCode::invalid_argument, {"after \""}, [&] { (void)both.index.scroll({.after = bad}); });
    }
    for (const std::string& bad : {std::string("2"), good + "0", good.substr(1), std::string(25, 's'), std::string(1000, '\n'), "S" + good.substr(1)})
        expect_error(ErrorCode::invalid_argument, {"give what `next` held"}, [&] { (void)both.index.scroll({.after = bad}); });
    const auto of_hits = both.index.nearest(std::vector<float>{1, 0, 0}, {.k = 1}).next;
    expect_error(ErrorCode::invalid_argument, {"is no cursor of scrolled records"}, [&] { (void)both.index.scroll({.after = of_hits}); });
    expect_error(ErrorCode::invalid_argument, {"limit is 0"}, [&] { (void)both.index.scroll({.limit = 0}); });
    expect_error(ErrorCode::invalid_argument, {"limit is 0"}, [&] { (void)both.index.facets(field("a"), {.limit = 0}); });
}
