// Rows as a graph whose edges lead to near ones: approximate search in time that hardly grows with the number of rows.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <span>
#include <vector>

#include "index/query.hpp"
#include "index/rows.hpp"
#include "index/steps.hpp"

namespace sextant::index {

/// A hierarchical navigable small-world graph (Malkov and Yashunin, Efficient and robust approximate nearest neighbor
/// search using HNSW graphs, 2018), whose nodes are compared by their byte codes. A node has copies of a row's codes beside
/// its links, so that a step reads one place in memory, and so that a row may go while the node still leads to others.
///
/// Most nodes that a walk comes by are farther than all that it keeps, and nearly all of these are told by the signs of their
/// components, an eighth of the bytes: what signs say of an inner product is right on average, as codes are turned, and how
/// far it is off is known (Gao and Long, RaBitQ: Quantizing High-Dimensional Vectors with a Theoretical Error Bound for
/// Approximate Nearest Neighbor Search, 2024). Byte codes are read only where it may be near enough.
///
/// Threads: `link` and `walk` by any threads at once. A walk sees nodes that are being linked or does not.
class Graph {
public:
    using Node = std::uint32_t;
    static constexpr Node none = std::numeric_limits<Node>::max();

    /// Each node has up to `m` links, 2 m of the lowest level, chosen from `ef_construction` near nodes.
    struct Shape {
        std::size_t m = 16, ef_construction = 200;
        friend bool operator==(const Shape&, const Shape&) = default;
    };

    Graph(const RowLayout& layout, const Shape& shape);
    Graph(const Graph&) = delete;
    Graph& operator=(const Graph&) = delete;
    ~Graph();

    [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_acquire); }
    [[nodiscard]] std::size_t bytes() const noexcept;

    /// Makes a node of the row in `slot`. Throws `bad_alloc`; what was linked before stays.
    void link(const Rows& rows, std::size_t slot);

    /// For who makes a copy of a graph: a node of the row in `slot`, as yet without links; its links, in place of those it has,
    /// at most `most_links(level)`, or chosen from more than that; and the node where walks begin, one of the highest level.
    /// Links of one node are for one thread at a time.
    [[nodiscard]] Node add_node(const Rows& rows, std::size_t slot, std::size_t level);
    void set_links(Node node, std::size_t level, std::span<const Node> to);
    void choose_links(Node node, std::size_t level, std::vector<Node> from);
    void set_entry(Node node) noexcept;
    [[nodiscard]] Node entry() const noexcept { return static_cast<Node>(entry_.load(std::memory_order_acquire)); }
    [[nodiscard]] std::size_t level(Node node) const noexcept;
    [[nodiscard]] std::size_t most_links(std::size_t level) const noexcept { return level == 0 ? 2 * shape_.m : shape_.m; }
    /// Into `out`, which has room for `most_links(level)`; how many.
    std::size_t links_of(Node node, std::size_t level, Node* out) const noexcept;
    static constexpr std::size_t top_level = 16;  ///< there are no higher ones

    /// The row that a node was made of.
    struct Row {
        std::size_t slot;
        std::uint64_t stamp;  ///< `RowInfo::stamp`
    };
    [[nodiscard]] Row row(Node node) const noexcept;

    /// A node that a walk came by, and an upper bound of its score (`Query::bound`).
    struct Found {
        Node node;
        float bound;
    };
    /// What a walk looks for, and what it has found at its end.
    struct Walk {
        const Query& query;
        std::size_t k, ef;  ///< so many are wanted, at most `ef`; and `ef` nodes are kept, or more as some are not allowed
        const Bits* allowed = nullptr;  ///< only rows in these slots; null: all
        std::size_t most_steps = none;  ///< nodes whose links are followed; if that is not enough, all is given up

        std::vector<Found> found = {};  ///< the nearest that are allowed, the nearest first
        std::size_t visited = 0;        ///< nodes that were compared with the query
    };
    [[nodiscard]] Steps walk(Walk& walk) const;

private:
    struct Coded;
    struct Head;
    struct Step;
    struct Pool;
    struct Target;
    class Visits;
    class Writing;
    struct Borrowed;
    using Link = std::atomic<Node>;
    using Components = std::vector<std::int8_t>;

    [[nodiscard]] std::byte* at(Node node) const noexcept {
        const auto c = static_cast<std::size_t>(std::bit_width(node / first_chunk));
        const std::size_t first = c == 0 ? 0 : first_chunk << (c - 1);
        return chunks_[c].load(std::memory_order_acquire) + (node - first) * node_bytes_;
    }
    [[nodiscard]] const Coded& coded(Node node) const noexcept;
    [[nodiscard]] Head& head(Node node) const noexcept;
    [[nodiscard]] const std::uint8_t* codes(Node node) const noexcept;
    [[nodiscard]] Link* links(Node node, std::size_t level) const noexcept;

    void write_codes(const Rows& rows, std::size_t slot, Node node) noexcept;
    [[nodiscard]] std::size_t level_of(std::uint64_t number) const noexcept;
    [[nodiscard]] Target target_of(Node node, Components& buffer) const;
    void near_of(const Target& target, std::span<const Node> nodes, float* out) const noexcept;
    [[nodiscard]] std::size_t may_reach(const Target& target, float limit, std::span<Node> nodes) const noexcept;
    [[nodiscard]] bool counts(const Pool& pool, Node node) const noexcept;
    [[nodiscard]] Step entered(const Target& target, Node node) const noexcept;
    [[nodiscard]] Steps spread(const Target& target, Pool& pool, std::size_t level, Visits& visits, std::size_t& visited,
                               std::size_t most_steps = none) const;
    void choose(std::vector<Step>& near, std::size_t most) const;
    void link_back(Node from, Node to, std::size_t level);
    void add_links(Node node, std::size_t level, std::span<const Step> near);
    void prefetch_links(Node node, std::size_t level) const noexcept;

    static constexpr std::size_t first_chunk = 1024, most_chunks = 23;

    const RowLayout& layout_;
    Shape shape_;
    std::size_t codes_at_, head_at_, links_at_, node_bytes_;
    std::atomic<std::byte*> chunks_[most_chunks] = {};  // each as large as all before it
    std::atomic<std::size_t> size_{0};
    std::atomic<std::uint64_t> entry_{~std::uint64_t{0}};  // level, node
    mutable std::mutex growing_;                           // of chunks, nodes and upper levels
    std::mutex rising_;                                    // held while a node above all others is linked
    std::vector<std::unique_ptr<Link[]>> upper_;
    mutable std::mutex resting_;
    mutable std::vector<std::unique_ptr<Visits>> visits_;  // for walks to come
};

}  // namespace sextant::index
