// Tokens that are found in the text itself, before any model sees it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenize/json_node.hpp"
#include "tokenize/model.hpp"
#include "tokenize/normalizer.hpp"
#include "tokenize/text.hpp"
#include "tokenize/trie.hpp"

namespace sextant::tokenize {

struct AddedToken {
    std::string content;
    std::int64_t id = 0;
    bool single_word = false;  // only between characters that belong to no word
    bool lstrip = false;       // takes the whitespace on its left with it
    bool rstrip = false;       // and on its right
    bool normalized = false;   // looked for in the normalised text
    bool special = false;
};

/// After tokenizer/added_vocabulary.rs of Hugging Face. Never changes; any thread.
class AddedTokens {
public:
    /// `section` is the array "added_tokens", if there is one; `normalizer` may be null. Throws `unsupported` if
    /// Hugging Face would give a token another id than the file says.
    AddedTokens(const std::optional<JsonNode>& section, const Model& model, const Normalizer* normalizer);

    /// Cuts `text` at the added tokens and normalises what lies between them.
    [[nodiscard]] Pieces split(std::string_view text, const Normalizer* normalizer) const;

    [[nodiscard]] std::optional<std::int64_t> token_to_id(std::string_view token) const;
    struct Entry {
        std::string content;
        bool special;
    };
    /// The added token with this id; null if there is none.
    [[nodiscard]] const Entry* find_id(std::int64_t id) const;
    /// How many of the tokens the model does not have.
    [[nodiscard]] std::size_t count_new() const noexcept { return new_; }

private:
    /// Calls `visit(piece)` for each token of `trie` in the text, and for what lies between, in order.
    template <class Visit>
    void find(std::string_view text, const Trie& trie, Visit&& visit) const;
    [[nodiscard]] static bool stands_alone(std::string_view text, std::size_t begin, std::size_t end);

    std::vector<AddedToken> tokens_;
    std::map<std::string, std::int64_t, std::less<>> ids_;
    std::map<std::int64_t, Entry> by_id_;
    std::size_t new_ = 0;
    Trie raw_, normalized_;  // the values are indices into `tokens_`
};

}  // namespace sextant::tokenize
