// What Hugging Face `tokenizers` believes about code points: see tests/parity/tokenize_tables.py, which makes the
// tables. They come from the package and not from utf8proc because each crate inside the package carries a Unicode
// version of its own (8.0 for punctuation, 9.0 for normal forms, 16.0 for regexes, 17.0 for lower case), and so that
// ids do not depend on the version of a library that happens to be installed.
#pragma once

#include <span>

namespace sextant::tokenize {

struct Range {
    char32_t first, last;
};

/// `first` and what follows it up to `last`, with the image of `first`.
struct Mapping {
    char32_t first, last, image;
};

extern const std::span<const Range> punctuation_ranges;         // Punctuation, BertPreTokenizer
extern const std::span<const Range> mark_nonspacing_ranges;     // BertNormalizer.strip_accents
extern const std::span<const Range> combining_mark_ranges;      // StripAccents
extern const std::span<const Range> control_ranges;             // BertNormalizer.clean_text
extern const std::span<const Range> numeric_ranges;             // Digits
extern const std::span<const Range> word_ranges;                // \w of Whitespace and of single_word
extern const std::span<const Range> unmoved_ranges;             // too new for the normal forms: left as they are
extern const std::span<const Mapping> new_lower_case_mappings;  // the image moves along with the code point
extern const std::span<const Mapping> regex_mirror_mappings;    // one image for the whole range
extern const std::span<const Mapping> script_mappings;          // UnicodeScripts; the image is a number for the script

extern const std::span<const Range> cased_ranges;               // what str.lower of Python takes for a letter with case
extern const std::span<const Range> case_ignorable_ranges;      // and what it passes over

}  // namespace sextant::tokenize
