// Cuts a long text into pieces that a model can read.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include <sextant/core/embeddings.hpp>
#include <sextant/encode/options.hpp>

namespace sextant::encode_detail {

/// How many tokens a piece of text becomes.
using CountTokens = std::function<std::size_t(std::string_view)>;

/// The pieces of a text in order, without blanks around them. Together they hold all of it that is not blank; a text
/// that is blank is one piece, empty. Each has at most `max_tokens` tokens; a single character that has more is a piece
/// nevertheless. `text` is valid UTF-8 of any length.
[[nodiscard]] std::vector<ByteSpan> cut_into_chunks(std::string_view text, const ChunkOptions& options, std::size_t max_tokens, const CountTokens& count);

}  // namespace sextant::encode_detail
