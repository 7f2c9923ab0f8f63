#include "tokenize/vocabulary.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace sextant::tokenize {

namespace {

void refuse_shared_ids(std::vector<std::int64_t> ids, const JsonNode& node) {
    std::ranges::sort(ids);
    const auto twice = std::ranges::adjacent_find(ids);
    if (twice != ids.end()) node.fail(ErrorCode::corrupt, "two tokens have the id " + std::to_string(*twice));
}

}  // namespace

Vocabulary::Vocabulary(const JsonNode& node) {
    if (!node.json().is_object()) node.fail(ErrorCode::corrupt, "expected an object of tokens and their ids");
    std::vector<std::pair<std::string_view, Index>> entries;
    entries.reserve(node.json().size());
    for (auto member = node.json().begin(); member != node.json().end(); ++member) {
        const auto& id = member.value();
        const bool is_plain_id = id.is_number_unsigned() && id.get<std::uint64_t>() <= 0x7FFF'FFFF;
        ids_.push_back(is_plain_id ? id.get<std::int64_t>()
                                   : JsonNode(id, node.place() + "[\"" + member.key() + "\"]").as_id());
        entries.emplace_back(member.key(), static_cast<Index>(entries.size()));
    }
    refuse_shared_ids(ids_, node);
    trie_ = Trie(std::move(entries), node.place());
}

std::optional<std::int64_t> Vocabulary::find_id(std::string_view token) const noexcept {
    const auto index = find(token);
    return index ? std::optional(id(*index)) : std::nullopt;
}

Vocabulary::Index read_unknown(const JsonNode& field, const Vocabulary& vocabulary) {
    const auto& token = field.as_string();
    const auto index = vocabulary.find(token);
    if (!index) field.fail(ErrorCode::corrupt, "the token \"" + token + "\" is not in the vocabulary");
    return *index;
}

}  // namespace sextant::tokenize
