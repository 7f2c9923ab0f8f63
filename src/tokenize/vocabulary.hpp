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

/// Tokens by text. Inside, a token is its index from 0 to size() - 1, which leaves no holes as ids may.
class Vocabulary {
public:
    using Index = Trie::Value;

    /// From {"token": id, ...}. Throws `corrupt` for what is no id and for an id that two tokens share.
    explicit Vocabulary(const JsonNode& node);

    [[nodiscard]] const Trie& trie() const noexcept { return trie_; }
    [[nodiscard]] std::size_t size() const noexcept { return ids_.size(); }
    [[nodiscard]] std::int64_t id(Index index) const noexcept { return ids_[static_cast<std::size_t>(index)]; }
    [[nodiscard]] std::optional<Index> find(std::string_view token) const noexcept { return trie_.find(token); }
    [[nodiscard]] std::optional<std::int64_t> find_id(std::string_view token) const noexcept;
    /// The token with an id; nothing if there is none. Logarithmic time.
    [[nodiscard]] std::optional<std::string> token(std::int64_t id) const;

private:
    std::vector<std::int64_t> ids_;
    std::vector<Index> by_id_;        // indices in the order of their ids
    std::vector<std::size_t> ends_;   // of each token in `texts_`
    std::string texts_;               // all tokens, by index
    Trie trie_;
};

/// The index of the token that stands for the unknown; `field` names it. Throws `corrupt` if it is no token.
[[nodiscard]] Vocabulary::Index read_unknown(const JsonNode& field, const Vocabulary& vocabulary);

}  // namespace sextant::tokenize
