// Sources of the arithmetic: Pillow, src/libImaging/Resample.c (weights and rounding); John Costella, "The Magic Kernel"
// (MKS 2013 and 2021). The results must equal Pillow's in every bit, so the order of the floating-point operations below
// is part of the contract, and this file is compiled with -ffp-contract=off.
#include "preprocess/filters.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include <sextant/core/error.hpp>

namespace sextant::resample_detail {
namespace {

constexpr int precision_bits = 32 - 8 - 2;  // a sum of weights stays between -1 and 2, so two bits are spare
constexpr double max_weights = 1 << 26;

// ---- filters: their value at a distance, in units of the output or input pixel, whichever is larger

double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

double bilinear(double x) {
    x = std::abs(x);
    return x < 1.0 ? 1.0 - x : 0.0;
}

double hamming(double x) {
    x = std::abs(x);
    if (x == 0.0) return 1.0;
    if (x >= 1.0) return 0.0;
    x = x * std::numbers::pi;
    // Pillow writes these two as single-precision constants.
    return std::sin(x) / x * (double{0.54F} + double{0.46F} * std::cos(x));
}

double bicubic(double x) {
    constexpr double a = -0.5;
    x = std::abs(x);
    if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
    return 0.0;
}

double sinc(double x) {
    if (x == 0.0) return 1.0;
    x = x * std::numbers::pi;
    return std::sin(x) / x;
}

double lanczos(double x) { return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

double mks2013(double x) {
    x = std::abs(x);
    if (x < 0.5) return 17.0 / 16.0 - 7.0 / 4.0 * (x * x);
    if (x < 1.5) return (1.0 - x) * (7.0 / 4.0 - x);
    if (x < 2.5) return -1.0 / 8.0 * ((x - 2.5) * (x - 2.5));
    return 0.0;
}

double mks2021(double x) {
    x = std::abs(x);
    if (x < 0.5) return 577.0 / 576.0 - 239.0 / 144.0 * (x * x);
    if (x < 1.5) return 35.0 / 36.0 * (x - 1.0) * (x - 239.0 / 140.0);
    if (x < 2.5) return 1.0 / 6.0 * (x - 2.0) * (65.0 / 24.0 - x);
    if (x < 3.5) return 1.0 / 36.0 * (x - 3.0) * (x - 15.0 / 4.0);
    if (x < 4.5) return -1.0 / 288.0 * ((x - 4.5) * (x - 4.5));
    return 0.0;
}

struct Kernel {
    double (*value)(double);
    double support;
};

Kernel kernel_of(Resampling filter) {
    switch (filter) {
        case Resampling::box:
            return {box, 0.5};
        case Resampling::bilinear:
            return {bilinear, 1.0};
        case Resampling::hamming:
            return {hamming, 1.0};
        case Resampling::bicubic:
            return {bicubic, 2.0};
        case Resampling::lanczos:
            return {lanczos, 3.0};
        case Resampling::mks2013:
            return {mks2013, 2.5};
        case Resampling::mks2021:
            return {mks2021, 4.5};
        case Resampling::nearest:
            break;
    }
    throw Error(ErrorCode::invalid_argument, "resize: no such filter: " + std::to_string(static_cast<int>(filter)));
}

std::int32_t to_fixed(double weight, int bits) {
    const double scaled = weight * (1 << bits);
    return static_cast<std::int32_t>(weight < 0 ? -0.5 + scaled : 0.5 + scaled);
}

}  // namespace

double support_of(Resampling filter) { return kernel_of(filter).support; }

/// What all positions of an axis share.
struct Axis::Scale {
    Kernel kernel;
    double scale, support, inverse;

    Scale(Resampling filter, const AxisRange& range)
        : kernel(kernel_of(filter)), scale(static_cast<double>(range.last - range.first) / range.outputs) {
        const double filter_scale = std::max(scale, 1.0);
        support = kernel.support * filter_scale;
        inverse = 1.0 / filter_scale;
    }
};

/// Puts the weights of one output position into `row_`.
Tap Axis::weigh(const Scale& scale, const AxisRange& range, int position) {
    const double center = range.first + (position + 0.5) * scale.scale;
    const int first = std::max(static_cast<int>(center - scale.support + 0.5), 0);
    const int last = std::min(static_cast<int>(center + scale.support + 0.5), range.length);
    row_.clear();
    double sum = 0.0;
    for (int i = 0; i < last - first; ++i) {
        row_.push_back(scale.kernel.value((i + first - center + 0.5) * scale.inverse));
        sum += row_.back();
    }
    if (sum != 0.0)
        for (double& weight : row_) weight /= sum;
    return {first, last - first, weights_.size() / group};
}

/// PyTorch, aten/src/ATen/native/cpu/UpSampleKernel.cpp (_compute_index_ranges_int16_weights).
int Axis::bits_for(const Scale& scale, const AxisRange& range) {
    if (range.arithmetic == Arithmetic::pillow) return precision_bits;
    double largest = 0;
    for (int position = 0; position < range.outputs; ++position) {
        weigh(scale, range, position);
        for (const double weight : row_) largest = std::max(largest, weight);
    }
    int bits = 0;
    while (bits < precision_bits && to_fixed(largest, bits + 1) < 1 << 15) ++bits;
    return bits;
}

std::pair<int, std::span<const double>> Axis::exact(Resampling filter, const AxisRange& range, int position) {
    const Tap tap = weigh(Scale(filter, range), range, position);
    return {tap.first, row_};
}

void Axis::fill(Resampling filter, const AxisRange& range) {
    if (filled_ == std::pair{filter, range}) return;
    const Scale scale(filter, range);
    const double most = range.count * (2 * scale.support + 1 + group);
    if (most > max_weights)
        throw Error(ErrorCode::limit, "resize: " + std::to_string(range.length) + " pixels to " +
                                          std::to_string(range.outputs) +
                                          " need too many weights; make the picture smaller by reduce() first");
    filled_.reset();
    taps_.clear();
    weights_.clear();
    packed_.clear();
    taps_.reserve(static_cast<std::size_t>(range.count));
    weights_.reserve(static_cast<std::size_t>(most));
    packed_.reserve(2 * static_cast<std::size_t>(most));
    begin_ = range.length;
    end_ = 0;
    bits_ = bits_for(scale, range);
    for (int position = range.begin; position < range.begin + range.count; ++position) add(weigh(scale, range, position));
    if (range.relative)
        for (Tap& tap : taps_) tap.first -= begin_;
    filled_ = {filter, range};
}

void Axis::add(const Tap& tap) {
    taps_.push_back(tap);
    begin_ = std::min(begin_, tap.first);
    end_ = std::max(end_, tap.first + tap.count);
    for (std::size_t i = 0; i < row_.size(); i += group) {
        std::int16_t high[group], low[group];
        for (std::size_t k = 0; k < group; ++k) {
            const std::int32_t weight = i + k < row_.size() ? to_fixed(row_[i + k], bits_) : 0;
            weights_.push_back(weight);
            high[k] = static_cast<std::int16_t>((weight + (1 << (low_bits - 1))) >> low_bits);
            low[k] = static_cast<std::int16_t>(weight - (high[k] << low_bits));
        }
        packed_.insert(packed_.end(), high, high + group);
        packed_.insert(packed_.end(), low, low + group);
    }
}

AxisView Axis::view() const {
    return {taps_.data(), static_cast<int>(taps_.size()), weights_.data(), packed_.data(), bits_};
}

std::size_t Axis::bytes() const {
    return taps_.capacity() * sizeof(Tap) + weights_.capacity() * sizeof(std::int32_t) +
           packed_.capacity() * sizeof(std::int16_t) + row_.capacity() * sizeof(double);
}

}  // namespace sextant::resample_detail
