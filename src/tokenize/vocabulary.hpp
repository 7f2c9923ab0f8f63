// The tokens of a model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenize/json_node.hpp"
#include "tokenize/trie.hpp"

namespace sextant::tokenize {

/// Tokens by text and by id. Inside, a token is its index from 0 to size() - 1, which leaves no holes as ids may.
class Vocabulary {
public:
    using Index = Trie::Value;
    struct Entry {
        std::string_view token;
        std::int64_t id;
    };

    /// From {"token": id, ...}. Throws `corrupt` for what is no id and for an id that two tokens share: what that means
    /// in Hugging Face changes from run to run.
    explicit Vocabulary(const JsonNode& node);

    /// From entries in the order of their indices; of equal tokens the last is found. `node` is for complaints.
    Vocabulary(const std::vector<Entry>& entries, const JsonNode& node);

    [[nodiscard]] const Trie& trie() const noexcept { return trie_; }
    [[nodiscard]] std::size_t size() const noexcept { return ids_.size(); }
    [[nodiscard]] std::int64_t id(Index index) const noexcept { return ids_[static_cast<std::size_t>(index)]; }
    [[nodiscard]] std::string_view text(Index index) const noexcept;
    [[nodiscard]] std::optional<Index> find(std::string_view token) const noexcept { return trie_.find(token); }
    [[nodiscard]] std::optional<std::int64_t> find_id(std::string_view token) const noexcept;
    /// The token with an id; nothing if there is none. Logarithmic time.
    [[nodiscard]] std::optional<std::string> token(std::int64_t id) const;

private:
    std::vector<std::int64_t> ids_;
    std::vector<Index> by_id_;       // indices in the order of their ids
    std::vector<std::size_t> ends_;  // of each token in `texts_`
    std::string texts_;              // all tokens, by index
    Trie trie_;
};

/// The token that stands for what is unknown. As in Hugging Face, the vocabulary may lack it until a text needs it.
class Unknown {
public:
    /// `field` names the token.
    Unknown(const JsonNode& field, const Vocabulary& vocabulary);

    [[nodiscard]] bool is_known() const noexcept { return index_.has_value(); }
    /// Throws `corrupt` if the vocabulary lacks it.
    [[nodiscard]] Vocabulary::Index index() const;

private:
    std::optional<Vocabulary::Index> index_;
    std::string complaint_;
};

/// The indices of the tokens <0x00> to <0xFF>, of those that are there.
[[nodiscard]] std::vector<std::optional<Vocabulary::Index>> find_bytes(const Vocabulary& vocabulary);

}  // namespace sextant::tokenize
