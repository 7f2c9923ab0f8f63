#include "kernels/quantize.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include <sextant/kernels/cpu.hpp>

namespace sextant::kernels {
namespace {

/// The levels of `nibble_values` for a standard deviation of 1.
constexpr double levels_per_deviation = 23.3;

std::size_t filled_up(std::size_t dimensions) { return (dimensions + byte_group - 1) / byte_group * byte_group; }

/// A random bit that is the same everywhere (Steele, Lea and Flood, Fast splittable pseudorandom number generators).
float sign_of(std::uint64_t i) {
    std::uint64_t z = (i + 1) * 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return (z ^ (z >> 31)) >> 63 ? -1.0F : 1.0F;
}

}  // namespace

float rounded_up(double value) { return std::nextafter(static_cast<float>(value), INFINITY); }

const CodeKernels& code_kernels() {
    switch (cpu_level()) {
#if defined(__x86_64__)
        case CpuLevel::avx512:
            return avx512_codes;
        case CpuLevel::avx2:
            return avx2_codes;
#elif defined(__aarch64__)
        case CpuLevel::neon:
            return neon_codes;
#endif
        default:
            return baseline_codes;
    }
}

Quantizer::Quantizer(std::size_t dimensions)
    : dimensions_(dimensions), transformed_(std::bit_floor(dimensions)), signs_(2 * transformed_) {
    for (std::size_t i = 0; i < signs_.size(); ++i) signs_[i] = sign_of(i);
    const auto n = static_cast<double>(dimensions);
    constexpr double u = 0x1p-24;
    first_scale_ = static_cast<float>(1 / (levels_per_deviation * std::sqrt(n)));
    // The largest of: division 1 u, two transforms, the terms of the residue 3 u; 4 u to spare for products of these.
    rounding_ = u * (1 + 2 * (std::log2(static_cast<double>(transformed_)) + 2) + 3 + 4) + 0x1p-40;
    sum_error_ = 1.01 * (n + 3) * u;
}

void Quantizer::turn(float* v) const {
    const auto& kernels = code_kernels();
    const auto scale = static_cast<float>(1 / std::sqrt(static_cast<double>(transformed_)));
    kernels.hadamard(v, transformed_, signs_.data(), scale);
    if (transformed_ == dimensions_) return;
    kernels.hadamard(v + dimensions_ - transformed_, transformed_, signs_.data() + transformed_, scale);
}

Approximation Quantizer::approximation(const CodeFit& fit) const {
    return {fit.scale, rounded_up(std::sqrt(fit.residue * (1 + 2 * sum_error_)) + rounding_)};
}

void Quantizer::encode_bytes(std::span<const float> v, double norm, Codes& codes) const {
    const std::size_t room = filled_up(dimensions_);
    codes.bytes.assign(room, byte_offset);
    codes.by_bytes = {};
    if (!(norm > 0)) return;
    auto& turned = codes.turned;
    turned.resize(room);
    std::fill(turned.begin() + static_cast<std::ptrdiff_t>(dimensions_), turned.end(), 0.0F);
    const double factor = 1 / norm;
    std::transform(v.begin(), v.end(), turned.begin(), [factor](float x) { return static_cast<float>(x * factor); });
    turn(turned.data());
    codes.by_bytes = approximation(code_kernels().to_bytes(turned.data(), dimensions_, codes.bytes.data()));
}

void Quantizer::encode(std::span<const float> v, double norm, Codes& codes) const {
    encode_bytes(v, norm, codes);
    codes.nibbles.assign(filled_up(dimensions_), 0);
    codes.by_nibbles = {};
    if (norm > 0) codes.by_nibbles = approximation(code_kernels().to_nibbles(codes.turned.data(), dimensions_, first_scale_, codes.nibbles.data()));
}

}  // namespace sextant::kernels
