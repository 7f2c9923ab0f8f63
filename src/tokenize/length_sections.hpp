// The sections "truncation" and "padding" of a tokenizer.json.
#pragma once

#include <optional>

#include <sextant/tokenize/tokenizer.hpp>

#include "tokenize/json_node.hpp"

namespace sextant::tokenize {

/// Nothing for a missing section. Throws `corrupt` or `unsupported` with the place.
[[nodiscard]] std::optional<Truncation> read_truncation(const std::optional<JsonNode>& section);
[[nodiscard]] std::optional<Padding> read_padding(const std::optional<JsonNode>& section);

}  // namespace sextant::tokenize
