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

/// All merges, found by their two parts at once; in logarithmic time where someone made them collide.
class Merges {
public:
    /// From ["a b", ...] or [["a", "b"], ...]. Throws `corrupt` for a merge whose parts or result are not in the
    /// vocabulary. `prefix_bytes` is the length of the continuing_subword_prefix, which a merge takes off its right
    /// part.
    Merges(const JsonNode& node, const Vocabulary& vocabulary, std::size_t prefix_bytes);

    /// The merge of two tokens, or nullptr.
    [[nodiscard]] const Merge* find(Vocabulary::Index left, Vocabulary::Index right) const noexcept;

private:
    [[nodiscard]] std::size_t bucket(Vocabulary::Index left, Vocabulary::Index right) const noexcept;

    std::vector<Merge> merges_;         // by bucket, then left, then right
    std::vector<std::uint32_t> first_;  // of each bucket in `merges_`, and the end
    int shift_ = 0;                     // what is left of a hash is a bucket
};

}  // namespace sextant::tokenize
