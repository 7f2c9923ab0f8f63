// The normal forms of Unicode.
#pragma once

#include "tokenize/text.hpp"

namespace sextant::tokenize {

enum class NormalForm { nfc, nfd, nfkc, nfkd };

/// Unicode Standard Annex 15 with the data of Unicode 9, which Hugging Face uses. n log n, whatever the text.
void rewrite_in(NormalForm form, Text& text);

}  // namespace sextant::tokenize
