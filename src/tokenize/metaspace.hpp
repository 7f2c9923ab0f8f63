// How SentencePiece marks blanks.
#pragma once

#include <memory>
#include <string>

#include "tokenize/json_node.hpp"
#include "tokenize/pre_tokenizer.hpp"

namespace sextant::tokenize {

/// Which pieces get the letter for a blank put in front of them.
enum class PrependScheme { first, never, always };

/// The fields of a section of type Metaspace, be it a pre-tokenizer or a decoder.
struct MetaspaceOptions {
    std::string letter;  // one code point
    PrependScheme scheme;
    bool split;
};

/// Throws `corrupt` or `unsupported` with the place.
[[nodiscard]] MetaspaceOptions read_metaspace_options(const JsonNode& node);

}  // namespace sextant::tokenize
