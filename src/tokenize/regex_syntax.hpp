// From the regex language of Oniguruma (Ruby), in which tokenizer.json is written, to that of PCRE2.
#pragma once

#include <string>
#include <string_view>

namespace sextant::tokenize {

struct Translation {
    std::string regex;    // for PCRE2 with UTF, UCP and MULTILINE
    std::string problem;  // what is not supported, empty if all is
};

/// Rewrites what the two spell differently, and names the first construct that both accept but read differently, or
/// that has not been compared: a wrong cut is worse than none.
[[nodiscard]] Translation translate_regex(std::string_view oniguruma);

}  // namespace sextant::tokenize
