#include "index/multi_scan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <optional>

#include "index/bits.hpp"
#include "index/in_threads.hpp"

namespace sextant::index {
namespace {

constexpr double lowest = -std::numeric_limits<double>::infinity();

}  // namespace

/// For the codes of one row at a time.
struct MultiScan::Room {
    std::vector<const std::uint8_t*> codes;
    std::vector<std::int32_t> dots;
};

/// What becomes of the best for each vector of a query.
class MultiScan::Sum {
public:
    explicit Sum(MultiScore score) : score_(score) {}

    void add(double best) noexcept {
        sum_ += best;
        size_ += std::abs(best);
        largest_ = std::max(largest_, best);
        ++count_;
    }
    [[nodiscard]] double value() const noexcept {
        if (score_ == MultiScore::max) return largest_;
        return score_ == MultiScore::max_sim_mean ? sum_ / static_cast<double>(count_) : sum_;
    }
    /// Of the absolute values.
    [[nodiscard]] double size() const noexcept { return size_; }

private:
    MultiScore score_;
    double sum_ = 0, size_ = 0, largest_ = lowest;
    std::size_t count_ = 0;
};

void MultiScan::add(const MultiRow& query) {
    auto& asked = queries_.emplace_back(wanted_);
    asked.query = query;
    for (std::size_t i = 0; i < query.size(); ++i) asked.vectors.emplace_back(each_, query.vector(i), wanted_.trust);
}

void MultiScan::run() {
    share_out(queries_.size(), wanted_.threads, [this](std::size_t q, std::size_t threads) { answer(queries_[q], threads); });
}

void MultiScan::answer(Asked& asked, std::size_t threads) {
    auto left = candidates(asked, threads);
    std::ranges::make_heap(left, {}, &Candidate::bound);
    std::mutex mutex;  // of `left`
    const auto next = [&]() -> std::optional<std::size_t> {
        const std::lock_guard lock(mutex);
        if (left.empty() || left.front().bound < asked.best.worst()) return std::nullopt;
        std::ranges::pop_heap(left, {}, &Candidate::bound);
        const auto slot = left.back().slot;
        left.pop_back();
        return slot;
    };
    in_threads(std::min(threads, left.size()), [&] {
        while (const auto slot = next()) {
            rescored_.fetch_add(1, std::memory_order_relaxed);
            asked.best.offer(score(asked.query, *slot), *slot, [&] { return rows_.info(*slot).number; });
        }
    });
}

/// The rows that are allowed, and may be good enough for all that is known before any is scored.
std::vector<MultiScan::Candidate> MultiScan::candidates(const Asked& asked, std::size_t threads) const {
    std::vector<Candidate> all;
    std::mutex mutex;  // of `all`
    share_out(rows_.blocks(), threads, [&](std::size_t b, std::size_t) {
        std::vector<Candidate> found;
        Room room;
        for_each_bit(wanted_.among(rows_.live()[b], b), [&](std::size_t i) {
            const std::size_t slot = b * word_bits + i;
            const Candidate one{bound(asked, rows_.blob(slot).codes, room), slot};
            if (one.bound >= asked.best.worst()) found.push_back(one);
        });
        const std::lock_guard lock(mutex);
        all.insert(all.end(), found.begin(), found.end());
    });
    return all;
}

float MultiScan::bound(const Asked& asked, const MultiCodes& codes, Room& room) const {
    const std::size_t count = codes.of.size(), stride = each_.byte_stride();
    room.codes.resize(count);
    room.dots.resize(count);
    for (std::size_t j = 0; j < count; ++j) room.codes[j] = codes.bytes.data() + j * stride;
    Sum sum(score_);
    for (const auto& query : asked.vectors) {
        kernels_.byte_dots(room.codes.data(), static_cast<int>(count), stride, query.components().data(), query.byte_bias(), room.dots.data());
        double best = lowest;
        for (std::size_t j = 0; j < count; ++j) best = std::max(best, query.bound(room.dots[j], codes.of[j].approximation, codes.of[j].norm));
        sum.add(best + query.underflow());
    }
    return static_cast<float>(sum.value() + 0x1p-30 * sum.size());
}

float MultiScan::score(const MultiRow& query, std::size_t slot) const {
    const auto& bytes = rows_.blob(slot).bytes;
    const MultiRow row({reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)}, each_.dimensions());
    Sum sum(score_);
    for (std::size_t i = 0; i < query.size(); ++i) {
        double best = lowest;
        for (std::size_t j = 0; j < row.size(); ++j) best = std::max(best, kernels_.dot(row.vector(j).data(), query.vector(i).data(), each_.dimensions()));
        sum.add(best);
    }
    return static_cast<float>(sum.value()) + 0.0F;  // no minus zero
}

}  // namespace sextant::index
