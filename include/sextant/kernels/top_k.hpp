// Keeps the k best of a stream of scores.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sextant::kernels {

/// One scored row. `order` decides between equal scores: the smaller comes first.
struct Scored {
    float score = 0;
    std::uint64_t order = 0;
    std::size_t row = 0;
};

/// True if `a` is to be listed before `b`.
[[nodiscard]] inline bool better(const Scored& a, const Scored& b) noexcept {
    return a.score != b.score ? a.score > b.score : a.order < b.order;
}

/// A bounded heap whose worst member is on top. Scores must not be NaN. One thread at a time.
class TopK {
public:
    explicit TopK(std::size_t k) : k_(k) {}

    void push(const Scored& candidate) {
        if (heap_.size() < k_) {
            heap_.push_back(candidate);
            std::push_heap(heap_.begin(), heap_.end(), better);
        } else if (k_ > 0 && better(candidate, heap_.front())) {
            std::pop_heap(heap_.begin(), heap_.end(), better);
            heap_.back() = candidate;
            std::push_heap(heap_.begin(), heap_.end(), better);
        }
    }

    /// Whether there are k, so that `worst` is what a candidate has to beat.
    [[nodiscard]] bool full() const noexcept { return k_ > 0 && heap_.size() == k_; }
    [[nodiscard]] const Scored& worst() const noexcept { return heap_.front(); }

    /// The best first. The heap is empty afterwards.
    [[nodiscard]] std::vector<Scored> take() {
        std::sort_heap(heap_.begin(), heap_.end(), better);
        return std::exchange(heap_, {});
    }

private:
    std::size_t k_;
    std::vector<Scored> heap_;
};

}  // namespace sextant::kernels
