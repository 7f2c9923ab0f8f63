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
    [[nodiscard]] const Merge* find(Vocabulary::Index left, Vocabulary::Index right) const noexcept {
        const auto place = bucket(left, right);
        const auto* begin = merges_.data() + first_[place];
        const auto* end = merges_.data() + first_[place + 1];
        if (begin == end) return nullptr;
        if (begin->left == left && begin->right == right) return begin;
        return end - begin == 1 ? nullptr : find_among(begin, end, left, right);
    }

    /// Whether some merge may join a token that ends with one code point to a token that begins with the other. False
    /// is certain: whatever else is merged, those two neighbours stay apart. Without a prefix or suffix only.
    [[nodiscard]] bool may_join(char32_t left, char32_t right) const noexcept {
        const auto bit = hash(left, right, joint_shift_);
        return (joints_[bit / 64] >> bit % 64 & 1) != 0;
    }

private:
    void find_joints(const Vocabulary& vocabulary);
    // Multiplicative hashing: Knuth, The Art of Computer Programming 3, 6.4, by the golden ratio.
    [[nodiscard]] static std::size_t hash(std::uint32_t left, std::uint32_t right, int shift) noexcept {
        const auto pair = std::uint64_t{left} << 32 | right;
        return static_cast<std::size_t>(((pair >> 29 ^ pair) * 0x9E37'79B9'7F4A'7C15) >> shift);
    }
    [[nodiscard]] std::size_t bucket(Vocabulary::Index left, Vocabulary::Index right) const noexcept {
        return hash(static_cast<std::uint32_t>(left), static_cast<std::uint32_t>(right), shift_);
    }
    [[nodiscard]] static const Merge* find_among(const Merge* begin, const Merge* end, Vocabulary::Index left,
                                                 Vocabulary::Index right) noexcept;

    std::vector<Merge> merges_;         // by bucket, then left, then right
    std::vector<std::uint32_t> first_;  // of each bucket in `merges_`, and the end
    int shift_ = 0;                     // what is left of a hash is a bucket
    std::vector<std::uint64_t> joints_;  // a bit for each hash of the code points at some merge's joint
    int joint_shift_ = 0;
};

}  // namespace sextant::tokenize
