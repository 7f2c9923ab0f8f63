// The merges of a BPE model.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tokenize/json_node.hpp"
#include "tokenize/vocabulary.hpp"

namespace sextant::tokenize {

/// Two neighbours that become one.
struct Merge {
    Vocabulary::Index left, right, result;
    std::uint32_t rank;  // lower comes first
};

/// All merges, found by their two parts in logarithmic time.
class Merges {
public:
    /// From ["a b", ...] or [["a", "b"], ...]. Throws `corrupt` for a merge whose parts or result are not in the
    /// vocabulary. `prefix_bytes` is the length of the continuing_subword_prefix, which a merge takes off its right
    /// part.
    Merges(const JsonNode& node, const Vocabulary& vocabulary, std::size_t prefix_bytes);

    /// The merge of two tokens, or nullptr.
    [[nodiscard]] const Merge* find(Vocabulary::Index left, Vocabulary::Index right) const noexcept;

private:
    std::vector<Merge> merges_;         // by left, then right
    std::vector<std::uint32_t> first_;  // of each left token in `merges_`, and the end
};

}  // namespace sextant::tokenize
