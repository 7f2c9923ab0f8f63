// A model of SentencePiece: Kudo and Richardson 2018 (arXiv:1808.06226).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenize/model.hpp"
#include "tokenize/sentence_piece_file.hpp"
#include "tokenize/sentence_piece_normalizer.hpp"
#include "tokenize/trie.hpp"

namespace sextant::tokenize {

/// Does all that a `.model` says, text to tokens and back, as the Python package `sentencepiece` does. Never changes;
/// any thread.
class SentencePiece final : public Model {
public:
    /// From the bytes of a file, for which `name` stands. Throws `corrupt` or `limit`.
    SentencePiece(std::string_view bytes, const std::string& name);

    /// `word` is the text as it came; a token may stand for nothing of it.
    void tokenize(std::string_view word, std::vector<Token>& tokens) const override;
    [[nodiscard]] std::optional<std::int64_t> token_to_id(std::string_view token) const override;
    [[nodiscard]] std::optional<std::string> id_to_token(std::int64_t id) const override;
    [[nodiscard]] std::size_t size() const noexcept override { return pieces_.size(); }

    /// The text of some ids. Throws `not_found` for an id that no token has.
    [[nodiscard]] std::string decode(std::span<const std::int64_t> ids) const;

private:
    using Type = SentencePieceFile::Type;
    using Index = Trie::Value;
    struct Piece {
        std::string text;
        float score;
        Type type;
    };
    // A part of the normalised text.
    struct Part {
        std::size_t begin, end;
        Index piece;
    };

    explicit SentencePiece(const SentencePieceFile& file, const std::string& name);

    void sort_pieces(const std::string& name);
    void find_bytes(const SentencePieceFile& file, const std::string& name);
    [[nodiscard]] const Piece& piece(Index index) const noexcept { return pieces_[static_cast<std::size_t>(index)]; }
    [[nodiscard]] Index find(std::string_view text) const noexcept;
    // What a part of a text becomes: a normal or user-defined piece, else what stands for the unknown. Text that is
    // written like a control symbol is none.
    [[nodiscard]] Index find_in_text(std::string_view text) const noexcept;
    [[nodiscard]] std::vector<Part> cut(std::string_view text) const;
    void cut_by_score(std::string_view text, std::vector<Part>& parts) const;
    void cut_words(std::string_view text, std::vector<Part>& parts) const;
    void cut_characters(std::string_view text, std::vector<Part>& parts) const;
    [[nodiscard]] std::string surface(Index index, bool begins_text) const;

    std::vector<Piece> pieces_;  // by id
    SentencePieceFile::Kind kind_;
    bool byte_fallback_, drops_first_blank_, drops_first_blanks_;
    std::string unk_surface_;
    SentencePieceNormalizer normalizer_;
    std::optional<SentencePieceNormalizer> denormalizer_;
    Index unknown_ = -1;
    std::array<Index, 256> bytes_{};  // if byte_fallback_
    float lowest_score_, highest_score_;  // of normal pieces
    Trie normal_;    // what text may become: normal, user-defined and unused pieces
    Trie reserved_;  // control, unknown and byte pieces
    Trie symbols_;   // user-defined pieces, which are never changed or cut
};

}  // namespace sextant::tokenize
