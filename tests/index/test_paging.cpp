// Hits a page at a time, each page beginning where the one before ended.
#include <sextant/index/index.hpp>

#include <algorithm>
#include <map>
#include <set>

#include "index/fixture.hpp"
#include "index/reference.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::Completeness;
using sextant::ErrorCode;
using sextant::field;
using sextant::Index;
using sextant::Metric;

namespace {

/// All hits, a page at a time.
std::vector<sextant::Hit> paged(const Index& index, const Vector& query, sextant::NearestOptions options) {
    std::vector<sextant::Hit> all;
    for (;;) {
        const auto page = index.nearest(query, options);
        all.insert(all.end(), page.begin(), page.end());
        CHECK((page.completeness == Completeness::exhausted) == (page.size() < options.k));
        CHECK(page.next.empty() == (page.size() < options.k));
        if (page.next.empty()) return all;
        REQUIRE(all.size() <= index.size());
        options.search_after = page.next;
    }
}

bool same(const std::vector<sextant::Hit>& a, const std::vector<sextant::Hit>& b) {
    return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return x.id == y.id && x.score == y.score && x.payload == y.payload; });
}

sextant::Record numbered(std::size_t i, Vector vector) {
    return record(std::to_string(i), std::move(vector), "{\"n\": " + std::to_string(i) + "}");
}

}  // namespace

TEST_CASE("pages together are the whole order: every kind of vector, every metric, any length of a page") {
    Random random(41);
    for (const auto metric : {Metric::cosine, Metric::dot, Metric::l2})
        for (const std::string kind : {"random", "tied", "equal", "scaled", "near", "clusters", "integers", "zeros"}) {
            const std::size_t count = 1 + random.below(400), dimensions = 1 + random.below(20);
            const auto rows = rows_of(kind, count, dimensions, random);
            auto index = Index::in_memory(space(dimensions, metric));
            std::vector<sextant::Record> records;
            for (std::size_t i = 0; i < count; ++i) records.push_back(numbered(i, rows[i]));
            index.upsert(records);
            const auto query = random.below(2) == 0 ? rows[random.below(count)] : random.vector(dimensions);
            std::vector<sextant::Hit> expected;
            for (const auto row : reference(metric, rows, query, count)) {
                const float score = reference_score(metric, rows[row], query);
                expected.push_back({records[row].id, score, score, records[row].payload, {}});
            }
            INFO(kind << ", " << to_string(metric) << ", " << count << " rows");
            CHECK(same(paged(index, query, {.k = 1 + random.below(count + 5), .threads = 1 + random.below(3)}), expected));
            CHECK(same(paged(index, query, {.k = 7}), expected));

            const auto least = expected[expected.size() / 2].score;
            const auto met = static_cast<std::int64_t>(random.below(count));
            std::erase_if(expected, [&](const auto& hit) { return hit.score < least || std::stoll(hit.id) >= met; });
            CHECK(same(paged(index, query, {.k = 1 + random.below(9), .min_score = least, .filter = field("n") < met}), expected));
        }
}

TEST_CASE("whatever is written between two pages, a record that stays as it is comes once, in its order") {
    const bool file = GENERATE(false, true);
    constexpr std::size_t dimensions = 4;
    TempFolder folder;
    auto index = file ? Index::create(folder / "index", space(dimensions, Metric::l2)) : Index::in_memory(space(dimensions, Metric::l2));
    Random random(42);
    const auto some = rows_of("tied", 600, dimensions, random);
    std::size_t next_id = 0;
    const auto add = [&] {
        index.upsert(std::vector{numbered(next_id, some[random.below(some.size())])});
        return next_id++;
    };
    for (int i = 0; i < 300; ++i) add();
    for (int round = 0; round < 5; ++round) {
        const auto query = some[random.below(some.size())];
        const auto before = index.nearest(query, {.k = 10'000});
        std::set<std::string> touched;
        std::map<std::string, int> seen;
        std::vector<std::string> order;
        sextant::NearestOptions options{.k = 1 + random.below(12)};
        do {
            const auto page = index.nearest(query, options);
            for (const auto& hit : page) {
                ++seen[hit.id];
                order.push_back(hit.id);
            }
            options.search_after = page.next;
            add();
            const std::string replaced = std::to_string(random.below(next_id));
            index.upsert(std::vector{numbered(std::stoul(replaced), random.vector(dimensions))});
            const std::string removed = page.empty() ? "none" : page[page.size() - 1].id;  // the one that the cursor names
            if (random.below(2) == 0) index.remove(std::vector{removed});
            touched.insert({replaced, removed});
        } while (!options.search_after.empty());
        std::vector<std::string> stayed, expected;
        for (const auto& hit : before)
            if (!touched.contains(hit.id)) expected.push_back(hit.id);
        const std::set<std::string> of_interest(expected.begin(), expected.end());
        for (const auto& id : order)
            if (of_interest.contains(id)) stayed.push_back(id);
        CHECK(stayed == expected);
        CHECK(expected.size() > 100);
    }
}

TEST_CASE("a cursor holds in an index that was opened again") {
    TempFolder folder;
    Random random(43);
    const auto query = random.vector(5);
    std::string next;
    sextant::SearchResult all;
    {
        auto index = Index::create(folder / "index", space(5));
        for (std::size_t i = 0; i < 50; ++i) index.upsert(std::vector{numbered(i, random.vector(5))});
        all = index.nearest(query, {.k = 50});
        next = index.nearest(query, {.k = 20}).next;
    }
    const auto page = Index::open(folder / "index", {.read_only = true}).nearest(query, {.k = 20, .search_after = next});
    REQUIRE(page.size() == 20);
    for (std::size_t i = 0; i < 20; ++i) CHECK(page[i].id == all[20 + i].id);
}

TEST_CASE("a page after the first is exact, also where a graph would be walked") {
    Random random(44);
    const auto rows = rows_of("clusters", 3'000, 8, random);
    auto index = Index::in_memory(space(8));
    std::vector<sextant::Record> records;
    for (std::size_t i = 0; i < rows.size(); ++i) records.push_back(numbered(i, rows[i]));
    index.upsert(records);
    index.build_graph();
    const auto query = random.vector(8);
    const auto first = index.nearest(query, {.k = 10});
    const auto second = index.nearest(query, {.k = 10, .min_recall = 0.1, .search_after = first.next});
    CHECK(second.completeness == Completeness::exact);
    const auto both = index.nearest(query, {.k = 20});
    for (std::size_t i = 0; i < 10; ++i) CHECK(second[i].id == both[10 + i].id);

    // After a walk pages begin where its last hit stands: what it missed comes no more, and nothing comes twice.
    const auto walked = index.nearest(query, {.k = 10, .ef = 10}), after = index.nearest(query, {.k = 10, .search_after = walked.next});
    CHECK(walked.completeness == Completeness::approximate);
    const auto all = index.nearest(query, {.k = 3'000});
    const auto last = std::ranges::find(all.hits, walked.hits.back().id, &sextant::Hit::id);
    for (std::size_t i = 0; i < 10; ++i) CHECK(after[i].id == (last + 1 + static_cast<std::ptrdiff_t>(i))->id);
}

TEST_CASE("cursors of hits that were not given out are refused, and those that do not fit") {
    auto index = Index::in_memory(space(2));
    for (std::size_t i = 0; i < 5; ++i) index.upsert(std::vector{numbered(i, {1, static_cast<float>(i)})});
    const Vector query{1, 0};
    const auto good = index.nearest(query, {.k = 2}).next;
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto bad = good;
        bad[i] = bad[i] == '1' ? '2' : '1';
        expect_error(ErrorCode::invalid_argument, {"search_after \""}, [&] { (void)index.nearest(query, {.search_after = bad}); });
    }
    expect_error(ErrorCode::invalid_argument, {"is no cursor of hits"}, [&] { (void)index.nearest(query, {.search_after = index.scroll({.limit = 1}).next}); });
    expect_error(ErrorCode::invalid_argument, {"pages are searched exactly"}, [&] { (void)index.nearest(query, {.ef = 10, .search_after = good}); });
    const sextant::Matrix two = sextant::Matrix::Ones(2, 2);
    expect_error(ErrorCode::invalid_argument, {"there are 2"}, [&] { (void)index.nearest(two, {.search_after = good}); });
}
