// Greedy longest match first: Wu et al. 2016 (arXiv:1609.08144), as in models/wordpiece/mod.rs of Hugging Face.
#include <optional>
#include <string>

#include "tokenize/model.hpp"
#include "tokenize/unicode.hpp"
#include "tokenize/vocabulary.hpp"

namespace sextant::tokenize {

namespace {

class WordPiece final : public Model {
public:
    explicit WordPiece(const JsonNode& node)
        : vocabulary_(node.at("vocab")),
          unknown_(node.at("unk_token"), vocabulary_),
          continuation_(vocabulary_.trie().walk(Trie::root, node.at("continuing_subword_prefix").as_string())),
          max_code_points_(static_cast<std::size_t>(node.at("max_input_chars_per_word").as_id())) {}

    void tokenize(std::string_view word, std::vector<Token>& tokens) const override {
        const auto old_size = tokens.size();
        if ((word.size() > max_code_points_ && count_code_points(word) > max_code_points_) || !cut(word, tokens)) {
            tokens.resize(old_size);
            tokens.push_back({vocabulary_.id(unknown_.index()), 0, word.size()});
        }
    }

    std::optional<std::int64_t> token_to_id(std::string_view token) const override {
        return vocabulary_.find_id(token);
    }
    std::optional<std::string> id_to_token(std::int64_t id) const override { return vocabulary_.token(id); }
    std::size_t size() const noexcept override { return vocabulary_.size(); }

private:
    // False if some part of the word is not in the vocabulary.
    bool cut(std::string_view word, std::vector<Token>& tokens) const {
        std::optional<Trie::Node> node = Trie::root;
        for (std::size_t at = 0; at < word.size();) {
            const auto part = node ? vocabulary_.trie().longest_prefix(*node, word.substr(at)) : std::nullopt;
            if (!part) return false;
            tokens.push_back({vocabulary_.id(part->value), at, at + part->length});
            at += part->length;
            node = continuation_;
        }
        return true;
    }

    Vocabulary vocabulary_;
    Unknown unknown_;
    std::optional<Trie::Node> continuation_;  // where "##" leads; nothing if no token begins with it
    std::size_t max_code_points_;
};

}  // namespace

std::unique_ptr<const Model> read_word_piece(const JsonNode& node) {
    node.only({"type", "vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word"});
    return std::make_unique<WordPiece>(node);
}

}  // namespace sextant::tokenize
