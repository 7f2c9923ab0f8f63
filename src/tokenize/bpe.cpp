// Byte pair encoding: Sennrich et al. 2016 (arXiv:1508.07909), as in models/bpe/model.rs of Hugging Face.
#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>

#include "tokenize/chain.hpp"
#include "tokenize/merges.hpp"
#include "tokenize/model.hpp"
#include "tokenize/unicode.hpp"
#include "tokenize/vocabulary.hpp"

namespace sextant::tokenize {

namespace {

using Index = Vocabulary::Index;

// A word of few symbols. A scan for the lowest rank beats a queue here, and takes no memory.
class ShortWord {
public:
    static constexpr std::size_t capacity = 256;

    ShortWord() {}  // the symbols are not to be cleared  NOLINT

    void add(Index token, std::size_t length) {
        symbols_[count_++] = {token, static_cast<std::uint32_t>(length), none, 0};
    }

    void merge_all(const Merges& merges) {
        for (std::size_t i = 0; i + 1 < count_; ++i) ask(merges, i);
        for (;;) {
            // The lowest rank, then the leftmost: without a branch, as none could be foreseen.
            auto lowest = static_cast<std::uint64_t>(none) << 32;
            for (std::size_t i = 0; i < count_; ++i)
                lowest = std::min(lowest, static_cast<std::uint64_t>(symbols_[i].rank) << 32 | i);
            if (lowest >> 32 == none) return;
            const auto best = static_cast<std::size_t>(lowest & none);
            auto& left = symbols_[best];
            left.token = left.merged;
            left.length += symbols_[best + 1].length;
            std::copy(symbols_.data() + best + 2, symbols_.data() + count_, symbols_.data() + best + 1);
            --count_;
            ask(merges, best);
            if (best > 0) ask(merges, best - 1);
        }
    }

    template <class Visit>
    void for_each(Visit&& visit) const {
        for (std::size_t i = 0; i < count_; ++i) visit(symbols_[i].token, symbols_[i].length);
    }

private:
    static constexpr auto none = std::numeric_limits<std::uint32_t>::max();
    struct Symbol {
        Index token;
        std::uint32_t length;
        std::uint32_t rank;  // of the merge with the next symbol; none: there is no merge
        Index merged;        // what that makes
    };

    void ask(const Merges& merges, std::size_t i) {
        const auto* merge = i + 1 < count_ ? merges.find(symbols_[i].token, symbols_[i + 1].token) : nullptr;
        symbols_[i].rank = merge != nullptr ? merge->rank : none;
        if (merge != nullptr) symbols_[i].merged = merge->result;
    }

    std::array<Symbol, capacity> symbols_;
    std::size_t count_ = 0;
};

struct Options {
    explicit Options(const JsonNode& node);

    std::string prefix;  // of every code point but the first
    std::string suffix;  // of the last code point
    bool byte_fallback = false, fuse_unknown = false, ignore_merges = false;
};

Options::Options(const JsonNode& node) {
    const auto flag = [&node](const char* key) {
        const auto field = node.find(key);
        return field && field->as_bool();
    };
    const auto text = [&node](const char* key) {
        const auto field = node.find(key);
        return field ? field->as_string() : std::string();
    };
    prefix = text("continuing_subword_prefix");
    suffix = text("end_of_word_suffix");
    byte_fallback = flag("byte_fallback");
    fuse_unknown = flag("fuse_unk");
    ignore_merges = flag("ignore_merges");
}

class Bpe final : public Model {
public:
    explicit Bpe(const JsonNode& node)
        : options_(node),
          vocabulary_(node.at("vocab")),
          merges_(node.at("merges"), vocabulary_, options_.prefix.size()) {
        if (const auto unknown = node.find("unk_token")) unknown_.emplace(*unknown, vocabulary_);
        if (options_.byte_fallback) bytes_ = find_bytes(vocabulary_);
        for (std::size_t c = 0; c < ascii_.size(); ++c)
            ascii_[c] = vocabulary_.find(std::string(1, static_cast<char>(c)));
        find_whole_words();
    }

    void tokenize(std::string_view word, std::vector<Token>& tokens) const override {
        if (options_.ignore_merges) {
            if (const auto whole = vocabulary_.find(word))
                return tokens.push_back({vocabulary_.id(*whole), 0, word.size()});
        }
        std::size_t written = 0;
        if (add_whole(word, written, tokens)) return;
        if (!options_.prefix.empty() || !options_.suffix.empty()) return cut(word, written, tokens);
        for (std::size_t begin = 0; begin < word.size();) {
            const auto part = word.substr(begin, part_at(word.substr(begin)));
            if (part.size() == word.size() || !add_whole(part, written, tokens)) cut(part, written, tokens);
            begin += part.size();
        }
    }

    std::optional<std::int64_t> token_to_id(std::string_view token) const override {
        return vocabulary_.find_id(token);
    }
    std::optional<std::string> id_to_token(std::int64_t id) const override { return vocabulary_.token(id); }
    std::size_t size() const noexcept override { return vocabulary_.size(); }

private:
    // The bytes of a word up to the first two known neighbours that no merge joins. What lies on their two sides has
    // nothing to do with each other, so that a sentence that was not cut into words is merged word by word here.
    std::size_t part_at(std::string_view word) const {
        auto [last, at] = front(word);
        for (bool was_known = is_known(word.substr(0, at)); at < word.size();) {
            const auto [c, length] = front(word.substr(at));
            const bool known = is_known(word.substr(at, length));
            if (was_known && known && !merges_.may_join(last, c)) return at;
            last = c;
            was_known = known;
            at += length;
        }
        return at;
    }

    bool is_known(std::string_view symbol) const { return find_symbol(symbol, true, true).has_value(); }

    // Whether all of a part becomes one token; then that is added. `written` is the number of bytes that the tokens
    // before stand for, and grows.
    bool add_whole(std::string_view part, std::size_t& written, std::vector<Token>& tokens) const {
        const auto whole = find_word(part);
        if (!whole || !is_whole_word_[static_cast<std::size_t>(*whole)]) return false;
        tokens.push_back({vocabulary_.id(*whole), written, written + part.size()});
        written += part.size();
        return true;
    }

    void cut(std::string_view word, std::size_t& written, std::vector<Token>& tokens) const {
        // Only a suffix or prefix that falls back to bytes makes more symbols than the word has bytes; and a prefix
        // can make a merge that adds no text, for which the queue keeps offers that a scan would not see.
        const bool is_plain = options_.prefix.empty() && (options_.suffix.empty() || !options_.byte_fallback);
        if (is_plain && word.size() <= ShortWord::capacity) {
            ShortWord symbols;
            merge(symbols, word, written, tokens);
        } else {
            Chain symbols(word.size());
            merge(symbols, word, written, tokens);
        }
    }

    template <class Word>
    void merge(Word& symbols, std::string_view word, std::size_t& written, std::vector<Token>& tokens) const {
        spell(word, symbols);
        symbols.merge_all(merges_);
        symbols.for_each([&](Index token, std::size_t length) {
            tokens.push_back({vocabulary_.id(token), written, written + length});
            written += length;
        });
    }

    // One symbol for each code point. As in Hugging Face, an unknown one is written when the next known one comes,
    // after any bytes in between, and is left out if there is no token for it.
    template <class Word>
    void spell(std::string_view word, Word& symbols) const {
        std::size_t unknown_pending = 0;  // bytes
        const auto flush = [&] {
            if (unknown_pending > 0) symbols.add(unknown_->index(), unknown_pending);
            unknown_pending = 0;
        };
        for (std::size_t at = 0; at < word.size();) {
            const auto length = front(word.substr(at)).length;
            const auto symbol = word.substr(at, length);
            const bool is_first = at == 0, is_last = at + length == word.size();
            at += length;
            if (const auto token = find_symbol(symbol, is_first, is_last)) {
                flush();
                symbols.add(*token, length);
            } else if (options_.byte_fallback && add_bytes(symbol, is_first, is_last, symbols)) {
                continue;
            } else if (unknown_) {
                if (!options_.fuse_unknown) flush();
                unknown_pending += length;
            }
        }
        flush();
    }

    std::optional<Index> find_symbol(std::string_view symbol, bool is_first, bool is_last) const {
        const auto& trie = vocabulary_.trie();
        const bool is_bare = (is_first || options_.prefix.empty()) && (!is_last || options_.suffix.empty());
        if (is_bare && symbol.size() == 1) return ascii_[static_cast<unsigned char>(symbol[0])];
        std::optional<Trie::Node> node = Trie::root;
        if (!is_first) node = trie.walk(*node, options_.prefix);
        if (node) node = trie.walk(*node, symbol);
        if (node && is_last) node = trie.walk(*node, options_.suffix);
        return node ? trie.value(*node) : std::nullopt;
    }

    // False if some byte has no token; then none is added.
    template <class Word>
    bool add_bytes(std::string_view symbol, bool is_first, bool is_last, Word& symbols) const {
        const std::string text =
            (is_first ? "" : options_.prefix) + std::string(symbol) + (is_last ? options_.suffix : "");
        for (const char c : text)
            if (!bytes_[static_cast<unsigned char>(c)]) return false;
        for (const char c : text) symbols.add(*bytes_[static_cast<unsigned char>(c)], 1);
        return true;
    }

    // The token that is all of a word.
    std::optional<Index> find_word(std::string_view word) const {
        const auto node = vocabulary_.trie().walk(Trie::root, word);
        const auto end = node ? vocabulary_.trie().walk(*node, options_.suffix) : std::nullopt;
        return end ? vocabulary_.trie().value(*end) : std::nullopt;
    }

    // Most words of a text are one token. For each token this asks once whether the merges lead to it.
    void find_whole_words() {
        is_whole_word_.assign(vocabulary_.size(), false);
        if (unknown_ && !unknown_->is_known()) return;
        std::vector<Token> tokens;
        for (Index i = 0; i < static_cast<Index>(vocabulary_.size()); ++i) {
            auto word = vocabulary_.text(i);
            if (!word.ends_with(options_.suffix) || word.size() > ShortWord::capacity) continue;
            word.remove_suffix(options_.suffix.size());
            tokens.clear();
            std::size_t written = 0;
            if (!word.empty()) cut(word, written, tokens);
            is_whole_word_[static_cast<std::size_t>(i)] =
                tokens.size() == 1 && tokens[0].id == vocabulary_.id(i) && tokens[0].end == word.size();
        }
    }

    Options options_;
    Vocabulary vocabulary_;
    Merges merges_;
    std::optional<Unknown> unknown_;
    std::vector<std::optional<Index>> bytes_;
    std::array<std::optional<Index>, 128> ascii_;  // the tokens of one letter
    std::vector<bool> is_whole_word_;  // by index
};

}  // namespace

std::unique_ptr<const Model> read_bpe(const JsonNode& node) {
    node.only({"type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
               "byte_fallback", "ignore_merges", "vocab", "merges"});
    if (const auto dropout = node.find("dropout"); dropout && dropout->json() != 0)
        dropout->fail(ErrorCode::unsupported, "dropout makes ids random; set it to null");
    return std::make_unique<Bpe>(node);
}

}  // namespace sextant::tokenize
