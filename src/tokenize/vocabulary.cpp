#include "tokenize/vocabulary.hpp"

#include <algorithm>
#include <numeric>
#include <ranges>
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

std::vector<Vocabulary::Entry> read_entries(const JsonNode& node) {
    if (!node.json().is_object()) node.fail(ErrorCode::corrupt, "expected an object of tokens and their ids");
    std::vector<Vocabulary::Entry> entries;
    entries.reserve(node.json().size());
    for (auto member = node.json().begin(); member != node.json().end(); ++member) {
        const auto& id = member.value();
        const bool is_plain_id = id.is_number_unsigned() && id.get<std::uint64_t>() <= 0x7FFF'FFFF;
        entries.push_back({member.key(), is_plain_id
                                             ? id.get<std::int64_t>()
                                             : JsonNode(id, node.place() + "[\"" + member.key() + "\"]").as_id()});
    }
    return entries;
}

}  // namespace

Vocabulary::Vocabulary(const JsonNode& node) : Vocabulary(read_entries(node), node) {}

Vocabulary::Vocabulary(const std::vector<Entry>& entries, const JsonNode& node) {
    ids_.reserve(entries.size());
    ends_.reserve(entries.size());
    for (const auto& [token, id] : entries) {
        ids_.push_back(id);
        texts_ += token;
        ends_.push_back(texts_.size());
    }
    by_id_ = order(ids_, node);
    std::vector<std::pair<std::string_view, Index>> keys;
    keys.reserve(entries.size());
    for (auto index = static_cast<Index>(entries.size()) - 1; index >= 0; --index)  // of equal keys the first counts
        keys.emplace_back(entries[static_cast<std::size_t>(index)].token, index);
    trie_ = Trie(std::move(keys), node.place());
}

std::string_view Vocabulary::text(Index index) const noexcept {
    const auto i = static_cast<std::size_t>(index);
    const auto begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(texts_).substr(begin, ends_[i] - begin);
}

std::optional<std::int64_t> Vocabulary::find_id(std::string_view token) const noexcept {
    const auto index = find(token);
    return index ? std::optional(id(*index)) : std::nullopt;
}

std::optional<std::string> Vocabulary::token(std::int64_t id) const {
    const auto found = std::ranges::lower_bound(by_id_, id, {}, [this](Index index) { return this->id(index); });
    if (found == by_id_.end() || this->id(*found) != id) return std::nullopt;
    return std::string(text(*found));
}

Unknown::Unknown(const JsonNode& field, const Vocabulary& vocabulary)
    : index_(vocabulary.find(field.as_string())),
      complaint_(field.place() + ": a part of the text is unknown, and so is the token \"" + field.as_string() +
                 "\" that should stand for it") {}

Vocabulary::Index Unknown::index() const {
    if (!index_) throw Error(ErrorCode::corrupt, complaint_);
    return *index_;
}

std::vector<std::optional<Vocabulary::Index>> find_bytes(const Vocabulary& vocabulary) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::vector<std::optional<Vocabulary::Index>> bytes(256);
    for (std::size_t byte = 0; byte < 256; ++byte)
        bytes[byte] = vocabulary.find(std::string("<0x") + digits[byte / 16] + digits[byte % 16] + ">");
    return bytes;
}

}  // namespace sextant::tokenize
