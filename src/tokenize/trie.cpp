#include "tokenize/trie.hpp"

#include <algorithm>

#include <sextant/core/error.hpp>

namespace sextant::tokenize {

namespace {

constexpr std::size_t max_nodes = 16'000'000;

// The keys [begin, end) share their first `depth` bytes, which lead to `node`.
struct Span {
    Trie::Node node;
    std::size_t begin, end, depth;
};

}  // namespace

Trie::Trie(std::vector<std::pair<std::string_view, Value>> entries, const std::string& place)
    : nodes_(1), labels_(1) {
    for (const auto& [key, unused] : entries)
        if (key.size() > max_key_bytes)
            throw Error(ErrorCode::limit, place + ": a token of " + std::to_string(key.size()) + " bytes; at most " +
                                              std::to_string(max_key_bytes) + " are allowed");
    std::ranges::stable_sort(entries, {}, [](const auto& entry) { return entry.first; });
    std::vector<Span> level{{root, 0, entries.size(), 0}};
    while (!level.empty()) {
        std::vector<Span> next;
        for (auto [node, begin, end, depth] : level) {
            if (begin < end && entries[begin].first.size() == depth) nodes_[node].value = entries[begin].second;
            while (begin < end && entries[begin].first.size() == depth) ++begin;
            nodes_[node].first_child = static_cast<Node>(nodes_.size());
            while (begin < end) {
                const char label = entries[begin].first[depth];
                auto stop = begin + 1;
                while (stop < end && entries[stop].first[depth] == label) ++stop;
                next.push_back({static_cast<Node>(nodes_.size()), begin, stop, depth + 1});
                nodes_.emplace_back();
                labels_.push_back(static_cast<unsigned char>(label));
                ++nodes_[node].children;
                begin = stop;
            }
            if (nodes_.size() > max_nodes) throw Error(ErrorCode::limit, place + ": the tokens are too many");
        }
        level = std::move(next);
    }
    for (std::uint32_t i = 0; i < nodes_[root].children; ++i) first_[labels_[nodes_[root].first_child + i]] = nodes_[root].first_child + i;
}

std::optional<Trie::Node> Trie::walk(Node from, std::string_view text) const noexcept {
    const Entry* node = &nodes_[from];
    for (const char c : text)
        if ((node = child(*node, static_cast<unsigned char>(c))) == nullptr) return std::nullopt;
    return static_cast<Node>(node - nodes_.data());
}

std::optional<Trie::Value> Trie::value(Node node) const noexcept {
    if (nodes_[node].value == no_value) return std::nullopt;
    return nodes_[node].value;
}

std::optional<Trie::Value> Trie::find(std::string_view key) const noexcept {
    const auto node = walk(root, key);
    return node ? value(*node) : std::nullopt;
}

std::optional<Trie::Prefix> Trie::longest_prefix(Node from, std::string_view text) const noexcept {
    std::optional<Prefix> longest;
    const Entry* node = &nodes_[from];
    for (std::size_t i = 0; i < text.size(); ++i) {
        node = child(*node, static_cast<unsigned char>(text[i]));
        if (node == nullptr) break;
        if (node->value != no_value) longest = Prefix{node->value, i + 1};
    }
    return longest;
}

}  // namespace sextant::tokenize
