#include <sextant/tokenize/tokenizer.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <utility>

#include <sextant/core/error.hpp>
#include <sextant/core/utf8.hpp>

#include "tokenize/added_tokens.hpp"
#include "tokenize/json_node.hpp"
#include "tokenize/model.hpp"
#include "tokenize/normalizer.hpp"
#include "tokenize/post_processor.hpp"
#include "tokenize/pre_tokenizer.hpp"

namespace sextant {

using namespace tokenize;  // NOLINT: the room's own internals

namespace {

using Ids = std::vector<std::int64_t>;

void check_text(std::string_view text) {
    if (text.size() > max_text_bytes)
        throw Error(ErrorCode::limit, "the text has " + std::to_string(text.size()) + " bytes; at most " +
                                          std::to_string(max_text_bytes) + " are tokenized: cut it into parts");
    if (const auto bad = first_invalid_utf8(text))
        throw Error(ErrorCode::invalid_argument,
                    "the text is not valid UTF-8 at byte " + std::to_string(*bad) + ": convert it to UTF-8 first");
}

// How many tokens of each text stay: "longest_first" as utils/truncation.rs of Hugging Face computes it, which may
// differ by one token from removing the longer text's last token again and again.
std::pair<std::size_t, std::size_t> share(std::size_t first, std::size_t second, std::size_t room) {
    if (first <= room && second <= room - first) return {first, second};
    const bool swap = first > second;
    auto shorter = std::min(first, second);
    auto longer = shorter > room ? shorter : std::max(shorter, room - shorter);
    if (shorter > room || longer > room - shorter) {
        shorter = room / 2;
        longer = shorter + room % 2;
    }
    return swap ? std::pair(longer, shorter) : std::pair(shorter, longer);
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

}  // namespace

struct Tokenizer::State {
    explicit State(const JsonNode& root)
        : normalizer(root.find("normalizer") ? read_normalizer(root.at("normalizer")) : nullptr),
          pre_tokenizer(root.find("pre_tokenizer") ? read_pre_tokenizer(root.at("pre_tokenizer")) : nullptr),
          model(read_model(root.at("model"))),
          added_tokens(root.find("added_tokens"), *model, normalizer.get()),
          post_processor(root.find("post_processor") ? read_post_processor(root.at("post_processor"))
                                                     : PostProcessor{}) {}

    Ids tokenize(std::string_view text) const {
        check_text(text);
        Ids ids;
        auto pieces = added_tokens.split(text, normalizer.get());
        if (pre_tokenizer) pre_tokenizer->apply(pieces);
        std::vector<Token> tokens;
        for (const auto& piece : pieces.pieces) {
            if (piece.is_token())
                tokens.push_back({piece.added_token, 0, 0});
            else
                model->tokenize(pieces.view(piece), tokens);
        }
        ids.reserve(tokens.size());
        for (const auto& token : tokens) ids.push_back(token.id);
        return ids;
    }

    Encoding assemble(std::array<Ids, 2> texts, const Template& pattern, std::size_t max_length) const {
        const auto added = count_added(pattern);
        if (max_length < added)
            throw Error(ErrorCode::invalid_argument, "max_length is " + std::to_string(max_length) +
                                                         ", but the special tokens alone are " + std::to_string(added) +
                                                         ": raise it");
        const auto total = texts[0].size() + texts[1].size() + added;
        const auto [first, second] = share(texts[0].size(), texts[1].size(), max_length - added);
        texts[0].resize(first);
        texts[1].resize(second);
        auto encoding = fill(pattern, texts);
        encoding.tokens_total = total;
        return encoding;
    }

    std::unique_ptr<const Normalizer> normalizer;       // may be null
    std::unique_ptr<const PreTokenizer> pre_tokenizer;  // may be null
    std::unique_ptr<const Model> model;
    AddedTokens added_tokens;
    PostProcessor post_processor;
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

Tokenizer Tokenizer::open(const std::filesystem::path& path) { return from_json(read_file(path), path.string()); }

Encoding Tokenizer::encode(std::string_view text, std::size_t max_length) const {
    return state_->assemble({state_->tokenize(text), {}}, state_->post_processor.single, max_length);
}

Encoding Tokenizer::encode_pair(std::string_view first, std::string_view second, std::size_t max_length) const {
    return state_->assemble({state_->tokenize(first), state_->tokenize(second)}, state_->post_processor.pair,
                            max_length);
}

std::size_t Tokenizer::vocabulary_size() const noexcept {
    return state_->model->size() + state_->added_tokens.count_new();
}

std::optional<std::int64_t> Tokenizer::token_to_id(std::string_view token) const {
    const auto added = state_->added_tokens.token_to_id(token);
    return added ? added : state_->model->token_to_id(token);
}

}  // namespace sextant
