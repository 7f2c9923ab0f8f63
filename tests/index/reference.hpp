// Vectors that are hard to rank, and a plain loop over them that ranks them all the same.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <sextant/core/space.hpp>

#include "index/fixture.hpp"

namespace fixture {

using Vector = std::vector<float>;

inline float reference_score(sextant::Metric metric, const Vector& x, const Vector& q) {
    long double dot = 0, xx = 0, qq = 0, distance = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const long double a = x[i], b = q[i];
        dot += a * b;
        xx += a * a;
        qq += b * b;
        distance += (a - b) * (a - b);
    }
    const long double score = metric == sextant::Metric::dot  ? dot
                              : metric == sextant::Metric::l2 ? -distance
                                                              : dot / std::sqrt(xx * qq);
    return static_cast<float>(static_cast<double>(score)) + 0.0F;
}

/// Positions of the k best, best first, equal scores in the order of insertion.
inline std::vector<std::size_t> reference(sextant::Metric metric, const std::vector<Vector>& rows, const Vector& query,
                                          std::size_t k) {
    std::vector<float> scores;
    for (const auto& row : rows) scores.push_back(reference_score(metric, row, query));
    std::vector<std::size_t> order(rows.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    order.resize(std::min(k, order.size()));
    return order;
}

/// Vectors of one kind; every kind but "all zero" is legal for cosine too.
inline std::vector<Vector> rows_of(const std::string& kind, std::size_t count, std::size_t dimensions, Random& random) {
    std::vector<Vector> rows;
    const auto base = random.vector(dimensions);
    std::vector<Vector> centres;
    for (std::size_t i = 0; kind == "clusters" && i < 1 + count / 50; ++i) centres.push_back(random.vector(dimensions));
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
        if (kind == "clusters") {
            const auto& centre = centres[random.below(centres.size())];
            for (std::size_t d = 0; d < dimensions; ++d) v[d] = centre[d] + 0.3F * v[d];
        }
        if (kind == "all zero") v.assign(dimensions, 0);
        if (kind == "zeros")
            for (std::size_t d = 0; d < dimensions; ++d)
                v[d] = d == i % dimensions ? (i % 2 == 0 ? 1.0F : -1.0F) : -0.0F;
        rows.push_back(std::move(v));
    }
    return rows;
}

}  // namespace fixture
