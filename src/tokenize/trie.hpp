// Finds which strings of a set stand at the front of a text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sextant::tokenize {

/// A byte trie in one array, the children of a node side by side. Never changes once built; any thread.
class Trie {
public:
    using Value = std::int32_t;
    using Node = std::uint32_t;
    struct Prefix {
        Value value;
        std::size_t length;
    };

    static constexpr Node root = 0;
    static constexpr std::size_t max_key_bytes = 1024;

    /// Holds nothing.
    Trie() : nodes_(1), labels_(1) {}
    /// Of equal keys the first counts. Throws `limit` for a key over `max_key_bytes` and beyond 16 million nodes,
    /// naming `place` as what the keys were read from.
    Trie(std::vector<std::pair<std::string_view, Value>> entries, const std::string& place);

    /// The node that `text` leads to, starting at `from`.
    [[nodiscard]] std::optional<Node> walk(Node from, std::string_view text) const noexcept;
    /// The value of a key that ends at the node.
    [[nodiscard]] std::optional<Value> value(Node node) const noexcept;
    [[nodiscard]] std::optional<Value> find(std::string_view key) const noexcept;
    /// The first place from `at` on at which a non-empty key may begin, by its first byte; the text's end if none may.
    [[nodiscard]] std::size_t next_start(std::string_view text, std::size_t at) const noexcept {
        while (at < text.size() && first_[static_cast<unsigned char>(text[at])] == root) ++at;
        return at;
    }
    /// The longest non-empty key that `text` begins with, going on from `from`.
    [[nodiscard]] std::optional<Prefix> longest_prefix(Node from, std::string_view text) const noexcept;
    /// Calls `visit(bytes, value)` for each non-empty key that `text` begins with, the shortest first.
    template <class Visit>
    void for_each_prefix(std::string_view text, Visit&& visit) const {
        const Entry* node = nodes_.data();
        for (std::size_t i = 0; i < text.size(); ++i) {
            node = child(*node, static_cast<unsigned char>(text[i]));
            if (node == nullptr) return;
            if (node->value != no_value) visit(i + 1, node->value);
        }
    }

private:
    static constexpr Value no_value = -1;
    struct Entry {
        Node first_child = 0;
        Value value = no_value;
        std::uint32_t children = 0;
    };

    [[nodiscard]] const Entry* child(const Entry& node, unsigned char label) const noexcept {
        if (&node == nodes_.data()) return first_[label] == root ? nullptr : &nodes_[first_[label]];
        const auto* labels = labels_.data() + node.first_child;
        if (node.children == 0) return nullptr;
        if (*labels == label) return &nodes_[node.first_child];  // most nodes have one child
        const auto* found = static_cast<const unsigned char*>(std::memchr(labels, label, node.children));
        return found == nullptr ? nullptr : &nodes_[static_cast<std::size_t>(found - labels_.data())];
    }

    std::vector<Entry> nodes_;
    std::vector<unsigned char> labels_;  // by which each node is reached
    std::array<Node, 256> first_{};      // the root's children by their labels; `root` where there is none
};

}  // namespace sextant::tokenize
