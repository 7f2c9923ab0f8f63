// The answers, against a plain loop in double precision over the vectors as they were given.
#include <sextant/index/index.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "index/fixture.hpp"
#include "support/catch.hpp"

using namespace fixture;
using sextant::Index;
using sextant::Metric;
using sextant::Record;

namespace {

using Vector = std::vector<float>;

float reference_score(Metric metric, const Vector& x, const Vector& q) {
    long double dot = 0, xx = 0, qq = 0, distance = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const long double a = x[i], b = q[i];
        dot += a * b;
        xx += a * a;
        qq += b * b;
        distance += (a - b) * (a - b);
    }
    const long double score = metric == Metric::dot ? dot : metric == Metric::l2 ? -distance : dot / std::sqrt(xx * qq);
    return static_cast<float>(static_cast<double>(score)) + 0.0F;
}

/// Positions of the k best, best first, equal scores in the order of insertion.
std::vector<std::size_t> reference(Metric metric, const std::vector<Vector>& rows, const Vector& query, std::size_t k) {
    std::vector<float> scores;
    for (const auto& row : rows) scores.push_back(reference_score(metric, row, query));
    std::vector<std::size_t> order(rows.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    order.resize(std::min(k, order.size()));
    return order;
}

/// Vectors of one kind; every kind is legal for cosine too.
std::vector<Vector> rows_of(const std::string& kind, std::size_t count, std::size_t dimensions, Random& random) {
    std::vector<Vector> rows;
    const auto base = random.vector(dimensions);
    for (std::size_t i = 0; i < count; ++i) {
        auto v = random.vector(dimensions);
        if (kind == "tied") v = i % 7 == 0 || rows.size() < 5 ? v : rows[random.below(5)];
        if (kind == "equal") v = base;
        if (kind == "scaled")  // the same directions at lengths that are powers of two: cosines are equal
            for (std::size_t d = 0; d < dimensions; ++d) v[d] = std::ldexp(base[d], static_cast<int>(i % 40) - 20);
        if (kind == "near")  // neighbours one step of the last bit apart
            for (std::size_t d = 0; d < dimensions; ++d)
                v[d] = random.below(2) == 0 ? base[d] : std::nextafter(base[d], 2.0F);
        if (kind == "spike") v[random.below(dimensions)] = 1e17F;
        if (kind == "spread")
            for (auto& x : v) x = std::ldexp(x, static_cast<int>(random.below(160)) - 110);
        if (kind == "denormal")
            for (auto& x : v) x = std::numeric_limits<float>::denorm_min() * static_cast<float>(1 + random.below(20));
        if (kind == "integers")
            for (auto& x : v) x = static_cast<float>(random.below(3)) + 1;
        if (kind == "cancelling")  // large terms whose sum is small
            for (std::size_t d = 0; d < dimensions; ++d) v[d] = (d % 2 == 0 ? 1.0F : -1.0F) * 1e6F + random.uniform();
        if (kind == "zeros")
            for (std::size_t d = 0; d < dimensions; ++d)
                v[d] = d == i % dimensions ? (i % 2 == 0 ? 1.0F : -1.0F) : -0.0F;
        rows.push_back(std::move(v));
    }
    return rows;
}

struct Case {
    Metric metric;
    std::string kind;
    std::size_t count, dimensions, k;
};

void check_case(const Case& c, std::uint64_t seed) {
    INFO("metric " << to_string(c.metric) << ", " << c.kind << ", " << c.count << " x " << c.dimensions << ", k " << c.k
                   << ", seed " << seed);
    Random random(seed);
    const auto rows = rows_of(c.kind, c.count, c.dimensions, random);
    auto index = Index::in_memory(space(c.dimensions, c.metric));
    std::vector<Record> records;
    for (std::size_t i = 0; i < rows.size(); ++i) records.push_back(record(std::to_string(i), rows[i]));
    index.upsert(records);

    constexpr Eigen::Index count = 6;
    sextant::Matrix queries(count, static_cast<Eigen::Index>(c.dimensions));
    for (Eigen::Index i = 0; i < count; ++i) {
        auto query = random.vector(c.dimensions);
        if (i % 3 == 1 && !rows.empty()) query = rows[random.below(rows.size())];
        if (i % 3 == 2) query = rows_of(c.kind, 1, c.dimensions, random)[0];
        for (std::size_t d = 0; d < c.dimensions; ++d) queries(i, static_cast<Eigen::Index>(d)) = query[d];
    }
    const auto batch = index.nearest(queries, {.k = c.k});
    for (Eigen::Index i = 0; i < count; ++i) {
        const Vector query(queries.row(i).begin(), queries.row(i).end());
        const auto result = index.nearest(query, {.k = c.k});
        CHECK(same(batch[static_cast<std::size_t>(i)], result));
        const auto expected = reference(c.metric, rows, query, c.k);
        REQUIRE(result.size() == expected.size());
        std::size_t wrong = 0;
        for (std::size_t j = 0; j < expected.size(); ++j)
            if (result[j].id != std::to_string(expected[j]) ||
                result[j].score != reference_score(c.metric, rows[expected[j]], query))
                ++wrong;
        CHECK(wrong == 0);
    }
}

}  // namespace

TEST_CASE("the nearest are those of a double-precision scan, order and ties included") {
    std::uint64_t seed = 1;
    for (const auto metric : {Metric::cosine, Metric::dot, Metric::l2})
        for (const std::string kind : {"random", "tied", "equal", "scaled", "near", "spike", "spread", "denormal",
                                       "integers", "cancelling", "zeros"})
            for (const std::size_t dimensions : {1, 2, 3, 8, 17, 64, 129})
                for (const std::size_t count : {0, 1, 9, 200})
                    for (const std::size_t k : {1, 10}) check_case({metric, kind, count, dimensions, k}, seed++);
}

TEST_CASE("larger sets, whose rows lie in several blocks") {
    std::uint64_t seed = 5000;
    for (const auto metric : {Metric::cosine, Metric::dot, Metric::l2})
        for (const std::string kind : {"random", "tied", "near", "spread"})
            for (const std::size_t k : {1, 10, 1000, 5000}) check_case({metric, kind, 4000, 48, k}, seed++);
    for (const auto metric : {Metric::cosine, Metric::dot, Metric::l2})
        check_case({metric, "random", 50, 2000, 10}, seed++);
}

TEST_CASE("where a vector lies does not change its score") {
    // Equal vectors in every slot of several blocks, amid others: all have one score, and come in the order of
    // insertion.
    for (const auto metric : {Metric::cosine, Metric::dot, Metric::l2}) {
        Random random(3);
        const auto one = random.vector(387);
        auto index = Index::in_memory(space(387, metric));
        std::vector<Record> records;
        for (std::size_t i = 0; i < 1000; ++i)
            records.push_back(record(std::to_string(i), i % 3 == 0 ? random.vector(387) : one));
        index.upsert(records);
        const auto query = metric == Metric::dot ? one : random.vector(387);
        const auto all = index.nearest(query, {.k = 1000});
        std::size_t last = 0, seen = 0;
        float score = 0;
        for (const auto& hit : all) {
            const auto i = std::stoul(hit.id);
            if (i % 3 == 0) continue;
            if (seen++ > 0) {
                CHECK(hit.score == score);
                CHECK(i > last);
            }
            score = hit.score;
            last = i;
        }
        CHECK(seen == 666);
    }
}
