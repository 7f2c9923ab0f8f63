// After encoder.py of GPT-2 (openai/gpt-2) and pre_tokenizers/byte_level.rs of Hugging Face.
#include <array>
#include <string>
#include <string_view>

#include "tokenize/pattern.hpp"
#include "tokenize/pre_tokenizer.hpp"
#include "tokenize/unicode.hpp"

namespace sextant::tokenize {

namespace {

constexpr std::string_view gpt2_words = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

// A visible code point for every byte: printable Latin-1 stands for itself, the others follow from U+0100 on.
std::array<std::string, 256> make_alphabet() {
    std::array<std::string, 256> alphabet;
    char32_t next = 0x100;
    for (char32_t byte = 0; byte < 256; ++byte) {
        const bool visible = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
        append(alphabet[byte], visible ? byte : next++);
    }
    return alphabet;
}

class ByteLevel final : public PreTokenizer {
public:
    ByteLevel(bool add_prefix_space, std::unique_ptr<const Pattern> words)
        : add_prefix_space_(add_prefix_space), words_(std::move(words)) {}

    void apply(Pieces& pieces) const override {
        if (add_prefix_space_) {
            pieces.rewrite([](std::string_view text, std::string& out) {
                if (!text.starts_with(' ')) out += ' ';
                out += text;
            });
        }
        if (words_) {
            pieces.split([this](std::string_view text, auto&& part) {
                for (const auto& word : words_->cut(text)) part(word.begin, word.end);
            });
        }
        static const auto alphabet = make_alphabet();
        pieces.rewrite([](std::string_view text, std::string& out) {
            for (const char c : text) out += alphabet[static_cast<unsigned char>(c)];
        });
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
