// A part of each vector is compared first, and what seems nearest again as it was given: as a plain loop does it.
#include <sextant/index/index.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "index/reference.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::Completeness;
using sextant::ErrorCode;
using sextant::Index;
using sextant::Metric;
using sextant::NearestOptions;

namespace {

using Score = std::function<double(const Vector&, const Vector&)>;

Score same_signs(std::size_t dimensions) {
    return [dimensions](const Vector& a, const Vector& b) {
        double same = 0;
        for (std::size_t i = 0; i < dimensions; ++i) same += (a[i] > 0) == (b[i] > 0) ? 1 : 0;
        return same;
    };
}

Score of_prefix(Metric metric, std::size_t dimensions) {
    return [metric, dimensions](const Vector& a, const Vector& b) {
        const auto first = static_cast<std::ptrdiff_t>(dimensions);
        return static_cast<double>(reference_score(metric, Vector(a.begin(), a.begin() + first), Vector(b.begin(), b.begin() + first)));
    };
}

/// Positions of the k best of the `listed` that `score` prefers, equal ones in the order of insertion, among those of `rows` that are allowed.
std::vector<std::size_t> reference(Metric metric, const std::vector<Vector>& rows, const Vector& query, std::size_t k, std::size_t listed, const Score& score,
                                   const std::function<bool(std::size_t)>& allowed) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (allowed(i)) order.push_back(i);
    std::vector<double> seems(rows.size()), is(rows.size());
    for (const auto i : order) {
        seems[i] = score(rows[i], query);
        is[i] = static_cast<double>(reference_score(metric, rows[i], query));
    }
    std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return seems[i]; });
    order.resize(std::min(listed, order.size()));
    std::ranges::sort(order);
    std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return is[i]; });
    order.resize(std::min(k, order.size()));
    return order;
}

std::vector<std::string> ids_of(const sextant::SearchResult& result) {
    std::vector<std::string> ids;
    for (const auto& hit : result) ids.push_back(hit.id);
    return ids;
}

std::vector<std::string> as_ids(const std::vector<std::size_t>& positions) {
    std::vector<std::string> ids;
    for (const auto i : positions) ids.push_back(std::to_string(i));
    return ids;
}

void fill(Index& index, const std::vector<Vector>& rows) {
    std::vector<sextant::Record> records;
    for (std::size_t i = 0; i < rows.size(); ++i) records.push_back(record(std::to_string(i), rows[i], "{\"n\":" + std::to_string(i) + "}"));
    index.upsert(records);
}

}  // namespace

TEST_CASE("signs, prefixes and signs of prefixes give what a plain loop gives, filtered, changed and by any number of threads", "[coarse]") {
    for (const auto metric : {Metric::cosine, Metric::dot, Metric::l2})
        for (const std::size_t dimensions : {3U, 64U, 100U, 130U}) {
            Random random(dimensions);
            auto rows = rows_of("clusters", 700, dimensions, random);
            auto index = Index::in_memory(space(dimensions, metric));
            fill(index, rows);
            for (std::size_t i = 0; i < rows.size(); i += 5) {  // others take their places
                rows[i] = random.vector(dimensions);
                index.upsert(std::vector{record(std::to_string(i), rows[i], "{\"n\":" + std::to_string(i) + "}")});
            }
            for (const std::size_t part : {dimensions, dimensions / 2 + 1, std::size_t{2}})
                for (const bool binary : {true, false})
                    for (const bool filtered : {false, true}) {
                        const auto query = random.vector(dimensions);
                        NearestOptions options{.k = 7, .binary = binary, .oversample = 3};
                        if (part != dimensions || !binary) options.truncate_dim = part;
                        if (filtered) options.filter = sextant::field("n") >= 350;
                        const auto expected = as_ids(reference(metric, rows, query, 7, 21, binary ? same_signs(part) : of_prefix(metric, part),
                                                               [filtered](std::size_t i) { return !filtered || i >= 350; }));
                        CAPTURE(to_string(metric), dimensions, part, binary, filtered);
                        const auto found = index.nearest(query, options);
                        CHECK(ids_of(found) == expected);
                        CHECK(found.completeness == Completeness::approximate);
                        CHECK(found.rows_scored == (filtered ? 350 : 700));
                        options.threads = 3;
                        CHECK(same(found, index.nearest(query, options)));
                        sextant::Matrix batch(5, static_cast<Eigen::Index>(dimensions));
                        for (Eigen::Index q = 0; q < 5; ++q) std::ranges::copy(query, batch.row(q).data());
                        for (const auto& one : index.nearest(batch, options)) CHECK(same(found, one));
                    }
        }
}

TEST_CASE("a part of each vector is enough for vectors of a kind, and measure_recall says so", "[coarse]") {
    Random random(5);
    auto rows = rows_of("clusters", 3000, 128, random);
    for (auto& row : rows)
        for (std::size_t i = 32; i < row.size(); ++i) row[i] *= 0.02F;  // a Matryoshka's: what matters comes first
    auto index = Index::in_memory(space(128));
    fill(index, rows);
    sextant::Matrix queries(50, 128);
    for (Eigen::Index q = 0; q < 50; ++q) {
        auto near = rows[static_cast<std::size_t>(q) * 60];
        for (auto& x : near) x += 0.05F * random.uniform();
        std::ranges::copy(near, queries.row(q).data());
    }
    CHECK(index.measure_recall(queries, {.truncate_dim = 32}) > 0.99);
    CHECK(index.measure_recall(queries, {.truncate_dim = 2, .oversample = 1}) < 0.9);
    const double binary = index.measure_recall(queries, {.binary = true, .oversample = 1});
    CHECK(binary < index.measure_recall(queries, {.binary = true, .oversample = 20}));
    CHECK(index.measure_recall(queries, {.binary = true, .oversample = 300}) == 1);  // all of them
}

TEST_CASE("never fewer than there are: all are scored if so many are asked for", "[coarse]") {
    Random random(6);
    const auto rows = rows_of("clusters", 90, 40, random);
    auto index = Index::in_memory(space(40));
    fill(index, rows);
    const auto query = random.vector(40);
    for (const std::size_t k : {1U, 22U, 23U, 90U, 91U, 1'000'000U}) {
        const auto found = index.nearest(query, {.k = k, .binary = true});
        CHECK(found.size() == std::min<std::size_t>(k, 90));
        CHECK((found.completeness == Completeness::approximate) == (4 * k < 90));
        if (4 * k >= 90) CHECK(same(found, index.nearest(query, {.k = k})));
    }
    CHECK(index.nearest(query, {.k = std::numeric_limits<std::size_t>::max(), .binary = true, .oversample = 1000}).size() == 90);
    CHECK(index.nearest(query, {.k = 3, .filter = sextant::field("n") < 2, .binary = true}).completeness == Completeness::exhausted);
    const auto nearest = index.nearest(query, {.k = 20, .min_score = 0.1F, .binary = true});
    for (const auto& hit : nearest) CHECK(hit.score >= 0.1F);
    CHECK(nearest.completeness == Completeness::approximate);
    CHECK(Index::in_memory(space(40)).nearest(query, {.binary = true}).empty());
}

TEST_CASE("signs are compared without vectors in memory too, prefixes are not", "[coarse]") {
    const TempFolder folder;
    Random random(7);
    const auto rows = rows_of("clusters", 300, 70, random);
    {
        auto index = Index::create(folder / "an.sextant", space(70));
        fill(index, rows);
    }
    const auto query = random.vector(70);
    const auto lean = Index::open(folder / "an.sextant", {.vectors_in_memory = false}), full = Index::open(folder / "an.sextant", {.read_only = true});
    CHECK(same(lean.nearest(query, {.binary = true}), full.nearest(query, {.binary = true})));
    CHECK(same(lean.nearest(query, {.binary = true, .truncate_dim = 33}), full.nearest(query, {.binary = true, .truncate_dim = 33})));
    expect_error(ErrorCode::invalid_argument, {"vectors_in_memory"}, [&] { (void)lean.nearest(query, {.truncate_dim = 33}); });
}

TEST_CASE("a part that there is not, and two ways at once, are refused", "[coarse]") {
    Random random(8);
    auto index = Index::in_memory(space(5));
    fill(index, rows_of("clusters", 20, 5, random));
    const auto query = random.vector(5);
    expect_error(ErrorCode::invalid_argument, {"truncate_dim is 6"}, [&] { (void)index.nearest(query, {.truncate_dim = 6}); });
    expect_error(ErrorCode::invalid_argument, {"truncate_dim is 0"}, [&] { (void)index.nearest(query, {.binary = true, .truncate_dim = 0}); });
    expect_error(ErrorCode::invalid_argument, {"oversample"}, [&] { (void)index.nearest(query, {.binary = true, .oversample = 0}); });
    expect_error(ErrorCode::invalid_argument, {"oversample"}, [&] { (void)index.nearest(query, {.binary = true, .oversample = 1001}); });
    expect_error(ErrorCode::invalid_argument, {"binary and ef"}, [&] { (void)index.nearest(query, {.ef = 100, .binary = true}); });
    expect_error(ErrorCode::invalid_argument, {"truncate_dim and min_recall"}, [&] { (void)index.nearest(query, {.min_recall = 0.9, .truncate_dim = 2}); });
    expect_error(ErrorCode::invalid_argument, {"binary and search_after"}, [&] { (void)index.nearest(query, {.binary = true, .search_after = index.nearest(query, {.k = 2}).next}); });
}
