// Writes the `.model` files of SentencePiece.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/tokenize/tokenizer.hpp>

namespace sentence_piece {

enum Type { normal = 1, unknown, control, user_defined, unused, byte };
enum Kind { unigram = 1, bpe, word, character };

inline const std::string blank = "\xE2\x96\x81";

inline std::string varint(std::size_t number) {
    std::string bytes;
    for (; number >= 0x80; number >>= 7) bytes += static_cast<char>((number & 0x7F) | 0x80);
    return bytes + static_cast<char>(number);
}
inline std::string number_field(unsigned field, std::size_t value) { return varint(field << 3) + varint(value); }
inline std::string bytes_field(unsigned field, const std::string& bytes) {
    return varint(field << 3 | 2) + varint(bytes.size()) + bytes;
}

struct Piece {
    std::string text;
    float score = 0;
    int type = normal;
};

/// A `.model` file.
struct Model {
    std::vector<Piece> pieces;
    int kind = unigram;
    bool byte_fallback = false, add_dummy_prefix = true, remove_extra_whitespaces = true;
    std::string charsmap = {};
    bool escape_whitespaces = true, treat_whitespace_as_suffix = false;
    std::string denormalizer = {};  // a charsmap

    [[nodiscard]] std::string bytes() const {
        std::string file;
        for (const auto& [text, score, type] : pieces) {
            const auto bits = std::bit_cast<std::uint32_t>(score);
            auto piece = bytes_field(1, text) + varint(2 << 3 | 5);
            for (int shift = 0; shift < 32; shift += 8) piece += static_cast<char>(bits >> shift & 0xFF);
            file += bytes_field(1, piece + number_field(3, static_cast<std::size_t>(type)));
        }
        file += bytes_field(2, number_field(3, static_cast<std::size_t>(kind)) +
                                   number_field(24, treat_whitespace_as_suffix) + number_field(35, byte_fallback));
        auto normalizer = number_field(3, add_dummy_prefix) + number_field(4, remove_extra_whitespaces) +
                          number_field(5, escape_whitespaces);
        if (!charsmap.empty()) normalizer = bytes_field(2, charsmap) + normalizer;
        file += bytes_field(3, normalizer);
        return denormalizer.empty() ? file : file + bytes_field(5, bytes_field(2, denormalizer));
    }
    [[nodiscard]] sextant::Tokenizer tokenizer() const { return sextant::Tokenizer::from_sentence_piece(bytes()); }
};

/// With a piece for every byte.
inline std::vector<Piece> with_byte_pieces(std::vector<Piece> pieces) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (unsigned i = 0; i < 256; ++i)
        pieces.push_back({std::string("<0x") + digits[i / 16] + digits[i % 16] + ">", 0, byte});
    return pieces;
}

}  // namespace sentence_piece
