#include "index/query.hpp"

#include <cmath>
#include <functional>
#include <numeric>

namespace sextant::index {

Query::Query(const RowLayout& layout, std::span<const float> vector, double trust) : layout_(layout), vector_(vector) {
    const bool l2 = layout.metric() == Metric::l2;
    norm_ = std::sqrt(kernels::code_kernels().dot(vector.data(), vector.data(), vector.size()));
    weight_ = layout.metric() == Metric::cosine ? 1 : norm_;
    offset_ = l2 ? weight_ * weight_ : 0;

    kernels::Codes codes;
    layout.quantizer().encode_bytes(vector, norm_, codes);
    for (const std::uint8_t code : codes.bytes) components_.push_back(static_cast<std::int8_t>(code - kernels::byte_offset));
    sum_ = std::accumulate(components_.begin(), components_.end(), 0);

    const double factor = (l2 ? 2 : 1) * weight_, f = codes.by_bytes.error;
    test_.a = static_cast<float>(factor * codes.by_bytes.scale);
    test_.b = static_cast<float>(factor * (1 + f) * trust);
    test_.c = static_cast<float>(factor * (f * trust + 0x1p-15));
    test_.d = l2 ? -(1 - 0x1p-19F) : 0;
}

float Query::score(std::span<const float> row, double norm) const {
    const auto& kernels = kernels::code_kernels();
    double score = 0;
    switch (layout_.metric()) {
        case Metric::cosine:
            score = kernels.dot(row.data(), vector_.data(), vector_.size()) / (norm * norm_);
            break;
        case Metric::dot:
            score = kernels.dot(row.data(), vector_.data(), vector_.size());
            break;
        case Metric::l2:
            score = -kernels.squared_distance(row.data(), vector_.data(), vector_.size());
            break;
    }
    return static_cast<float>(score) + 0.0F;  // no minus zero
}

kernels::Test Query::test(double score) const {
    kernels::Test now = test_;
    const double slack = 0x1p-20 * (std::abs(score) + offset_) + underflow();
    now.limit = static_cast<float>(std::isinf(score) ? score : score + offset_ - slack);
    return now;
}

double Query::slack(double error, double weight) const {
    return error * test_.b + weight * (test_.c + (test_.d == 0 ? 0 : weight * (1 + test_.d)));
}

float Query::components_norm() const noexcept {
    const auto squares = std::inner_product(components_.begin(), components_.end(), components_.begin(), std::int64_t{0}, std::plus<>(),
                                            [](int a, int b) { return std::int64_t{a} * b; });
    return std::sqrt(static_cast<float>(squares));
}

}  // namespace sextant::index
