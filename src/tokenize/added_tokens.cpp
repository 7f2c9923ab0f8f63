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
        // What Hugging Face does, whatever the file says: the model's own id, else the next after the number of tokens
        // of the model, even if its ids have holes and go further.
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
        if (content.bytes().size() > Trie::max_key_bytes)
            section->fail(ErrorCode::limit, "a token is normalised to " + std::to_string(content.bytes().size()) +
                                                " bytes; at most " + std::to_string(Trie::max_key_bytes) + " are allowed");
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
    const auto add = [&result](const Piece& piece) {
        const auto shift = result.text.bytes().size();
        if (piece.begin < piece.end)
            result.pieces.push_back({shift + piece.begin, shift + piece.end, piece.added_token});
    };
    find(text, raw_, [&](const Piece& piece) {
        if (piece.begin >= piece.end) return;  // of blanks that the token before has taken already
        Text part(text, piece.begin, piece.end);
        if (piece.is_token()) {
            add({0, part.bytes().size(), piece.added_token});
        } else {
            if (normalizer != nullptr) normalizer->apply(part);
            find(part.bytes(), normalized_, add);
        }
        result.text.append(std::move(part));
    });
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
template <class Visit>
void AddedTokens::find(std::string_view text, const Trie& trie, Visit&& visit) const {
    std::size_t taken = 0, blank_end = 0;  // where the last run of whitespace that was measured ends
    for (auto at = trie.next_start(text, 0); at < text.size(); at = trie.next_start(text, at)) {
        const auto match = trie.longest_prefix(Trie::root, text.substr(at));
        if (!match) {
            at += front(text.substr(at)).length;
            continue;
        }
        std::size_t begin = at, end = at + match->length;
        at = end;
        const auto& token = tokens_[static_cast<std::size_t>(match->value)];
        if (token.single_word && !stands_alone(text, begin, end)) continue;
        if (token.lstrip && begin <= taken) begin = taken;
        if (token.lstrip) begin -= trailing_whitespace(text.substr(taken, begin - taken));
        if (token.rstrip) {
            if (end >= blank_end) blank_end = end + leading_whitespace(text.substr(end));
            end = blank_end;
        }
        if (taken < begin) visit(Piece{taken, begin});
        visit(Piece{begin, end, token.id});
        taken = end;
    }
    if (taken < text.size()) visit(Piece{taken, text.size()});
}

bool AddedTokens::stands_alone(std::string_view text, std::size_t begin, std::size_t end) {
    return (begin == 0 || !is_word(back(text.substr(0, begin)).value)) &&
           (end == text.size() || !is_word(front(text.substr(end)).value));
}

}  // namespace sextant::tokenize
