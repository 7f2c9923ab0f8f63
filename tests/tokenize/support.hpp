// Small tokenizers for tests, and their answers as readable text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <sextant/tokenize/tokenizer.hpp>

using Ids = std::vector<std::int64_t>;

/// The sections of a tokenizer.json, as JSON text.
struct Sections {
    std::string normalizer = "null";
    std::string pre_tokenizer = "null";
    std::string post_processor = "null";
    std::string added_tokens = "[]";
    std::string decoder = "null";
    std::string model = bytes_model();
    std::string truncation = "null";
    std::string padding = "null";

    /// Every byte is a token and its own id; "|" marks the end of each piece.
    static std::string bytes_model() {
        nlohmann::json vocab;
        constexpr std::string_view digits = "0123456789ABCDEF";
        for (unsigned byte = 0; byte < 256; ++byte)
            vocab[std::string("<0x") + digits[byte / 16] + digits[byte % 16] + ">"] = byte;
        const nlohmann::json model = {{"type", "BPE"},
                                      {"byte_fallback", true},
                                      {"end_of_word_suffix", "|"},
                                      {"vocab", std::move(vocab)},
                                      {"merges", nlohmann::json::array()}};
        return model.dump();
    }

    [[nodiscard]] std::string json() const {
        return R"({"version": "1.0", "truncation": )" + truncation + R"(, "padding": )" + padding + R"(, "decoder": )" +
               decoder + R"(, "normalizer": )" + normalizer + R"(, "pre_tokenizer": )" + pre_tokenizer +
               R"(, "post_processor": )" + post_processor + R"(, "added_tokens": )" + added_tokens + R"(, "model": )" +
               model + "}";
    }
    [[nodiscard]] sextant::Tokenizer tokenizer() const { return sextant::Tokenizer::from_json(json()); }
};

/// Letters are tokens: a is 1, b is 2, ...; [CLS] is 100, [SEP] 101.
inline sextant::Tokenizer letter_tokenizer(const std::string& post_processor) {
    nlohmann::json vocab{{"[CLS]", 100}, {"[SEP]", 101}};
    for (int i = 0; i < 26; ++i) vocab[std::string(1, static_cast<char>('a' + i))] = i + 1;
    const nlohmann::json model{{"type", "BPE"}, {"vocab", vocab}, {"merges", nlohmann::json::array()}};
    return Sections{.post_processor = post_processor, .model = model.dump()}.tokenizer();
}

inline const std::string bert = R"({"type": "BertProcessing", "cls": ["[CLS]", 100], "sep": ["[SEP]", 101]})";
inline const std::string roberta =
    R"({"type": "RobertaProcessing", "cls": ["[CLS]", 100], "sep": ["[SEP]", 101], "trim_offsets": true,
        "add_prefix_space": false})";

/// What a tokenizer with the bytes model makes of a text: "one|two|{256}three|", where {256} is an added token.
inline std::string pieces_of(const Sections& sections, std::string_view text) {
    std::string shown;
    for (const auto id : sections.tokenizer().encode(text).ids) {
        if (id < 256)
            shown.push_back(static_cast<char>(id));
        else
            shown.append("{").append(std::to_string(id)).append("}");
    }
    return shown;
}

/// The text after a normalizer, without the mark of the one piece.
inline std::string normalized(const std::string& normalizer, std::string_view text) {
    auto shown = pieces_of({.normalizer = normalizer}, text);
    if (shown.ends_with('|')) shown.pop_back();
    return shown;
}

/// The pieces that a pre-tokenizer leaves.
inline std::string cut(const std::string& pre_tokenizer, std::string_view text) {
    return pieces_of({.pre_tokenizer = pre_tokenizer}, text);
}
