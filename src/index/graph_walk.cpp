#include <algorithm>
#include <bit>
#include <utility>

#include "index/graph_nodes.hpp"

namespace sextant::index {

Graph::Target Graph::target_of(Node node, Components& buffer) const {
    const auto* const from = codes(node);
    const std::size_t stride = layout_.byte_stride();
    buffer.resize(stride);
    auto* const out = buffer.data();
    for (std::size_t i = 0; i < stride; ++i) out[i] = static_cast<std::int8_t>(from[i] ^ kernels::byte_offset);
    const auto& of = head(node);
    return {buffer.data(), of.sum, of.norm, (layout_.metric() == Metric::l2 ? 2 : 1) * coded(node).scale};
}

void Graph::near_of(const Target& target, std::span<const Node> nodes, float* out) const noexcept {
    constexpr std::size_t most = 8;
    const std::uint8_t* rows[most];
    std::int32_t dots[most];
    for (std::size_t first = 0; first < nodes.size(); first += most) {
        const std::size_t count = std::min(most, nodes.size() - first);
        for (std::size_t i = 0; i < count; ++i) rows[i] = codes(nodes[first + i]);
        kernels::code_kernels().byte_dots(rows, static_cast<int>(count), layout_.byte_stride(), target.components, target.bias(), dots);
        for (std::size_t i = 0; i < count; ++i) {
            const auto& of = coded(nodes[first + i]);
            out[first + i] = target.factor * of.scale * static_cast<float>(dots[i]) + of.offset;
        }
    }
}

/// Moves those that are likely to be as near as `limit` to the front; how many.
std::size_t Graph::may_reach(const Target& target, float limit, std::span<Node> nodes) const noexcept {
    constexpr std::size_t most = 8;
    const std::uint8_t* signs[most];
    std::int32_t dots[most];
    std::size_t left = 0;
    for (std::size_t first = 0; first < nodes.size(); first += most) {
        const std::size_t count = std::min(most, nodes.size() - first);
        for (std::size_t i = 0; i < count; ++i) signs[i] = reinterpret_cast<const std::uint8_t*>(at(nodes[first + i]) + sizeof(Coded));
        kernels::code_kernels().sign_dots(signs, static_cast<int>(count), layout_.byte_stride(), target.components, dots);
        for (std::size_t i = 0; i < count; ++i) {
            const Node node = nodes[first + i];
            const auto& of = coded(node);
            const float likely = of.sign_scale * static_cast<float>(2 * dots[i] - target.sum) + of.sign_error * target.norm;
            nodes[left] = node;
            left += target.factor * likely + of.offset >= limit ? 1 : 0;
        }
    }
    for (const Node node : nodes.first(left)) prefetch(codes(node), layout_.byte_stride() + sizeof(Head));
    return left;
}

bool Graph::counts(const Pool& pool, Node node) const noexcept {
    return pool.allowed == nullptr || has_bit(*pool.allowed, head(node).slot);
}

Graph::Step Graph::entered(const Target& target, Node node) const noexcept {
    Step step{0, node};
    near_of(target, {&node, 1}, &step.near);
    return step;
}

/// Makes of a few nodes as many of the nearest that can be reached as the pool wants. Gives up, and leaves nothing, if that takes more
/// than `most_steps`, or seems to.
Steps Graph::spread(const Target& target, Pool& pool, std::size_t level, Visits& visits, std::size_t& visited, std::size_t most_steps) const {
    constexpr std::size_t few = 2;  // after so many it can be told how many there will be, roughly, and after more the better
    std::vector<Node> nodes(most_links(level));
    std::vector<float> near(most_links(level));
    auto& steps = pool.steps;
    visits.begin(size());
    for (auto& step : steps) {
        visits.see(step.node);
        step.expanded = false;
    }
    std::ranges::sort(steps, Step::nearer);
    std::size_t made = 0;
    for (std::size_t next = 0; next < steps.size();) {
        if (std::exchange(steps[next].expanded, true)) {
            ++next;
            continue;
        }
        const Node node = steps[next].node;
        if (level == 0) prefetch(links(node, 0), most_links(0) * sizeof(Link));
        else prefetch(&head(node), sizeof(Head));
        co_await Turn();
        std::size_t count = visits.see({nodes.data(), links_of(node, level, nodes.data())});
        visited += count;
        if (pool.full()) {
            for (std::size_t i = 0; i < count; ++i) prefetch(at(nodes[i]), codes_at_);
            co_await Turn();
            count = may_reach(target, steps.back().near, {nodes.data(), count});
        } else {
            for (std::size_t i = 0; i < count; ++i) prefetch(at(nodes[i]), head_at_);
        }
        if (count > 0) co_await Turn();
        near_of(target, {nodes.data(), count}, near.data());
        std::size_t first_new = steps.size();
        for (std::size_t i = 0; i < count; ++i) {
            Step step{near[i], nodes[i]};
            if (!pool.takes(step)) continue;
            step.counts = counts(pool, step.node);
            first_new = std::min(first_new, pool.insert(step));
        }
        next = std::min(next + 1, first_new);
        if (++made > most_steps || (made >= few && std::has_single_bit(made) && pool.expected() > most_steps + few * most_steps / made)) steps.clear();
    }
}

Steps Graph::walk(Walk& walk) const {
    const auto entry = entry_.load(std::memory_order_acquire);
    if (entry == ~std::uint64_t{0}) co_return;
    const auto& query = walk.query;
    const Target target{query.components().data(), query.sum(), query.components_norm(), query.factor()};
    const Borrowed borrowed(*this);
    auto& visits = *borrowed.visits;
    Pool pool(entered(target, static_cast<Node>(entry)));
    ++walk.visited;
    for (std::size_t level = entry >> 32; level > 0; --level)
        for (auto steps = spread(target, pool, level, visits, walk.visited); steps.next();) co_await Turn();
    pool.allowed = walk.allowed;
    for (auto& step : pool.steps) step.counts = counts(pool, step.node);
    const auto wanted = std::min(walk.ef, walk.k + walk.k / 4 + 2);  // codes order them nearly right
    pool.want(wanted, walk.ef - wanted);
    for (auto steps = spread(target, pool, 0, visits, walk.visited, walk.most_steps); steps.next();) co_await Turn();
    for (const auto& step : pool.steps) prefetch(&head(step.node), sizeof(Head));
    co_await Turn();
    for (const auto& step : pool.steps) {
        if (!step.counts) continue;
        const auto& of = head(step.node);
        walk.found.push_back({step.node, step.near + static_cast<float>(query.slack(of.error, of.weight))});
    }
}

}  // namespace sextant::index
