// What Split and Replace look for.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenize/json_node.hpp"

namespace sextant::tokenize {

/// A stretch of a text: what matched, or what lies between two matches.
struct Stretch {
    std::size_t begin, end;
    bool is_match;
};

/// A pattern to look for. Never changes; any thread.
class Pattern {
public:
    virtual ~Pattern() = default;
    Pattern() = default;
    Pattern(const Pattern&) = delete;
    Pattern& operator=(const Pattern&) = delete;

    /// `stretches` becomes all of the text, cut where matches begin and end. A match may be empty, a gap is not.
    virtual void cut(std::string_view text, std::vector<Stretch>& stretches) const = 0;

protected:
    /// Empties `stretches` and makes room for as many words as a text has.
    static void start(std::string_view text, std::vector<Stretch>& stretches);
};

/// From {"String": "..."} or {"Regex": "..."}. Throws `corrupt`, or `unsupported` for a regex that PCRE2 would read
/// otherwise than Oniguruma, which Hugging Face uses.
[[nodiscard]] std::unique_ptr<const Pattern> read_pattern(const JsonNode& node);

/// The pattern of a regex written for Oniguruma; `node` is for complaints.
[[nodiscard]] std::unique_ptr<const Pattern> make_regex(std::string_view regex, const JsonNode& node);

/// The five ways in which Split deals with what matched.
enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

[[nodiscard]] SplitBehavior read_behavior(const JsonNode& node);

/// Applies a behaviour: what is left are the parts to keep, in order; `is_match` means nothing any more.
void apply(SplitBehavior behavior, std::vector<Stretch>& stretches);

}  // namespace sextant::tokenize
