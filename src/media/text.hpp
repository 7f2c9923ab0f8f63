// File names and bytes as text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sextant::media {

/// A space of ASCII: blank, tab, line end and their like.
[[nodiscard]] constexpr bool is_space(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// `text`, which must be UTF-8, as a JSON string with its quotes.
[[nodiscard]] std::string json_string(std::string_view text);

/// Two hexadecimal digits for each byte, "ff00a0".
[[nodiscard]] std::string hex(std::span<const std::uint8_t> bytes);

/// `text` with `\xNN` for every byte that is not ASCII, for messages about names that are not UTF-8.
[[nodiscard]] std::string ascii(std::string_view text);

}  // namespace sextant::media
