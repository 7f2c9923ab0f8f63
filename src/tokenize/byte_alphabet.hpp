// Bytes written as visible letters, as GPT-2 does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tokenize/text.hpp"

namespace sextant::tokenize {

/// The letter that stands for a space.
inline constexpr char32_t space_letter = 0x120;

/// The letter, in UTF-8, that stands for a byte.
[[nodiscard]] std::string_view letter_of(unsigned char byte) noexcept;

/// The byte that a letter stands for; nothing for other code points.
[[nodiscard]] std::optional<unsigned char> byte_of(char32_t letter) noexcept;

/// Writes every byte of the part as its letter, which stands for the byte's code point.
void write_bytes_as_letters(Rewriter& rewriter);

}  // namespace sextant::tokenize
