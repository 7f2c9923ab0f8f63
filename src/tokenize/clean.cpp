// After open_clip/tokenizer.py, LAVIS's processors/blip_processors.py and Python's html/__init__.py.
#include <sextant/tokenize/clean.hpp>

#include <algorithm>
#include <optional>

#include <sextant/core/error.hpp>
#include <sextant/core/utf8.hpp>

#include "tokenize/html_entities.hpp"
#include "tokenize/unicode.hpp"

namespace sextant {

using namespace tokenize;  // NOLINT: the room's own internals

namespace {

constexpr char32_t capital_sigma = 0x3A3;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_hex(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

int value_of(char c) noexcept { return is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10; }

// str.isspace of Python.
bool is_python_space(char32_t c) noexcept { return is_whitespace(c) || (c >= 0x1C && c <= 0x1F); }

void append_number(std::string& out, char32_t number) {
    const auto row = std::ranges::lower_bound(html_numbers, number, {}, &HtmlNumber::number);
    if (row != html_numbers.end() && row->number == number) {
        if (row->image != 0) append(out, row->image);
    } else if (number > 0x10FFFF || (number >= 0xD800 && number <= 0xDFFF)) {
        append(out, 0xFFFD);
    } else {
        append(out, number);
    }
}

// How many bytes of "#123;..." or "#x1F;..." are a reference, whose character is appended; 0: none.
std::size_t read_numeric(std::string_view text, std::string& out) {
    const bool hex = text.size() > 1 && (text[1] == 'x' || text[1] == 'X');
    std::size_t at = hex ? 2 : 1;
    const auto first = at;
    char32_t number = 0;
    for (; at < text.size() && (hex ? is_hex(text[at]) : is_digit(text[at])); ++at)
        number = std::min<char32_t>(number * (hex ? 16 : 10) + static_cast<char32_t>(value_of(text[at])), 0x110000);
    if (at == first) return 0;
    append_number(out, number);
    return at < text.size() && text[at] == ';' ? at + 1 : at;
}

const HtmlEntity* find_entity(std::string_view name) noexcept {
    const auto row = std::ranges::lower_bound(html_entities, name, {}, &HtmlEntity::name);
    return row != html_entities.end() && row->name == name ? &*row : nullptr;
}

// The bytes of text that may be a name: at most 32 characters, and a semicolon.
std::size_t name_length(std::string_view text) {
    std::size_t at = 0;
    for (int count = 0; count < 32 && at < text.size(); ++count) {
        if (std::string_view("\t\n\f <&#;").find(text[at]) != std::string_view::npos) break;
        at += front(text.substr(at)).length;
    }
    return at > 0 && at < text.size() && text[at] == ';' ? at + 1 : at;
}

// How many bytes of "amp;..." are a name, whose characters are appended; 0: none.
std::size_t read_named(std::string_view text, std::string& out) {
    const auto all = name_length(text);
    for (auto length = all; length > 1; --length) {
        const auto* entity = find_entity(text.substr(0, length));
        if (entity == nullptr) continue;
        append(out, entity->first);
        if (entity->second != 0) append(out, entity->second);
        return length;
    }
    return 0;
}

// " ".join(text.split())
std::string collapse_space(std::string_view text) {
    std::string out;
    bool gap = false;
    while (!text.empty()) {
        const auto [c, length] = front(text);
        if (is_python_space(c)) {
            gap = !out.empty();
        } else {
            if (gap) out += ' ';
            gap = false;
            out += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
    return out;
}

std::string without_punctuation(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '_')
            out += ' ';
        else if (static_cast<unsigned char>(c) >= 0x80 || !is_punctuation(static_cast<char32_t>(c)))
            out += c;
    }
    return out;
}

// Of the blanks that stand for punctuation and those that were there, two and more become one: re.sub(r"\s{2,}", " ").
std::string collapse_runs(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        std::size_t run = 0, count = 0;
        for (auto rest = text; !rest.empty() && is_python_space(front(rest).value); rest.remove_prefix(front(rest).length)) {
            run += front(rest).length;
            ++count;
        }
        const auto step = run > 0 ? run : front(text).length;
        if (count > 1) out += ' ';
        else out += text.substr(0, step);
        text.remove_prefix(step);
    }
    return out;
}

// BlipCaptionProcessor.pre_caption, whose words end only at blanks.
std::string clean_caption(std::string_view text) {
    constexpr std::size_t most_words = 50;
    auto caption = lower_case(text);
    for (char& c : caption)
        if (std::string_view(".!\"()*#:;~").find(c) != std::string_view::npos) c = ' ';
    caption = collapse_runs(caption);
    caption.erase(caption.find_last_not_of('\n') + 1);
    caption.erase(caption.find_last_not_of(' ') + 1);
    caption.erase(0, std::min(caption.find_first_not_of(' '), caption.size()));
    std::size_t end = 0;
    for (std::size_t words = 0; words < most_words && end != std::string::npos; ++words) end = caption.find(' ', words == 0 ? 0 : end + 1);
    return caption.substr(0, end);
}

}  // namespace

std::string unescape_html(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto ampersand = std::min(text.find('&'), text.size());
        out += text.substr(0, ampersand);
        text.remove_prefix(ampersand);
        if (text.empty()) break;
        const auto rest = text.substr(1);
        const auto read = rest.starts_with('#') ? read_numeric(rest, out) : rest.empty() ? 0 : read_named(rest, out);
        if (read == 0) out += '&';
        text.remove_prefix(1 + read);
    }
    return out;
}

// str.lower: a capital sigma is final if a letter with case stands before it and none behind it, those passed over that
// have no say (Unicode Standard, section 3.13). What lies between two letters is looked at once.
std::string lower_case(std::string_view text) {
    std::string out;
    bool after_letter = false;
    std::size_t sigma = std::string::npos;  // in `out`, waiting for what follows
    for (; !text.empty(); text.remove_prefix(front(text).length)) {
        const auto c = front(text).value;
        const bool passed_over = is_case_ignorable(c);
        if (!passed_over && sigma != std::string::npos) {
            if (!is_cased(c)) out.replace(sigma, 2, "\xCF\x82");
            sigma = std::string::npos;
        }
        if (c == capital_sigma && after_letter) sigma = out.size();
        append_lower_case(out, c);
        if (!passed_over) after_letter = is_cased(c);
    }
    if (sigma != std::string::npos) out.replace(sigma, 2, "\xCF\x82");
    return out;
}

std::string clean_text(std::string_view text, TextCleaning cleaning) {
    if (const auto bad = first_invalid_utf8(text))
        throw Error(ErrorCode::invalid_argument,
                    "the text is not valid UTF-8 at byte " + std::to_string(*bad) + ": convert it to UTF-8 first");
    if (cleaning == TextCleaning::none) return std::string(text);
    if (cleaning == TextCleaning::blip) return clean_caption(text);
    auto clean = unescape_html(unescape_html(text));
    if (cleaning == TextCleaning::canonicalize) clean = without_punctuation(clean);
    clean = collapse_space(clean);
    return cleaning == TextCleaning::whitespace ? clean : lower_case(clean);
}

}  // namespace sextant
