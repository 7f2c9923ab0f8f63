// What each precision finds, against plain loops over all vectors.
#include <sextant/index/advisor.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include "index/fixture.hpp"
#include "index/reference.hpp"
#include "kernels/quantize.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::ErrorCode;
using sextant::Matrix;
using sextant::Metric;

namespace {

Matrix as_matrix(const std::vector<Vector>& rows) {
    Matrix matrix(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows.front().size()));
    for (std::size_t i = 0; i < rows.size(); ++i) std::ranges::copy(rows[i], matrix.row(static_cast<Eigen::Index>(i)).data());
    return matrix;
}

std::map<std::string, sextant::PrecisionTrial> by_name(const sextant::Advice& advice) {
    std::map<std::string, sextant::PrecisionTrial> named;
    for (const auto& one : advice.precisions) named[one.name + (one.rescored ? " + rescore" : "")] = one;
    return named;
}

/// The mean part of the k nearest that is found when rows are ranked by `score`, and the best `rescored` again as they are.
double reference_recall(Metric metric, const std::vector<Vector>& rows, const std::vector<Vector>& queries, std::size_t k, std::size_t rescored,
                        const std::function<double(const Vector&, const Vector&)>& score) {
    double sum = 0;
    for (const auto& query : queries) {
        std::vector<double> scores, exact;
        for (const auto& row : rows) {
            scores.push_back(score(row, query));
            exact.push_back(static_cast<double>(reference_score(metric, row, query)));
        }
        std::vector<std::size_t> order(rows.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return scores[i]; });
        if (rescored > 0) {
            order.resize(rescored);
            std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return exact[i]; });
        }
        order.resize(k);
        const double worst = exact[reference(metric, rows, query, k).back()];
        sum += static_cast<double>(std::ranges::count_if(order, [&](std::size_t i) { return exact[i] >= worst; })) / static_cast<double>(k);
    }
    return sum / static_cast<double>(queries.size());
}

double same_signs(const Vector& a, const Vector& b) {
    double same = 0;
    for (std::size_t i = 0; i < a.size(); ++i) same += (a[i] > 0) == (b[i] > 0) ? 1 : 0;
    return same;
}

Vector rounded(Vector v) {  // to bfloat16: eight bits of each number
    for (auto& x : v) {
        int exponent = 0;
        const float mantissa = std::frexp(x, &exponent);
        x = std::ldexp(std::nearbyint(mantissa * 256), exponent - 8);
    }
    return v;
}

/// What codes stand for, in the turned space, by a plain loop: all rows and the query as codes of this many bits.
Vector decoded(const Vector& v, Metric metric, bool nibbles) {
    double squares = 0;
    for (const float x : v) squares += static_cast<double>(x) * x;
    sextant::kernels::Codes codes;
    sextant::kernels::Quantizer(v.size()).encode(v, std::sqrt(squares), codes);
    const double length = metric == Metric::cosine ? 1 : std::sqrt(squares);
    Vector values;
    for (std::size_t i = 0; i < v.size(); ++i)
        values.push_back(static_cast<float>(length * (nibbles ? codes.by_nibbles.scale * static_cast<float>(sextant::kernels::nibble_values[codes.nibbles[i]] - sextant::kernels::nibble_offset)
                                                              : codes.by_bytes.scale * static_cast<float>(codes.bytes[i] - sextant::kernels::byte_offset))));
    return values;
}

double by_codes(const Vector& row, const Vector& query, Metric metric, bool nibbles) {
    const auto a = decoded(row, metric, nibbles), b = decoded(query, metric, false);
    double dot = 0, squares = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        dot += static_cast<double>(a[i]) * b[i];
        squares += static_cast<double>(row[i]) * row[i];
    }
    return metric == Metric::l2 ? 2 * dot - squares : dot;
}

Vector unit(Vector v, Metric metric) {
    double squares = 0;
    for (const float x : v) squares += static_cast<double>(x) * x;
    if (metric == Metric::cosine)
        for (auto& x : v) x = static_cast<float>(x / std::sqrt(squares));
    return v;
}

}  // namespace

TEST_CASE("every precision finds what a plain loop with it finds", "[exact]") {
    const auto metric = GENERATE(Metric::cosine, Metric::dot, Metric::l2);
    constexpr std::size_t dimensions = 70, k = 5, oversample = 3;
    Random random(51);
    auto rows = rows_of("clusters", 520, dimensions, random);
    const std::vector<Vector> queries(rows.end() - 20, rows.end());
    rows.resize(500);
    const auto advice = sextant::advise(as_matrix(rows), as_matrix(queries), {.k = k, .metric = metric, .oversample = oversample, .threads = 2});
    const auto found = by_name(advice);
    CHECK(found.size() == 15);
    CHECK(advice.vectors == 500);
    CHECK(advice.queries == 20);
    CHECK_FALSE(advice.held_out);
    const auto check = [&](const std::string& name, const auto& score) {
        for (const bool rescored : {false, true}) {
            if (rescored && name == "float32") continue;
            INFO(name << ", rescored " << rescored << ", " << to_string(metric));
            const double expected = reference_recall(metric, rows, queries, k, rescored ? k * oversample : 0, score);
            CHECK(std::abs(found.at(name + (rescored ? " + rescore" : "")).recall - expected) < 1.5 / (k * 20));  // one pair may be too close for floats
        }
    };
    check("float32", [&](const Vector& a, const Vector& b) { return static_cast<double>(reference_score(metric, a, b)); });
    check("bfloat16", [&](const Vector& a, const Vector& b) { return static_cast<double>(reference_score(metric == Metric::l2 ? Metric::l2 : Metric::dot, rounded(unit(a, metric)), b)); });
    check("binary", same_signs);
    for (const std::size_t part : {2, 4, 8})
        check(std::to_string(dimensions / part) + " dimensions", [&](Vector a, Vector b) {
            a.resize(dimensions / part);
            b.resize(dimensions / part);
            return static_cast<double>(reference_score(metric, a, b));
        });
    check("int8", [&](const Vector& a, const Vector& b) { return by_codes(a, b, metric, false); });
    check("4-bit", [&](const Vector& a, const Vector& b) { return by_codes(a, b, metric, true); });
    CHECK(found.at("int8").recall > 0.9);
    CHECK(found.at("int8").recall > found.at("4-bit").recall);
    CHECK(found.at("4-bit + rescore").recall > found.at("4-bit").recall);
    CHECK(found.at("4-bit").recall > found.at("binary").recall);
    for (const auto& [name, one] : found) {
        CHECK(one.seconds > 0);
        CHECK(one.standard_error >= 0);
    }
}

TEST_CASE("bytes are those of codes, with their scales") {
    Random random(52);
    const auto rows = rows_of("random", 100, 384, random);
    const auto found = by_name(sextant::advise(as_matrix(rows), {.k = 1}));
    CHECK(found.at("float32").bytes == 1536);
    CHECK(found.at("bfloat16").bytes == 768);
    CHECK(found.at("int8").bytes == 384 + 4);
    CHECK(found.at("4-bit + rescore").bytes == 192 + 4);
    CHECK(found.at("binary").bytes == 48);
    CHECK(found.at("96 dimensions").bytes == 384);
}

TEST_CASE("the cheapest is what bears the stated recall with the least bytes") {
    Random random(53);
    auto rows = rows_of("clusters", 1'000, 64, random);
    for (auto& row : rows) std::fill(row.begin() + 8, row.end(), 0.0F);  // all is said in the first eighth
    const auto cheapest = [&](double min_recall, std::size_t oversample) -> std::string {
        const auto advice = sextant::advise(as_matrix(rows), {.min_recall = min_recall, .oversample = oversample, .held_out = 50});
        if (!advice.cheapest) return "none";
        const auto& one = advice.precisions[*advice.cheapest];
        CHECK(one.recall - 2 * one.standard_error >= min_recall);
        CHECK(advice.to_string().find("* " + one.name) != std::string::npos);
        return one.name + (one.rescored ? " + rescore" : "");
    };
    CHECK(cheapest(0, 4) == "binary");
    CHECK(cheapest(0.999, 1) == "8 dimensions");
    CHECK(cheapest(0.999, 95) == "binary + rescore");  // 950 of 950 are rescored
}

TEST_CASE("held-out vectors are no longer there to be found, and are the same each time") {
    Random random(54);
    const auto rows = as_matrix(rows_of("random", 500, 16, random));
    const auto advice = sextant::advise(rows, {.held_out = 40}), again = sextant::advise(rows, {.held_out = 40, .threads = 3});
    CHECK(advice.held_out);
    CHECK(advice.queries == 40);
    CHECK(advice.vectors == 460);
    for (std::size_t i = 0; i < advice.precisions.size(); ++i) CHECK(advice.precisions[i].recall == again.precisions[i].recall);
    // Were the queries among the vectors, the nearest would be found by its signs alone.
    CHECK(by_name(sextant::advise(rows, {.k = 1, .held_out = 40})).at("binary").recall < 0.9);
    CHECK(by_name(sextant::advise(rows, rows.topRows(40), {.k = 1})).at("binary").recall > 0.9);
    CHECK(sextant::advise(rows.topRows(7), {.k = 1}).queries == 3);
}

TEST_CASE("the standard error is that of the queries' recalls") {
    // Both queries are nearest to one row each by cosine; signs tell one of them, not the other.
    const auto rows = as_matrix({{1, 1}, {1, 5}, {-1, -1}}), queries = as_matrix({{1, 5}, {-2, -2}});
    const auto found = by_name(sextant::advise(rows, queries, {.k = 1, .oversample = 1})).at("binary");
    CHECK(found.recall == 0.5);
    CHECK(found.standard_error == 0.5);  // the deviation of 0 and 1 is the root of 1/2
}

TEST_CASE("what cannot be measured is refused, by its name and row") {
    Random random(55);
    auto rows = as_matrix(rows_of("random", 20, 4, random));
    expect_error(ErrorCode::invalid_argument, {"k is 21", "20 vectors"}, [&] { (void)sextant::advise(rows, rows, {.k = 21}); });
    expect_error(ErrorCode::invalid_argument, {"k is 0"}, [&] { (void)sextant::advise(rows, {.k = 0}); });
    expect_error(ErrorCode::invalid_argument, {"min_recall"}, [&] { (void)sextant::advise(rows, {.min_recall = std::nan("")}); });
    expect_error(ErrorCode::invalid_argument, {"fewer than 2 queries"}, [&] { (void)sextant::advise(rows, rows.topRows(1)); });
    expect_error(ErrorCode::invalid_argument, {"3 vectors", "too few"}, [&] { (void)sextant::advise(rows.topRows(3)); });
    expect_error(ErrorCode::invalid_argument, {"query 0", "4"}, [&] { (void)sextant::advise(rows, rows.leftCols(3)); });
    rows(17, 2) = std::nanf("");
    expect_error(ErrorCode::invalid_argument, {"vector 17"}, [&] { (void)sextant::advise(rows); });
    expect_error(ErrorCode::invalid_argument, {"query 17"}, [&] { (void)sextant::advise(rows.topRows(15), rows); });
}
