#include "index/graph_scan.hpp"

#include <algorithm>

#include "index/in_threads.hpp"

namespace sextant::index {

bool GraphScan::allowed(std::size_t slot, std::uint64_t stamp) const {
    const std::size_t block = slot / word_bits;
    if (block >= rows_.blocks() || !get_bit(rows_.live(), slot) || rows_.info(slot).stamp != stamp) return false;
    if (get_bit(unlinked_, slot)) return false;  // it was linked after this state was made; it is scanned
    return wanted_.allowed == nullptr || (wanted_.allowed[block] >> (slot % word_bits) & 1) != 0;
}

/// From the nearest on, until what codes allow for does not reach what was found.
void GraphScan::walk(Asked& asked) {
    const Query query(rows_.layout(), asked.vector);
    float worst = wanted_.min_score;
    std::vector<float> room;
    for (const auto& [node, bound] : graph_.walk(query, ef_, asked.compared)) {
        const bool near_enough = bound >= query.test(worst).limit;
        if (!near_enough && asked.found >= wanted_.k) continue;  // no more need be counted
        const auto [slot, stamp] = graph_.row(node);
        if (!allowed(slot, stamp)) continue;
        ++asked.found;
        if (!near_enough) continue;
        const float score = query.score(vectors_.at(slot, room), rows_.info(slot).norm);
        if (score < worst) continue;
        asked.best.push({score, rows_.info(slot).number, slot});
        if (asked.best.full()) worst = std::max(worst, asked.best.worst().score);
    }
}

void GraphScan::scan(const Bits& slots, const std::vector<Asked*>& asked) {
    Wanted wanted = wanted_;
    wanted.allowed = slots.data();
    ExactScan scan(vectors_, wanted);
    for (const auto* one : asked) scan.add(one->vector);
    scan.run();
    const std::size_t count = count_bits(slots);
    for (std::size_t q = 0; q < asked.size(); ++q) {
        asked[q]->compared += count;
        for (const auto& found : scan.take(q)) asked[q]->best.push(found);
    }
}

void GraphScan::run() {
    share_out(queries_.size(), wanted_.threads, [this](std::size_t q, std::size_t) { walk(queries_[q]); });
    Bits all = rows_.live(), unlinked = unlinked_;
    for (std::size_t b = 0; b < all.size(); ++b) {
        if (wanted_.allowed != nullptr) all[b] &= wanted_.allowed[b];
        unlinked[b] &= all[b];
    }
    const std::size_t to_walk = count_bits(all) - count_bits(unlinked);
    std::vector<Asked*> enough, too_few;
    for (auto& asked : queries_) {
        const bool fell_short = asked.found < std::min(wanted_.k, to_walk);
        if (fell_short) asked.best = kernels::TopK(wanted_.k);
        asked.exact = fell_short;
        (fell_short ? too_few : enough).push_back(&asked);
    }
    if (!too_few.empty()) scan(all, too_few);
    if (!enough.empty() && count_bits(unlinked) > 0) scan(unlinked, enough);
}

}  // namespace sextant::index
