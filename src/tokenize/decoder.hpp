// The way back: from tokens to text.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sextant/core/error.hpp>

#include "tokenize/json_node.hpp"

namespace sextant::tokenize {

/// Never changes; any thread.
class Decoder {
public:
    virtual ~Decoder() = default;
    Decoder() = default;
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    /// Changes the tokens, or their number; what is left is joined.
    virtual void apply(std::vector<std::string>& tokens) const = 0;
};

/// From a decoder's section. Throws `unsupported` or `corrupt` with the place.
[[nodiscard]] std::unique_ptr<const Decoder> read_decoder(const JsonNode& node);

/// The section "decoder" of a file, if it has one. As no id depends on it, one that is not supported does not spoil the
/// file.
class DecoderSection {
public:
    explicit DecoderSection(const std::optional<JsonNode>& section);

    /// Throws what is wrong with the section.
    [[nodiscard]] std::string decode(std::vector<std::string> tokens) const;

private:
    std::unique_ptr<const Decoder> decoder_;  // null: tokens are joined with blanks
    std::optional<Error> problem_;
};

}  // namespace sextant::tokenize
