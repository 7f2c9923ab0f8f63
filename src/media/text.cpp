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

}  // namespace

std::string hex(std::span<const std::uint8_t> bytes) {
    std::string text;
    for (const auto byte : bytes) text += hex(byte, 2);
    return text;
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
