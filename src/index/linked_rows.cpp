#include "index/linked_rows.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "index/graph_copy.hpp"
#include "index/in_threads.hpp"

namespace sextant::index {
namespace {

// With fewer rows a scan is as fast; with fewer queries recall would be known too badly.
constexpr std::size_t fewest_rows = 1000, sample_size = 250;

}  // namespace

std::shared_ptr<const LinkedRows> LinkedRows::after(const Rows& rows, std::span<const std::size_t> written) const {
    auto later = std::make_shared<LinkedRows>(*this);
    later->unlinked.resize(rows.blocks());
    for (const auto slot : written) set_bit(later->unlinked, slot, true);
    for (std::size_t b = 0; b < rows.blocks(); ++b) later->unlinked[b] &= rows.live()[b];
    return later;
}

std::optional<Reach> reach_for(const LinkedRows* linked, const Rows& rows, const Bits* allowed, std::size_t queries, const NearestOptions& options) {
    if (linked == nullptr || (!options.ef && !options.min_recall) || rows.size() == 0) return std::nullopt;
    const auto nodes = linked->graph->size();
    if (options.ef) return Reach{std::min(*options.ef, nodes)};
    auto ef = linked->effort->ef_for(options.k, *options.min_recall);
    if (!ef || *options.min_recall == 1) return std::nullopt;  // a sample proves nothing
    ef = std::min(*ef, nodes);
    const auto& all = allowed ? *allowed : rows.live();
    Bits both;
    if (allowed) {
        both = linked->unlinked;
        for (std::size_t b = 0; b < both.size(); ++b) both[b] &= all[b];
    }
    const auto& left = allowed ? both : linked->unlinked;
    // In walks of `ef` steps: what is not linked is scanned in any case.
    constexpr std::size_t many = 8;  // share what is read of the codes
    const double scan = (part_of_scan(all, queries) - part_of_scan(left, queries)) / linked->effort->cost(*ef, queries >= many);
    constexpr double worth_trying = 2, most = 1e6;
    if (!(scan >= worth_trying)) return std::nullopt;
    return Reach{*ef, std::min<std::size_t>(nodes, static_cast<std::size_t>(std::min(scan, most) * static_cast<double>(*ef)))};
}

Linking::Linking(std::shared_ptr<const Rows> rows, std::shared_ptr<const LinkedRows> before, const GraphOptions& options)
    : rows_(std::move(rows)), options_(options), linked_(rows_->blocks()) {
    const Graph::Shape shape{options.m, options.ef_construction};
    if (before && before->graph->shape() == shape) {
        for (std::size_t b = 0; b < linked_.size(); ++b) linked_[b] = rows_->live()[b] & ~before->unlinked[b];
        const auto left = count_bits(linked_), nodes = before->graph->size();
        if (4 * left >= 3 * nodes) {
            graph_ = left == nodes ? before->graph : without_gone(*before->graph, *rows_, linked_, options.threads);
            effort_ = before->effort;
        } else {
            linked_.assign(linked_.size(), 0);
        }
    }
    for (std::size_t b = 0; b < linked_.size(); ++b)
        for_each_bit(rows_->live()[b] & ~linked_[b], [&](std::size_t i) { todo_.push_back(b * word_bits + i); });
    if (!graph_ && todo_.size() >= fewest_rows) graph_ = std::make_shared<Graph>(rows_->layout(), shape);
}

void Linking::link(std::span<const std::size_t> slots) {
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};
    std::mutex mutex;  // of `linked_`, `done_` and the callback
    in_threads(options_.threads, [&] {
        try {
            for (std::size_t i = next++; i < slots.size() && !failed; i = next++) {
                graph_->link(*rows_, slots[i]);
                const std::lock_guard lock(mutex);
                set_bit(linked_, slots[i], true);
                ++done_;
                if (options_.progress && (done_ % 1000 == 0 || done_ == todo_.size())) options_.progress(done_, todo_.size());
            }
        } catch (...) {
            failed = true;
            throw;
        }
    });
}

void Linking::run(const Vectors& vectors) {
    if (!graph_) return;
    std::vector<std::size_t> sample, rest;
    const std::size_t apart = todo_.size() / sample_size;
    for (std::size_t i = 0; i < todo_.size(); ++i) (todo_.size() >= fewest_rows && i % apart == 0 && sample.size() < sample_size ? sample : rest).push_back(todo_[i]);
    link(rest);
    if (!sample.empty()) effort_ = std::make_shared<const Effort>(Effort::measure(vectors, *graph_, linked_, sample, options_.threads));
    link(sample);
}

std::shared_ptr<const LinkedRows> Linking::result(const Rows& now) const {
    if (!graph_ || !effort_) return nullptr;
    auto linked = std::make_shared<LinkedRows>(LinkedRows{graph_, effort_, now.live()});
    for (std::size_t b = 0; b < std::min(linked_.size(), now.blocks()); ++b)
        for_each_bit(linked_[b] & now.live()[b], [&](std::size_t i) {
            const std::size_t slot = b * word_bits + i;
            if (rows_->info(slot).stamp == now.info(slot).stamp) set_bit(linked->unlinked, slot, false);
        });
    return linked;
}

}  // namespace sextant::index
