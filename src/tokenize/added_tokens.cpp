#include "tokenize/added_tokens.hpp"

#include <algorithm>
#include <utility>

#include "tokenize/unicode.hpp"

namespace sextant::tokenize {

namespace {

AddedToken read_token(const JsonNode& node) {
    node.only({"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
    AddedToken token{node.at("content").as_string(), node.at("id").as_id(),       node.at("single_word").as_bool(),
                     node.at("lstrip").as_bool(),    node.at("rstrip").as_bool(), node.at("normalized").as_bool(),
                     node.at("special").as_bool()};
    if (token.content.empty()) node.fail(ErrorCode::unsupported, "an added token without content");
    return token;
}

std::size_t leading_whitespace(std::string_view text) {
    std::size_t bytes = 0;
    while (bytes < text.size() && is_whitespace(front(text.substr(bytes)).value))
        bytes += front(text.substr(bytes)).length;
    return bytes;
}

std::size_t trailing_whitespace(std::string_view text) {
    const auto size = text.size();
    while (!text.empty() && is_whitespace(back(text).value)) text.remove_suffix(back(text).length);
    return size - text.size();
}

}  // namespace

AddedTokens::AddedTokens(const std::optional<JsonNode>& section, const Model& model, const Normalizer* normalizer) {
    if (!section) return;
    for (const auto& node : section->elements()) {
        auto token = read_token(node);
        // What Hugging Face does, whatever the file says: the model's own id, else the next one after the model's.
        const auto known = model.token_to_id(token.content);
        const auto id = known ? *known : static_cast<std::int64_t>(model.size() + new_);
        if (!known) ++new_;
        if (id != token.id)
            node.fail(ErrorCode::unsupported, "the token \"" + token.content + "\" says it has the id " +
                                                  std::to_string(token.id) + ", but Hugging Face would give it " +
                                                  std::to_string(id));
        if (!ids_.emplace(token.content, id).second)
            node.fail(ErrorCode::unsupported, "the token \"" + token.content + "\" stands here a second time");
        by_id_.emplace(id, Entry{token.content, token.special});
        tokens_.push_back(std::move(token));
    }
    // Of two tokens that are normalised to the same text the special one counts, then the first.
    std::ranges::stable_partition(tokens_, [](const AddedToken& token) { return token.special; });
    std::vector<std::string> contents;
    for (const auto& token : tokens_) {
        Text content(token.content, 0, token.content.size());
        if (token.normalized && normalizer != nullptr) normalizer->apply(content);
        if (content.bytes().empty())
            section->fail(ErrorCode::unsupported, "the token \"" + token.content + "\" is normalised to nothing");
        contents.push_back(content.bytes());
    }
    std::vector<std::pair<std::string_view, Trie::Value>> raw, normalized;
    for (std::size_t i = 0; i < tokens_.size(); ++i)
        (tokens_[i].normalized ? normalized : raw).emplace_back(contents[i], static_cast<Trie::Value>(i));
    raw_ = Trie(std::move(raw), section->place());
    normalized_ = Trie(std::move(normalized), section->place());
}

Pieces AddedTokens::split(std::string_view text, const Normalizer* normalizer) const {
    Pieces result{Text(text, 0, 0)};
    const auto add = [&result](Text part, const Cut& cut) {
        const auto shift = result.text.bytes().size();
        for (const auto& piece : cut)
            if (piece.begin < piece.end)
                result.pieces.push_back({shift + piece.begin, shift + piece.end, piece.added_token});
        result.text.append(std::move(part));
    };
    for (const auto& piece : find(text, raw_)) {
        Text part(text, piece.begin, piece.end);
        if (piece.is_token()) {
            const auto size = part.bytes().size();
            add(std::move(part), {{0, size, piece.added_token}});
            continue;
        }
        if (normalizer != nullptr) normalizer->apply(part);
        auto cut = find(part.bytes(), normalized_);
        add(std::move(part), cut);
    }
    return result;
}

std::optional<std::int64_t> AddedTokens::token_to_id(std::string_view token) const {
    const auto found = ids_.find(token);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

const AddedTokens::Entry* AddedTokens::find_id(std::int64_t id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &found->second;
}

// Leftmost, longest, without overlap. A match that is discarded is passed over whole; whitespace that a token has taken
// is not taken again by the next.
AddedTokens::Cut AddedTokens::find(std::string_view text, const Trie& trie) const {
    Cut cut;
    std::size_t taken = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto match = trie.longest_prefix(Trie::root, text.substr(at));
        if (!match) {
            at += front(text.substr(at)).length;
            continue;
        }
        std::size_t begin = at, end = at + match->length;
        at = end;
        const auto& token = tokens_[static_cast<std::size_t>(match->value)];
        if (token.single_word && !stands_alone(text, begin, end)) continue;
        if (token.lstrip) begin = std::max(begin - trailing_whitespace(text.substr(0, begin)), taken);
        if (token.rstrip) end += leading_whitespace(text.substr(end));
        if (taken < begin) cut.push_back({taken, begin});
        cut.push_back({begin, end, token.id});
        taken = end;
    }
    if (taken < text.size()) cut.push_back({taken, text.size()});
    return cut;
}

bool AddedTokens::stands_alone(std::string_view text, std::size_t begin, std::size_t end) {
    return (begin == 0 || !is_word(back(text.substr(0, begin)).value)) &&
           (end == text.size() || !is_word(front(text.substr(end)).value));
}

}  // namespace sextant::tokenize
