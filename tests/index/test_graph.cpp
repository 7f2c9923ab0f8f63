// A graph finds most of the nearest, says so, and is never short; what it does not know is scanned.
#include <sextant/index/index.hpp>

#include <atomic>
#include <limits>
#include <set>
#include <thread>

#include "index/reference.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::Completeness;
using sextant::ErrorCode;
using sextant::Index;
using sextant::Metric;
using sextant::NearestOptions;
using sextant::Record;

namespace {

constexpr std::size_t dimensions = 32, count = 6000;

/// Neighbours in groups, as vectors of a model lie; and queries like them.
struct World {
    explicit World(std::uint64_t seed) : random(seed) {
        for (int i = 0; i < 60; ++i) centres.push_back(random.vector(dimensions));
    }
    Vector vector() {
        auto v = centres[random.below(centres.size())];
        for (auto& x : v) x += 0.5F * random.uniform();
        return v;
    }
    std::vector<Record> records(std::size_t first, std::size_t n) {
        std::vector<Record> list;
        for (std::size_t i = first; i < first + n; ++i) list.push_back(record(std::to_string(i), vector(), "{\"n\":" + std::to_string(i) + "}"));
        return list;
    }
    sextant::Matrix queries(std::size_t n) {
        sextant::Matrix all(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(dimensions));
        for (Eigen::Index q = 0; q < all.rows(); ++q) {
            const auto v = vector();
            for (std::size_t d = 0; d < dimensions; ++d) all(q, static_cast<Eigen::Index>(d)) = v[d];
        }
        return all;
    }
    Random random;
    std::vector<Vector> centres;
};

Index linked(World& world, Metric metric = Metric::cosine, const sextant::GraphOptions& options = {.threads = 2}) {
    auto index = Index::in_memory(space(dimensions, metric));
    index.upsert(world.records(0, count));
    index.build_graph(options);
    return index;
}

}  // namespace

TEST_CASE("a graph finds most of the nearest, more with more effort, and says that it may miss some", "[graph]") {
    for (const auto metric : {Metric::cosine, Metric::dot, Metric::l2}) {
        World world(1);
        const auto index = linked(world, metric);
        CHECK(index.graph()->linked == count);
        CHECK(index.graph()->unlinked == 0);
        const auto queries = world.queries(200);
        double last = 0;
        for (const std::size_t ef : {10U, 40U, 160U, 6000U}) {
            const double recall = index.measure_recall(queries, {.threads = 2, .ef = ef});
            CAPTURE(to_string(metric), ef, recall);
            CHECK(recall >= last - 0.005);
            last = recall;
        }
        CHECK(index.measure_recall(queries, {.ef = 40}) > 0.9);
        CHECK(last > 0.999);
        const auto found = index.nearest(queries, {.ef = 40}), exact = index.nearest(queries);
        std::size_t scored = 0;
        for (std::size_t q = 0; q < found.size(); ++q) {
            CHECK(found[q].completeness == Completeness::approximate);
            CHECK(exact[q].completeness == Completeness::exact);
            REQUIRE(found[q].size() == 10);
            scored += found[q].rows_scored;
            for (const auto& hit : found[q]) {  // scores are those of an exact search
                const auto stored = *index.get(hit.id);
                const Vector query(queries.row(static_cast<Eigen::Index>(q)).begin(), queries.row(static_cast<Eigen::Index>(q)).end());
                CHECK(hit.score == reference_score(metric, stored.vector, query));
            }
        }
        CHECK(scored / found.size() < count / 8);
    }
}

TEST_CASE("min_recall holds for queries like the records, and an exact search is the answer to what no walk reaches", "[graph]") {
    World world(2);
    const auto index = linked(world);
    const auto queries = world.queries(1000);
    for (const double recall : {0.5, 0.9, 0.97})
        for (const std::size_t k : {1U, 10U, 37U}) {
            const NearestOptions options{.k = k, .threads = 2, .min_recall = recall};
            CAPTURE(recall, k);
            CHECK(index.measure_recall(queries, options) >= recall);
        }
    const auto exact = index.nearest(queries, {.min_recall = 1});
    CHECK(exact[0].completeness == Completeness::exact);
    CHECK(index.nearest(queries, {.k = 500, .min_recall = 0.5})[0].completeness == Completeness::exact);  // was not measured
    CHECK(index.measure_recall(queries, {}) == 1);
}

TEST_CASE("what is written after the graph was built is found too, and what was removed is not", "[graph]") {
    World world(3);
    const TempFolder folder;
    auto index = Index::create(folder / "an.sextant", space(dimensions));
    index.upsert(world.records(0, count));
    index.build_graph({.threads = 2});
    std::vector<std::string> gone;
    for (std::size_t i = 0; i < count; i += 3) gone.push_back(std::to_string(i));
    (void)index.remove(gone);
    index.upsert(world.records(1, 1));             // replaced
    index.upsert(world.records(count + 100, 100));  // new
    CHECK(index.graph()->unlinked >= 101);
    CHECK(index.graph()->linked + index.graph()->unlinked == index.size());
    const auto right = [&] {
        for (const std::string& id : {std::string("1"), std::string("4"), std::to_string(count + 150)}) {
            const auto self = index.nearest(index.get(id)->vector, {.k = 1, .ef = 50});
            CHECK(self[0].id == id);
        }
        const auto queries = world.queries(100);
        for (const auto& result : index.nearest(queries, {.ef = 60}))
            for (const auto& hit : result) CHECK(index.contains(hit.id));
        CHECK(index.measure_recall(queries, {.ef = 100}) > 0.97);
    };
    right();
    index.build_graph();  // a third is gone: it is made anew
    CHECK(index.graph()->unlinked == 0);
    right();
    index.upsert(world.records(count + 300, 50));
    index.build_graph();  // these are added
    CHECK(index.graph()->unlinked == 0);
    right();
    index.verify();
}

TEST_CASE("a filtered walk is never short", "[graph]") {
    World world(4);
    const auto index = linked(world);
    const auto queries = world.queries(40);
    for (const std::int64_t below : {6000, 3000, 600, 60, 5, 0}) {
        const auto filter = sextant::field("n") < below;
        const auto wanted = std::min<std::size_t>(10, static_cast<std::size_t>(below));
        const auto exact = index.nearest(queries, {.filter = filter});
        for (const auto& options : {NearestOptions{.filter = filter, .ef = 20}, NearestOptions{.filter = filter, .min_recall = 0.9}}) {
            const auto found = index.nearest(queries, options);
            for (std::size_t q = 0; q < found.size(); ++q) {
                CHECK(found[q].size() == wanted);
                for (std::size_t i = 0; wanted < 10 && i < wanted; ++i) CHECK(found[q][i].id == exact[q][i].id);
                for (const auto& hit : found[q]) CHECK(std::stoll(hit.id) < below);
            }
        }
        CHECK(index.measure_recall(queries, {.filter = filter, .min_recall = 0.9}) > 0.9);
    }
    // What is near is not allowed, and what is allowed is far.
    const auto far = index.nearest(queries.row(0).eval(), {.k = 3000}).front();
    CHECK(far.size() == 3000);
}

TEST_CASE("a filter that lets the near ones through costs a walk no more steps, and one that bars them is answered all the same", "[graph]") {
    // Two worlds far apart.
    World world(14);
    auto index = Index::in_memory(space(dimensions, Metric::l2));
    std::vector<Record> records;
    for (std::size_t i = 0; i < 8000; ++i) {
        auto v = world.vector();
        v[0] += i % 2 == 0 ? 20.0F : -20.0F;
        records.push_back(record(std::to_string(i), v, i % 2 == 0 ? "{\"side\":\"right\"}" : "{\"side\":\"left\"}"));
    }
    index.upsert(records);
    index.build_graph({.threads = 2});
    auto queries = world.queries(50);
    queries.col(0).array() += 20.0F;
    const auto right = sextant::field("side") == "right", left = sextant::field("side") == "left";
    const auto looked_at = [&](const NearestOptions& options) {
        std::size_t sum = 0;
        for (const auto& result : index.nearest(queries, options)) sum += result.rows_scored;
        return sum;
    };
    CHECK(looked_at({.filter = right, .ef = 40}) < 3 * looked_at({.ef = 40}) / 2);
    CHECK(index.measure_recall(queries, {.filter = right, .ef = 40}) > 0.95);
    CHECK(index.measure_recall(queries, {.filter = left, .ef = 40}) > 0.8);
    CHECK(index.measure_recall(queries, {.filter = left, .min_recall = 0.9}) > 0.9);
}

TEST_CASE("the most effort there is finds all", "[graph]") {
    World world(11);
    const auto index = linked(world);
    const auto query = world.vector();
    const std::optional<sextant::Filter> half = sextant::field("n") < 3000;
    for (const auto& filter : {std::optional<sextant::Filter>(), half})
        for (const std::size_t ef : {std::numeric_limits<std::size_t>::max(), std::size_t{1} << 58, count}) {
            const auto all = index.nearest(query, {.k = 50, .filter = filter}), found = index.nearest(query, {.k = 50, .filter = filter, .ef = ef});
            CHECK(found.completeness == Completeness::approximate);
            REQUIRE(found.size() == 50);
            for (std::size_t i = 0; i < 50; ++i) CHECK(found[i].id == all[i].id);
        }
    const auto none = index.nearest(query, {.filter = sextant::field("n") < 0, .ef = 50});
    CHECK(none.empty());
    CHECK(none.completeness == Completeness::exhausted);
    CHECK(none.rows_scored == 0);
}

TEST_CASE("a walk that may have missed what reaches min_score says so", "[graph]") {
    World world(12);
    const auto index = linked(world);
    bool missed = false;
    for (int round = 0; round < 20; ++round) {
        const auto query = world.vector();
        const auto exact = index.nearest(query, {.k = 40});
        const auto found = index.nearest(query, {.k = 40, .min_score = exact.hits.back().score, .ef = 40});
        missed = missed || found.size() < 40;
        CHECK(found.completeness == Completeness::approximate);
        CHECK((found.size() == 40 || found.next.empty()));
    }
    CHECK(missed);
}

// Half of the groups are parts of one parent: their queries are asked again, and the others are not.
TEST_CASE("walks for the best of each parent: together as alone", "[graph]") {
    World world(13);
    auto index = Index::in_memory(space(dimensions));
    std::vector<Record> records;
    for (std::size_t i = 0; i < count; ++i) {
        const auto group = i % world.centres.size();
        auto vector = world.centres[group];
        for (auto& x : vector) x += 0.5F * world.random.uniform();
        records.push_back(record(std::to_string(i), vector));
        if (group % 2 != 0) continue;
        records.back().parent = "group " + std::to_string(group);
        records.back().span = sextant::ByteSpan{i, i + 1};
    }
    index.upsert(records);
    index.build_graph({.threads = 2});
    const auto queries = world.queries(20);
    const NearestOptions options{.k = 10, .ef = 15, .one_per_parent = true};
    const auto together = index.nearest(queries, options);
    std::set<std::size_t> efforts;
    for (Eigen::Index q = 0; q < queries.rows(); ++q) {
        const std::vector<float> one(queries.row(q).begin(), queries.row(q).end());
        const auto& found = together[static_cast<std::size_t>(q)];
        CHECK(same(found, index.nearest(one, options)));
        CHECK(found.size() == 10);
        CHECK(found.next.empty());
        efforts.insert(found.rows_scored / 1000);
        std::set<std::string> parents;
        for (const auto& hit : found) CHECK(parents.insert(hit.parent.empty() ? hit.id : hit.parent).second);
    }
    CHECK(efforts.size() > 1);
    auto bare = options;
    bare.records = false;
    const auto without = index.nearest(queries, bare);
    for (std::size_t q = 0; q < without.size(); ++q)
        for (std::size_t i = 0; i < 10; ++i) CHECK((without[q][i].id == together[q][i].id && without[q][i].parent.empty()));
}

TEST_CASE("one thread makes the same graph each time", "[graph]") {
    World one(5), two(5);
    const auto a = linked(one, Metric::cosine, {}), b = linked(two, Metric::cosine, {});
    const auto queries = one.queries(50);
    const auto from_a = a.nearest(queries, {.ef = 12}), from_b = b.nearest(queries, {.threads = 3, .ef = 12});
    for (std::size_t q = 0; q < from_a.size(); ++q) {
        CHECK(same(from_a[q], from_b[q]));
        const auto alone = a.nearest(std::span<const float>(queries.row(static_cast<Eigen::Index>(q)).data(), dimensions), {.ef = 12});
        CHECK(same(alone, from_a[q]));
    }
}

TEST_CASE("equal vectors, few vectors, none", "[graph]") {
    auto index = Index::in_memory(space(4));
    index.build_graph();
    CHECK_FALSE(index.graph());
    std::vector<Record> records;
    for (std::size_t i = 0; i < 2000; ++i) records.push_back(record(std::to_string(i), {1, 2, 3, 4}));
    index.upsert(std::span(records).first(900));
    index.build_graph();
    CHECK_FALSE(index.graph());  // a scan is as fast
    CHECK(index.nearest(Vector{1, 2, 3, 4}, {.ef = 10})[0].id == "0");
    index.upsert(records);
    index.build_graph();
    CHECK(index.graph()->linked == 2000);
    const auto found = index.nearest(Vector{1, 2, 3, 4}, {.ef = 10});
    CHECK(found.size() == 10);
    CHECK(found[0].score == 1);
}

TEST_CASE("building is cancelled by its progress, and goes on where it was", "[graph]") {
    World world(6);
    auto index = linked(world);
    index.upsert(world.records(count, 3000));
    struct Enough {};
    std::size_t calls = 0;
    CHECK_THROWS_AS(index.build_graph({.progress = [&](std::size_t done, std::size_t of) {
                        CHECK(of == 3000);
                        ++calls;
                        if (done >= 2000) throw Enough();
                    }}),
                    Enough);
    CHECK(calls == 2);
    CHECK(index.graph()->unlinked == 1000);
    index.build_graph();
    CHECK(index.graph()->unlinked == 0);
    CHECK(index.measure_recall(world.queries(100), {.ef = 100}) > 0.97);
}

TEST_CASE("searches and writes go on while a graph is built", "[graph]") {
    World world(7);
    auto index = Index::in_memory(space(dimensions));
    index.upsert(world.records(0, 3000));
    const auto queries = world.queries(20);
    std::atomic<bool> done{false};
    std::atomic<std::size_t> short_answers{0};
    std::thread reader([&] {
        while (!done)
            for (const auto& options : {NearestOptions{.ef = 30}, NearestOptions{.binary = true}})
                for (const auto& result : index.nearest(queries, options)) short_answers += result.size() != 10 ? 1 : 0;
    });
    std::thread writer([&] {
        World other(8);
        for (std::size_t i = 0; i < 60; ++i) {
            index.upsert(other.records(10'000 + 10 * i, 10));
            (void)index.remove(std::vector{std::to_string(i), std::to_string(10'000 + 10 * i)});
        }
    });
    for (int i = 0; i < 3; ++i) index.build_graph({.threads = 2});
    writer.join();
    done = true;
    reader.join();
    CHECK(short_answers == 0);
    index.build_graph();
    CHECK(index.graph()->unlinked == 0);
    CHECK(index.graph()->linked == index.size());
    CHECK(index.measure_recall(queries, {.ef = 100}) > 0.95);
}

TEST_CASE("a walk beside one that links is never short, and finds nothing twice", "[graph]") {
    World world(15);
    auto index = Index::in_memory(space(dimensions));
    index.upsert(world.records(0, 2000));
    index.build_graph();
    const auto queries = world.queries(200);
    std::atomic<bool> done{false};
    std::atomic<std::size_t> wrong{0};
    std::thread reader([&] {
        while (!done) {
            for (const auto& result : index.nearest(queries, {.ef = 30})) {
                std::set<std::string> ids;
                for (const auto& hit : result) ids.insert(hit.id);
                wrong += ids.size() != 10 ? 1 : 0;
            }
        }
    });
    for (std::size_t round = 0; round < 12; ++round) {  // nothing goes, so that the graph is added to
        index.upsert(world.records(2000 + round * 500, 500));
        index.build_graph({.threads = 2});
    }
    done = true;
    reader.join();
    CHECK(wrong == 0);
    CHECK(index.graph()->linked == 8000);
}

TEST_CASE("options of a graph that make no sense are named", "[graph]") {
    auto index = Index::in_memory(space(3));
    const auto build = [&](const sextant::GraphOptions& options) { return [&index, options] { index.build_graph(options); }; };
    expect_error(ErrorCode::invalid_argument, {"m is"}, build({.m = 1}));
    expect_error(ErrorCode::invalid_argument, {"m is"}, build({.m = 257, .ef_construction = 300}));
    expect_error(ErrorCode::invalid_argument, {"ef_construction"}, build({.m = 32, .ef_construction = 20}));
    expect_error(ErrorCode::invalid_argument, {"threads"}, build({.threads = 0}));
    const auto ask = [&](const NearestOptions& options) { return [&index, options] { (void)index.nearest(Vector{1, 2, 3}, options); }; };
    expect_error(ErrorCode::invalid_argument, {"min_recall"}, ask({.min_recall = 1.1}));
    expect_error(ErrorCode::invalid_argument, {"min_recall"}, ask({.min_recall = std::numeric_limits<double>::quiet_NaN()}));
    expect_error(ErrorCode::invalid_argument, {"ef", "k"}, ask({.k = 10, .ef = 9}));
    expect_error(ErrorCode::invalid_argument, {"ef", "min_recall"}, ask({.min_recall = 0.9, .ef = 20}));
}
