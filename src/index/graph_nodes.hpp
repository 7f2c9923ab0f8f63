// What the parts of a graph share: its nodes, and what they are compared with.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "index/bits.hpp"
#include "index/graph.hpp"
#include "kernels/prefetch.hpp"

namespace sextant::index {

using kernels::prefetch;

/// Where a node begins; then come the signs of its components, one bit each, its byte codes, its head and its links.
struct Graph::Coded {
    float scale = 0;
    float offset = 0;        // -w^2 if the metric is l2
    float sign_scale = 0;    // as `scale`, for what signs say
    float sign_error = 0;    // which that does not exceed but seldom, for a target whose components have the norm 1
};

/// What a walk does not read.
struct Graph::Head {
    std::size_t slot = 0;
    std::uint64_t stamp = 0;
    float error = 0, weight = 0;
    std::int32_t sum = 0;        // of its components
    float norm = 0;              // of these
    std::uint32_t level = 0;
    Link* upper = nullptr;       // of level 1, then of level 2 and so on
    std::atomic_flag writing{};  // of links
};

struct Graph::Step {
    float near = 0;
    Node node = none;
    bool expanded = false;
    bool counts = true;  ///< its row is allowed
    static bool nearer(const Step& a, const Step& b) noexcept { return int{a.near > b.near} | (int{a.near == b.near} & int{a.node < b.node}); }
};

/// What nodes are compared with: a query, or a node, whose components lie in a buffer.
struct Graph::Target {
    const std::int8_t* components;
    std::int32_t sum;
    float norm;  // of the components
    float factor;
    [[nodiscard]] std::int32_t bias() const noexcept { return kernels::byte_offset * sum; }
};

/// The nearest nodes that a walk on one level has come by, the nearest first: up to the last of `wanted` that count, and so many
/// more as lie `beyond`. Those make sure that there are no nearer ones: as many as without a filter, whatever part of all counts.
struct Graph::Pool {
    explicit Pool(const Step& entry) : steps{entry} {}
    std::vector<Step> steps;
    std::size_t wanted = 1, beyond = 0;
    const Bits* allowed = nullptr;  ///< slots of rows that count; null: all
    std::size_t counted = 1;
    std::size_t last = 0;  ///< of those that are wanted, if there are so many

    /// There are never more than this times `wanted + beyond`.
    static constexpr std::size_t most = 64;
    [[nodiscard]] bool enough() const noexcept { return counted >= wanted; }
    [[nodiscard]] std::size_t room() const noexcept { return enough() ? last + 1 + beyond : most * (wanted + beyond); }
    [[nodiscard]] bool full() const noexcept { return steps.size() >= room(); }
    [[nodiscard]] bool takes(const Step& step) const noexcept { return !full() || Step::nearer(step, steps.back()); }
    /// How many there will be if the part that counts stays as it is.
    [[nodiscard]] std::size_t expected() const noexcept { return enough() ? room() : steps.size() * wanted / std::max<std::size_t>(1, counted) + beyond; }

    void want(std::size_t number, std::size_t more) {
        wanted = number;
        beyond = more;
        counted = static_cast<std::size_t>(std::ranges::count(steps, true, &Step::counts));
        if (enough()) find_last(steps.size());
    }
    /// Where it lies now.
    std::size_t insert(const Step& step) {
        std::size_t place = 0;
        for (std::size_t left = steps.size(); left > 0;) {  // without branches, which would be as good as chance
            const std::size_t half = (left + 1) / 2;
            const bool behind = Step::nearer(steps[place + half - 1], step);
            place += behind ? half : 0;
            left = behind ? left - half : half - 1;
        }
        steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(place), step);
        const bool had_enough = enough();
        counted += step.counts ? 1 : 0;
        if (!had_enough && enough()) find_last(steps.size());
        else if (had_enough && place <= last) {
            ++last;
            if (step.counts) find_last(last);
        }
        while (steps.size() > room()) {
            counted -= steps.back().counts ? 1 : 0;
            steps.pop_back();
        }
        return place;
    }

private:
    /// The one that counts before this.
    void find_last(std::size_t before) noexcept {
        for (last = before - 1; !steps[last].counts; --last) {
        }
    }
};

/// Which nodes a walk has seen. Without branches: whether a node was seen is as good as chance.
class Graph::Visits {
public:
    /// Of other nodes than this, until all are left out no more.
    void leave_out(Node node) noexcept { left_out_ = node; }
    void begin(std::size_t nodes) {
        for (std::size_t i = 0; i < touched_; ++i) seen_[words_[i]] = 0;
        touched_ = 0;
        if (words_for(nodes) > seen_.size()) seen_.resize(words_for(nodes));
        words_.resize(seen_.size() + 1);
        if (left_out_ != none) see(left_out_);
    }
    /// Moves those that were not seen before to the front; how many.
    std::size_t see(std::span<Node> nodes) noexcept {
        std::size_t fresh = 0;
        for (const Node node : nodes) {
            nodes[fresh] = node;
            fresh += see(node) ? 1 : 0;
        }
        return fresh;
    }
    /// False if it was.
    bool see(Node node) noexcept {
        const std::size_t word = node / word_bits;
        if (word >= seen_.size()) return false;  // linked after the walk began
        const auto bit = std::uint64_t{1} << (node % word_bits), before = seen_[word];
        words_[touched_] = static_cast<std::uint32_t>(word);
        touched_ += before == 0 ? 1 : 0;
        seen_[word] = before | bit;
        return (before & bit) == 0;
    }

private:
    Node left_out_ = none;
    Bits seen_;
    std::vector<std::uint32_t> words_;  // that are not 0: the first `touched_`, with room for one more
    std::size_t touched_ = 0;
};

/// Memory of a walk, kept for the next one.
struct Graph::Borrowed {
    explicit Borrowed(const Graph& from) : graph(from) {
        {
            const std::lock_guard lock(graph.resting_);
            if (!graph.visits_.empty()) {
                visits = std::move(graph.visits_.back());
                graph.visits_.pop_back();
            }
        }
        if (!visits) visits = std::make_unique<Visits>();
        visits->leave_out(none);
    }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;
    ~Borrowed() {
        const std::lock_guard lock(graph.resting_);
        try {
            graph.visits_.push_back(std::move(visits));
        } catch (const std::bad_alloc&) {  // one less to keep
        }
    }

    const Graph& graph;
    std::unique_ptr<Visits> visits;
};

inline const Graph::Coded& Graph::coded(Node node) const noexcept { return *reinterpret_cast<const Coded*>(at(node)); }
inline Graph::Head& Graph::head(Node node) const noexcept { return *reinterpret_cast<Head*>(at(node) + head_at_); }
inline const std::uint8_t* Graph::codes(Node node) const noexcept { return reinterpret_cast<const std::uint8_t*>(at(node) + codes_at_); }

inline Graph::Link* Graph::links(Node node, std::size_t level) const noexcept {
    if (level == 0) return reinterpret_cast<Link*>(at(node) + links_at_);
    return head(node).upper + (level - 1) * shape_.m;
}

}  // namespace sextant::index
