#include "index/cursor.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>

#include <sextant/core/error.hpp>

#include "index/validate.hpp"
#include "store/hash.hpp"

namespace sextant::index {
namespace {

constexpr std::size_t score_digits = 8, number_digits = 16, checksum_digits = 8;

/// The lowest so many hex digits.
std::string hex(std::uint64_t value, std::size_t digits) {
    std::string text(digits, '0');
    for (; digits > 0; value >>= 4) text[--digits] = "0123456789abcdef"[value & 15];
    return text;
}

std::uint64_t from_hex(std::string_view digits) {
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return value;
}

std::string checksum(const std::string& body) { return hex(store::checksum_of({{"cursor", body}}).low, checksum_digits); }

}  // namespace

std::string Cursor::to_string() const {
    std::string body = score ? "h" + hex(std::bit_cast<std::uint32_t>(*score), score_digits) : "s";
    body += hex(number, number_digits);
    return body + checksum(body);
}

Cursor Cursor::parse(std::string_view text, bool of_hit, const std::string& what) {
    const auto refuse = [&](const char* why) {
        throw Error(ErrorCode::invalid_argument, what + " " + shown(text) + " " + why + ": give what `next` held, as it was");
    };
    const std::size_t before = of_hit ? score_digits : 0;
    if (!text.empty() && text.front() == (of_hit ? 's' : 'h')) refuse(of_hit ? "is no cursor of hits" : "is no cursor of scrolled records");
    if (text.size() != 1 + before + number_digits + checksum_digits) refuse("is not as long as a cursor");
    Cursor cursor;
    if (of_hit) cursor.score = std::bit_cast<float>(static_cast<std::uint32_t>(from_hex(text.substr(1, score_digits))));
    cursor.number = from_hex(text.substr(1 + before, number_digits));
    if (cursor.to_string() != text || (of_hit && !std::isfinite(*cursor.score))) refuse("is no cursor");
    return cursor;
}

}  // namespace sextant::index
