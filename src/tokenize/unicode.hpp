// Code points: reading and writing UTF-8, properties, lower case, normal forms.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sextant::tokenize {

struct CodePoint {
    char32_t value;
    std::size_t length;  // bytes
};

/// The code point at the front of valid, non-empty UTF-8.
[[nodiscard]] inline CodePoint front(std::string_view text) noexcept {
    const auto byte = [text](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i])); };
    const char32_t lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    if (lead < 0xE0) return {(lead & 0x1F) << 6 | (byte(1) & 0x3F), 2};
    if (lead < 0xF0) return {(lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
    return {(lead & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F), 4};
}

/// The code point at the back of valid, non-empty UTF-8.
[[nodiscard]] inline CodePoint back(std::string_view text) noexcept {
    std::size_t begin = text.size() - 1;
    while ((static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
    return front(text.substr(begin));
}

void append(std::string& text, char32_t code_point);

[[nodiscard]] bool is_ascii(std::string_view text) noexcept;
[[nodiscard]] std::size_t count_code_points(std::string_view text) noexcept;

/// White_Space of Unicode; it has not changed since 6.3.
[[nodiscard]] bool is_whitespace(char32_t c) noexcept;
/// Categories P*, and the ASCII symbols.
[[nodiscard]] bool is_punctuation(char32_t c) noexcept;
/// Category Mn.
[[nodiscard]] bool is_mark_nonspacing(char32_t c) noexcept;
/// Categories M*.
[[nodiscard]] bool is_combining_mark(char32_t c) noexcept;
/// Categories Cc, Cf, Co without tab, newline and carriage return.
[[nodiscard]] bool is_control(char32_t c) noexcept;
/// Categories N*.
[[nodiscard]] bool is_numeric(char32_t c) noexcept;
/// \w of a Unicode regex: letters, marks, decimal digits, connectors, joiners.
[[nodiscard]] bool is_word(char32_t c) noexcept;
/// A number for the script of a code point; Hiragana and Katakana count as Han.
inline constexpr int no_script = -1;
[[nodiscard]] int script_of(char32_t c) noexcept;
/// The ideographs that BERT sets apart, with the gap that Hugging Face has at U+2B820 to U+2B91F.
[[nodiscard]] bool is_chinese(char32_t c) noexcept;

/// A letter with case, and what has no say in whether a sigma is the last letter of a word: as Python sees it.
[[nodiscard]] bool is_cased(char32_t c) noexcept;
[[nodiscard]] bool is_case_ignorable(char32_t c) noexcept;

/// Appends the lower case of one code point, without regard to its neighbours, as Rust's `char::to_lowercase`.
void append_lower_case(std::string& text, char32_t c);

/// Too new for the normal forms, which leave it as it is.
[[nodiscard]] bool is_unmoved(char32_t c) noexcept;

/// What stands in for `c` when a regex is matched: a code point with as many bytes that PCRE2 classes as Oniguruma
/// classes `c`; mostly `c` itself.
[[nodiscard]] char32_t regex_mirror(char32_t c) noexcept;

}  // namespace sextant::tokenize
