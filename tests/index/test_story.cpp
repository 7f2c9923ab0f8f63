// What an index is for, told once for a file and once for memory.
#include <sextant/index/index.hpp>

#include "index/fixture.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::ErrorCode;
using sextant::Index;
using sextant::Metric;
using sextant::Record;

namespace {

std::vector<std::string> ids(const sextant::SearchResult& result) {
    std::vector<std::string> ids;
    for (const auto& hit : result) ids.push_back(hit.id);
    return ids;
}

using Ids = std::vector<std::string>;

const std::vector<Record> compass = {record("north", {0, 1}, R"({"deg":0})", "up"),
                                     record("east", {1, 0}, R"({"deg":90})"), record("south", {0, -2}),
                                     record("north-east", {3, 3}, "{}", "between")};

void tell(Index index) {
    CHECK(index.size() == 0);
    CHECK(index.nearest(std::vector<float>{1, 0}).empty());
    index.upsert(compass);
    CHECK(index.size() == 4);
    CHECK(index.contains("south"));
    CHECK_FALSE(index.contains("west"));

    SECTION("the nearest come first, with what is remembered of them") {
        const auto result = index.nearest(std::vector<float>{0, 5}, {.k = 2});
        REQUIRE(ids(result) == Ids{"north", "north-east"});
        CHECK(result[0].score == 1.0F);
        CHECK(result[0].retrieval_score == 1.0F);
        CHECK(result[0].payload == R"({"deg":0})");
        CHECK(result[0].text == "up");
        CHECK(result[1].score == Approx(0.70710678).margin(1e-7));
        CHECK(result[1].text == "between");
        CHECK(result.rows_scored == 4);
        CHECK(result.completeness == sextant::Completeness::exact);
        CHECK(result.score_type == sextant::ScoreType::cosine);
        REQUIRE(result.stages.size() == 1);
        CHECK(result.stages[0].stage == "retrieve");
    }
    SECTION("there are never more hits than records, and the result says so") {
        const auto result = index.nearest(std::vector<float>{1, 0}, {.k = 5});
        CHECK(ids(result) == Ids{"east", "north-east", "north", "south"});
        CHECK(result.completeness == sextant::Completeness::exhausted);
        CHECK(index.nearest(std::vector<float>{1, 0}, {.k = 4}).completeness == sextant::Completeness::exact);
        CHECK(index.nearest(std::vector<float>{1, 0}, {.k = std::size_t(-1)}).size() == 4);
    }
    SECTION("a record comes back as it was given") {
        for (const auto& r : compass) CHECK(same(index.get(r.id).value(), r));
        CHECK_FALSE(index.get("west").has_value());
        CHECK_FALSE(index.get("").has_value());
    }
    SECTION("a record of the same id takes the place of the old one") {
        index.upsert(std::vector{record("north", {1, 1}, R"({"new":true})", "moved")});
        CHECK(index.size() == 4);
        CHECK(index.get("north")->text == "moved");
        // "north" was inserted before "north-east", and keeps that place among equals.
        const auto result = index.nearest(std::vector<float>{1, 1}, {.k = 2});
        CHECK(ids(result) == Ids{"north", "north-east"});
        CHECK(result[0].score == result[1].score);
    }
    SECTION("what was removed is not found, and may come back as the newest") {
        CHECK(index.remove(Ids{"east", "west", "east"}) == 1);
        CHECK(index.size() == 3);
        CHECK_FALSE(index.get("east").has_value());
        CHECK(ids(index.nearest(std::vector<float>{1, 0}, {.k = 1})) == Ids{"north-east"});
        index.upsert(std::vector{record("east", {5, 5})});
        CHECK(ids(index.nearest(std::vector<float>{1, 1}, {.k = 2})) == Ids{"north-east", "east"});
        CHECK(index.remove(Ids{}) == 0);
        CHECK(index.remove(Ids{"north", "east", "south", "north-east"}) == 4);
        CHECK(index.size() == 0);
        CHECK(index.nearest(std::vector<float>{1, 0}).completeness == sextant::Completeness::exhausted);
    }
    SECTION("a batch of queries is answered as if each had come alone") {
        sextant::Matrix queries(3, 2);
        queries << 1, 0, 0, 1, -1, -1;
        const auto results = index.nearest(queries, {.k = 3});
        REQUIRE(results.size() == 3);
        for (int i = 0; i < 3; ++i)
            CHECK(same(results[static_cast<std::size_t>(i)],
                       index.nearest(std::vector<float>{queries(i, 0), queries(i, 1)}, {.k = 3})));
        CHECK(index.nearest(sextant::Matrix(0, 2)).empty());
    }
    SECTION("nothing to insert is no error") {
        index.upsert({});
        CHECK(index.size() == 4);
    }
    SECTION("asking for nothing is one") {
        expect_error(ErrorCode::invalid_argument, {"k is 0"}, [&] {
            (void)index.nearest(std::vector<float>{1, 0}, {.k = 0});
        });
    }
    index.verify();
}

}  // namespace

TEST_CASE("an index in a file") {
    const TempFolder folder;
    tell(Index::create(folder / "compass.sextant", space(2)));
    CHECK(names(folder) == Ids{"compass.sextant"});
}

TEST_CASE("an index in memory") { tell(Index::in_memory(space(2))); }

TEST_CASE("records outlive the program") {
    const TempFolder folder;
    const auto file = folder / "compass.sextant";
    {
        auto index = Index::create(file, space(2));
        index.upsert(compass);
        (void)index.remove(Ids{"east"});
    }
    CHECK(names(folder) == Ids{"compass.sextant"});
    auto index = Index::open(file);
    CHECK(index.size() == 3);
    CHECK(same(index.get("north-east").value(), compass[3]));
    index.upsert(std::vector{record("west", {-1, 0})});
    CHECK(ids(index.nearest(std::vector<float>{-1, 0}, {.k = 1})) == Ids{"west"});
    index.verify();
}

TEST_CASE("an index can be moved") {
    auto first = Index::in_memory(space(2));
    first.upsert(compass);
    auto second = std::move(first);
    CHECK(second.size() == 4);
    first = Index::in_memory(space(2));
    CHECK(first.size() == 0);
    second = std::move(first);
    CHECK(second.size() == 0);
}

TEST_CASE("the three metrics") {
    const std::vector<Record> records = {record("a", {1, 0}), record("b", {4, 3}), record("c", {0, 0.5F})};
    const std::vector<float> query = {2, 0};
    const auto search = [&](Metric metric) {
        auto index = Index::in_memory(space(2, metric));
        index.upsert(records);
        return index.nearest(query);
    };
    const auto cosine = search(Metric::cosine);
    CHECK(ids(cosine) == Ids{"a", "b", "c"});
    CHECK(cosine[1].score == 0.8F);
    const auto dot = search(Metric::dot);
    CHECK(ids(dot) == Ids{"b", "a", "c"});
    CHECK(dot[0].score == 8.0F);
    CHECK(dot.score_type == sextant::ScoreType::dot);
    const auto l2 = search(Metric::l2);
    CHECK(ids(l2) == Ids{"a", "c", "b"});
    CHECK(l2[0].score == -1.0F);
    CHECK(l2[1].score == -4.25F);
    CHECK(l2[2].score == -13.0F);
    CHECK(l2.score_type == sextant::ScoreType::l2);
}

TEST_CASE("ids and texts may hold any character") {
    const TempFolder folder;
    const std::string nul("a\0b", 3);
    const std::vector<Record> records = {
        record(nul, {1, 0}, R"({"k":"\u0000"})", nul), record("a", {0, 1}),
        record("\xF0\x9F\x9A\xB2 '\"\\\n%", {1, 1}, R"({"a":{"b":[1,2,null]}})", "\xE8\x87\xAA"),
        record(std::string(sextant::max_id_bytes, 'x'), {1, 2}, "{}", std::string(sextant::max_text_bytes, 't'))};
    {
        auto index = Index::create(folder / "any.sextant", space(2));
        index.upsert(records);
    }
    const auto index = Index::open(folder / "any.sextant");
    CHECK(index.size() == records.size());
    for (const auto& r : records) CHECK(same(index.get(r.id).value(), r));
}

TEST_CASE("one dimension, and as many as there may be") {
    for (const std::size_t dimensions : {std::size_t{1}, sextant::max_dimensions}) {
        auto index = Index::in_memory(space(dimensions, Metric::dot));
        Random random(1);
        std::vector<Record> records;
        for (int i = 0; i < 9; ++i) records.push_back(record(std::to_string(i), random.vector(dimensions)));
        index.upsert(records);
        CHECK(index.nearest(random.vector(dimensions), {.k = 9}).size() == 9);
        CHECK(same(index.get("8").value(), records[8]));
    }
}
