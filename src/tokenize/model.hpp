// The third step: from a word to the ids of its parts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "tokenize/json_node.hpp"

namespace sextant::tokenize {

/// Never changes; any thread.
class Model {
public:
    virtual ~Model() = default;
    Model() = default;
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    /// Appends the ids of a word, which is not empty.
    virtual void tokenize(std::string_view word, std::vector<std::int64_t>& ids) const = 0;
    [[nodiscard]] virtual std::optional<std::int64_t> token_to_id(std::string_view token) const = 0;
    [[nodiscard]] virtual std::size_t size() const noexcept = 0;
};

/// From the section "model". Throws `unsupported` or `corrupt` with the place.
[[nodiscard]] std::unique_ptr<const Model> read_model(const JsonNode& node);

[[nodiscard]] std::unique_ptr<const Model> read_bpe(const JsonNode& node);
[[nodiscard]] std::unique_ptr<const Model> read_word_piece(const JsonNode& node);

}  // namespace sextant::tokenize
