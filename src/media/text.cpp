#include <cstddef>
#include <cstdint>

#include "media/text.hpp"

namespace sextant::media {
namespace {

std::string hex(unsigned value, int digits) {
    std::string text;
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) text += "0123456789abcdef"[value >> shift & 15];
    return text;
}

/// The number of bytes of the character that begins here; 0 if none does.
std::size_t character_bytes(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
    const std::uint8_t first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t count = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < count) return 0;
    for (std::size_t i = 1; i < count; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    const bool too_long = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
    const bool surrogate = first == 0xED && byte(1) >= 0xA0;
    const bool beyond = first == 0xF4 && byte(1) >= 0x90;
    return too_long || surrogate || beyond ? 0 : count;
}

}  // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t count = character_bytes(text);
        if (count == 0) return false;
        text.remove_prefix(count);
    }
    return true;
}

std::string json_string(std::string_view text) {
    std::string json = "\"";
    for (const char c : text) {
        if (static_cast<std::uint8_t>(c) < 0x20) {
            json += "\\u" + hex(static_cast<std::uint8_t>(c), 4);
        } else {
            if (c == '"' || c == '\\') json += '\\';
            json += c;
        }
    }
    return json + '"';
}

std::string ascii(std::string_view text) {
    std::string shown;
    for (const char c : text) {
        if (static_cast<std::uint8_t>(c) < 0x80)
            shown += c;
        else
            shown += "\\x" + hex(static_cast<std::uint8_t>(c), 2);
    }
    return shown;
}

}  // namespace sextant::media
