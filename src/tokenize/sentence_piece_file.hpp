// A `.model` file of SentencePiece.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sextant::tokenize {

/// What a model makes of a text before it cuts it, or after it has put it together.
struct NormalizerSpec {
    std::string charsmap;  // empty: none
    bool add_dummy_prefix = true, remove_extra_whitespaces = true, escape_whitespaces = true;
};

/// What Sextant uses of sentencepiece_model.proto, under the names and with the defaults that it has there.
struct SentencePieceFile {
    enum class Type : std::uint8_t { normal = 1, unknown, control, user_defined, unused, byte };
    struct Piece {
        std::string_view text;
        float score = 0;
        Type type = Type::normal;
    };
    enum class Kind : std::uint8_t { unigram = 1, bpe, word, character };

    std::vector<Piece> pieces;  // views into the file
    Kind kind = Kind::unigram;
    bool byte_fallback = false, treat_whitespace_as_suffix = false;
    std::string unk_surface = " \xE2\x81\x87 ";
    NormalizerSpec normalizer, denormalizer;
};

/// Whether a file could be a `.model`; if not, it may be JSON.
[[nodiscard]] bool is_sentence_piece(std::string_view bytes) noexcept;

/// Reads a `.model`, which is to outlive the views. Throws `corrupt` for what is none, and `limit` for more than 100 MB
/// and for pieces of more than 1024 bytes; `name` stands for the file.
[[nodiscard]] SentencePieceFile read_sentence_piece_file(std::string_view bytes, const std::string& name);

}  // namespace sextant::tokenize
