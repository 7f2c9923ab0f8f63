#include "tokenize/unicode.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <span>

#include "tokenize/unicode_tables.hpp"

namespace sextant::tokenize {

namespace {

template <class Row>
const Row* find(std::span<const Row> rows, char32_t c) noexcept {
    const auto row = std::ranges::upper_bound(rows, c, {}, &Row::first);
    return row != rows.begin() && c <= std::prev(row)->last ? &*std::prev(row) : nullptr;
}

bool contains(std::span<const Range> ranges, char32_t c) noexcept { return find(ranges, c) != nullptr; }

bool is_ascii_symbol(char32_t c) noexcept {
    return (c >= 0x21 && c <= 0x2F) || (c >= 0x3A && c <= 0x40) || (c >= 0x5B && c <= 0x60) || (c >= 0x7B && c <= 0x7E);
}

}  // namespace

void append(std::string& text, char32_t c) {
    const auto put = [&text](char32_t byte) { text.push_back(static_cast<char>(byte)); };
    const auto tail = [&put, c](int shift) { put(0x80 | (c >> shift & 0x3F)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0 | c >> 6), tail(0);
    } else if (c < 0x10000) {
        put(0xE0 | c >> 12), tail(6), tail(0);
    } else {
        put(0xF0 | c >> 18), tail(12), tail(6), tail(0);
    }
}

bool is_ascii(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::size_t count_code_points(std::string_view text) noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool is_whitespace(char32_t c) noexcept {
    if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_punctuation(char32_t c) noexcept { return c < 0x80 ? is_ascii_symbol(c) : contains(punctuation_ranges, c); }
bool is_mark_nonspacing(char32_t c) noexcept { return c >= 0x300 && contains(mark_nonspacing_ranges, c); }
bool is_combining_mark(char32_t c) noexcept { return c >= 0x300 && contains(combining_mark_ranges, c); }
bool is_control(char32_t c) noexcept { return (c < 0x20 || c >= 0x7F) && contains(control_ranges, c); }
bool is_numeric(char32_t c) noexcept { return c < 0x80 ? c >= '0' && c <= '9' : contains(numeric_ranges, c); }
bool is_word(char32_t c) noexcept { return contains(word_ranges, c); }

int script_of(char32_t c) noexcept {
    const auto* row = find(script_mappings, c);
    return row ? static_cast<int>(row->image) : no_script;
}

bool is_chinese(char32_t c) noexcept {
    if (c < 0x3400) return false;
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
           (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

bool is_cased(char32_t c) noexcept { return contains(cased_ranges, c); }
bool is_case_ignorable(char32_t c) noexcept { return contains(case_ignorable_ranges, c); }

void append_lower_case(std::string& text, char32_t c) {
    if (c < 0x80) {
        text.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c));
    } else if (c == 0x130) {
        text += "i\xCC\x87";  // the only code point whose lower case is two: i and a dot above
    } else if (const auto* row = find(new_lower_case_mappings, c)) {
        append(text, row->image + (c - row->first));
    } else {
        append(text, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
    }
}

bool is_unmoved(char32_t c) noexcept { return c >= 0x300 && contains(unmoved_ranges, c); }

char32_t regex_mirror(char32_t c) noexcept {
    if (c < 0x300) return c;
    const auto* row = find(regex_mirror_mappings, c);
    return row ? row->image : c;
}

}  // namespace sextant::tokenize
