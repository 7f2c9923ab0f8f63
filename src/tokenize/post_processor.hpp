// The last step: special tokens around and between the texts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tokenize/json_node.hpp"

namespace sextant::tokenize {

/// A place in a template: one of the texts, or tokens that are always there.
struct TemplatePart {
    enum class Kind { first_text, second_text, tokens } kind;
    std::int64_t type_id;
    std::vector<std::int64_t> ids = {};  // for `tokens`
    /// For a text of which this is not the first window. TemplateProcessing of Hugging Face forgets the template's type.
    std::int64_t window_type_id = type_id;
};
using Template = std::vector<TemplatePart>;

/// Takes the blanks at both ends of a token out of its offsets.
struct Trim {
    bool add_prefix_space;       // the one blank that a text may begin with was not there
    std::array<bool, 2> is_late;  // done when a special token stands before the first or second text, so that no token
                                  // of the text is the first
};

/// What every post-processor comes to: one template for a text, one for a pair, and what is done with offsets.
struct PostProcessor {
    Template single{{TemplatePart::Kind::first_text, 0}};
    Template pair{{TemplatePart::Kind::first_text, 0}, {TemplatePart::Kind::second_text, 1}};
    std::vector<Trim> trims = {};
};

/// From the section "post_processor". Throws `unsupported` or `corrupt` with the place.
[[nodiscard]] PostProcessor read_post_processor(const JsonNode& node);

/// How many tokens a template adds.
[[nodiscard]] std::size_t count_added(const Template& pattern);

}  // namespace sextant::tokenize
