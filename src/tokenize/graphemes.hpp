// Where what a reader sees as one character ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sextant::tokenize {

/// What the rules of Unicode Standard Annex 29 tell apart. Regional indicators count as `other`: see `first_grapheme`.
enum class GraphemeClass : std::uint8_t {
    other,
    control,
    carriage_return,
    line_feed,
    extend,
    joiner,
    spacing_mark,
    prepend,
    hangul_l,
    hangul_v,
    hangul_t,
    hangul_lv,
    hangul_lvt,
    pictograph,
    consonant,
};

struct GraphemeRange {
    char32_t first, last;
    GraphemeClass kind;
};

/// The classes from U+007F on but for `other` and Hangul syllables, in order: see tests/parity/grapheme_tables.py.
extern const std::span<const GraphemeRange> grapheme_ranges;

/// The bytes of the first extended grapheme cluster of valid, non-empty UTF-8: Unicode Standard Annex 29 with the data
/// of Unicode 16, but that flags are cut between their two indicators.
[[nodiscard]] std::size_t first_grapheme(std::string_view text) noexcept;

}  // namespace sextant::tokenize
