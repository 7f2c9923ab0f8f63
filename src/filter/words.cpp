#include "filter/words.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

#include <utf8proc.h>

namespace sextant::filter {
namespace {

struct Free {
    void operator()(utf8proc_uint8_t* text) const noexcept { std::free(text); }  // NOLINT: utf8proc has it from malloc
};

bool is_part_of_word(utf8proc_int32_t c) {
    switch (utf8proc_category(c)) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO:
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
        case UTF8PROC_CATEGORY_ND:
        case UTF8PROC_CATEGORY_NL:
        case UTF8PROC_CATEGORY_NO:
            return true;
        default:
            return false;
    }
}

/// Hiragana, Katakana and the blocks of ideographs.
bool is_word_alone(utf8proc_int32_t c) {
    return (c >= 0x3041 && c <= 0x30FA) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0x20000 && c <= 0x3FFFF);
}

bool is_mark(utf8proc_int32_t c) {
    const auto category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC;
}

/// They say how the character before them looks, not which one it is.
bool is_variation_selector(utf8proc_int32_t c) { return (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF); }

/// Combining marks of Latin and Greek letters.
bool is_accent(utf8proc_int32_t c, utf8proc_int32_t base) { return c >= 0x0300 && c <= 0x036F && base < 0x0400; }

/// In the form in which words are compared, but for accents.
std::string folded(std::string_view text) {
    constexpr auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_STABLE);
    utf8proc_uint8_t* mapped = nullptr;
    const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()), &mapped, options);
    const std::unique_ptr<utf8proc_uint8_t, Free> owner(mapped);
    if (length == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
    if (length < 0) return {};  // no UTF-8: no words
    return {reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length)};
}

/// Calls `each` with every word of `text`, and the byte of the folded text behind it.
template <class Each>
void for_each_word(std::string_view text, Each&& each) {
    std::string word;
    utf8proc_int32_t base = 0;
    bool single = false;  // the word is an ideograph or kana: only the mark of a voiced kana can belong to it
    const auto end_word = [&](std::size_t at) {
        if (!word.empty()) each(std::exchange(word, {}), at);
    };
    std::size_t at = 0;
    while (at < text.size()) {
        utf8proc_int32_t c = 0;
        const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at, static_cast<utf8proc_ssize_t>(text.size() - at), &c);
        if (length <= 0) break;
        at += static_cast<std::size_t>(length);
        if (is_variation_selector(c)) continue;
        const std::size_t begin = at - static_cast<std::size_t>(length);
        const bool voiced = c == 0x3099 || c == 0x309A, alone = is_word_alone(c) && !voiced;
        if (!is_part_of_word(c) || alone || (single && !voiced)) end_word(begin);
        single = alone || (single && voiced);
        const bool begins_with_mark = word.empty() && is_mark(c);
        if (is_part_of_word(c) && !begins_with_mark && !is_accent(c, base)) word += text.substr(begin, static_cast<std::size_t>(length));
        if (c < 0x0300 || c > 0x036F) base = c;
    }
    end_word(at);
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for_each_word(folded(text), [&words](std::string word, std::size_t) { words.push_back(std::move(word)); });
    return words;
}

bool Phrase::occurs_in(const std::vector<std::string>& text) const {
    const auto same = [this](const std::string& found, const std::string& wanted) {
        return prefix && &wanted == &words.back() ? found.starts_with(wanted) : found == wanted;
    };
    return !std::ranges::search(text, words, same).empty();
}

std::vector<Phrase> phrases_of(std::string_view query) {
    const std::string text = folded(query);
    std::vector<Phrase> phrases;
    bool quoted = false;
    std::size_t last = 0;  // the end of the word before
    for_each_word(text, [&](std::string word, std::size_t end) {
        const auto between = std::string_view(text).substr(last, end - last);
        const auto quotes = std::ranges::count(between, '"');
        const bool joins = quoted && quotes == 0 && !phrases.empty();
        if (quotes % 2 == 1) quoted = !quoted;
        if (!joins) phrases.emplace_back();
        phrases.back().words.push_back(std::move(word));
        const auto rest = std::string_view(text).substr(end);
        phrases.back().prefix = rest.starts_with('*') || (quoted && rest.starts_with("\"*"));
        last = end;
    });
    return phrases;
}

}  // namespace sextant::filter
