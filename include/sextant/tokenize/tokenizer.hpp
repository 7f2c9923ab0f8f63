// Text to token ids and back, exactly as Hugging Face `tokenizers` does it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/core/item.hpp>

namespace sextant {

/// A stretch of a text, in bytes of UTF-8.
struct Offsets {
    std::size_t begin = 0, end = 0;

    friend bool operator==(const Offsets&, const Offsets&) = default;
};

/// What a network is fed for one text, or for a pair of texts. The vectors are of one length.
struct Encoding {
    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> type_ids;      ///< what the network is told about which text a token belongs to
    std::vector<Offsets> offsets;            ///< the bytes of its text that a token stands for; {0, 0} for special tokens
    std::vector<std::int8_t> sequence_ids;   ///< which text a token is of: 0, 1, or -1 for the special tokens around them
    std::size_t tokens_total = 0;            ///< tokens before anything was cut, special tokens counted

    [[nodiscard]] bool truncated() const noexcept { return ids.size() < tokens_total; }
    /// Whether token `i` was put there by the post-processor and stands for no part of a text.
    [[nodiscard]] bool is_special(std::size_t i) const noexcept { return sequence_ids[i] < 0; }

    friend bool operator==(const Encoding&, const Encoding&) = default;
};

/// How texts are cut that are too long. The names are those of Hugging Face.
struct Truncation {
    static constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();
    enum class Strategy {
        longest_first,  ///< of a pair the longer text first, then both
        only_first,     ///< the second text is never cut
        only_second,    ///< the first text is never cut
    };
    enum class Side { right, left };

    std::size_t max_length = no_limit;            ///< tokens, special tokens counted
    Strategy strategy = Strategy::longest_first;
    Side side = Side::right;                      ///< the end of the text at which it is cut
    std::size_t stride = 0;                       ///< tokens that neighbouring windows share, see `encode_windows`
    /// Tokens of the first text of a pair that take part; its tail is cut before anything else, and is in no window.
    /// FlagEmbedding's rerankers cut queries so.
    std::size_t first_max_length = no_limit;

    friend bool operator==(const Truncation&, const Truncation&) = default;
};

/// How rows of tokens are brought to one length.
struct Padding {
    enum class Side { right, left };

    std::size_t length = 0;       ///< at least so many tokens; 0: as many as the longest row has
    std::size_t multiple_of = 0;  ///< the length is raised to a multiple of this; 0 and 1: it is not
    Side side = Side::right;      ///< the end at which padding is put
    std::int64_t id = 0;
    std::int64_t type_id = 0;

    friend bool operator==(const Padding&, const Padding&) = default;
};

/// Reads a `tokenizer.json` of Hugging Face and does what it says: added tokens, normalizer, pre-tokenizer, model,
/// post-processor, decoder. Ids, type ids and offsets equal those of the Python package `tokenizers` 0.22 (which counts
/// offsets in code points, not bytes).
///
/// Supported: models BPE, WordPiece, WordLevel and Unigram; normalizers NFC NFD NFKC NFKD Lowercase Strip StripAccents
/// Nmt Replace Prepend Precompiled ByteLevel BertNormalizer Sequence; pre-tokenizers ByteLevel BertPreTokenizer
/// Whitespace WhitespaceSplit Metaspace Split CharDelimiterSplit Punctuation Digits UnicodeScripts Sequence;
/// post-processors TemplateProcessing BertProcessing RobertaProcessing ByteLevel Sequence; decoders ByteLevel WordPiece
/// Metaspace BPEDecoder ByteFallback Fuse Strip Replace CTC Sequence. Anything else that could change an id is refused
/// when the file is read, by name and place; a decoder that is not supported is refused by `decode`.
///
/// A file whose model does not say its type, as older ones on the hub, is read as the kind that its fields tell.
///
/// One difference is known, in offsets only: where `byte_fallback` meets `end_of_word_suffix` or
/// `continuing_subword_prefix`, BPE writes bytes of the suffix or prefix that the text does not have. The offsets of
/// Hugging Face then run on beyond the word, or the text; here they end with the word.
///
/// Encoding takes time linear in the text, or in what the file's normalizers make of it, times, at worst, the longest
/// token, which has 1024 bytes at most; with a log n where symbols are merged and marks put in order. A regex of the
/// file that takes too long on a text is stopped, with `limit`.
///
/// How long a text may be is the caller's to say. What the file says about it is offered by `truncation()` and
/// `padding()` and never done unasked, because files are published with settings that were those of a training run.
///
/// A value: copies are cheap and share what was read, which never changes. `const` methods may run together from any
/// threads.
class Tokenizer {
public:
    static constexpr std::size_t no_limit = Truncation::no_limit;

    /// From the text of a file; `name` stands for the file in messages. Throws `corrupt` for what is not JSON or breaks
    /// the format, `unsupported` for components and fields that are not known here, `limit` for more than 100 MB.
    [[nodiscard]] static Tokenizer from_json(std::string_view json, std::string_view name = "tokenizer.json");

    /// From the bytes of a `.model` file of SentencePiece, unigram, BPE, word or character. Ids, places and decoded text
    /// equal those of the Python package `sentencepiece` with its default options: nothing is put before or behind a
    /// text, and a token may stand for no byte of it. Throws `corrupt` and `limit` as `from_json`.
    [[nodiscard]] static Tokenizer from_sentence_piece(std::string_view bytes,
                                                       std::string_view name = "tokenizer.model");

    /// From a file of either kind. Throws `not_found`, `io`, and what `from_json` and `from_sentence_piece` throw.
    [[nodiscard]] static Tokenizer open(const std::filesystem::path& path);

    /// The tokens of one text, special tokens included, at most `max_length` of them: the tail of the text is cut.
    /// Throws `invalid_argument` for invalid UTF-8 (the message names the byte) and for a `max_length` that has no room
    /// for the special tokens; `limit` for a text over `max_text_bytes`.
    [[nodiscard]] Encoding encode(std::string_view text, std::size_t max_length = no_limit) const;

    /// The same, cut as `truncation` says. Throws `invalid_argument` also if the texts that may be cut are too short.
    [[nodiscard]] Encoding encode(std::string_view text, const Truncation& truncation) const;

    /// The tokens of two texts together, as a cross-encoder reads them. What does not fit is cut from the tail of the
    /// longer text first ("longest_first" in Hugging Face). Throws as `encode`.
    [[nodiscard]] Encoding encode_pair(std::string_view first, std::string_view second,
                                       std::size_t max_length = no_limit) const;
    [[nodiscard]] Encoding encode_pair(std::string_view first, std::string_view second,
                                       const Truncation& truncation) const;

    /// All of a text, in as many encodings as it takes: first what `encode` returns, then windows over what was cut, each
    /// with `stride` tokens of the one before ("overflowing" in Hugging Face). Of a pair every window of the one text
    /// comes with every window of the other. Throws as `encode`, `invalid_argument` for a stride that is not less than
    /// the room for the text (where there is room for none, the second window is the whole text, as in Hugging Face), and `limit` if the windows together have more than `max_window_tokens`.
    [[nodiscard]] std::vector<Encoding> encode_windows(std::string_view text, const Truncation& truncation) const;
    [[nodiscard]] std::vector<Encoding> encode_pair_windows(std::string_view first, std::string_view second,
                                                            const Truncation& truncation) const;
    static constexpr std::size_t max_window_tokens = 1'000'000;

    /// The text of some tokens, put together by the decoder (without one: by blanks). Bytes that are no UTF-8 become
    /// U+FFFD. Throws `not_found` for an id that no token has, `unsupported` for a decoder that is not supported, and
    /// `limit` if a decoder that replaces text makes more than 16 MiB.
    [[nodiscard]] std::string decode(std::span<const std::int64_t> ids, bool skip_special_tokens = true) const;

    /// What the file says about length; nothing if it says nothing. See above.
    [[nodiscard]] const std::optional<Truncation>& truncation() const noexcept;
    [[nodiscard]] const std::optional<Padding>& padding() const noexcept;

    /// How many tokens there are: those of the model and the added ones.
    [[nodiscard]] std::size_t vocabulary_size() const noexcept;

    /// The id of a token, written as in the file; nothing if there is no such token.
    [[nodiscard]] std::optional<std::int64_t> token_to_id(std::string_view token) const;

    /// The token with an id, written as in the file; nothing if there is none.
    [[nodiscard]] std::optional<std::string> id_to_token(std::int64_t id) const;

private:
    struct State;
    explicit Tokenizer(std::shared_ptr<const State> state) noexcept;

    std::shared_ptr<const State> state_;
};

}  // namespace sextant
