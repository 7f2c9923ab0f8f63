// Turns texts into the token tensors that a network was trained on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/core/embeddings.hpp>
#include <sextant/core/tensor.hpp>
#include <sextant/tokenize/clean.hpp>
#include <sextant/tokenize/tokenizer.hpp>

namespace sextant {

/// The `text` section of a bundle's manifest.
struct TextSpec {
    std::string tokenizer = "tokenizer.json";  ///< file within the bundle
    std::size_t max_length = 512;              ///< tokens, special tokens counted; what is more is cut
    Truncation::Side truncation_side = Truncation::Side::right;
    bool pad_to_max_length = false;            ///< else to the longest text of the batch
    bool attend_to_padding = false;            ///< the attention mask of padding is 1
    std::size_t pad_to_multiple_of = 0;        ///< and then up to a multiple of this; 0: not
    Padding::Side padding_side = Padding::Side::right;
    std::int64_t pad_id = 0;                   ///< fills shorter rows
    std::int64_t pad_type_id = 0;              ///< the type of what fills them
    TextCleaning clean = TextCleaning::none;   ///< done to every text, with its prompt
    bool lowercase = false;                    ///< and then lower case, as Python's str.lower
    std::string query_prompt{};                  ///< put in front of every query
    std::string document_prompt{};               ///< put in front of every document
};

/// The `pair` section of a bundle's manifest: how the two texts of a cross-encoder are cut.
struct PairSpec {
    std::size_t query_max_length = Truncation::no_limit;  ///< tokens of the query alone; what is more is cut first
    Truncation::Strategy truncation = Truncation::Strategy::longest_first;
};

/// Changes a text before anything else is done to it. Derive from it, or see `make_text_transform`. Its methods are
/// called from many threads at once.
class TextTransform {
public:
    virtual ~TextTransform() = default;

    /// Name and version, "expand-names/1". It enters the fingerprint of the encoder, so change it whenever the result
    /// changes.
    [[nodiscard]] virtual std::string name() const = 0;

    /// The text that is tokenized in place of `text`, as UTF-8.
    [[nodiscard]] virtual std::string operator()(std::string_view text) const = 0;
};

/// A transform out of a function, which is called from many threads at once. Throws `invalid_argument` for an empty name
/// or function.
[[nodiscard]] std::shared_ptr<const TextTransform> make_text_transform(
    std::string name, std::function<std::string(std::string_view)> function);

/// Turns texts into tokens in place of a `tokenizer.json`. Derive from it to feed a network with a tokenizer of your
/// own. Its methods are called from many threads at once.
class TextTokenizer {
public:
    virtual ~TextTokenizer() = default;

    /// Name and version, "my-words/1". It enters the fingerprint of the encoder, so change it whenever an id changes.
    [[nodiscard]] virtual std::string name() const = 0;

    /// The tokens of one text, special tokens included. Only `ids`, `type_ids` and `tokens_total` are asked for.
    [[nodiscard]] virtual Encoding encode(std::string_view text, const Truncation& truncation) const = 0;

    /// The tokens of two texts together. Throws `unsupported` unless a derived class knows how.
    [[nodiscard]] virtual Encoding encode_pair(std::string_view first, std::string_view second,
                                               const Truncation& truncation) const;
};

/// A rectangle of tokens: int64 [texts, tokens] each.
struct TextBatch {
    Tensor input_ids;
    Tensor attention_mask;   ///< 1 for a token, 0 for padding unless that is attended to
    Tensor token_type_ids;   ///< 1 for the second text of a pair, else 0
    std::vector<EmbeddingInfo> info;
};

/// What a caller puts in place of parts of the pipeline, or before it.
struct TextPlugins {
    std::shared_ptr<const TextTransform> transform = nullptr;  ///< done to every text, before its prompt is put in front
    std::shared_ptr<const TextTokenizer> tokenizer = nullptr;  ///< in place of the tokenizer.json
};

/// Transforms, cleans, tokenizes, cuts and pads. Threads: const methods may run together from any threads.
class TextPreprocessor {
public:
    TextPreprocessor(Tokenizer tokenizer, TextSpec spec, TextPlugins plugins = {});

    /// What is tokenized: `prompt` and the transformed text, cleaned. Throws `invalid_argument` for invalid UTF-8, `limit`
    /// for a text over 64 KiB.
    [[nodiscard]] std::string prepared(std::string_view text, std::string_view prompt = {}) const;

    /// The tokens of `prompt` and `text` together, cut to `max_length` at `side`, or where the spec says. Offsets are
    /// places in what `prepared` returns.
    /// Throws `invalid_argument` for invalid UTF-8, `limit` for a text over 64 KiB, `model` if a caller's tokenizer
    /// returns vectors of different lengths, more than `max_length` tokens, or an id below 0.
    [[nodiscard]] Encoding encode(std::string_view text, std::string_view prompt = {},
                                  std::optional<Truncation::Side> side = std::nullopt) const;

    /// The tokens of a query and a document joined, as a cross-encoder reads them, each behind its prompt. Throws as above.
    [[nodiscard]] Encoding encode_pair(std::string_view query, std::string_view document, const PairSpec& pair = {}) const;

    /// Rows of tokens, padded to one length: that of the longest, `at_least`, or more if the spec says so.
    [[nodiscard]] TextBatch batch(std::span<const Encoding* const> rows, std::size_t at_least = 0) const;
    [[nodiscard]] TextBatch batch(std::span<const Encoding> rows) const;

    /// True if the tokens' offsets, less the prompt's length, are places in the text that was given.
    [[nodiscard]] bool keeps_places() const noexcept;

    [[nodiscard]] const TextSpec& spec() const noexcept { return spec_; }

private:
    [[nodiscard]] Truncation truncation(const PairSpec& pair = {}) const noexcept;
    [[nodiscard]] Encoding checked(Encoding encoding) const;

    Tokenizer tokenizer_;
    TextSpec spec_;
    TextPlugins plugins_;
};

}  // namespace sextant
