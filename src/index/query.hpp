// A query as the rows of an index are: a vector, and its codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/rows.hpp"

namespace sextant::index {

/// What is asked of rows: how near they are, exactly or within proved errors.
///
/// The bound. Let x be a row, y the query, w = |x| and v = |y| (both 1 if the metric is cosine), c their cosine. Codes
/// give a with |x/|x| - a| <= e, and b with |y/|y| - b| <= f (Quantizer), so by Cauchy-Schwarz, as |y/|y|| = 1,
///     c <= <a, b> + e + |a| f <= <a, b> + e (1 + f) + f,     <a, b> = scale of x * scale of y * an exact integer.
/// A score is v w c (cosine, dot) or 2 v w c - w^2 - v^2 (l2); put in, that is the sum that `kernels::Test` describes,
/// and a row whose sum is less than a score that is to be reached, + v^2 if the metric is l2, does not reach it.
///
/// Rounding. With u = 2^-24: e and f are less than 1.3, so no term of the sum and no sum of some of its terms is more
/// than 20 v w + w^2. It has no more than twelve roundings, of factors, products and sums, so it is off by no more than
/// 12 u (20 v w + w^2); the score, 64-bit sums rounded to 32 bits, by u (2 v w + w^2 + v^2) and less than that in 64
/// bits; the limit by u (|score| + v^2). So 2^-15 is added to f where it stands alone, w^2 is taken 2^-19 smaller than
/// it is, and the limit lower by 2^-20 of |score| + v^2. Nothing overflows: `max_norm`.
///
/// Underflow, also where denormals are flushed to zero. If v is at least 2^-100, the factors of the sum that come from the query
/// are normal numbers, for the scale of y is at least 2^-15; what comes from the row loses at most 2^-126, times the integer (2^31)
/// times v, and some of 2^-126: the limit is 2^-90 (1 + v) lower. If v is less, terms can be lost, but none is more than
/// 20 v w, less than 2^-35, nor is a score that they stand for: the limit is 2^-34 lower, and little is passed over.
///
/// Threads: as a constant.
class Query {
public:
    /// `vector` must stay where it is, and be one that the index could hold. `trust` multiplies the errors of codes: below
    /// 1 nothing is proved.
    Query(const RowLayout& layout, std::span<const float> vector, double trust = 1);

    /// In 64 bits, rounded to 32. Nearer is higher, whatever the metric.
    [[nodiscard]] float score(std::span<const float> row, double norm) const;

    /// Rows of which the sum is at least `limit` may reach `score`.
    [[nodiscard]] kernels::Test test(double score) const;
    /// The sum that `kernels::Test` describes, for the byte codes of one row.
    [[nodiscard]] double bound(std::int32_t dot, const kernels::Approximation& codes, double weight) const {
        return static_cast<double>(codes.scale) * dot * test_.a + static_cast<double>(codes.error) * test_.b + weight * (test_.c + weight * test_.d);
    }
    /// What underflow can take from it.
    [[nodiscard]] double underflow() const noexcept { return weight_ < 0x1p-100 ? 0x1p-34 : 0x1p-90 * (1 + weight_); }

    /// What that sum is more than scale times `dot` times `factor()`, and less w^2 if the metric is l2.
    [[nodiscard]] double slack(double error, double weight) const;
    [[nodiscard]] float factor() const noexcept { return test_.a; }

    /// Of the vector's byte codes, as many as `RowLayout::byte_stride`, their sum and their norm.
    [[nodiscard]] const std::vector<std::int8_t>& components() const noexcept { return components_; }
    [[nodiscard]] std::int32_t sum() const noexcept { return sum_; }
    [[nodiscard]] float components_norm() const noexcept;
    /// What `CodeKernels::byte_dots` has to take off.
    [[nodiscard]] std::int32_t byte_bias() const noexcept { return kernels::byte_offset * sum_; }

private:
    const RowLayout& layout_;
    std::span<const float> vector_;
    double norm_;
    double weight_;         // v
    double offset_;         // v^2 if the metric is l2
    kernels::Test test_{};  // but for its limit
    std::int32_t sum_;
    std::vector<std::int8_t> components_;
};

}  // namespace sextant::index
