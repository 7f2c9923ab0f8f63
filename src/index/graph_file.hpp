// A graph as bytes: src/store/FORMAT.md.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "index/linked_rows.hpp"

namespace sextant::index {

using Bytes = std::vector<std::byte>;

/// Hands out the parts of a graph, each of about a megabyte: which rows are linked with which, and what was measured, but
/// nothing of their vectors.
void save_graph(const LinkedRows& linked, const Rows& rows, std::size_t space, const std::function<void(std::size_t part, const Bytes&)>& put);

/// The graph that these parts are of, without what is not in `rows` any more; null if there are none, or they are not what
/// `save_graph` made: then it has to be built again. `get` says if there is such a part.
[[nodiscard]] std::shared_ptr<const LinkedRows> load_graph(const Rows& rows, std::size_t space, const std::function<bool(std::size_t part, Bytes&)>& get,
                                                           std::size_t threads);

}  // namespace sextant::index
