#include <sextant/tokenize/tokenizer.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <utility>

#include <sextant/core/error.hpp>
#include <sextant/core/utf8.hpp>

#include "tokenize/added_tokens.hpp"
#include "tokenize/assemble.hpp"
#include "tokenize/decoder.hpp"
#include "tokenize/json_node.hpp"
#include "tokenize/length_sections.hpp"
#include "tokenize/model.hpp"
#include "tokenize/normalizer.hpp"
#include "tokenize/post_processor.hpp"
#include "tokenize/pre_tokenizer.hpp"
#include "tokenize/sentence_piece.hpp"

namespace sextant {

using namespace tokenize;  // NOLINT: the room's own internals

namespace {

void check_text(std::string_view text) {
    if (text.size() > max_text_bytes)
        throw Error(ErrorCode::limit, "the text has " + std::to_string(text.size()) + " bytes; at most " +
                                          std::to_string(max_text_bytes) + " are tokenized: cut it into parts");
    if (const auto bad = first_invalid_utf8(text))
        throw Error(ErrorCode::invalid_argument,
                    "the text is not valid UTF-8 at byte " + std::to_string(*bad) + ": convert it to UTF-8 first");
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::error_code missing;
    if (!std::filesystem::exists(path, missing)) throw Error(ErrorCode::not_found, path.string() + ": no such file");
    std::string content;
    constexpr std::streamsize most = 100'000'001;  // one more than from_json takes
    char block[1 << 16];
    while (file && std::ssize(content) < most) {
        file.read(block, sizeof(block));
        content.append(block, static_cast<std::size_t>(file.gcount()));
    }
    if (!file.eof() && std::ssize(content) < most) throw Error(ErrorCode::io, path.string() + ": cannot be read");
    return content;
}

// Of the ids from 0 on, as many as there are tokens and a few more; a file with wider holes is asked token by token.
std::vector<Placed> count_blanks_of(const Model& model) {
    std::vector<Placed> blanks(model.size() + 1024);
    for (std::size_t id = 0; id < blanks.size(); ++id)
        if (const auto token = model.id_to_token(static_cast<std::int64_t>(id))) count_blanks(*token, blanks[id]);
    return blanks;
}

}  // namespace

struct Tokenizer::State {
    explicit State(const JsonNode& root)
        : normalizer(root.find("normalizer") ? read_normalizer(root.at("normalizer")) : nullptr),
          pre_tokenizer(root.find("pre_tokenizer") ? read_pre_tokenizer(root.at("pre_tokenizer")) : nullptr),
          model(read_model(root.at("model"))),
          added_tokens(root.find("added_tokens"), *model, normalizer.get()),
          post_processor(root.find("post_processor") ? read_post_processor(root.at("post_processor"))
                                                     : PostProcessor{}),
          decoder(root.find("decoder")),
          truncation(read_truncation(root.find("truncation"))),
          padding(read_padding(root.find("padding"))) {
        if (!post_processor.trims.empty()) blanks = count_blanks_of(*model);
    }

    // Of a `.model` file, in which the model does everything.
    explicit State(std::unique_ptr<const SentencePiece> whole)
        : sentence_piece(whole.get()), model(std::move(whole)), added_tokens({}, *model, nullptr), decoder({}) {}

    PlacedText tokenize(std::string_view text) const {
        check_text(text);
        PlacedText placed{text, {}};
        if (sentence_piece != nullptr) {
            std::vector<Token> parts;
            sentence_piece->tokenize(text, parts);
            for (const auto& [id, begin, end] : parts)
                placed.tokens.push_back({id, {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)}});
            return placed;
        }
        auto pieces = added_tokens.split(text, normalizer.get());
        if (pre_tokenizer) pre_tokenizer->apply(pieces);
        const auto likely = pieces.text.bytes().size() / 4 + 4;  // of English more than there are
        std::vector<Token> tokens;
        tokens.reserve(pieces.pieces.size() == 1 ? likely : 16);
        placed.tokens.reserve(std::max(likely, pieces.pieces.size()));
        for (const auto& piece : pieces.pieces) {
            if (piece.is_token()) {
                placed.tokens.push_back({piece.added_token, pieces.text.place(piece.begin, piece.end)});
                if (!post_processor.trims.empty()) count_blanks(pieces.view(piece), placed.tokens.back());
                continue;
            }
            tokens.clear();
            model->tokenize(pieces.view(piece), tokens);
            for (const auto& token : tokens) place(token, piece, pieces, placed.tokens);
        }
        return placed;
    }

    // A token that a model places beyond its word ends with the word.
    void place(const Token& token, const Piece& piece, const Pieces& pieces, std::vector<Placed>& placed) const {
        const auto begin = std::min(piece.begin + token.begin, piece.end - 1);
        const auto end = std::clamp(piece.begin + token.end, begin + 1, piece.end);
        placed.push_back({token.id, pieces.text.place(begin, end)});
        if (post_processor.trims.empty()) return;
        const auto id = static_cast<std::size_t>(token.id);
        if (token.id == model->token_of_text()) {
            count_blanks(std::string_view(pieces.text.bytes()).substr(begin, end - begin), placed.back());
        } else if (id < blanks.size()) {
            placed.back().leading = blanks[id].leading;
            placed.back().trailing = blanks[id].trailing;
        } else if (const auto written = model->id_to_token(token.id)) {
            count_blanks(*written, placed.back());
        }
    }

    std::vector<Encoding> encode(std::string_view text, const Truncation& truncation_asked, bool all) const {
        return assemble({tokenize(text), PlacedText{}}, false, post_processor, truncation_asked, all);
    }

    std::vector<Encoding> encode_pair(std::string_view first, std::string_view second,
                                      const Truncation& truncation_asked, bool all) const {
        const auto named = [this](const char* which, std::string_view text) {
            try {
                return tokenize(text);
            } catch (const Error& error) {
                throw Error(error.code(), std::string(which) + " text of a pair: " + error.what());
            }
        };
        return assemble({named("first", first), named("second", second)}, true, post_processor, truncation_asked, all);
    }

    const SentencePiece* sentence_piece = nullptr;      // the model, if it is all there is
    std::unique_ptr<const Normalizer> normalizer;       // may be null
    std::unique_ptr<const PreTokenizer> pre_tokenizer;  // may be null
    std::unique_ptr<const Model> model;
    AddedTokens added_tokens;
    PostProcessor post_processor;
    DecoderSection decoder;
    std::optional<Truncation> truncation;
    std::optional<Padding> padding;
    std::vector<Placed> blanks;  // of each id, if offsets are trimmed
};

Tokenizer::Tokenizer(std::shared_ptr<const State> state) noexcept : state_(std::move(state)) {}

Tokenizer Tokenizer::from_json(std::string_view json, std::string_view name) {
    const auto parsed = parse_json(json, name);
    const JsonNode root(parsed, std::string(name) + ": ");
    root.only({"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
               "decoder", "model"});
    if (const auto version = root.find("version"); version && version->as_string() != "1.0")
        version->fail(ErrorCode::unsupported, "expected \"1.0\", found \"" + version->as_string() + "\"");
    try {
        return Tokenizer(std::make_shared<const State>(root));
    } catch (const nlohmann::json::exception& error) {
        throw Error(ErrorCode::corrupt, std::string(name) + ": " + error.what());
    }
}

Tokenizer Tokenizer::from_sentence_piece(std::string_view bytes, std::string_view name) {
    return Tokenizer(std::make_shared<const State>(std::make_unique<const SentencePiece>(bytes, std::string(name))));
}

Tokenizer Tokenizer::open(const std::filesystem::path& path) {
    const auto content = read_file(path);
    return is_sentence_piece(content) ? from_sentence_piece(content, path.string()) : from_json(content, path.string());
}

Encoding Tokenizer::encode(std::string_view text, std::size_t max_length) const {
    return encode(text, Truncation{.max_length = max_length});
}

Encoding Tokenizer::encode(std::string_view text, const Truncation& truncation) const {
    return std::move(state_->encode(text, truncation, false)[0]);
}

Encoding Tokenizer::encode_pair(std::string_view first, std::string_view second, std::size_t max_length) const {
    return encode_pair(first, second, Truncation{.max_length = max_length});
}

Encoding Tokenizer::encode_pair(std::string_view first, std::string_view second, const Truncation& truncation) const {
    return std::move(state_->encode_pair(first, second, truncation, false)[0]);
}

std::vector<Encoding> Tokenizer::encode_windows(std::string_view text, const Truncation& truncation) const {
    return state_->encode(text, truncation, true);
}

std::vector<Encoding> Tokenizer::encode_pair_windows(std::string_view first, std::string_view second,
                                                     const Truncation& truncation) const {
    return state_->encode_pair(first, second, truncation, true);
}

std::string Tokenizer::decode(std::span<const std::int64_t> ids, bool skip_special_tokens) const {
    if (state_->sentence_piece != nullptr) return state_->sentence_piece->decode(ids);
    std::vector<std::string> tokens;
    for (const auto id : ids) {
        const auto* added = state_->added_tokens.find_id(id);
        if (added != nullptr && added->special && skip_special_tokens) continue;
        auto token = id_to_token(id);
        if (!token) throw Error(ErrorCode::not_found, "no token has the id " + std::to_string(id));
        tokens.push_back(std::move(*token));
    }
    return state_->decoder.decode(std::move(tokens));
}

const std::optional<Truncation>& Tokenizer::truncation() const noexcept { return state_->truncation; }

const std::optional<Padding>& Tokenizer::padding() const noexcept { return state_->padding; }

std::size_t Tokenizer::vocabulary_size() const noexcept {
    return state_->model->size() + state_->added_tokens.count_new();
}

std::optional<std::int64_t> Tokenizer::token_to_id(std::string_view token) const {
    const auto added = state_->added_tokens.token_to_id(token);
    return added ? added : state_->model->token_to_id(token);
}

std::optional<std::string> Tokenizer::id_to_token(std::int64_t id) const {
    const auto* added = state_->added_tokens.find_id(id);
    return added != nullptr ? added->content : state_->model->id_to_token(id);
}

}  // namespace sextant
