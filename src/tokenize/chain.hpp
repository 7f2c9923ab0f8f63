// A word as a chain of symbols in which neighbours are merged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <queue>
#include <vector>

#include "tokenize/merges.hpp"

namespace sextant::tokenize {

/// Merges in n log n for n symbols, as models/bpe/word.rs of Hugging Face does.
class Chain {
public:
    using Index = Vocabulary::Index;

    explicit Chain(std::size_t capacity) { links_.reserve(capacity); }

    /// `length` is how many bytes of the word the symbol stands for; not 0.
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

    /// Calls `visit(token, length)` for what is left, in order.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const auto& link : links_)
            if (link.length > 0) visit(link.token, link.length);
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

}  // namespace sextant::tokenize
