#include "tokenize/vocabulary.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace sextant::tokenize {

namespace {

// The indices in the order of their ids, which must differ.
std::vector<Vocabulary::Index> order(const std::vector<std::int64_t>& ids, const JsonNode& node) {
    std::vector<Vocabulary::Index> indices(ids.size());
    std::iota(indices.begin(), indices.end(), 0);
    const auto id = [&ids](Vocabulary::Index index) { return ids[static_cast<std::size_t>(index)]; };
    std::ranges::sort(indices, {}, id);
    const auto twice = std::ranges::adjacent_find(indices, {}, id);
    if (twice != indices.end()) node.fail(ErrorCode::corrupt, "two tokens have the id " + std::to_string(id(*twice)));
    return indices;
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
        texts_ += member.key();
        ends_.push_back(texts_.size());
    }
    by_id_ = order(ids_, node);
    trie_ = Trie(std::move(entries), node.place());
}

std::optional<std::int64_t> Vocabulary::find_id(std::string_view token) const noexcept {
    const auto index = find(token);
    return index ? std::optional(id(*index)) : std::nullopt;
}

std::optional<std::string> Vocabulary::token(std::int64_t id) const {
    const auto found = std::ranges::lower_bound(by_id_, id, {}, [this](Index index) { return this->id(index); });
    if (found == by_id_.end() || this->id(*found) != id) return std::nullopt;
    const auto index = static_cast<std::size_t>(*found);
    const auto begin = index == 0 ? 0 : ends_[index - 1];
    return texts_.substr(begin, ends_[index] - begin);
}

Vocabulary::Index read_unknown(const JsonNode& field, const Vocabulary& vocabulary) {
    const auto& token = field.as_string();
    const auto index = vocabulary.find(token);
    if (!index) field.fail(ErrorCode::corrupt, "the token \"" + token + "\" is not in the vocabulary");
    return *index;
}

}  // namespace sextant::tokenize
