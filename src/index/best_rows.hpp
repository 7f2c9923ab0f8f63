// What a search is to find, and the best that its threads have found so far.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <vector>

#include <sextant/kernels/top_k.hpp>

namespace sextant::index {

/// What a scan is to find.
struct Wanted {
    std::size_t k = 10;
    float min_score = -std::numeric_limits<float>::infinity();
    /// Only rows that come after this one, by score and then by `order`.
    std::optional<kernels::Scored> after = {};
    /// Only these rows are looked at, a word for each block. Null: all.
    const std::uint64_t* allowed = nullptr;
    [[nodiscard]] std::uint64_t among(std::uint64_t rows, std::size_t block) const noexcept { return allowed == nullptr ? rows : rows & allowed[block]; }
    std::size_t threads = 1;
    /// Multiplies the errors of codes. Below 1 nothing is proved: for tests, which have to notice.
    double trust = 1;
};

/// The k best rows for one query. Threads: any at once, but for `take`.
class BestRows {
public:
    /// `wanted` must outlive this.
    explicit BestRows(const Wanted& wanted) : wanted_(wanted), worst_(wanted.min_score), best_(wanted.k) {}

    /// What a score must reach: `min_score`, or the k-th best found.
    [[nodiscard]] float worst() const noexcept { return worst_.load(std::memory_order_relaxed); }

    /// `order` is asked only if the score is high enough.
    template <class Order>
    void offer(float score, std::size_t row, Order&& order) {
        if (score < worst()) return;
        const kernels::Scored scored{score, order(), row};
        if (score == worst_.load() && scored.order > last_.load()) return;  // many rows may have the worst score, so without the lock
        if (wanted_.after && !kernels::better(*wanted_.after, scored)) return;
        const std::lock_guard lock(mutex_);
        best_.push(scored);
        if (!best_.full() || best_.worst().score < worst_.load()) return;
        last_ = none;  // while these two do not belong together
        worst_ = best_.worst().score;
        last_ = best_.worst().order;
    }

    /// The best first. Empty afterwards.
    [[nodiscard]] std::vector<kernels::Scored> take() { return best_.take(); }

private:
    const Wanted& wanted_;
    static constexpr auto none = std::numeric_limits<std::uint64_t>::max();
    std::atomic<float> worst_;
    std::atomic<std::uint64_t> last_{none};  // in order, of the k best, if the worst of them has the score `worst_`
    std::mutex mutex_;
    kernels::TopK best_;
};

}  // namespace sextant::index
