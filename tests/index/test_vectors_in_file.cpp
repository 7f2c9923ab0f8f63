// An index that keeps codes in memory and reads vectors from its file when they are wanted.
#include <sextant/index/index.hpp>

#include <map>
#include <optional>
#include <vector>

#include "index/fixture.hpp"
#include "index/rows.hpp"
#include "index/run_sql.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::ErrorCode;
using sextant::field;
using sextant::Index;
using sextant::Metric;
using sextant::NearestOptions;
using sextant::OpenOptions;

namespace {

constexpr std::size_t dimensions = 24;
const OpenOptions lean{.vectors_in_memory = false};

sextant::Record numbered(std::size_t number, Random& random) {
    return record("id-" + std::to_string(number), random.vector(dimensions), "{\"n\": " + std::to_string(number) + "}");
}

std::vector<sextant::Record> numbered(std::size_t first, std::size_t count, Random& random) {
    std::vector<sextant::Record> records;
    for (std::size_t i = 0; i < count; ++i) records.push_back(numbered(first + i, random));
    return records;
}

/// All that can be asked of both.
void expect_same(const Index& lean_one, const Index& full, Random& random) {
    for (int i = 0; i < 5; ++i) {
        const auto query = random.vector(dimensions);
        for (NearestOptions options : {NearestOptions{.k = 7}, NearestOptions{.k = 1'000'000}, NearestOptions{.k = 9, .filter = field("n") >= 50, .threads = 3}})
            REQUIRE(same(lean_one.nearest(query, options), full.nearest(query, options)));
    }
    sextant::Matrix queries(33, static_cast<Eigen::Index>(dimensions));
    for (Eigen::Index i = 0; i < queries.size(); ++i) queries.data()[i] = random.uniform();
    const auto found = lean_one.nearest(queries, {.k = 5, .threads = 4}), wanted = full.nearest(queries, {.k = 5});
    for (std::size_t i = 0; i < found.size(); ++i) REQUIRE(same(found[i], wanted[i]));
    for (const auto& one : full.scroll({.limit = 10'000}).records) {
        const auto got = lean_one.get(one.id);
        REQUIRE((got && got->vector == one.vector && got->payload == one.payload));
    }
    lean_one.verify();
}

}  // namespace

TEST_CASE("without vectors in memory the answers are the same, through writes and removals") {
    for (const auto metric : {Metric::cosine, Metric::dot, Metric::l2}) {
        const TempFolder folder;
        Random random(71);
        (void)Index::create(folder / "an.sextant", space(dimensions, metric));
        auto index = Index::open(folder / "an.sextant", lean);
        auto full = Index::in_memory(space(dimensions, metric));
        for (int round = 0; round < 12; ++round) {
            const auto records = numbered(random.below(300), 60, random);
            index.upsert(records);
            full.upsert(records);
            std::vector<std::string> gone;
            for (int i = 0; i < 40; ++i) gone.push_back("id-" + std::to_string(random.below(360)));
            CHECK(index.remove(gone) == full.remove(gone));
            expect_same(index, full, random);
        }
        const auto follower = Index::open(folder / "an.sextant", {.read_only = true, .vectors_in_memory = false, .threads = 3});
        expect_same(follower, full, random);
        index.upsert(std::vector{numbered(7, random)});
        CHECK(follower.get("id-7")->vector == index.get("id-7")->vector);
    }
}

TEST_CASE("a graph is built and walked without vectors in memory") {
    const TempFolder folder;
    Random random(72);
    const auto records = numbered(0, 3'000, random);
    Index::create(folder / "an.sextant", space(dimensions)).upsert(records);
    auto index = Index::open(folder / "an.sextant", lean);
    index.build_graph({.threads = 2});
    REQUIRE(index.graph()->linked == 3'000);
    sextant::Matrix queries(50, static_cast<Eigen::Index>(dimensions));
    for (Eigen::Index i = 0; i < queries.size(); ++i) queries.data()[i] = random.uniform();
    CHECK(index.measure_recall(queries, {.ef = 100}) > 0.9);
    const auto walked = index.nearest(queries, {.ef = 100});
    auto full = Index::in_memory(space(dimensions));
    full.upsert(records);
    const auto all = full.nearest(queries, {.k = 3'000});
    for (std::size_t q = 0; q < walked.size(); ++q)
        for (const auto& hit : walked[q]) {
            const auto exact = std::ranges::find(all[q].hits, hit.id, &sextant::Hit::id);
            REQUIRE((exact != all[q].hits.end() && exact->score == hit.score));
        }
}

TEST_CASE("a vector that is damaged after the index was opened is noticed when it is wanted") {
    const TempFolder folder;
    Random random(73);
    const auto file = folder / "an.sextant";
    const auto records = numbered(0, 500, random);
    Index::create(file, space(dimensions)).upsert(records);
    const auto index = Index::open(file, {.read_only = true, .vectors_in_memory = false});
    run_sql(file, "UPDATE vectors_0 SET vector = zeroblob(96) WHERE row = 42");
    expect_error(ErrorCode::corrupt, {"an.sextant", "row 42"}, [&] { (void)index.nearest(records[41].vector, {.k = 1}); });
    expect_error(ErrorCode::corrupt, {"row 42"}, [&] { (void)index.get("id-41"); });
    CHECK(index.nearest(records[9].vector, {.k = 1, .filter = field("n") < 20})[0].id == "id-9");
    expect_error(ErrorCode::corrupt, {"row 42"}, [&] { index.verify(); });
}

TEST_CASE("a row without its vector takes the memory of its codes") {
    const sextant::index::RowLayout full(512, Metric::cosine), small(512, Metric::cosine, false);
    const auto bytes = [](const auto& layout) { return layout.piece_bytes() / (layout.blocks_per_piece() * sextant::kernels::block_rows); };
    CHECK(bytes(full) - bytes(small) == 2048);
    CHECK(bytes(small) < 920);
}
