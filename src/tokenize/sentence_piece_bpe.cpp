#include "tokenize/sentence_piece_bpe.hpp"

#include <algorithm>

namespace sextant::tokenize {

void SentencePieceBpe::add(std::size_t bytes, bool is_fixed) {
    const auto here = static_cast<int>(symbols_.size());
    const auto begin = here == 0 ? 0 : symbols_.back().begin + symbols_.back().size;
    if (here > 0) symbols_.back().next = here;
    symbols_.push_back({begin, bytes, here - 1, -1, is_fixed});
}

void SentencePieceBpe::merge_all() {
    for (int i = 1; i < static_cast<int>(symbols_.size()); ++i) offer(i - 1, i);
    while (!offers_.empty()) {
        const auto best = offers_.front();
        std::pop_heap(offers_.begin(), offers_.end());
        offers_.pop_back();
        auto& left = at(best.left);
        auto& right = at(best.right);
        // What has changed since the offer has other sizes.
        if (left.size == 0 || right.size == 0 || left.size + right.size != best.size) continue;
        left.size = best.size;
        left.next = right.next;
        if (right.next >= 0) at(right.next).previous = best.left;
        right.size = 0;
        offer(left.previous, best.left);
        offer(best.left, left.next);
    }
}

void SentencePieceBpe::offer(int left, int right) {
    if (left < 0 || right < 0 || at(left).is_fixed || at(right).is_fixed) return;
    const auto size = at(left).size + at(right).size;
    const auto piece = rules_.pieces.find(text_.substr(at(left).begin, size));
    if (!piece) return;
    offers_.push_back({rules_.score(*piece), left, right, size});
    std::push_heap(offers_.begin(), offers_.end());
    if (!rules_.is_unused(*piece)) return;
    const auto origin = std::ranges::lower_bound(origins_, *piece, {}, &Origin::piece);
    if (origin != origins_.end() && origin->piece == *piece)
        origin->left_size = at(left).size;
    else
        origins_.insert(origin, {*piece, at(left).size});
}

// How much of an unused piece is its left part; 0 for a piece that may stay.
std::size_t SentencePieceBpe::left_size(std::string_view text) const noexcept {
    const auto piece = rules_.pieces.find(text);
    if (!piece) return 0;
    const auto origin = std::ranges::lower_bound(origins_, *piece, {}, &Origin::piece);
    return origin != origins_.end() && origin->piece == *piece ? origin->left_size : 0;
}

}  // namespace sextant::tokenize
