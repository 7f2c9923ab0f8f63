// One token for each word, as in models/wordlevel/mod.rs of Hugging Face.
#include "tokenize/model.hpp"
#include "tokenize/vocabulary.hpp"

namespace sextant::tokenize {

namespace {

class WordLevel final : public Model {
public:
    explicit WordLevel(const JsonNode& node)
        : vocabulary_(node.at("vocab")), unknown_(node.at("unk_token"), vocabulary_) {}

    void tokenize(std::string_view word, std::vector<Token>& tokens) const override {
        const auto index = vocabulary_.find(word);
        tokens.push_back({vocabulary_.id(index ? *index : unknown_.index()), 0, word.size()});
    }

    std::optional<std::int64_t> token_to_id(std::string_view token) const override {
        return vocabulary_.find_id(token);
    }
    std::optional<std::string> id_to_token(std::int64_t id) const override { return vocabulary_.token(id); }
    std::size_t size() const noexcept override { return vocabulary_.size(); }

private:
    Vocabulary vocabulary_;
    Unknown unknown_;
};

}  // namespace

std::unique_ptr<const Model> read_word_level(const JsonNode& node) {
    node.only({"type", "vocab", "unk_token"});
    return std::make_unique<WordLevel>(node);
}

}  // namespace sextant::tokenize
