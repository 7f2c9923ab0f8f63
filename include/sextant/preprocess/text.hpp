// Turns texts into the token tensors that a network was trained on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sextant/core/embeddings.hpp>
#include <sextant/core/tensor.hpp>
#include <sextant/tokenize/tokenizer.hpp>

namespace sextant {

/// The `text` section of a bundle's manifest.
struct TextSpec {
    std::string tokenizer = "tokenizer.json";  ///< file within the bundle
    std::size_t max_length = 512;              ///< tokens, special tokens counted; the tail is cut
    bool pad_to_max_length = false;            ///< else to the longest text of the batch
    std::int64_t pad_id = 0;                   ///< fills shorter rows; its attention mask is 0
    std::string query_prompt;                  ///< put in front of every query
    std::string document_prompt;               ///< put in front of every document
};

/// A rectangle of tokens: int64 [texts, tokens] each.
struct TextBatch {
    Tensor input_ids;
    Tensor attention_mask;   ///< 1 for a token, 0 for padding
    Tensor token_type_ids;   ///< 1 for the second text of a pair, else 0
    std::vector<EmbeddingInfo> info;
};

/// Tokenizes, cuts and pads. Threads: const methods may run together from any threads.
class TextPreprocessor {
public:
    TextPreprocessor(Tokenizer tokenizer, TextSpec spec) : tokenizer_(std::move(tokenizer)), spec_(std::move(spec)) {}

    /// The tokens of `prompt` and `text` together, cut to `max_length`.
    /// Throws `invalid_argument` for invalid UTF-8 and `limit` for a text over 64 KiB.
    [[nodiscard]] Encoding encode(std::string_view text, std::string_view prompt = {}) const;

    /// The tokens of a query and a document joined, as a cross-encoder reads them, each behind its prompt. Throws as above.
    [[nodiscard]] Encoding encode_pair(std::string_view query, std::string_view document) const;

    /// Rows of tokens, padded to one length.
    [[nodiscard]] TextBatch batch(std::span<const Encoding> rows) const;

    [[nodiscard]] const TextSpec& spec() const noexcept { return spec_; }

private:
    Tokenizer tokenizer_;
    TextSpec spec_;
};

}  // namespace sextant
