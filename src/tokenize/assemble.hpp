// How the tokens of one or two texts become encodings: cut to length, trimmed, with special tokens around them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include <sextant/tokenize/tokenizer.hpp>

#include "tokenize/post_processor.hpp"
#include "tokenize/text.hpp"

namespace sextant::tokenize {

/// A token of a text and where it stands there.
struct Placed {
    std::int64_t id;
    Span place;
    std::uint32_t leading = 0, trailing = 0;  // blanks at the ends of the token, if offsets are to be trimmed
};

/// The code points at both ends of a token that Trim takes for blanks: white space, and the letter for a space.
void count_blanks(std::string_view token, Placed& placed) noexcept;

struct PlacedText {
    std::string_view text;
    std::vector<Placed> tokens;
};

/// One encoding, or with `all_windows` those of everything that was cut as well. Without a pair the second text is empty.
/// Throws as Tokenizer::encode_windows.
[[nodiscard]] std::vector<Encoding> assemble(const std::array<PlacedText, 2>& texts, bool is_pair,
                                             const PostProcessor& processor, const Truncation& truncation,
                                             bool all_windows);

}  // namespace sextant::tokenize
