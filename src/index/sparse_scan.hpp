// The k best rows for sparse queries.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include <sextant/kernels/top_k.hpp>

#include "index/best_rows.hpp"
#include "index/sparse_lists.hpp"

namespace sextant::index {

/// Adds up, for each id of the query in their order, the products with the weights in its list: in 64 bits, where each product
/// is exact, so that a score is the same sum, bit for bit, whether its row is in a list or is compared alone. Every row has a
/// score; one that shares no id with the query has 0.
class SparseScan {
public:
    /// All must outlive this. k is at least 1.
    SparseScan(const Rows& rows, const SparseLists& lists, const Wanted& wanted);

    /// What `query` looks at must stay where it is, and be a vector that the index could hold.
    void add(const SparseRow& query) { queries_.emplace_back(query, wanted_); }
    void run();
    /// As `ExactScan::take`.
    [[nodiscard]] std::vector<kernels::Scored> take(std::size_t q) { return queries_[q].best.take(); }

private:
    struct Asked {
        Asked(const SparseRow& row, const Wanted& wanted) : query(row), best(wanted) {}
        SparseRow query;
        BestRows best;
    };
    void answer(Asked& asked, std::size_t threads);
    void add_up(Asked& asked, const SparseLists::Listed& listed, std::size_t first);
    void compare(Asked& asked, const Bits& slots);
    void offer(Asked& asked, double sum, std::size_t slot, const Bits& slots);

    const Rows& rows_;
    const SparseLists& lists_;
    const Wanted& wanted_;
    bool few_;  // rows are allowed: they are compared alone
    std::deque<Asked> queries_;
};

}  // namespace sextant::index
