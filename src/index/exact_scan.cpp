#include "index/exact_scan.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace sextant::index {
namespace {

double squared_distance(std::span<const float> a, std::span<const float> b) {
    return (kernels::view(a).cast<double>() - kernels::view(b).cast<double>()).squaredNorm();
}

}  // namespace

ExactScan::ExactScan(Metric metric, std::span<const float> query, std::size_t k)
    : metric_(metric), query_(query), k_(k), norm_(kernels::norm(query)) {
    const auto n = static_cast<double>(query.size());
    relative_ = 1.01 * (n + 16) * std::ldexp(1.0, -24);
    underflow_ = n * std::ldexp(1.0, -120);
    drop_at_ = 1024;
    if (metric == Metric::cosine) {
        unit_.resize(query.size());
        std::transform(query.begin(), query.end(), unit_.begin(),
                       [this](float component) { return static_cast<float>(component / norm_); });
    }
}

void ExactScan::look_at(const Rows& rows, std::size_t b) {
    const auto block = rows.block(b);
    const auto count = static_cast<std::size_t>(block.rows());
    const std::size_t first = b * rows.rows_per_block();
    estimates_.resize(count);
    if (metric_ == Metric::l2) {
        kernels::l2_rows(block, query_, estimates_);
    } else {
        kernels::dot_rows(block, metric_ == Metric::cosine ? unit_ : query_, estimates_);
    }
    for (std::size_t i = 0; i < count; ++i) {
        const double estimate = estimates_[i];
        const double norm = rows.info(first + i).norm;
        const double underflow = underflow_ * (1 + norm + norm_);
        switch (metric_) {
            case Metric::cosine:
                consider(first + i, estimate / norm, relative_ + underflow_ * (2 + norm) / norm);
                break;
            case Metric::dot:
                consider(first + i, estimate, relative_ * norm * norm_ + underflow);
                break;
            case Metric::l2:
                consider(first + i, estimate, 1.01 * (relative_ * -estimate + underflow));
                break;
        }
    }
}

void ExactScan::consider(std::size_t slot, double estimate, double error) {
    const double at_most = estimate + error;
    const bool full = at_least_.size() == k_;
    if (full && at_most < at_least_.front()) return;
    candidates_.push_back({at_most, slot});

    const double at_least = estimate - error;
    if (full && at_least > at_least_.front()) {
        std::pop_heap(at_least_.begin(), at_least_.end(), std::greater<>());
        at_least_.pop_back();
    }
    if (at_least_.size() < k_) {
        at_least_.push_back(at_least);
        std::push_heap(at_least_.begin(), at_least_.end(), std::greater<>());
    }
    if (full && candidates_.size() >= drop_at_) drop_hopeless();
}

void ExactScan::drop_hopeless() {
    std::erase_if(candidates_, [limit = at_least_.front()](const Candidate& c) { return c.at_most < limit; });
    drop_at_ = std::max<std::size_t>(1024, 2 * candidates_.size());
}

float ExactScan::score(const Rows& rows, std::size_t slot) const {
    const auto vector = rows.vector(slot);
    double score = 0;
    switch (metric_) {
        case Metric::cosine:
            score = kernels::dot(vector, query_) / (rows.info(slot).norm * norm_);
            break;
        case Metric::dot:
            score = kernels::dot(vector, query_);
            break;
        case Metric::l2:
            score = -squared_distance(vector, query_);
            break;
    }
    return static_cast<float>(score) + 0.0F;  // no minus zero
}

std::vector<kernels::Scored> ExactScan::take(const Rows& rows) {
    if (at_least_.size() == k_) drop_hopeless();
    kernels::TopK best(k_);
    for (const auto& candidate : candidates_)
        best.push({score(rows, candidate.slot), rows.info(candidate.slot).number, candidate.slot});
    return best.take();
}

}  // namespace sextant::index
