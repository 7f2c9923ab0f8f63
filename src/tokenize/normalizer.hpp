// The first step: what a text is before it is cut.
#pragma once

#include <memory>

#include "tokenize/json_node.hpp"
#include "tokenize/text.hpp"

namespace sextant::tokenize {

/// Never changes; any thread.
class Normalizer {
public:
    virtual ~Normalizer() = default;
    Normalizer() = default;
    Normalizer(const Normalizer&) = delete;
    Normalizer& operator=(const Normalizer&) = delete;

    virtual void apply(Text& text) const = 0;
};

/// From the section "normalizer". Throws `unsupported` or `corrupt` with the place.
[[nodiscard]] std::unique_ptr<const Normalizer> read_normalizer(const JsonNode& node);

/// One code point in lower case, for Text::rewrite_each.
void lower_case(Rewriter& rewriter, CodePoint c);

/// From a section of type BertNormalizer.
[[nodiscard]] std::unique_ptr<const Normalizer> read_bert_normalizer(const JsonNode& node);

/// From a section of type Precompiled.
[[nodiscard]] std::unique_ptr<const Normalizer> read_precompiled(const JsonNode& node);

}  // namespace sextant::tokenize
