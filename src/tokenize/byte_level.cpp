// After pre_tokenizers/byte_level.rs of Hugging Face.
#include <string_view>
#include <utility>

#include "tokenize/byte_alphabet.hpp"
#include "tokenize/pattern.hpp"
#include "tokenize/pre_tokenizer.hpp"

namespace sextant::tokenize {

namespace {

constexpr std::string_view gpt2_words = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

class ByteLevel final : public PreTokenizer {
public:
    ByteLevel(bool add_prefix_space, std::unique_ptr<const Pattern> words)
        : add_prefix_space_(add_prefix_space), words_(std::move(words)) {}

    void apply(Pieces& pieces) const override {
        if (add_prefix_space_) {
            pieces.rewrite([](Rewriter& rewriter) {
                if (!rewriter.rest().starts_with(' ')) rewriter.insert(" ");
            });
        }
        if (words_) {
            std::vector<Stretch> words;
            pieces.split([&](std::string_view text, auto&& part) {
                words_->cut(text, words);
                for (const auto& word : words) part(word.begin, word.end);
            });
        }
        pieces.rewrite(write_bytes_as_letters);
    }

private:
    bool add_prefix_space_;
    std::unique_ptr<const Pattern> words_;  // null: the pieces are words already
};

}  // namespace

std::unique_ptr<const PreTokenizer> read_byte_level(const JsonNode& node) {
    node.only({"type", "add_prefix_space", "trim_offsets", "use_regex"});
    const auto use_regex = node.find("use_regex");
    const bool cut = !use_regex || use_regex->as_bool();
    return std::make_unique<ByteLevel>(node.at("add_prefix_space").as_bool(),
                                       cut ? make_regex(gpt2_words, node) : nullptr);
}

}  // namespace sextant::tokenize
