// RFC 3629, against a decoder that goes the other way round: encode every code point, and only those are valid.
#include <sextant/core/utf8.hpp>

#include <set>
#include <string>

#include "support/catch.hpp"

using sextant::first_invalid_utf8;

namespace {

void append(std::string& text, unsigned c) {
    const auto add = [&text](unsigned byte) { text.push_back(static_cast<char>(byte)); };
    if (c < 0x80) return add(c);
    if (c < 0x800) {
        add(0xC0 | c >> 6);
    } else if (c < 0x10000) {
        add(0xE0 | c >> 12);
        add(0x80 | (c >> 6 & 63));
    } else {
        add(0xF0 | c >> 18);
        add(0x80 | (c >> 12 & 63));
        add(0x80 | (c >> 6 & 63));
    }
    add(0x80 | (c & 63));
}

std::string encode(unsigned c) {
    std::string text;
    append(text, c);
    return text;
}

}  // namespace

TEST_CASE("every character is valid, alone and among others") {
    std::size_t wrong = 0;
    for (unsigned c = 0; c < 0x110000; ++c) {
        if (c >= 0xD800 && c < 0xE000) continue;
        if (first_invalid_utf8(encode(c))) ++wrong;
        std::string among = "a";
        for (const unsigned other : {c, 0xE9U, c, 0x7FU}) append(among, other);
        if (first_invalid_utf8(among)) ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE("no other sequence of up to three bytes is") {
    std::set<std::string> valid;
    for (unsigned c = 0; c < 0x10000; ++c)
        if (c < 0xD800 || c >= 0xE000) valid.insert(encode(c));
    std::size_t wrong = 0;
    for (unsigned a = 0x80; a < 0x100; ++a)
        for (unsigned b = 0; b < 0x100; ++b) {
            std::string two(1, static_cast<char>(a));
            two.push_back(static_cast<char>(b));
            if (first_invalid_utf8(two).has_value() == valid.contains(two)) ++wrong;
            if (b < 0x80) continue;
            for (unsigned c = 0x80; c < 0x100; ++c) {
                std::string three = two;
                three.push_back(static_cast<char>(c));
                const bool expected = valid.contains(three);  // no valid shorter ones follow each other here: all bytes are above 0x7F
                if (first_invalid_utf8(three).has_value() == expected) ++wrong;
            }
        }
    CHECK(wrong == 0);
}

TEST_CASE("the place of what is wrong") {
    CHECK(first_invalid_utf8("") == std::nullopt);
    CHECK(first_invalid_utf8(std::string_view("\0a", 2)) == std::nullopt);
    CHECK(first_invalid_utf8("abc\xFF") == 3U);
    CHECK(first_invalid_utf8("\xC3\xA9\xC3") == 2U);
    CHECK(first_invalid_utf8("x\xE2\x82") == 1U);
    CHECK(first_invalid_utf8("\xF0\x9F\x9A") == 0U);
    CHECK(first_invalid_utf8("\xF4\x90\x80\x80") == 0U);  // U+110000
    CHECK(first_invalid_utf8("\xF0\x8F\xBF\xBF") == 0U);  // U+FFFF, too long
    CHECK(first_invalid_utf8("\xF5\x80\x80\x80") == 0U);
    CHECK(first_invalid_utf8("\x80") == 0U);
    CHECK(first_invalid_utf8("a\xED\xA0\x80") == 1U);  // a surrogate
    static_assert(first_invalid_utf8("ascii") == std::nullopt);
}
