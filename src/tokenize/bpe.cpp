// Byte pair encoding: Sennrich et al. 2016 (arXiv:1508.07909), as in models/bpe/{model,word}.rs of Hugging Face.
#include <array>
#include <optional>
#include <queue>
#include <string>

#include "tokenize/merges.hpp"
#include "tokenize/model.hpp"
#include "tokenize/unicode.hpp"
#include "tokenize/vocabulary.hpp"

namespace sextant::tokenize {

namespace {

using Index = Vocabulary::Index;

// A word as a chain of tokens, in which neighbours are joined: n log n for n tokens.
class Chain {
public:
    explicit Chain(std::size_t capacity) { links_.reserve(capacity); }

    // `length` is how many bytes of the word the token stands for.
    void add(Index token, std::size_t length) {
        const auto here = static_cast<int>(links_.size());
        if (here > 0) links_.back().next = here;
        links_.push_back({token, here - 1, none, length});
    }

    void merge_all(const Merges& merges) {
        for (int i = 0; i + 1 < static_cast<int>(links_.size()); ++i) offer(merges, i);
        while (!queue_.empty()) {
            const auto best = queue_.top();
            queue_.pop();
            auto& left = links_[static_cast<std::size_t>(best.position)];
            if (left.length == 0 || left.next == none) continue;
            auto& right = links_[static_cast<std::size_t>(left.next)];
            // The neighbours may have changed since the offer; it stands if they still make the same token.
            const auto* merge = merges.find(left.token, right.token);
            if (merge == nullptr || merge->result != best.result) continue;
            left.token = best.result;
            left.next = right.next;
            left.length += right.length;
            right.length = 0;
            if (left.next != none) links_[static_cast<std::size_t>(left.next)].previous = best.position;
            if (left.previous != none) offer(merges, left.previous);
            if (left.next != none) offer(merges, best.position);
        }
    }

    template <class Visit>
    void for_each(Visit&& visit) const {
        std::size_t at = 0;
        for (const auto& link : links_) {
            if (link.length == 0) continue;
            visit(link.token, at, at + link.length);
            at += link.length;
        }
    }

private:
    static constexpr int none = -1;
    struct Link {
        Index token;
        int previous, next;
        std::size_t length;  // 0: merged into the one before
    };
    struct Offer {
        std::uint32_t rank;
        int position;
        Index result;

        // The lowest rank first, then the leftmost.
        bool operator<(const Offer& other) const noexcept {
            return rank != other.rank ? rank > other.rank : position > other.position;
        }
    };

    void offer(const Merges& merges, int position) {
        const auto& left = links_[static_cast<std::size_t>(position)];
        const auto* merge = merges.find(left.token, links_[static_cast<std::size_t>(left.next)].token);
        if (merge != nullptr) queue_.push({merge->rank, position, merge->result});
    }

    std::vector<Link> links_;
    std::priority_queue<Offer> queue_;
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
        if (const auto unknown = node.find("unk_token")) unknown_ = read_unknown(*unknown, vocabulary_);
        constexpr std::string_view digits = "0123456789ABCDEF";
        for (std::size_t byte = 0; byte < 256; ++byte)
            bytes_[byte] = vocabulary_.find(std::string("<0x") + digits[byte / 16] + digits[byte % 16] + ">");
    }

    void tokenize(std::string_view word, std::vector<Token>& tokens) const override {
        if (options_.ignore_merges) {
            if (const auto whole = vocabulary_.find(word))
                return tokens.push_back({vocabulary_.id(*whole), 0, word.size()});
        }
        auto chain = spell(word);
        chain.merge_all(merges_);
        chain.for_each([&](Index token, std::size_t begin, std::size_t end) {
            tokens.push_back({vocabulary_.id(token), begin, end});
        });
    }

    std::optional<std::int64_t> token_to_id(std::string_view token) const override {
        return vocabulary_.find_id(token);
    }
    std::optional<std::string> id_to_token(std::int64_t id) const override { return vocabulary_.token(id); }
    std::size_t size() const noexcept override { return vocabulary_.size(); }

private:
    // One token for each code point. As in Hugging Face, an unknown one is written when the next known one comes, after
    // any bytes in between, and is left out if there is no token for it.
    Chain spell(std::string_view word) const {
        Chain chain(word.size());
        std::size_t unknown_pending = 0;  // bytes
        const auto flush = [&] {
            if (unknown_pending > 0) chain.add(*unknown_, unknown_pending);
            unknown_pending = 0;
        };
        for (std::size_t at = 0; at < word.size();) {
            const auto length = front(word.substr(at)).length;
            const auto symbol = word.substr(at, length);
            const bool is_first = at == 0, is_last = at + length == word.size();
            at += length;
            if (const auto token = find_symbol(symbol, is_first, is_last)) {
                flush();
                chain.add(*token, length);
            } else if (options_.byte_fallback && add_bytes(symbol, is_first, is_last, chain)) {
                continue;
            } else if (unknown_) {
                if (!options_.fuse_unknown) flush();
                unknown_pending += length;
            }
        }
        flush();
        return chain;
    }

    std::optional<Index> find_symbol(std::string_view symbol, bool is_first, bool is_last) const {
        const auto& trie = vocabulary_.trie();
        std::optional<Trie::Node> node = Trie::root;
        if (!is_first) node = trie.walk(*node, options_.prefix);
        if (node) node = trie.walk(*node, symbol);
        if (node && is_last) node = trie.walk(*node, options_.suffix);
        return node ? trie.value(*node) : std::nullopt;
    }

    // False if some byte has no token; then none is added.
    bool add_bytes(std::string_view symbol, bool is_first, bool is_last, Chain& chain) const {
        const std::string text =
            (is_first ? "" : options_.prefix) + std::string(symbol) + (is_last ? options_.suffix : "");
        for (const char c : text)
            if (!bytes_[static_cast<unsigned char>(c)]) return false;
        for (const char c : text) chain.add(*bytes_[static_cast<unsigned char>(c)], 1);
        return true;
    }

    Options options_;
    Vocabulary vocabulary_;
    Merges merges_;
    std::optional<Index> unknown_;
    std::array<std::optional<Index>, 256> bytes_;
};

}  // namespace

std::unique_ptr<const Model> read_bpe(const JsonNode& node) {
    node.only({"type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
               "byte_fallback", "ignore_merges", "vocab", "merges"});
    if (const auto dropout = node.find("dropout"); dropout && dropout->json() != 0)
        dropout->fail(ErrorCode::unsupported, "dropout makes ids random; set it to null");
    return std::make_unique<Bpe>(node);
}

std::unique_ptr<const Model> read_model(const JsonNode& node) {
    const auto& type = node.at("type").as_string();
    if (type == "BPE") return read_bpe(node);
    if (type == "WordPiece") return read_word_piece(node);
    node.fail(ErrorCode::unsupported, "the model \"" + type + "\" is not supported by this version of sextant");
}

}  // namespace sextant::tokenize
