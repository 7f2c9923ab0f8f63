// After sentencepiece_model.proto of SentencePiece, in the wire format of Protocol Buffers.
#include "tokenize/sentence_piece_file.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

#include <sextant/core/error.hpp>
#include <sextant/core/utf8.hpp>

namespace sextant::tokenize {

namespace {

constexpr std::size_t max_file_bytes = 100'000'000;
constexpr std::size_t max_piece_bytes = 1024;
constexpr double highest_score = 1e30;  // sums of 65536 of them are still numbers

enum class WireType : std::uint8_t { number = 0, eight_bytes = 1, bytes = 2, four_bytes = 5 };

struct Field {
    std::uint64_t number;
    WireType type;
    std::uint64_t value;     // of a number, or of four bytes
    std::string_view bytes;  // of bytes

    [[nodiscard]] bool is(std::uint64_t wanted, WireType wanted_type) const noexcept {
        return number == wanted && type == wanted_type;
    }
};

// Reads the fields of one message.
class Message {
public:
    Message(std::string_view bytes, const std::string& name) : rest_(bytes), name_(name) {}

    [[nodiscard]] bool done() const noexcept { return rest_.empty(); }

    Field next() {
        const auto tag = read_number();
        Field field{tag >> 3, static_cast<WireType>(tag & 7), 0, {}};
        switch (field.type) {
            case WireType::number:
                field.value = read_number();
                break;
            case WireType::eight_bytes:
                take(8);
                break;
            case WireType::bytes:
                field.bytes = take(read_number());
                break;
            case WireType::four_bytes: {
                const auto raw = take(4);
                for (std::size_t i = 4; i-- > 0;) field.value = field.value << 8 | static_cast<unsigned char>(raw[i]);
                break;
            }
            default:
                refuse("a field of no known kind");
        }
        if (field.number == 0 || tag > 0xFFFF'FFFF) refuse("a field without a number");
        return field;
    }

    [[noreturn]] void refuse(const std::string& message) const {
        throw Error(ErrorCode::corrupt, name_ + " is no SentencePiece model, or a damaged one: " + message);
    }

private:
    std::uint64_t read_number() {
        std::uint64_t number = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto byte = static_cast<unsigned char>(take(1)[0]);
            number |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
            if (byte < 0x80) return number;
        }
        refuse("a number of more than ten bytes");
    }

    std::string_view take(std::uint64_t count) {
        if (count > rest_.size())
            refuse(std::to_string(count) + " bytes are wanted where " + std::to_string(rest_.size()) + " are left");
        const auto taken = rest_.substr(0, static_cast<std::size_t>(count));
        rest_.remove_prefix(taken.size());
        return taken;
    }

    std::string_view rest_;
    const std::string& name_;
};

using Piece = SentencePieceFile::Piece;

Piece read_piece(std::string_view bytes, std::size_t index, const std::string& name) {
    Piece piece;
    Message message(bytes, name);
    while (!message.done()) {
        const auto field = message.next();
        if (field.is(1, WireType::bytes)) piece.text = field.bytes;
        if (field.is(2, WireType::four_bytes))
            piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(field.value));
        if (field.is(3, WireType::number) && field.value >= 1 && field.value <= 6)  // others are as if not there
            piece.type = static_cast<SentencePieceFile::Type>(field.value);
    }
    const auto place = "piece " + std::to_string(index);
    if (piece.text.empty() || first_invalid_utf8(piece.text)) message.refuse(place + " is no text");
    if (!(std::abs(piece.score) <= highest_score)) message.refuse("the score of " + place + " is no plain number");
    if (piece.text.size() > max_piece_bytes)
        throw Error(ErrorCode::limit, name + ": " + place + " has " + std::to_string(piece.text.size()) +
                                          " bytes; at most " + std::to_string(max_piece_bytes) + " are allowed");
    return piece;
}

void read_trainer(std::string_view bytes, SentencePieceFile& file, const std::string& name) {
    for (Message message(bytes, name); !message.done();) {
        const auto field = message.next();
        if (field.is(3, WireType::number) && field.value >= 1 && field.value <= 4)
            file.kind = static_cast<SentencePieceFile::Kind>(field.value);
        if (field.is(24, WireType::number)) file.treat_whitespace_as_suffix = field.value != 0;
        if (field.is(35, WireType::number)) file.byte_fallback = field.value != 0;
        if (field.is(44, WireType::bytes)) file.unk_surface = field.bytes.substr(0, field.bytes.find('\0'));
    }
    if (file.unk_surface.size() > max_piece_bytes)
        throw Error(ErrorCode::limit, name + ": what is unknown is to become " +
                                          std::to_string(file.unk_surface.size()) + " bytes; at most " +
                                          std::to_string(max_piece_bytes) + " are allowed");
}

void read_normalizer(std::string_view bytes, NormalizerSpec& spec, const std::string& name) {
    for (Message message(bytes, name); !message.done();) {
        const auto field = message.next();
        if (field.is(2, WireType::bytes)) spec.charsmap = field.bytes;
        if (field.is(3, WireType::number)) spec.add_dummy_prefix = field.value != 0;
        if (field.is(4, WireType::number)) spec.remove_extra_whitespaces = field.value != 0;
        if (field.is(5, WireType::number)) spec.escape_whitespaces = field.value != 0;
    }
}

}  // namespace

bool is_sentence_piece(std::string_view bytes) noexcept {
    // It begins with a piece, and that with its text; both tags are a line feed, with which JSON may begin too.
    const auto first_letter = bytes.find_first_not_of(" \t\r\n");
    return bytes.size() > 3 && bytes[0] == '\n' && bytes[2] == '\n' && first_letter != std::string_view::npos &&
           bytes[first_letter] != '{';
}

SentencePieceFile read_sentence_piece_file(std::string_view bytes, const std::string& name) {
    if (bytes.size() > max_file_bytes)
        throw Error(ErrorCode::limit, name + " has " + std::to_string(bytes.size()) +
                                          " bytes; a SentencePiece model may have " + std::to_string(max_file_bytes));
    SentencePieceFile file;
    Message message(bytes, name);
    while (!message.done()) {
        const auto field = message.next();
        if (field.is(1, WireType::bytes)) file.pieces.push_back(read_piece(field.bytes, file.pieces.size(), name));
        if (field.is(2, WireType::bytes)) read_trainer(field.bytes, file, name);
        if (field.is(3, WireType::bytes)) read_normalizer(field.bytes, file.normalizer, name);
        if (field.is(5, WireType::bytes)) read_normalizer(field.bytes, file.denormalizer, name);
    }
    if (file.pieces.empty()) message.refuse("it has no pieces");
    return file;
}

}  // namespace sextant::tokenize
