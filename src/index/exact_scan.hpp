// The k best rows for one query, proved.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <sextant/core/space.hpp>
#include <sextant/kernels/top_k.hpp>

#include "index/rows.hpp"

namespace sextant::index {

/// Scans in 32 bits, keeps every row that could be among the k best after all rounding is accounted for, and scores
/// those again in 64 bits. How the rows lie in memory does not show in the result.
///
/// The bound. Let u = 2^-24, n the number of dimensions, and g = 1.01 (n + 16) u. A sum of n products in 32 bits, in
/// any order, with or without fused operations, is off by at most g |x| |q| (Higham, Accuracy and Stability of
/// Numerical Algorithms, section 3.1, with Cauchy-Schwarz); a sum of n squares of differences by at most g times
/// itself. The 16 also pay for rounding the query once more (cosine), for rounding the final score to 32 bits, and for
/// the few operations in 64 bits here. What underflows, also where denormals are flushed to zero, adds at most t = n
/// 2^-120 (1 + |x| + |q|). Nothing overflows: `max_norm`. So each score lies in an interval, and a row whose upper end
/// is below the k-th largest lower end cannot be among the k best.
class ExactScan {
public:
    /// `query` must stay where it is, and be a vector that the index could hold; k is at least 1.
    ExactScan(Metric metric, std::span<const float> query, std::size_t k);

    /// Looks at block `b`. Each block once, in any order.
    void look_at(const Rows& rows, std::size_t b);

    /// The best rows, best first, with `Scored::row` their slots. After all blocks.
    [[nodiscard]] std::vector<kernels::Scored> take(const Rows& rows);

private:
    struct Candidate {
        double at_most;
        std::size_t slot;
    };

    void consider(std::size_t slot, double estimate, double error);
    void drop_hopeless();
    [[nodiscard]] float score(const Rows& rows, std::size_t slot) const;

    Metric metric_;
    std::span<const float> query_;
    std::size_t k_;
    double norm_;                   // of query_
    double relative_;               // g
    double underflow_;              // n 2^-120
    std::vector<float> unit_;       // the query divided by its norm, for cosine
    std::vector<float> estimates_;  // of one block
    std::vector<double> at_least_;  // the k largest lower ends, the smallest on top
    std::vector<Candidate> candidates_;
    std::size_t drop_at_;
};

}  // namespace sextant::index
