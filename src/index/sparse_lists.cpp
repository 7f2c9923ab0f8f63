#include "index/sparse_lists.hpp"

#include <algorithm>
#include <utility>

#include "store/record_vectors.hpp"

namespace sextant::index {
namespace {

constexpr std::size_t fewest_rows = 256;  // of a segment; so many are compared one by one as fast as lists are looked up

store::PackedRow packed(const Rows& rows, std::size_t slot) { return store::packed_row(rows.blob(slot).bytes); }

/// Sets in `to` what is set in `from`.
void unite(Bits& to, const Bits& from) {
    to.resize(std::max(to.size(), from.size()));
    for (std::size_t b = 0; b < from.size(); ++b) to[b] |= from[b];
}

}  // namespace

SparseSegment::SparseSegment(const Rows& rows, std::vector<std::size_t> slots, std::size_t vocabulary) : slots_(std::move(slots)) {
    std::vector<std::size_t> next(vocabulary);  // how many weights an id has, then where its next one goes
    for (const auto slot : slots_)
        for (const auto id : packed(rows, slot).ids) ++next[id];
    std::size_t begin = 0;
    for (std::size_t id = 0; id < vocabulary; ++id) {
        if (next[id] == 0) continue;
        ids_.push_back(static_cast<std::uint32_t>(id));
        begins_.push_back(begin);
        begin += std::exchange(next[id], begin);
    }
    begins_.push_back(begin);
    weights_.resize(begin);
    for (std::size_t row = 0; row < slots_.size(); ++row) {
        const auto [ids, weights] = packed(rows, slots_[row]);
        for (std::size_t i = 0; i < ids.size(); ++i) weights_[next[ids[i]]++] = {static_cast<std::uint32_t>(row), weights[i]};
    }
}

std::span<const SparseSegment::Weight> SparseSegment::list(std::uint32_t id) const noexcept {
    const auto found = std::ranges::lower_bound(ids_, id);
    if (found == ids_.end() || *found != id) return {};
    const auto at = static_cast<std::size_t>(found - ids_.begin());
    return {weights_.data() + begins_[at], begins_[at + 1] - begins_[at]};
}

std::shared_ptr<const SparseLists> SparseLists::after(const Rows& rows, std::span<const std::size_t> written) const {
    auto later = std::make_shared<SparseLists>(*this);
    for (auto& [segment, left] : later->listed_) {
        left.resize(rows.blocks());
        for (const auto slot : written) set_bit(left, slot, false);
        for (std::size_t b = 0; b < rows.blocks(); ++b) left[b] &= rows.live()[b];
    }
    later->unlisted_.resize(rows.blocks());
    for (const auto slot : written) set_bit(later->unlisted_, slot, true);
    for (std::size_t b = 0; b < rows.blocks(); ++b) later->unlisted_[b] &= rows.live()[b];
    later->settle(rows);
    return later;
}

/// Makes a segment of what is in none, once that is enough, and of the segments that are not much larger. What is left of a
/// segment most of which is gone is listed anew too.
void SparseLists::settle(const Rows& rows) {
    for (auto one = listed_.begin(); one != listed_.end();) {
        if (2 * count_bits(one->rows) >= one->segment->slots().size()) {
            ++one;
            continue;
        }
        unite(unlisted_, one->rows);
        one = listed_.erase(one);
    }
    if (count_bits(unlisted_) < fewest_rows) return;
    while (!listed_.empty() && count_bits(listed_.back().rows) <= 2 * count_bits(unlisted_)) {
        unite(unlisted_, listed_.back().rows);
        listed_.pop_back();
    }
    std::vector<std::size_t> slots;
    for_each_slot(unlisted_, [&slots](std::size_t slot) { slots.push_back(slot); });
    auto segment = std::make_shared<const SparseSegment>(rows, std::move(slots), vocabulary_);
    listed_.push_back({std::move(segment), std::exchange(unlisted_, Bits(unlisted_.size()))});
}

}  // namespace sextant::index
