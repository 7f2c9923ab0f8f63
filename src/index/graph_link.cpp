#include <algorithm>
#include <cmath>
#include <new>
#include <thread>
#include <utility>

#include "index/graph_nodes.hpp"

namespace sextant::index {

/// Geometrically distributed, and the same for the same row whenever it is linked.
std::size_t Graph::level_of(std::uint64_t number) const noexcept {
    std::uint64_t hash = number + 0x9E3779B97F4A7C15U;  // splitmix64
    hash = (hash ^ hash >> 30) * 0xBF58476D1CE4E5B9U;
    hash = (hash ^ hash >> 27) * 0x94D049BB133111EBU;
    const double uniform = (static_cast<double>((hash ^ hash >> 31) >> 11) + 1) * 0x1p-53;
    return std::min<std::size_t>(top_level, static_cast<std::size_t>(-std::log(uniform) / std::log(static_cast<double>(shape_.m))));
}

/// Of near nodes, sorted, those that are nearer to the one they are to be linked with than to any chosen before
/// (algorithm 4 of the paper, without what it may keep or extend).
void Graph::choose(std::vector<Step>& near, std::size_t most) const {
    std::vector<Step> chosen;
    std::vector<Node> nodes;
    std::vector<float> others(most);
    Components buffer;
    for (const auto& step : near) {
        if (chosen.size() == most) break;
        const auto target = target_of(step.node, buffer);
        near_of(target, nodes, others.data());
        const float own = layout_.metric() == Metric::l2 ? coded(step.node).offset : 0;
        const bool covered = std::ranges::any_of(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(nodes.size()), [&](float other) { return other + own > step.near; });
        if (covered) continue;
        chosen.push_back(step);
        nodes.push_back(step.node);
    }
    near = std::move(chosen);
}

/// Held while the links of a node are written, and released whatever is thrown.
class Graph::Writing {
public:
    explicit Writing(Head& head) : flag_(head.writing) {
        while (flag_.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
    }
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;
    ~Writing() { flag_.clear(std::memory_order_release); }

private:
    std::atomic_flag& flag_;
};

/// Adds a link, or chooses anew if there is no room.
void Graph::link_back(Node from, Node to, std::size_t level) {
    const Writing writing(head(from));
    const std::size_t most = most_links(level);
    std::vector<Node> nodes(most + 1);
    const std::size_t count = links_of(from, level, nodes.data());
    auto* const out = links(from, level);
    if (std::find(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(count), to) != nodes.begin() + static_cast<std::ptrdiff_t>(count)) return;
    if (count < most) {
        out[count].store(to, std::memory_order_release);
        return;
    }
    nodes[count] = to;
    choose_links(from, level, std::move(nodes));
}

void Graph::choose_links(Node node, std::size_t level, std::vector<Node> from) {
    std::vector<float> near(from.size());
    Components buffer;
    near_of(target_of(node, buffer), from, near.data());
    std::vector<Step> steps;
    const float own = layout_.metric() == Metric::l2 ? coded(node).offset : 0;
    for (std::size_t i = 0; i < from.size(); ++i) steps.push_back({near[i] + own, from[i]});
    std::ranges::sort(steps, Step::nearer);
    choose(steps, most_links(level));
    std::ranges::transform(steps, from.begin(), &Step::node);
    set_links(node, level, std::span(from).first(steps.size()));
}

void Graph::link(const Rows& rows, std::size_t slot) {
    const std::size_t level = level_of(rows.info(slot).number);
    std::unique_lock rising(rising_);
    const auto entry = entry_.load(std::memory_order_acquire);
    const bool first = entry == ~std::uint64_t{0};
    const std::size_t top = first ? 0 : entry >> 32;
    if (!first && level <= top) rising.unlock();
    const Node node = add_node(rows, slot, level);
    if (!first) {
        Components buffer;
        const auto target = target_of(node, buffer);
        const float own = layout_.metric() == Metric::l2 ? coded(node).offset : 0;
        const Borrowed borrowed(*this);
        auto& visits = *borrowed.visits;
        visits.leave_out(node);
        std::size_t visited = 0;
        Pool pool(entered(target, static_cast<Node>(entry)));
        for (std::size_t l = top + 1; l-- > 0;) {
            pool.want(l <= level ? shape_.ef_construction : 1, 0);
            spread(target, pool, l, visits, visited).finish();
            if (l > level) continue;
            auto near = pool.steps;
            for (auto& step : near) step.near += own;
            choose(near, shape_.m);
            add_links(node, l, near);
            for (const auto& step : near) prefetch(&head(step.node), sizeof(Head) + (l == 0 ? most_links(0) * sizeof(Link) : 0));
            for (std::size_t i = 0; i < near.size(); ++i) {
                if (i + 1 < near.size()) prefetch_links(near[i + 1].node, l);
                link_back(near[i].node, node, l);
            }
        }
    }
    if (rising.owns_lock()) entry_.store(std::uint64_t{level} << 32 | node, std::memory_order_release);
}

/// To what others have linked back meanwhile, which are kept while there is room.
void Graph::add_links(Node node, std::size_t level, std::span<const Step> near) {
    const Writing writing(head(node));
    auto* const out = links(node, level);
    std::vector<Node> there(most_links(level));
    const std::size_t count = links_of(node, level, there.data());
    std::size_t at = 0;
    for (const auto& step : near) out[at++].store(step.node, std::memory_order_release);
    for (std::size_t i = 0; i < count && at < most_links(level); ++i)
        if (std::ranges::none_of(near, [&](const Step& step) { return step.node == there[i]; })) out[at++].store(there[i], std::memory_order_release);
}

/// What `link_back` reads if there is no room.
void Graph::prefetch_links(Node node, std::size_t level) const noexcept {
    const auto* const from = links(node, level);
    if (from[most_links(level) - 1].load(std::memory_order_acquire) == none) return;
    for (std::size_t i = 0; i < most_links(level); ++i)
        if (const Node to = from[i].load(std::memory_order_acquire); to != none) prefetch(at(to), head_at_);
}

}  // namespace sextant::index
