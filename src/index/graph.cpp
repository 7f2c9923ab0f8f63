#include "index/graph.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <thread>
#include <utility>

#include "index/large_memory.hpp"

namespace sextant::index {
namespace {

constexpr std::size_t line = 64;
// How many standard deviations of what signs say are allowed for.
constexpr double deviations = 2;
constexpr std::size_t rounded_up(std::size_t bytes, std::size_t to) { return (bytes + to - 1) / to * to; }
constexpr std::size_t whole_lines(std::size_t bytes) { return rounded_up(bytes, line); }

void prefetch(const void* at, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; i += line) __builtin_prefetch(static_cast<const std::byte*>(at) + i);
}

}  // namespace

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
    static bool nearer(const Step& a, const Step& b) noexcept { return a.near != b.near ? a.near > b.near : a.node < b.node; }
};

/// What nodes are compared with: a query, or a node, whose components lie in a buffer.
struct Graph::Target {
    const std::int8_t* components;
    std::int32_t sum;
    float norm;  // of the components
    float factor;
    [[nodiscard]] std::int32_t bias() const noexcept { return kernels::byte_offset * sum; }
};

/// Which nodes a walk has seen.
class Graph::Visits {
public:
    void begin(std::size_t nodes) {
        for (const auto word : touched_) seen_[word] = 0;
        touched_.clear();
        seen_.resize(std::max(seen_.size(), words_for(nodes)));
    }
    /// False if it was seen before.
    bool see(Node node) {
        const std::size_t word = node / word_bits;
        if (word >= seen_.size()) return false;  // linked after the walk began
        const auto bit = std::uint64_t{1} << (node % word_bits);
        if ((seen_[word] & bit) != 0) return false;
        if (seen_[word] == 0) touched_.push_back(static_cast<std::uint32_t>(word));
        seen_[word] |= bit;
        return true;
    }

private:
    Bits seen_;
    std::vector<std::uint32_t> touched_;
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

Graph::Graph(const RowLayout& layout, const Shape& shape)
    : layout_(layout),
      shape_(shape),
      codes_at_(rounded_up(sizeof(Coded) + layout.byte_stride() / 8, 16)),
      head_at_(codes_at_ + layout.byte_stride()),
      links_at_(head_at_ + sizeof(Head)),
      node_bytes_(whole_lines(links_at_ + 2 * shape.m * sizeof(Link))) {}

Graph::~Graph() {
    for (auto& chunk : chunks_) FreeMemory()(chunk.load());
}

std::size_t Graph::bytes() const noexcept {
    std::size_t nodes = 0;
    for (std::size_t c = 0; c < most_chunks; ++c)
        if (chunks_[c].load() != nullptr) nodes += c == 0 ? first_chunk : first_chunk << (c - 1);
    return nodes * node_bytes_;
}

const Graph::Coded& Graph::coded(Node node) const noexcept { return *reinterpret_cast<const Coded*>(at(node)); }
Graph::Head& Graph::head(Node node) const noexcept { return *reinterpret_cast<Head*>(at(node) + head_at_); }
const std::uint8_t* Graph::codes(Node node) const noexcept { return reinterpret_cast<const std::uint8_t*>(at(node) + codes_at_); }
Graph::Row Graph::row(Node node) const noexcept { return {head(node).slot, head(node).stamp}; }

Graph::Link* Graph::links(Node node, std::size_t level) const noexcept {
    if (level == 0) return reinterpret_cast<Link*>(at(node) + links_at_);
    return head(node).upper + (level - 1) * shape_.m;
}

std::size_t Graph::links_of(Node node, std::size_t level, Node* out) const noexcept {
    const auto* from = links(node, level);
    std::size_t count = 0;
    for (; count < most_links(level); ++count) {
        out[count] = from[count].load(std::memory_order_acquire);
        if (out[count] == none) break;
    }
    return count;
}

std::size_t Graph::level(Node node) const noexcept { return head(node).level; }

void Graph::set_entry(Node node) noexcept { entry_.store(std::uint64_t{head(node).level} << 32 | node, std::memory_order_release); }

void Graph::set_links(Node node, std::size_t level, std::span<const Node> to) {
    auto* const out = links(node, level);
    for (std::size_t i = 0; i < most_links(level); ++i) out[i].store(i < to.size() ? to[i] : none, std::memory_order_release);
}

/// Geometrically distributed, and the same for the same row whenever it is linked.
std::size_t Graph::level_of(std::uint64_t number) const noexcept {
    std::uint64_t hash = number + 0x9E3779B97F4A7C15U;  // splitmix64
    hash = (hash ^ hash >> 30) * 0xBF58476D1CE4E5B9U;
    hash = (hash ^ hash >> 27) * 0x94D049BB133111EBU;
    const double uniform = (static_cast<double>((hash ^ hash >> 31) >> 11) + 1) * 0x1p-53;
    return std::min<std::size_t>(top_level, static_cast<std::size_t>(-std::log(uniform) / std::log(static_cast<double>(shape_.m))));
}

Graph::Node Graph::add_node(const Rows& rows, std::size_t slot, std::size_t level) {
    const std::lock_guard lock(growing_);
    const std::size_t size = size_.load(std::memory_order_relaxed);
    const auto c = static_cast<std::size_t>(std::bit_width(size / first_chunk));
    if (c >= most_chunks) throw std::bad_alloc();
    if (chunks_[c].load(std::memory_order_relaxed) == nullptr) {
        const std::size_t nodes = c == 0 ? first_chunk : first_chunk << (c - 1);
        chunks_[c].store(new_memory(nodes * node_bytes_, nodes * node_bytes_ >= huge_page).release(), std::memory_order_release);
    }
    std::unique_ptr<Link[]> upper;
    if (level > 0) {
        upper.reset(new Link[level * shape_.m]);
        for (std::size_t i = 0; i < level * shape_.m; ++i) upper[i].store(none, std::memory_order_relaxed);
        if (upper_.size() == upper_.capacity()) upper_.reserve(2 * upper_.size() + 16);
    }
    const auto node = static_cast<Node>(size);
    auto& head = *new (at(node) + head_at_) Head;
    head.slot = slot;
    head.stamp = rows.info(slot).stamp;
    head.level = static_cast<std::uint32_t>(level);
    head.upper = upper.get();
    write_codes(rows, slot, node);
    auto* const lowest = reinterpret_cast<Link*>(at(node) + links_at_);
    for (std::size_t l = 0; l < 2 * shape_.m; ++l) new (lowest + l) Link(none);
    if (upper) upper_.push_back(std::move(upper));
    size_.store(size + 1, std::memory_order_release);
    return node;
}

void Graph::write_codes(const Rows& rows, std::size_t slot, Node node) noexcept {
    const auto block = rows.block(slot / kernels::block_rows);
    const std::size_t i = slot % kernels::block_rows, stride = layout_.byte_stride();
    const auto* from = block.bytes + i * stride;
    std::copy_n(from, stride, reinterpret_cast<std::uint8_t*>(at(node) + codes_at_));
    auto* const signs = reinterpret_cast<std::uint8_t*>(at(node) + sizeof(Coded));
    auto& head = this->head(node);
    std::int64_t size = 0, squares = 0;
    for (std::size_t j = 0; j < stride; ++j) {
        const int component = from[j] - kernels::byte_offset;
        if (j % 8 == 0) signs[j / 8] = 0;
        if (component >= 0) signs[j / 8] = static_cast<std::uint8_t>(signs[j / 8] | 1 << (j % 8));
        head.sum += component;
        size += std::abs(component);
        squares += component * component;
    }
    head.error = block.by_bytes[i].error;
    head.weight = block.by_nibbles.norm[i];
    head.norm = std::sqrt(static_cast<float>(squares));
    auto& coded = *new (at(node)) Coded;
    coded.scale = block.by_bytes[i].scale;
    coded.offset = layout_.metric() == Metric::l2 ? -head.weight * head.weight : 0;
    if (size == 0) return;
    // <x, y> is about <signs, y> |x|^2 / <signs, x>; the part of the signs that stands upright on x makes the error.
    const auto n = static_cast<double>(layout_.dimensions());
    const double cosine = std::min(1.0, static_cast<double>(size) / (head.norm * std::sqrt(n)));
    coded.sign_scale = coded.scale * static_cast<float>(squares) / static_cast<float>(size);
    coded.sign_error = static_cast<float>(deviations * coded.scale * head.norm * std::sqrt(1 - cosine * cosine) / (cosine * std::sqrt(n)));
}

Graph::Target Graph::target_of(Node node, Components& buffer) const {
    const auto* from = codes(node);
    buffer.resize(layout_.byte_stride());
    for (std::size_t i = 0; i < buffer.size(); ++i) buffer[i] = static_cast<std::int8_t>(from[i] - kernels::byte_offset);
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
            if (target.factor * likely + of.offset < limit) continue;
            prefetch(codes(node), layout_.byte_stride());
            nodes[left++] = node;
        }
    }
    return left;
}

/// The nearest node, going from one to a nearer one on each level.
Graph::Step Graph::descend(const Target& target, Step from, std::size_t from_level, std::size_t to_level, std::size_t& visited) const {
    std::vector<Node> nodes(shape_.m);
    std::vector<float> near(shape_.m);
    for (std::size_t level = from_level; level > to_level; --level)
        for (bool nearer = true; nearer;) {
            nearer = false;
            const std::size_t count = links_of(from.node, level, nodes.data());
            near_of(target, {nodes.data(), count}, near.data());
            visited += count;
            for (std::size_t i = 0; i < count; ++i)
                if (near[i] > from.near) {
                    from = {near[i], nodes[i]};
                    nearer = true;
                }
        }
    return from;
}

/// Makes of a few nodes the `ef` nearest that can be reached, the nearest first.
void Graph::spread(const Target& target, std::vector<Step>& pool, std::size_t ef, std::size_t level, Visits& visits, std::size_t& visited) const {
    std::vector<Node> nodes(most_links(level));
    std::vector<float> near(most_links(level));
    std::ranges::sort(pool, Step::nearer);
    pool.reserve(ef + 1);
    for (std::size_t next = 0; next < pool.size();) {
        if (std::exchange(pool[next].expanded, true)) {
            ++next;
            continue;
        }
        std::size_t count = links_of(pool[next].node, level, nodes.data());
        count = static_cast<std::size_t>(std::remove_if(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(count), [&](Node node) { return !visits.see(node); }) - nodes.begin());
        visited += count;
        const bool full = pool.size() >= ef;
        for (std::size_t i = 0; i < count; ++i) prefetch(at(nodes[i]), full ? codes_at_ : head_at_);
        if (full) count = may_reach(target, pool.back().near, {nodes.data(), count});
        near_of(target, {nodes.data(), count}, near.data());
        std::size_t first_new = pool.size();
        for (std::size_t i = 0; i < count; ++i) {
            const Step step{near[i], nodes[i]};
            if (pool.size() >= ef && !Step::nearer(step, pool.back())) continue;
            const auto place = std::ranges::upper_bound(pool, step, Step::nearer) - pool.begin();
            pool.insert(pool.begin() + place, step);
            if (pool.size() > ef) pool.pop_back();
            first_new = std::min(first_new, static_cast<std::size_t>(place));
        }
        next = std::min(next + 1, first_new);
    }
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
        const auto entry_node = static_cast<Node>(entry);
        std::size_t visited = 0;
        Step start{0, entry_node};
        near_of(target, {&entry_node, 1}, &start.near);
        start = descend(target, start, top, std::min(level, top), visited);
        std::vector<Step> pool{start};
        const Borrowed borrowed(*this);
        auto& visits = *borrowed.visits;
        for (std::size_t l = std::min(level, top) + 1; l-- > 0;) {
            visits.begin(size());
            visits.see(node);
            for (auto& step : pool) {
                visits.see(step.node);
                step.expanded = false;
            }
            spread(target, pool, shape_.ef_construction, l, visits, visited);
            auto near = pool;
            for (auto& step : near) step.near += own;
            choose(near, shape_.m);
            {
                const Writing writing(head(node));
                auto* const out = links(node, l);
                // Others may have linked back already: theirs are kept while there is room.
                std::vector<Node> there(most_links(l));
                const std::size_t count = links_of(node, l, there.data());
                std::size_t at = 0;
                for (const auto& step : near) out[at++].store(step.node, std::memory_order_release);
                for (std::size_t i = 0; i < count && at < most_links(l); ++i)
                    if (std::ranges::none_of(near, [&](const Step& step) { return step.node == there[i]; })) out[at++].store(there[i], std::memory_order_release);
            }
            for (const auto& step : near) link_back(step.node, node, l);
        }
    }
    if (rising.owns_lock()) entry_.store(std::uint64_t{level} << 32 | node, std::memory_order_release);
}

std::vector<Graph::Found> Graph::walk(const Query& query, std::size_t ef, std::size_t& visited) const {
    const auto entry = entry_.load(std::memory_order_acquire);
    if (entry == ~std::uint64_t{0}) return {};
    const Target target{query.components().data(), query.sum(), query.components_norm(), query.factor()};
    const Borrowed borrowed(*this);
    auto& visits = *borrowed.visits;
    visits.begin(size());
    const auto entry_node = static_cast<Node>(entry);
    Step start{0, entry_node};
    near_of(target, {&entry_node, 1}, &start.near);
    ++visited;
    std::vector<Step> pool{descend(target, start, entry >> 32, 0, visited)};
    visits.see(pool.front().node);
    spread(target, pool, ef, 0, visits, visited);
    std::vector<Found> found;
    for (const auto& step : pool) {
        const auto& of = head(step.node);
        found.push_back({step.node, step.near + static_cast<float>(query.slack(of.error, of.weight))});
    }
    return found;
}

}  // namespace sextant::index
