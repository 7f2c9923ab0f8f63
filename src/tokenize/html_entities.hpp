// The character references of HTML, as Python's html module knows them.
#pragma once

#include <span>
#include <string_view>

namespace sextant::tokenize {

/// What stands between & and what follows, "amp;" or "amp", and the one or two code points that it stands for.
struct HtmlEntity {
    std::string_view name;
    char32_t first, second;
};

/// The number of a reference that does not stand for its own code point; 0: it stands for nothing.
struct HtmlNumber {
    char32_t number, image;
};

extern const std::span<const HtmlEntity> html_entities;  // by name
extern const std::span<const HtmlNumber> html_numbers;   // by number

}  // namespace sextant::tokenize
