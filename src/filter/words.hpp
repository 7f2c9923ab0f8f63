// Words of texts, for conditions that look for some.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sextant::filter {

/// The words of UTF-8 in their order: runs of letters, digits and marks, in which case, accents of Latin and Greek letters,
/// and ways to write the same (NFKC) make no difference. An ideograph or kana is a word of its own, as their
/// scripts put no spaces between words. Source of the parts: Unicode 15, NFKD and full case folding, by utf8proc.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

/// Words that stand one behind the other; the last may be only the beginning of one.
struct Phrase {
    std::vector<std::string> words;
    bool prefix = false;

    [[nodiscard]] bool occurs_in(const std::vector<std::string>& text) const;
    friend bool operator==(const Phrase&, const Phrase&) = default;
};

/// `red "hot dog" sau*`: three phrases. What lies between words means nothing, but for a pair of quotes around several and a
/// star behind one. Empty if there are no words.
[[nodiscard]] std::vector<Phrase> phrases_of(std::string_view query);

}  // namespace sextant::filter
