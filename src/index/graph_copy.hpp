// Copies of graphs, without the rows that are gone.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "index/graph.hpp"
#include "index/rows.hpp"

namespace sextant::index {

/// Nodes and links, wherever they come from. Threads: `links` by any at once.
class GraphSource {
public:
    GraphSource() = default;
    GraphSource(const GraphSource&) = delete;
    GraphSource& operator=(const GraphSource&) = delete;
    virtual ~GraphSource() = default;

    [[nodiscard]] virtual std::size_t size() const = 0;
    /// Where the row of a node lies; nothing if it is gone.
    [[nodiscard]] virtual std::optional<std::size_t> slot(Graph::Node node) const = 0;
    [[nodiscard]] virtual std::size_t level(Graph::Node node) const = 0;
    /// Those of a level that the node has.
    virtual void links(Graph::Node node, std::size_t level, std::vector<Graph::Node>& out) const = 0;
};

/// The nodes that are not gone. A node that had links to others chooses anew among the links that are left and those of
/// the gone (Singh et al., FreshDiskANN, 2021, algorithm 4), so that no way ends where something was.
[[nodiscard]] std::shared_ptr<Graph> copy_of(const GraphSource& source, const Rows& rows, const Graph::Shape& shape, std::size_t threads);

/// The graph itself without nodes whose rows are not in `linked`, or not those that were linked.
[[nodiscard]] std::shared_ptr<Graph> without_gone(const Graph& graph, const Rows& rows, const Bits& linked, std::size_t threads);

}  // namespace sextant::index
