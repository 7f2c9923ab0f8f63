#include "tokenize/sentence_piece.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <sextant/core/error.hpp>
#include <sextant/core/utf8.hpp>

#include "tokenize/scratch.hpp"
#include "tokenize/sentence_piece_bpe.hpp"
#include "tokenize/unicode.hpp"
#include "tokenize/viterbi.hpp"

namespace sextant::tokenize {

namespace {

constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

[[noreturn]] void refuse(const std::string& name, const std::string& message) {
    throw Error(ErrorCode::corrupt, name + ": no SentencePiece model that can be used: " + message);
}

std::string byte_piece(std::size_t byte) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    return std::string("<0x") + digits[byte / 16] + digits[byte % 16] + ">";
}

// What bytes mean; those that are no UTF-8 are replaced one by one.
void append_repaired(std::string& text, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto length = detail::utf8_length(bytes, 0);
        text += length == 0 ? replacement_character : bytes.substr(0, length);
        bytes.remove_prefix(std::max<std::size_t>(length, 1));
    }
}

}  // namespace

SentencePiece::SentencePiece(std::string_view bytes, const std::string& name)
    : SentencePiece(read_sentence_piece_file(bytes, name), name) {}

SentencePiece::SentencePiece(const SentencePieceFile& file, const std::string& name)
    : kind_(file.kind),
      byte_fallback_(file.byte_fallback),
      drops_first_blank_(file.normalizer.add_dummy_prefix || file.normalizer.remove_extra_whitespaces),
      drops_first_blanks_(file.normalizer.remove_extra_whitespaces),
      unk_surface_(file.unk_surface),
      normalizer_(file.normalizer, file.treat_whitespace_as_suffix, name),
      lowest_score_(std::numeric_limits<float>::max()),
      highest_score_(std::numeric_limits<float>::min()) {  // the smallest above zero, as in unigram_model.cc
    if (!file.denormalizer.charsmap.empty()) denormalizer_.emplace(file.denormalizer, false, name);
    pieces_.reserve(file.pieces.size());
    for (const auto& [text, score, type] : file.pieces) {
        pieces_.push_back({std::string(text), score, type});
        if (type != Type::normal) continue;
        lowest_score_ = std::min(lowest_score_, score);
        highest_score_ = std::max(highest_score_, score);
    }
    sort_pieces(name);
    find_bytes(file, name);
}

void SentencePiece::sort_pieces(const std::string& name) {
    std::vector<std::pair<std::string_view, Index>> normal, reserved, symbols;
    for (Index i = 0; i < static_cast<Index>(pieces_.size()); ++i) {
        const auto& [text, score, type] = piece(i);
        const bool is_normal = type == Type::normal || type == Type::user_defined || type == Type::unused;
        (is_normal ? normal : reserved).emplace_back(text, i);
        if (type == Type::user_defined) symbols.emplace_back(text, i);
        if (type != Type::unknown) continue;
        if (unknown_ >= 0) refuse(name, "two pieces stand for what is unknown");
        unknown_ = i;
    }
    if (unknown_ < 0) refuse(name, "no piece stands for what is unknown");
    for (auto* list : {&normal, &reserved}) {
        std::ranges::sort(*list);
        const auto twice = std::ranges::adjacent_find(*list, {}, [](const auto& entry) { return entry.first; });
        if (twice != list->end()) refuse(name, "the piece \"" + std::string(twice->first) + "\" stands there twice");
    }
    normal_ = Trie(std::move(normal), name);
    reserved_ = Trie(std::move(reserved), name);
    symbols_ = Trie(std::move(symbols), name);
}

void SentencePiece::find_bytes(const SentencePieceFile& file, const std::string& name) {
    std::size_t found = 0;
    for (std::size_t byte = 0; byte < 256; ++byte) {
        const auto index = reserved_.find(byte_piece(byte));
        if (!index || piece(*index).type != Type::byte) continue;
        bytes_[byte] = *index;
        ++found;
    }
    const auto bytes = std::ranges::count(file.pieces, Type::byte, &SentencePieceFile::Piece::type);
    if (found != static_cast<std::size_t>(bytes)) refuse(name, "a byte piece is none of <0x00> to <0xFF>");
    if (found != (byte_fallback_ ? 256 : 0))
        refuse(name, std::to_string(found) + " byte pieces, and byte_fallback is " + (byte_fallback_ ? "on" : "off"));
}

void SentencePiece::tokenize(std::string_view word, std::vector<Token>& tokens) const {
    const auto [text, places] = normalizer_.apply(word, symbols_);
    bool after_unknown = false;
    for (const auto& [begin, end, index] : cut(text)) {
        const bool is_unknown = piece(index).type == Type::unknown;
        const std::size_t from = places[begin], to = places[end];
        if (is_unknown && byte_fallback_) {
            // The last byte stands for all of the character.
            for (auto i = begin; i < end; ++i)
                tokens.push_back({bytes_[static_cast<unsigned char>(text[i])], from, i + 1 == end ? to : from});
        } else if (is_unknown && after_unknown) {
            tokens.back().end = to;
        } else {
            tokens.push_back({index, from, to});
        }
        after_unknown = is_unknown;
    }
}

SentencePiece::Index SentencePiece::find(std::string_view text) const noexcept {
    if (const auto index = reserved_.find(text)) return *index;
    return normal_.find(text).value_or(unknown_);
}

SentencePiece::Index SentencePiece::find_in_text(std::string_view text) const noexcept {
    const auto index = normal_.find(text);
    return index && piece(*index).type != Type::unused ? *index : unknown_;
}

std::vector<SentencePiece::Part> SentencePiece::cut(std::string_view text) const {
    std::vector<Part> parts;
    switch (kind_) {
        case SentencePieceFile::Kind::unigram:
            cut_by_score(text, parts);
            break;
        case SentencePieceFile::Kind::bpe: {
            const SentencePieceBpe::Rules rules{normal_, [this](Index i) { return piece(i).score; },
                                                [this](Index i) { return piece(i).type == Type::unused; }};
            SentencePieceBpe bpe(text, rules);
            cut_characters(text, parts);
            for (const auto& [begin, end, index] : parts) bpe.add(end - begin, piece(index).type == Type::user_defined);
            parts.clear();
            bpe.merge_all();
            bpe.for_each([&](std::size_t begin, std::size_t end) {
                parts.push_back({begin, end, find_in_text(text.substr(begin, end - begin))});
            });
            break;
        }
        case SentencePieceFile::Kind::word:
            cut_words(text, parts);
            break;
        case SentencePieceFile::Kind::character:
            cut_characters(text, parts);
            break;
    }
    return parts;
}

void SentencePiece::cut_by_score(std::string_view text, std::vector<Part>& parts) const {
    constexpr float penalty = 10;
    Scratch<Step<float>, 512> scratch(text.size() + 1);
    const auto steps = scratch.values();
    const auto score_of = [this](Index token, std::size_t bytes) -> std::optional<double> {
        const auto& [written, score, type] = piece(token);
        if (type == Type::unused) return std::nullopt;
        // A symbol is always to be taken. The product is a float, and the difference is none.
        if (type == Type::user_defined) return static_cast<float>(bytes) * highest_score_ - 0.1;
        return score;
    };
    find_best(normal_, text, steps, score_of, lowest_score_ - penalty, [this] { return unknown_; });
    for (std::size_t end = text.size(); end > 0; end = steps[end].begin)
        parts.push_back({steps[end].begin, end, steps[end].token});
    std::ranges::reverse(parts);
}

void SentencePiece::cut_words(std::string_view text, std::vector<Part>& parts) const {
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find(blank_symbol, begin + 1), text.size());
        parts.push_back({begin, end, find_in_text(text.substr(begin, end - begin))});
        begin = end;
    }
}

void SentencePiece::cut_characters(std::string_view text, std::vector<Part>& parts) const {
    for (std::size_t begin = 0; begin < text.size();) {
        const auto symbol = symbols_.longest_prefix(Trie::root, text.substr(begin));
        const auto end = begin + (symbol ? symbol->length : front(text.substr(begin)).length);
        parts.push_back({begin, end, find_in_text(text.substr(begin, end - begin))});
        begin = end;
    }
}

std::optional<std::int64_t> SentencePiece::token_to_id(std::string_view token) const {
    const auto index = find(token);
    return piece(index).text == token ? std::optional<std::int64_t>(index) : std::nullopt;
}

std::optional<std::string> SentencePiece::id_to_token(std::int64_t id) const {
    if (id < 0 || id >= std::ssize(pieces_)) return std::nullopt;
    return pieces_[static_cast<std::size_t>(id)].text;
}

std::string SentencePiece::decode(std::span<const std::int64_t> ids) const {
    std::string text, bytes;
    bool begins_text = true, dropped_blank = false;
    const auto flush = [&] {
        append_repaired(text, bytes);
        bytes.clear();
    };
    for (const auto id : ids) {
        const auto written = id_to_token(id);
        if (!written) throw Error(ErrorCode::not_found, "no token has the id " + std::to_string(id));
        const auto index = find(*written);
        if (piece(index).type == Type::byte) {
            bytes += static_cast<char>(std::ranges::find(bytes_, index) - bytes_.begin());
            continue;
        }
        flush();
        if (dropped_blank || !text.empty()) begins_text = false;
        const bool is_text = piece(index).type != Type::control && piece(index).type != Type::unknown;
        dropped_blank = begins_text && drops_first_blank_ && !drops_first_blanks_ && is_text &&
                        written->starts_with(blank_symbol);
        text += surface(index, begins_text);
    }
    flush();
    return denormalizer_ ? denormalizer_->apply(text, Trie()).text : text;
}

// What a piece other than a byte is as text.
std::string SentencePiece::surface(Index index, bool begins_text) const {
    const auto& [written, score, type] = piece(index);
    if (type == Type::control) return {};
    if (type == Type::unknown) return unk_surface_;
    std::string_view rest = written;
    std::string text;
    if (begins_text && drops_first_blank_ && rest.starts_with(blank_symbol)) rest.remove_prefix(blank_symbol.size());
    while (!rest.empty()) {
        const bool is_blank = rest.starts_with(blank_symbol);
        text += is_blank ? ' ' : rest[0];
        rest.remove_prefix(is_blank ? blank_symbol.size() : 1);
    }
    return text;
}

}  // namespace sextant::tokenize
