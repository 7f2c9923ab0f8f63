// The k best rows for each query, found by walking a graph: almost always the nearest, and never too few.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <vector>

#include <sextant/kernels/top_k.hpp>

#include "index/exact_scan.hpp"
#include "index/graph.hpp"

namespace sextant::index {

/// How far to walk.
struct Reach {
    std::size_t ef = 0;                    ///< `Graph::Walk::ef`, at most the nodes there are
    std::size_t most_steps = Graph::none;  ///< of a walk that passes over rows; more take longer than a scan
};

/// Walks the graph for each query and scores what it comes by in 64 bits; rows that the graph does not have, `unlinked`, are
/// scanned. If a walk comes by fewer rows than are wanted and allowed, or is given up, all that are allowed are scanned.
class GraphScan {
public:
    /// All but `wanted` itself must outlive this.
    GraphScan(const Vectors& vectors, const Graph& graph, const Bits& unlinked, const Wanted& wanted, const Reach& reach)
        : vectors_(vectors), rows_(vectors.rows()), graph_(graph), unlinked_(unlinked), wanted_(wanted), reach_(reach) {}

    /// `vector` must stay where it is, and be one that the index could hold.
    void add(std::span<const float> vector) { queries_.push_back({vector, kernels::TopK(wanted_.k)}); }
    void run();
    /// As `ExactScan::take`.
    [[nodiscard]] std::vector<kernels::Scored> take(std::size_t q) { return queries_[q].best.take(); }
    /// How many nodes and rows were compared with query `q`.
    [[nodiscard]] std::size_t compared(std::size_t q) const { return queries_[q].compared; }
    /// Whether all rows that are allowed were.
    [[nodiscard]] bool exact(std::size_t q) const { return queries_[q].exact; }

private:
    struct Asked {
        std::span<const float> vector;
        kernels::TopK best;
        std::size_t found = 0;  // rows that are allowed
        std::size_t compared = 0;
        bool exact = false;
    };
    [[nodiscard]] Steps walk(Asked& asked, const Bits& allowed, bool all);
    void scan(const Wanted& wanted, std::size_t count, const std::vector<Asked*>& asked);

    Vectors vectors_;
    const Rows& rows_;
    const Graph& graph_;
    const Bits& unlinked_;
    Wanted wanted_;
    Reach reach_;
    std::deque<Asked> queries_;
};

}  // namespace sextant::index
