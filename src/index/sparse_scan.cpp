#include "index/sparse_scan.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "index/in_threads.hpp"
#include "store/record_vectors.hpp"

namespace sextant::index {
namespace {

constexpr std::size_t rows_at_once = 16'384;  // their sums fit in a second-level cache
constexpr std::size_t few = 64;               // one of so many rows, or fewer

double dot(const SparseRow& query, const store::PackedRow& row) {
    double sum = 0;
    for (std::size_t i = 0, j = 0; i < query.ids.size() && j < row.ids.size();) {
        const auto id = static_cast<std::uint32_t>(query.ids[i]);
        if (id == row.ids[j]) sum += static_cast<double>(query.weights[i++]) * row.weights[j++];
        else if (id < row.ids[j]) ++i;
        else ++j;
    }
    return sum;
}

}  // namespace

SparseScan::SparseScan(const Rows& rows, const SparseLists& lists, const Wanted& wanted) : rows_(rows), lists_(lists), wanted_(wanted) {
    std::size_t allowed = rows.size();
    if (wanted.allowed) allowed = count_bits(Bits(wanted.allowed, wanted.allowed + rows.blocks()));
    few_ = allowed * few <= rows.size();
}

void SparseScan::run() {
    share_out(queries_.size(), wanted_.threads, [this](std::size_t q, std::size_t threads) { answer(queries_[q], threads); });
}

void SparseScan::answer(Asked& asked, std::size_t threads) {
    if (few_) {
        compare(asked, rows_.live());
        return;
    }
    std::vector<std::pair<const SparseLists::Listed*, std::size_t>> parts;
    for (const auto& listed : lists_.listed())
        for (std::size_t first = 0; first < listed.segment->slots().size(); first += rows_at_once) parts.emplace_back(&listed, first);
    compare(asked, lists_.unlisted());
    share_out(parts.size(), threads, [&](std::size_t part, std::size_t) { add_up(asked, *parts[part].first, parts[part].second); });
}

/// Looks at the rows that a segment calls `first` and those after it.
void SparseScan::add_up(Asked& asked, const SparseLists::Listed& listed, std::size_t first) {
    const auto slots = listed.segment->slots().subspan(first);
    const std::size_t count = std::min(rows_at_once, slots.size());
    std::vector<double> sums(count);
    for (std::size_t i = 0; i < asked.query.ids.size(); ++i) {
        const double weight = asked.query.weights[i];
        const auto list = listed.segment->list(static_cast<std::uint32_t>(asked.query.ids[i]));
        auto one = std::ranges::lower_bound(list, first, {}, &SparseSegment::Weight::row);
        for (; one != list.end() && one->row < first + count; ++one) sums[one->row - first] += weight * one->weight;
    }
    for (std::size_t i = 0; i < count; ++i) offer(asked, sums[i], slots[i], listed.rows);
}

/// Compares the query with each of these rows that is allowed.
void SparseScan::compare(Asked& asked, const Bits& slots) {
    for (std::size_t b = 0; b < slots.size(); ++b)
        for_each_bit(wanted_.among(slots[b], b), [&](std::size_t i) {
            const std::size_t slot = b * word_bits + i;
            offer(asked, dot(asked.query, store::packed_row(rows_.blob(slot).bytes)), slot, slots);
        });
}

/// If the row is still one of `slots`, and allowed.
void SparseScan::offer(Asked& asked, double sum, std::size_t slot, const Bits& slots) {
    const auto score = static_cast<float>(sum) + 0.0F;  // no minus zero
    if (score < asked.best.worst() || !has_bit(slots, slot)) return;  // there may be fewer slots now
    if (wanted_.allowed && (wanted_.allowed[slot / word_bits] >> (slot % word_bits) & 1) == 0) return;
    asked.best.offer(score, slot, [&] { return rows_.info(slot).number; });
}

}  // namespace sextant::index
