#include "index/graph.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "index/graph_nodes.hpp"
#include "index/large_memory.hpp"

namespace sextant::index {
namespace {

// How many standard deviations of what signs say are allowed for.
constexpr double deviations = 2;
constexpr std::size_t rounded_up(std::size_t bytes, std::size_t to) { return (bytes + to - 1) / to * to; }
constexpr std::size_t whole_lines(std::size_t bytes) { return rounded_up(bytes, 64); }

}  // namespace

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

Graph::Row Graph::row(Node node) const noexcept { return {head(node).slot, head(node).stamp}; }

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

}  // namespace sextant::index
