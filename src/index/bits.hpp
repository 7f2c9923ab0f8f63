// Sets of slots.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sextant::index {

/// A bit for each slot, 64 to a word: a word for each block of rows.
using Bits = std::vector<std::uint64_t>;

inline constexpr std::size_t word_bits = 64;

[[nodiscard]] constexpr std::size_t words_for(std::size_t bits) { return (bits + word_bits - 1) / word_bits; }
[[nodiscard]] inline bool get_bit(const Bits& bits, std::size_t i) noexcept { return bits[i / word_bits] >> (i % word_bits) & 1; }
/// False also behind the last.
[[nodiscard]] inline bool has_bit(const Bits& bits, std::size_t i) noexcept { return i / word_bits < bits.size() && get_bit(bits, i); }
inline void set_bit(Bits& bits, std::size_t i, bool value) noexcept {
    const auto bit = std::uint64_t{1} << (i % word_bits);
    bits[i / word_bits] = value ? bits[i / word_bits] | bit : bits[i / word_bits] & ~bit;
}

/// A bit for each component, 1 if it is positive; as many words as they take.
inline void set_signs(std::span<const float> vector, std::uint64_t* words) noexcept {
    for (std::size_t first = 0; first < vector.size(); first += word_bits) {
        std::uint64_t word = 0;
        const std::size_t count = vector.size() - first < word_bits ? vector.size() - first : word_bits;
        for (std::size_t i = 0; i < count; ++i) word |= std::uint64_t{vector[first + i] > 0} << i;
        words[first / word_bits] = word;
    }
}

/// Calls `use` with the number of each bit that is set, the lowest first.
template <class Use>
void for_each_bit(std::uint64_t bits, Use&& use) {
    for (; bits != 0; bits &= bits - 1) use(static_cast<std::size_t>(std::countr_zero(bits)));
}

template <class Use>
void for_each_slot(const Bits& slots, Use&& use) {
    for (std::size_t word = 0; word < slots.size(); ++word)
        for_each_bit(slots[word], [&](std::size_t i) { use(word * word_bits + i); });
}

[[nodiscard]] inline std::size_t count_bits(const Bits& bits) noexcept {
    std::size_t count = 0;
    for (const auto word : bits) count += static_cast<std::size_t>(std::popcount(word));
    return count;
}

}  // namespace sextant::index
