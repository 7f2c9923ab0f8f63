// Is it UTF-8?
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace sextant {

namespace detail {

/// The length of the character that begins at `at`, or 0 if the bytes there are not one (RFC 3629, section 4).
[[nodiscard]] constexpr std::size_t utf8_length(std::string_view text, std::size_t at) noexcept {
    const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto within = [&byte](std::size_t i, unsigned low, unsigned high) {
        return byte(i) >= low && byte(i) <= high;
    };
    const auto tail = [&within](std::size_t i) { return within(i, 0x80, 0xBF); };
    const unsigned lead = byte(at);
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return tail(at + 1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;   // shorter forms exist below
        const unsigned high = lead == 0xED ? 0x9F : 0xBF;  // surrogates stand above
        return within(at + 1, low, high) && tail(at + 2) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
        const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;  // nothing above U+10FFFF
        return within(at + 1, low, high) && tail(at + 2) && tail(at + 3) ? 4 : 0;
    }
    return 0;
}

}  // namespace detail

/// The position of the first byte that begins no valid character, or nothing if all of `text` is valid UTF-8 as
/// RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. NUL is a valid character.
[[nodiscard]] constexpr std::optional<std::size_t> first_invalid_utf8(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = detail::utf8_length(text, at);
        if (length == 0) return at;
        at += length;
    }
    return std::nullopt;
}

}  // namespace sextant
