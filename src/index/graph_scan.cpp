#include "index/graph_scan.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <optional>

#include "index/in_threads.hpp"
#include "kernels/prefetch.hpp"

namespace sextant::index {
namespace {

constexpr std::size_t walks_at_once = 4;
constexpr std::size_t few = 4;  // vectors are asked for together

}  // namespace

/// From the nearest on, until what codes allow for does not reach what was found. `all` if there is no node of other rows.
Steps GraphScan::walk(Asked& asked, const Bits& allowed, bool all) {
    const Query query(rows_.layout(), asked.vector);
    Graph::Walk walk{.query = query, .k = std::min(wanted_.k, reach_.ef), .ef = reach_.ef};
    if (!all) {
        walk.allowed = &allowed;
        walk.most_steps = reach_.most_steps;
    }
    for (auto steps = graph_.walk(walk); steps.next();) co_await Turn();
    asked.compared = walk.visited;
    // A node may have been linked since, of a row that this state does not have; or its row went, and another lies in its slot.
    std::erase_if(walk.found, [&](const auto& one) { return !has_bit(allowed, graph_.row(one.node).slot); });
    for (const auto& [node, bound] : walk.found) __builtin_prefetch(&rows_.info(graph_.row(node).slot));
    co_await Turn();
    std::erase_if(walk.found, [this](const auto& one) { return rows_.info(graph_.row(one.node).slot).stamp != graph_.row(one.node).stamp; });
    asked.found = walk.found.size();

    float worst = wanted_.min_score;
    std::vector<float> room;
    for (std::size_t next = 0; next < walk.found.size();) {
        std::size_t slots[few], count = 0;
        for (const float limit = query.test(worst).limit; count < few && next < walk.found.size(); ++next) {
            if (walk.found[next].bound < limit) continue;
            slots[count] = graph_.row(walk.found[next].node).slot;
            if (rows_.layout().keeps_vectors()) kernels::prefetch(rows_.vector(slots[count]).data(), rows_.layout().dimensions() * sizeof(float));
            ++count;
        }
        co_await Turn();
        for (const auto slot : std::span(slots, count)) {
            const float score = query.score(vectors_.at(slot, room), rows_.info(slot).norm);
            if (score < worst) continue;
            asked.best.push({score, rows_.info(slot).number, slot});
            if (asked.best.full()) worst = std::max(worst, asked.best.worst().score);
        }
    }
}

void GraphScan::scan(const Wanted& wanted, std::size_t count, const std::vector<Asked*>& asked) {
    ExactScan scan(vectors_, wanted);
    for (const auto* one : asked) scan.add(one->vector);
    scan.run();
    for (std::size_t q = 0; q < asked.size(); ++q) {
        asked[q]->compared += count;
        for (const auto& found : scan.take(q)) asked[q]->best.push(found);
    }
}

void GraphScan::run() {
    Bits linked = rows_.live();  // and allowed
    std::size_t left = 0;        // that is allowed and not linked
    for (std::size_t b = 0; b < linked.size(); ++b) {
        const auto rows = wanted_.among(linked[b], b);
        linked[b] = rows & ~unlinked_[b];
        left += static_cast<std::size_t>(std::popcount(rows & unlinked_[b]));
    }
    const std::size_t to_walk = count_bits(linked);
    const bool walks_all = to_walk == graph_.size();
    const std::size_t threads = std::max<std::size_t>(1, std::min(wanted_.threads, queries_.size()));
    std::atomic<std::size_t> next{0};
    if (to_walk > 0) in_threads(threads, [&] {
        take_turns(std::clamp<std::size_t>(queries_.size() / threads, 1, walks_at_once), [&]() -> std::optional<Steps> {
            const std::size_t q = next++;
            if (q >= queries_.size()) return std::nullopt;
            return walk(queries_[q], linked, walks_all);
        });
    });
    std::vector<Asked*> enough, too_few;
    for (auto& asked : queries_) {
        const bool fell_short = to_walk == 0 || asked.found < std::min(wanted_.k, to_walk);
        if (fell_short) asked.best = kernels::TopK(wanted_.k);
        asked.exact = fell_short;
        (fell_short ? too_few : enough).push_back(&asked);
    }
    if (!too_few.empty()) scan(wanted_, to_walk + left, too_few);
    if (enough.empty() || left == 0) return;
    Bits unlinked = unlinked_;
    for (std::size_t b = 0; b < unlinked.size(); ++b) unlinked[b] = wanted_.among(unlinked[b], b);
    Wanted wanted = wanted_;
    wanted.allowed = unlinked.data();
    scan(wanted, left, enough);
}

}  // namespace sextant::index
