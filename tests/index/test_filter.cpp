// A search that looks only at the records that meet a filter.
#include <sextant/index/index.hpp>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <thread>

#include "filter/random_filter.hpp"
#include "index/fixture.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::field;
using sextant::Filter;
using sextant::Index;
using sextant::Record;

namespace {

constexpr std::size_t dimensions = 7;

/// What `nearest` must return: all records that meet the filter, scored alone by an index that holds nothing else.
sextant::SearchResult expected(const std::vector<Record>& records, const std::vector<float>& query, std::size_t k, const Filter& filter) {
    auto index = Index::in_memory(space(dimensions));
    std::vector<Record> met;
    for (const auto& record : records)
        if (filter.matches(record.payload)) met.push_back(record);
    index.upsert(met);
    return index.nearest(query, {.k = k});
}

std::vector<Record> random_records(Random& random, Dice& dice, std::size_t count) {
    std::vector<Record> records;
    for (std::size_t i = 0; i < count; ++i) records.push_back(record("id-" + std::to_string(i), random.vector(dimensions), random_filter::payload(dice)));
    return records;
}

}  // namespace

TEST_CASE("a filtered search equals a search among the records that meet it") {
    Random random(21);
    Dice dice(21);
    const auto records = random_records(random, dice, 1'000);
    auto index = Index::in_memory(space(dimensions));
    index.upsert(records);
    std::size_t found = 0;
    for (int i = 0; i < 300; ++i) {
        const auto filter = random_filter::filter(dice);
        const auto query = random.vector(dimensions);
        const std::size_t k = 1 + random.below(30);
        INFO(filter.to_string());
        const auto result = index.nearest(query, {.k = k, .filter = filter});
        REQUIRE(same(result, expected(records, query, k, filter)));
        found += result.size();
    }
    CHECK(found > 1'000);
}

TEST_CASE("a search is never short while records meet the filter, however few") {
    Random random(22);
    auto index = Index::in_memory(space(dimensions));
    std::vector<Record> records;
    for (std::size_t i = 0; i < 5'000; ++i) records.push_back(record("id-" + std::to_string(i), random.vector(dimensions), "{\"n\": " + std::to_string(i) + "}"));
    index.upsert(records);
    for (const std::int64_t met : {0, 1, 5, 63, 64, 65, 500, 4'999, 5'000}) {
        const auto result = index.nearest(random.vector(dimensions), {.k = 10, .filter = field("n") < met});
        CHECK(result.size() == static_cast<std::size_t>(std::min<std::int64_t>(10, met)));
        CHECK(result.rows_scored == static_cast<std::size_t>(met));
        CHECK(result.completeness == (met < 10 ? sextant::Completeness::exhausted : sextant::Completeness::exact));
    }
}

TEST_CASE("filters see every write, and what was removed is gone") {
    Random random(23);
    Dice dice(23);
    TempFolder folder;
    std::optional<Index> index = Index::create(folder / "index", space(dimensions));
    std::vector<Record> model;
    for (int step = 0; step < 400; ++step) {
        if (random.below(3) > 0) {
            auto one = random_records(random, dice, 1).front();
            one.id = "id-" + std::to_string(random.below(200));
            index->upsert(std::vector{one});
            const auto known = std::ranges::find(model, one.id, &Record::id);
            if (known == model.end()) model.push_back(one);
            else *known = one;
        } else {
            const std::vector<std::string> ids{"id-" + std::to_string(random.below(200))};
            index->remove(ids);
            std::erase_if(model, [&](const Record& one) { return one.id == ids.front(); });
        }
        if (step % 100 == 99) {
            index.reset();
            index = Index::open(folder / "index");
        }
        const auto filter = random_filter::filter(dice, 2);
        const auto query = random.vector(dimensions);
        INFO(step << ": " << filter.to_string());
        REQUIRE(same(index->nearest(query, {.k = 20, .filter = filter}), expected(model, query, 20, filter)));
    }
}

TEST_CASE("one filter for many queries") {
    Random random(24);
    Dice dice(24);
    const auto records = random_records(random, dice, 300);
    auto index = Index::in_memory(space(dimensions));
    index.upsert(records);
    sextant::Matrix queries(20, dimensions);
    for (Eigen::Index i = 0; i < queries.size(); ++i) queries.data()[i] = random.uniform();
    const auto filter = field("a").exists() && !field("b").is_null();
    const auto results = index.nearest(queries, {.k = 9, .filter = filter, .threads = 3});
    for (Eigen::Index i = 0; i < queries.rows(); ++i) {
        const std::vector<float> query(queries.row(i).data(), queries.row(i).data() + dimensions);
        CHECK(same(results[static_cast<std::size_t>(i)], expected(records, query, 9, filter)));
    }
}

TEST_CASE("an empty index meets no filter") {
    const auto index = Index::in_memory(space(dimensions));
    CHECK(index.nearest(std::vector<float>(dimensions, 1), {.filter = field("x") == 1}).empty());
}

TEST_CASE("a payload with a number that no double holds has no fields, and harms no other") {
    auto index = Index::in_memory(space(dimensions));
    index.upsert(std::vector{record("a", std::vector<float>(dimensions, 1), R"({"x": 1, "y": 1e999})"), record("b", std::vector<float>(dimensions, 1), R"({"x": 1})")});
    const auto result = index.nearest(std::vector<float>(dimensions, 1), {.filter = field("x") == 1});
    REQUIRE(result.size() == 1);
    CHECK(result[0].id == "b");
}

// Each batch gives all records the same new number: whoever reads sees one number, of all records.
TEST_CASE("filtered searches beside a writer see one state") {
    auto index = Index::in_memory(space(dimensions));
    const auto batch = [](int n) {
        std::vector<Record> records;
        for (int i = 0; i < 100; ++i) records.push_back(record("id-" + std::to_string(i), std::vector<float>(dimensions, 1), "{\"n\": " + std::to_string(n) + "}"));
        return records;
    };
    index.upsert(batch(0));
    std::atomic<bool> done = false;
    std::atomic<int> torn = 0, seen = 0;
    std::vector<std::thread> readers;
    for (int t = 0; t < 3; ++t)
        readers.emplace_back([&, t] {
            while (!done) {
                const auto odd = index.nearest(std::vector<float>(dimensions, 1), {.k = 1000, .filter = t == 0 ? field("n") >= 0 : field("n").exists()});
                if (odd.size() != 100) ++torn;
                for (const auto& hit : odd)
                    if (hit.payload != odd[0].payload) ++torn;
                ++seen;
            }
        });
    for (int n = 1; n <= 200; ++n) index.upsert(batch(n));
    while (seen < 10) std::this_thread::yield();
    done = true;
    for (auto& reader : readers) reader.join();
    CHECK(torn == 0);
}
