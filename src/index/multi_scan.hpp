// The k best rows for queries of many vectors each, proved.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include <sextant/core/output.hpp>
#include <sextant/kernels/top_k.hpp>

#include "index/best_rows.hpp"
#include "index/query.hpp"
#include "index/rows.hpp"

namespace sextant::index {

/// Looks at the byte codes of all rows, which say how good each can be at most; then scores rows in 64 bits, those first that
/// can be best, until none that is left can be among the k best.
///
/// A score. Let x_j be the vectors of a row, y_1 to y_n those of the query, v_i = |y_i|, and p_ij = <x_j, y_i> as
/// `CodeKernels::dot` has it. M_i is the largest p_ij over j; a score is M_1 + ... + M_n, in that order and in 64 bits, that
/// divided by n, or the largest M_i; then rounded to 32 bits.
///
/// The bound. Query proves, with its own rounding and that of `CodeKernels::dot` in it, p_ij <= B_ij + t_i, where
/// B_ij = `Query::bound` and t_i = `Query::underflow`; by the same proof B_ij is so large that, with w_j = |x_j|, also
/// p_ij + 2^-17 v_i w_j <= B_ij + t_i: of the 2^-15 v_i w_j that it adds, all its roundings take less than half.
/// With U_i the largest B_ij over j, plus t_i, and j the one that gives M_i:
///     M_i + 2^-17 v_i w_j <= U_i,     and |M_i| <= v_i w_j (1 + 2^-30).
/// Rounding. A sum of n <= 2^16 terms in 64 bits is off by at most n 2^-53 <= 2^-37 times the sum of their absolute values,
/// and a division by 2^-53 times what it gives. For the score that is less than 2^-36 (v_1 w_j(1) + ...), which the terms
/// 2^-17 v_i w_j outweigh. For the sum of the U_i it is at most 2^-36 (|U_1| + ... + |U_n|), so 2^-30 times that sum is added.
/// Then the score in 64 bits is at most the bound in 64 bits, and as rounding keeps order, in 32 bits too.
/// Nothing overflows: the norm of all vectors of a row together, and of a query, is at most `max_norm`, so that a score is
/// at most the root of 2^16 times `max_norm`^2. A bound in 32 bits may be infinite, which is no less a bound.
///
/// How the rows lie in memory does not show in the result, nor does the number of threads.
class MultiScan {
public:
    /// All must outlive this; `each` is the layout of one vector. k is at least 1.
    MultiScan(const Rows& rows, const RowLayout& each, MultiScore score, const Wanted& wanted) : rows_(rows), each_(each), score_(score), wanted_(wanted) {}

    /// What `query` looks at must stay where it is, and be vectors that the index could hold.
    void add(const MultiRow& query);
    void run();
    /// As `ExactScan::take`.
    [[nodiscard]] std::vector<kernels::Scored> take(std::size_t q) { return queries_[q].best.take(); }
    /// How many scores were computed in 64 bits.
    [[nodiscard]] std::size_t rescored() const noexcept { return rescored_; }

private:
    struct Asked {
        explicit Asked(const Wanted& wanted) : best(wanted) {}
        std::deque<Query> vectors;
        MultiRow query;
        BestRows best;
    };
    struct Candidate {
        float bound;
        std::size_t slot;
    };
    struct Room;
    class Sum;

    void answer(Asked& asked, std::size_t threads);
    [[nodiscard]] std::vector<Candidate> candidates(const Asked& asked, std::size_t threads) const;
    [[nodiscard]] float bound(const Asked& asked, const MultiCodes& codes, Room& room) const;
    [[nodiscard]] float score(const MultiRow& query, std::size_t slot) const;

    const Rows& rows_;
    const RowLayout& each_;
    MultiScore score_;
    const Wanted& wanted_;
    const kernels::CodeKernels& kernels_ = kernels::code_kernels();
    std::deque<Asked> queries_;
    std::atomic<std::size_t> rescored_{0};
};

}  // namespace sextant::index
