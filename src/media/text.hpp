// File names as text.
#pragma once

#include <string>
#include <string_view>

namespace sextant::media {

/// True if every byte belongs to a character of UTF-8 as RFC 3629 defines it: shortest forms, no surrogates.
[[nodiscard]] bool is_utf8(std::string_view text);

/// `text`, which must be UTF-8, as a JSON string with its quotes.
[[nodiscard]] std::string json_string(std::string_view text);

/// `text` with `\xNN` for every byte that is not ASCII, for messages about names that are not UTF-8.
[[nodiscard]] std::string ascii(std::string_view text);

}  // namespace sextant::media
