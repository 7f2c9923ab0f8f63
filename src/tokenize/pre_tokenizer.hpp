// The second step: cutting a text into words, which the model never looks beyond.
#pragma once

#include <memory>

#include "tokenize/json_node.hpp"
#include "tokenize/text.hpp"

namespace sextant::tokenize {

/// Never changes; any thread.
class PreTokenizer {
public:
    virtual ~PreTokenizer() = default;
    PreTokenizer() = default;
    PreTokenizer(const PreTokenizer&) = delete;
    PreTokenizer& operator=(const PreTokenizer&) = delete;

    /// Cuts and rewrites all pieces but added tokens.
    virtual void apply(Pieces& pieces) const = 0;
};

/// From the section "pre_tokenizer". Throws `unsupported` or `corrupt` with the place.
[[nodiscard]] std::unique_ptr<const PreTokenizer> read_pre_tokenizer(const JsonNode& node);

/// From a section of the type that is named.
[[nodiscard]] std::unique_ptr<const PreTokenizer> read_byte_level(const JsonNode& node);
[[nodiscard]] std::unique_ptr<const PreTokenizer> read_metaspace(const JsonNode& node);

}  // namespace sextant::tokenize
