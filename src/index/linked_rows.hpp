// A graph as one state of the index has it, and how it gets there.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <sextant/index/index.hpp>

#include "index/effort.hpp"
#include "index/graph.hpp"
#include "index/graph_scan.hpp"

namespace sextant::index {

/// Never changes, but that nodes may be added to the graph: of rows that are still in `unlinked`, or that a later state has.
struct LinkedRows {
    std::shared_ptr<Graph> graph;
    std::shared_ptr<const Effort> effort;
    Bits unlinked;  ///< rows that the graph does not have

    /// The same for a later state, for which these slots were written.
    [[nodiscard]] std::shared_ptr<const LinkedRows> after(const Rows& rows, std::span<const std::size_t> written) const;
};

/// How far to walk for a batch of `queries` among the rows in the slots `allowed`, or all; nothing if an exact search is asked for or
/// faster.
[[nodiscard]] std::optional<Reach> reach_for(const LinkedRows* linked, const Rows& rows, const Bits* allowed, std::size_t queries, const NearestOptions& options);

/// Links what a state has and its graph has not. One thread at a time.
class Linking {
public:
    /// `before` may be null. Of its graph a copy without what is gone is added to; but one with other options, or more than
    /// a quarter of which is gone, is made anew.
    Linking(std::shared_ptr<const Rows> rows, std::shared_ptr<const LinkedRows> before, const GraphOptions& options);

    /// `vectors` are those of the rows. Throws what `GraphOptions::progress` throws, what these do, and `bad_alloc`.
    void run(const Vectors& vectors);

    /// What is linked now, also after `run` threw, of a state that may be later than the one that was linked; null if
    /// there is no graph.
    [[nodiscard]] std::shared_ptr<const LinkedRows> result(const Rows& now) const;

private:
    void link(std::span<const std::size_t> slots);

    std::shared_ptr<const Rows> rows_;
    const GraphOptions& options_;
    std::shared_ptr<Graph> graph_;
    std::shared_ptr<const Effort> effort_;
    Bits linked_;  // rows that the graph has
    std::vector<std::size_t> todo_;
    std::size_t done_ = 0;
};

}  // namespace sextant::index
