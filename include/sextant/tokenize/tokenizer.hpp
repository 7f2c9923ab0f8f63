// Text to token ids, exactly as Hugging Face `tokenizers` makes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <sextant/core/item.hpp>

namespace sextant {

/// What a network is fed for one text, or for a pair of texts.
struct Encoding {
    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> type_ids;  ///< as many as `ids`: which of the two texts a token belongs to
    std::size_t tokens_total = 0;        ///< tokens before the tail was cut, special tokens counted

    [[nodiscard]] bool truncated() const noexcept { return ids.size() < tokens_total; }
};

/// Reads a `tokenizer.json` of Hugging Face and does what it says: added tokens, normalizer, pre-tokenizer, model,
/// post-processor. The ids equal those of the Python package `tokenizers` 0.22.
///
/// Supported: models BPE and WordPiece; normalizers NFC NFD NFKC NFKD Lowercase Strip StripAccents Replace Prepend
/// BertNormalizer Sequence; pre-tokenizers ByteLevel BertPreTokenizer Whitespace WhitespaceSplit Split Punctuation
/// Digits Sequence; post-processors TemplateProcessing BertProcessing RobertaProcessing ByteLevel Sequence. Anything
/// else that could change an id is refused when the file is read, by name and place. Not read: `truncation` and
/// `padding` (how long a text may be is the caller's to say: `max_length`) and `decoder` (ids are never turned back).
///
/// A value: copies are cheap and share what was read, which never changes. `const` methods may run together from any
/// threads.
class Tokenizer {
public:
    static constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

    /// From the text of a file; `name` stands for the file in messages. Throws `corrupt` for what is not JSON or breaks
    /// the format, `unsupported` for components and fields that are not known here, `limit` for more than 100 MB.
    [[nodiscard]] static Tokenizer from_json(std::string_view json, std::string_view name = "tokenizer.json");

    /// From a file. Throws `not_found`, `io`, and what `from_json` throws.
    [[nodiscard]] static Tokenizer open(const std::filesystem::path& path);

    /// The ids of one text, special tokens included, at most `max_length` of them: the tail of the text is cut.
    /// Throws `invalid_argument` for invalid UTF-8 (the message names the byte) and for a `max_length` that has no room
    /// for the special tokens; `limit` for a text over `max_text_bytes`.
    [[nodiscard]] Encoding encode(std::string_view text, std::size_t max_length = no_limit) const;

    /// The ids of two texts together, as a cross-encoder reads them. What does not fit is cut from the tail of the
    /// longer text first ("longest_first" in Hugging Face). Throws as `encode`.
    [[nodiscard]] Encoding encode_pair(std::string_view first, std::string_view second,
                                       std::size_t max_length = no_limit) const;

    /// How many tokens there are: those of the model and the added ones.
    [[nodiscard]] std::size_t vocabulary_size() const noexcept;

    /// The id of a token, written as in the file; nothing if there is no such token.
    [[nodiscard]] std::optional<std::int64_t> token_to_id(std::string_view token) const;

private:
    struct State;
    explicit Tokenizer(std::shared_ptr<const State> state) noexcept;

    std::shared_ptr<const State> state_;
};

}  // namespace sextant
