// What some models were trained to have done to a text before it is tokenized.
#pragma once

#include <string>
#include <string_view>

namespace sextant {

/// The cleanings of open_clip (tokenizer.py), without ftfy: text that was decoded with the wrong character set stays as
/// it is; they resolve HTML's character references twice. And that of LAVIS (processors/blip_processors.py).
enum class TextCleaning {
    none,
    whitespace,    ///< "whitespace": runs of white space become one blank
    clip,          ///< "lower", what CLIP was trained with: the same, and lower case
    canonicalize,  ///< "canonicalize", SigLIP: ASCII punctuation goes, _ is a blank, lower case
    blip,          ///< BLIP and BLIP-2: lower case, some punctuation becomes blanks, at most 50 words
};

/// The cleaned text, equal in every byte to what Python makes of the characters of Unicode 14, which Python 3.11 has;
/// lower case is that of Python's str.lower, with its final sigma. Capitals that came later become small too, as in
/// later versions of Python.
/// Throws `invalid_argument` for invalid UTF-8. Linear time.
[[nodiscard]] std::string clean_text(std::string_view text, TextCleaning cleaning);

/// As Python's str.lower, for what Unicode 14 has. `text` is valid UTF-8. Linear time.
[[nodiscard]] std::string lower_case(std::string_view text);

/// As Python's html.unescape: numbers, names with and without semicolon, and the longest name that a longer one begins
/// with. `text` is valid UTF-8. Linear time.
[[nodiscard]] std::string unescape_html(std::string_view text);

}  // namespace sextant
