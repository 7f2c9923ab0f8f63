// The last step: special tokens around and between the texts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <sextant/tokenize/tokenizer.hpp>

#include "tokenize/json_node.hpp"

namespace sextant::tokenize {

/// A place in a template: one of the texts, or tokens that are always there.
struct TemplatePart {
    enum class Kind { first_text, second_text, tokens } kind;
    std::int64_t type_id;
    std::vector<std::int64_t> ids = {};  // for `tokens`
};
using Template = std::vector<TemplatePart>;

/// What every post-processor comes to: one template for a text, one for a pair.
struct PostProcessor {
    Template single{{TemplatePart::Kind::first_text, 0}};
    Template pair{{TemplatePart::Kind::first_text, 0}, {TemplatePart::Kind::second_text, 1}};
};

/// From the section "post_processor". Throws `unsupported` or `corrupt` with the place.
[[nodiscard]] PostProcessor read_post_processor(const JsonNode& node);

/// How many tokens a template adds.
[[nodiscard]] std::size_t count_added(const Template& pattern);

/// The ids in their places; `texts` are those of the first and of the second text.
[[nodiscard]] Encoding fill(const Template& pattern, const std::array<std::vector<std::int64_t>, 2>& texts);

}  // namespace sextant::tokenize
