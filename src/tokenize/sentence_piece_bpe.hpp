// Byte pair encoding as SentencePiece does it, whose merges are pieces with scores.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "tokenize/trie.hpp"

namespace sextant::tokenize {

/// After bpe_model.cc of SentencePiece. Of one text.
class SentencePieceBpe {
public:
    struct Rules {
        const Trie& pieces;                            // what two neighbours may become
        std::function<float(Trie::Value)> score;       // the highest is merged first
        std::function<bool(Trie::Value)> is_unused;    // merged, and in the end taken apart again
    };

    SentencePieceBpe(std::string_view text, const Rules& rules) : text_(text), rules_(rules) {}

    /// A character, or a symbol that is not to be merged.
    void add(std::size_t bytes, bool is_fixed);
    /// n log n for n characters.
    void merge_all();

    /// Calls `visit(begin, end)` for what is left, in order.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const auto& symbol : symbols_)
            if (symbol.size > 0) take_apart(symbol.begin, symbol.size, visit);
    }

private:
    struct Symbol {
        std::size_t begin, size;  // size 0: merged into the one before
        int previous, next;
        bool is_fixed;
    };
    struct Offer {
        float score;
        int left, right;
        std::size_t size;

        bool operator<(const Offer& other) const noexcept {
            return score != other.score ? score < other.score : left > other.left;
        }
    };
    // How an unused piece came about last.
    struct Origin {
        Trie::Value piece;
        std::size_t left_size;
    };

    [[nodiscard]] Symbol& at(int i) noexcept { return symbols_[static_cast<std::size_t>(i)]; }
    void offer(int left, int right);
    [[nodiscard]] std::size_t left_size(std::string_view piece) const noexcept;

    template <class Visit>
    void take_apart(std::size_t begin, std::size_t size, Visit& visit) const {
        const auto left = origins_.empty() ? 0 : left_size(text_.substr(begin, size));
        if (left == 0) return visit(begin, begin + size);
        take_apart(begin, left, visit);
        take_apart(begin + left, size - left, visit);
    }

    std::string_view text_;
    const Rules& rules_;
    std::vector<Symbol> symbols_;
    std::vector<Offer> offers_;    // a heap
    std::vector<Origin> origins_;  // in the order of their pieces
};

}  // namespace sextant::tokenize
