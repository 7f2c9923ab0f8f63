// After decoders/ and the decoders of byte_level.rs, metaspace.rs and replace.rs of Hugging Face.
#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include <sextant/core/utf8.hpp>

#include "tokenize/byte_alphabet.hpp"
#include "tokenize/decoder.hpp"
#include "tokenize/metaspace.hpp"
#include "tokenize/pattern.hpp"
#include "tokenize/unicode.hpp"

namespace sextant::tokenize {

namespace {

using Tokens = std::vector<std::string>;

constexpr std::size_t max_decoded_bytes = 16 * 1024 * 1024;  // by a step that can make more of less
constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

std::string join(const Tokens& tokens, std::string_view between) {
    std::string text;
    for (const auto& token : tokens) {
        if (&token != &tokens.front()) text += between;
        text += token;
    }
    return text;
}

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
    std::string result;
    std::size_t end = 0;
    for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, end)) {
        result.append(text, end, at - end).append(with);
        end = at + what.size();
    }
    return result.append(text, end);
}

// How many of the bytes that `text` begins with, which are no UTF-8, one U+FFFD stands for: the longest start of a
// sequence (Unicode Standard, section 3.9, "maximal subparts").
std::size_t ill_formed_bytes(std::string_view text) {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    const std::size_t length = lead >= 0xF0 && lead <= 0xF4 ? 4 : lead >= 0xE0 && lead < 0xF0 ? 3 : 1;
    if (length == 1 || text.size() == 1) return 1;
    const unsigned lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < lowest || byte(1) > highest) return 1;
    std::size_t bytes = 2;
    while (bytes + 1 < length && bytes < text.size() && (byte(bytes) & 0xC0) == 0x80) ++bytes;
    return bytes;
}

std::string repaired(std::string_view bytes) {
    std::string text;
    while (const auto bad = first_invalid_utf8(bytes)) {
        text.append(bytes.substr(0, *bad)).append(replacement_character);
        bytes.remove_prefix(*bad);
        bytes.remove_prefix(ill_formed_bytes(bytes));
    }
    return text.append(bytes);
}

class ByteLevel final : public Decoder {
public:
    void apply(Tokens& tokens) const override {
        std::string bytes;
        for (const auto& token : tokens) append_bytes(bytes, token);
        tokens.assign(1, repaired(bytes));
    }

private:
    // A token that is not all letters for bytes stands for itself.
    static void append_bytes(std::string& bytes, std::string_view token) {
        const auto old_size = bytes.size();
        for (auto rest = token; !rest.empty(); rest.remove_prefix(front(rest).length)) {
            const auto byte = byte_of(front(rest).value);
            if (!byte) {
                bytes.resize(old_size);
                bytes += token;
                return;
            }
            bytes.push_back(static_cast<char>(*byte));
        }
    }
};

// "<0x0A>" is a byte; bytes in a row that are no UTF-8 become a U+FFFD each.
class ByteFallback final : public Decoder {
public:
    void apply(Tokens& tokens) const override {
        Tokens fresh;
        std::string bytes;
        const auto flush = [&] {
            if (first_invalid_utf8(bytes))
                fresh.insert(fresh.end(), bytes.size(), std::string(replacement_character));
            else if (!bytes.empty())
                fresh.push_back(bytes);
            bytes.clear();
        };
        for (auto& token : tokens) {
            if (const auto byte = parse(token)) {
                bytes.push_back(static_cast<char>(*byte));
                continue;
            }
            flush();
            fresh.push_back(std::move(token));
        }
        flush();
        tokens = std::move(fresh);
    }

private:
    static std::optional<unsigned> parse(std::string_view token) {
        if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return std::nullopt;
        unsigned byte = 0;
        auto digits = token.substr(3, 2);
        if (digits.starts_with('+')) digits.remove_prefix(1);  // Rust's from_str_radix takes a sign
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
        return byte;
    }
};

class Metaspace final : public Decoder {
public:
    Metaspace(char32_t letter, bool is_prepended) : letter_(letter), is_prepended_(is_prepended) {}

    void apply(Tokens& tokens) const override {
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const bool remove = i == 0 && is_prepended_;
            std::string text;
            for (std::string_view rest = tokens[i]; !rest.empty(); rest.remove_prefix(front(rest).length)) {
                const auto [c, length] = front(rest);
                if (c != letter_)
                    text += rest.substr(0, length);
                else if (!remove)
                    text += ' ';
            }
            tokens[i] = std::move(text);
        }
    }

private:
    char32_t letter_;
    bool is_prepended_;
};

// Takes out the blanks that tokenizing English leaves before punctuation.
std::string cleaned(std::string text) {
    using Pair = std::pair<std::string_view, std::string_view>;
    static constexpr std::array pairs{Pair{" .", "."},     Pair{" ?", "?"},     Pair{" !", "!"},
                                      Pair{" ,", ","},     Pair{" ' ", "'"},    Pair{" n't", "n't"},
                                      Pair{" 'm", "'m"},   Pair{" do not", " don't"}, Pair{" 's", "'s"},
                                      Pair{" 've", "'ve"}, Pair{" 're", "'re"}};
    for (const auto& [from, to] : pairs)
        if (text.find(from) != std::string::npos) text = replaced(text, from, to);
    return text;
}

class WordPiece final : public Decoder {
public:
    WordPiece(std::string prefix, bool clean) : prefix_(std::move(prefix)), clean_(clean) {}

    void apply(Tokens& tokens) const override {
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            if (i > 0) tokens[i] = tokens[i].starts_with(prefix_) ? tokens[i].substr(prefix_.size()) : " " + tokens[i];
            if (clean_) tokens[i] = cleaned(std::move(tokens[i]));
        }
    }

private:
    std::string prefix_;
    bool clean_;
};

// The suffix of a word's last token becomes a blank, that of the last word goes.
class BpeDecoder final : public Decoder {
public:
    explicit BpeDecoder(std::string suffix) : suffix_(std::move(suffix)) {}

    void apply(Tokens& tokens) const override {
        for (auto& token : tokens) token = replaced(token, suffix_, &token == &tokens.back() ? "" : " ");
    }

private:
    std::string suffix_;
};

// Connectionist temporal classification: repeated tokens are one.
class Ctc final : public Decoder {
public:
    Ctc(std::string pad, std::string delimiter, bool clean)
        : pad_(std::move(pad)), delimiter_(std::move(delimiter)), clean_(clean) {}

    void apply(Tokens& tokens) const override {
        tokens.erase(std::ranges::unique(tokens).begin(), tokens.end());
        for (auto& token : tokens) {
            token = replaced(token, pad_, "");
            if (clean_) token = replaced(cleaned(std::move(token)), delimiter_, " ");
        }
        std::erase_if(tokens, [](const std::string& token) { return token.empty(); });
    }

private:
    std::string pad_, delimiter_;
    bool clean_;
};

class Strip final : public Decoder {
public:
    Strip(char32_t letter, std::size_t left, std::size_t right) : letter_(letter), left_(left), right_(right) {}

    void apply(Tokens& tokens) const override {
        for (auto& token : tokens) {
            std::string_view rest = token;
            for (auto i = left_; i > 0 && !rest.empty() && front(rest).value == letter_; --i)
                rest.remove_prefix(front(rest).length);
            for (auto i = right_; i > 0 && !rest.empty() && back(rest).value == letter_; --i)
                rest.remove_suffix(back(rest).length);
            token = std::string(rest);
        }
    }

private:
    char32_t letter_;
    std::size_t left_, right_;
};

class Replace final : public Decoder {
public:
    Replace(std::unique_ptr<const Pattern> pattern, std::string content)
        : pattern_(std::move(pattern)), content_(std::move(content)) {}

    void apply(Tokens& tokens) const override {
        std::size_t room = max_decoded_bytes;
        std::vector<Stretch> stretches;
        for (auto& token : tokens) {
            std::string text;
            pattern_->cut(token, stretches);
            for (const auto& [begin, end, is_match] : stretches) {
                const auto part = is_match ? std::string_view(content_) : std::string_view(token).substr(begin, end - begin);
                if (part.size() > room)
                    throw Error(ErrorCode::limit, "the tokenizer's decoder makes more than 16 MiB of these tokens: "
                                                  "decode fewer at a time");
                room -= part.size();
                text += part;
            }
            token = std::move(text);
        }
    }

private:
    std::unique_ptr<const Pattern> pattern_;
    std::string content_;
};

class Fuse final : public Decoder {
public:
    void apply(Tokens& tokens) const override { tokens.assign(1, join(tokens, "")); }
};

class Sequence final : public Decoder {
public:
    explicit Sequence(const JsonNode& node) {
        for (const auto& element : node.elements()) steps_.push_back(read_decoder(element));
    }

    void apply(Tokens& tokens) const override {
        for (const auto& step : steps_) step->apply(tokens);
    }

private:
    std::vector<std::unique_ptr<const Decoder>> steps_;
};

std::string read_text(const JsonNode& node) {
    if (node.as_string().empty()) node.fail(ErrorCode::unsupported, "an empty string");
    return node.as_string();
}

std::unique_ptr<const Decoder> make_metaspace(const JsonNode& node) {
    const auto options = read_metaspace_options(node);
    return std::make_unique<Metaspace>(front(options.letter).value, options.scheme != PrependScheme::never);
}

std::unique_ptr<const Decoder> read_strip(const JsonNode& node) {
    node.only({"type", "content", "start", "stop"});
    return std::make_unique<Strip>(node.at("content").as_code_point(),
                                   static_cast<std::size_t>(node.at("start").as_id()),
                                   static_cast<std::size_t>(node.at("stop").as_id()));
}

}  // namespace

std::unique_ptr<const Decoder> read_decoder(const JsonNode& node) {
    const auto& type = node.at("type").as_string();
    if (type == "Metaspace") return make_metaspace(node);
    if (type == "Strip") return read_strip(node);
    if (type == "Sequence") {
        node.only({"type", "decoders"});
        return std::make_unique<Sequence>(node.at("decoders"));
    }
    if (type == "WordPiece") {
        node.only({"type", "prefix", "cleanup"});
        return std::make_unique<WordPiece>(node.at("prefix").as_string(), node.at("cleanup").as_bool());
    }
    if (type == "BPEDecoder") {
        node.only({"type", "suffix"});
        return std::make_unique<BpeDecoder>(read_text(node.at("suffix")));
    }
    if (type == "CTC") {
        node.only({"type", "pad_token", "word_delimiter_token", "cleanup"});
        return std::make_unique<Ctc>(read_text(node.at("pad_token")), read_text(node.at("word_delimiter_token")),
                                     node.at("cleanup").as_bool());
    }
    if (type == "Replace") {
        node.only({"type", "pattern", "content"});
        return std::make_unique<Replace>(read_pattern(node.at("pattern")), node.at("content").as_string());
    }
    if (type == "ByteLevel") {
        node.only({"type", "add_prefix_space", "trim_offsets", "use_regex"});
        return std::make_unique<ByteLevel>();
    }
    node.only({"type"});
    if (type == "ByteFallback") return std::make_unique<ByteFallback>();
    if (type == "Fuse") return std::make_unique<Fuse>();
    node.fail(ErrorCode::unsupported, "the decoder \"" + type + "\" is not supported by this version of sextant");
}

DecoderSection::DecoderSection(const std::optional<JsonNode>& section) {
    try {
        if (section) decoder_ = read_decoder(*section);
    } catch (const Error& error) {
        problem_ = error;
    }
}

std::string DecoderSection::decode(std::vector<std::string> tokens) const {
    if (problem_) throw Error(*problem_);
    if (!decoder_) return join(tokens, " ");
    decoder_->apply(tokens);
    return join(tokens, "");
}

}  // namespace sextant::tokenize
