// The third step: from a word to its tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenize/json_node.hpp"

namespace sextant::tokenize {

/// A token and the bytes of the word that it stands for. As in Hugging Face, `end` may lie beyond the word where a
/// model writes more bytes than it read (the bytes of a suffix that fell back).
struct Token {
    std::int64_t id;
    std::size_t begin, end;
};

/// Never changes; any thread.
class Model {
public:
    virtual ~Model() = default;
    Model() = default;
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    /// Appends the tokens of a word, which is not empty, in order.
    virtual void tokenize(std::string_view word, std::vector<Token>& tokens) const = 0;
    [[nodiscard]] virtual std::optional<std::int64_t> token_to_id(std::string_view token) const = 0;
    /// The token as it stands in the file; nothing for an id that no token has.
    [[nodiscard]] virtual std::optional<std::string> id_to_token(std::int64_t id) const = 0;
    [[nodiscard]] virtual std::size_t size() const noexcept = 0;
    /// The token, if there is one, that Hugging Face takes for the text it stands for, and not for what the file calls
    /// it, when offsets are trimmed.
    [[nodiscard]] virtual std::optional<std::int64_t> token_of_text() const noexcept { return std::nullopt; }
};

/// From the section "model". Throws `unsupported` or `corrupt` with the place.
[[nodiscard]] std::unique_ptr<const Model> read_model(const JsonNode& node);

[[nodiscard]] std::unique_ptr<const Model> read_bpe(const JsonNode& node);
[[nodiscard]] std::unique_ptr<const Model> read_word_piece(const JsonNode& node);
[[nodiscard]] std::unique_ptr<const Model> read_word_level(const JsonNode& node);
[[nodiscard]] std::unique_ptr<const Model> read_unigram(const JsonNode& node);

}  // namespace sextant::tokenize
