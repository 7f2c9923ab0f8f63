// How vectors become codes: written once, in loops over 16 lanes that compilers turn into vectors, and compiled in
// every file that is for one level of CPU. No sum is reordered and no product fused (-ffp-contract=off), so every level
// gives the same bits.
#pragma once

#include "kernels/code_kernels.hpp"

namespace sextant::kernels {
namespace {

constexpr std::size_t encode_lanes = 16;

inline float sum_of(const float* lanes) {
    float sum = 0;
    for (std::size_t j = 0; j < encode_lanes; ++j) sum += lanes[j];
    return sum;
}

// ---- the Walsh-Hadamard transform

inline void butterflies(float* a, float* b, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const float x = a[i], y = b[i];
        a[i] = x + y;
        b[i] = x - y;
    }
}

/// Two steps at once, of neighbours up to 4 apart.
inline void butterflies_of_4(float* v, std::size_t size) {
    for (std::size_t i = 0; i < size; i += 4) {
        const float a = v[i] + v[i + 2], b = v[i + 1] + v[i + 3], c = v[i] - v[i + 2], d = v[i + 1] - v[i + 3];
        v[i] = a + b;
        v[i + 1] = a - b;
        v[i + 2] = c + d;
        v[i + 3] = c - d;
    }
}

void hadamard(float* v, std::size_t size, const float* signs, float scale) {
    for (std::size_t i = 0; i < size; ++i) v[i] *= signs[i];
    std::size_t apart = size / 2;
    for (; apart >= encode_lanes; apart /= 2)
        for (std::size_t i = 0; i < size; i += 2 * apart) butterflies(v + i, v + i + apart, apart);
    if (apart == 8)
        for (std::size_t i = 0; i < size; i += 16) butterflies(v + i, v + i + 8, 8);
    if (apart >= 4)
        for (std::size_t i = 0; i < size; i += 8) butterflies(v + i, v + i + 4, 4);
    if (size >= 4) butterflies_of_4(v, size);
    if (size == 2) butterflies(v, v + 1, 1);
    for (std::size_t i = 0; i < size; ++i) v[i] *= scale;
}

// ---- codes

/// The level of 4-bit codes (0 to 7) that is nearest to `x` >= 0 in units of the scale, and its value.
inline std::int32_t level_of(float x) {
    return (x > 6) + (x > 12) + (x > 18.5F) + (x > 25.5F) + (x > 33.5F) + (x > 43) + (x > 56);
}
inline float value_of(float x) {
    const float low = (x > 6 ? 9.0F : 3.0F) + (x > 12 ? 6.0F : 0.0F) + (x > 18.5F ? 7.0F : 0.0F);
    const float high = (x > 33.5F ? 9.0F : 0.0F) + (x > 43 ? 10.0F : 0.0F) + (x > 56 ? 16.0F : 0.0F);
    return low + (x > 25.5F ? 7.0F : 0.0F) + high;
}

/// 1 for the lanes from `begin` on that are less than `size`, else 0.
inline void mask(float* ones, std::size_t begin, std::size_t size) {
    for (std::size_t j = 0; j < encode_lanes; ++j) ones[j] = begin + j < size ? 1.0F : 0.0F;
}

/// The scale that fits best (least squares) to the levels that are nearest with the scale `from`.
inline float fitted_scale(const float* v, std::size_t size, float from) {
    const float to_units = 1 / from;
    float products[encode_lanes] = {}, squares[encode_lanes] = {}, ones[encode_lanes];
    mask(ones, 0, encode_lanes);
    for (std::size_t i = 0; i < size; i += encode_lanes) {
        if (i + encode_lanes > size) mask(ones, i, size);
        for (std::size_t j = 0; j < encode_lanes; ++j) {
            const float x = __builtin_fabsf(v[i + j]);
            const float value = value_of(x * to_units) * ones[j];
            products[j] += x * value;
            squares[j] += value * value;
        }
    }
    return sum_of(products) / sum_of(squares);
}

CodeFit to_nibbles(const float* v, std::size_t size, float first_scale, std::uint8_t* codes) {
    float scale = first_scale;
    for (int round = 0; round < 2; ++round) {
        const float fitted = fitted_scale(v, size, scale);
        if (!(fitted > 1e-30F)) break;
        scale = fitted;
    }
    const float to_units = 1 / scale;
    float residues[encode_lanes] = {}, ones[encode_lanes];
    mask(ones, 0, encode_lanes);
    for (std::size_t i = 0; i < size; i += encode_lanes) {
        if (i + encode_lanes > size) mask(ones, i, size);
        for (std::size_t j = 0; j < encode_lanes; ++j) {
            const float x = __builtin_fabsf(v[i + j]);
            const float residue = (x - value_of(x * to_units) * scale) * ones[j];
            residues[j] += residue * residue;
        }
        for (std::size_t j = 0; j < encode_lanes; ++j) {
            const std::int32_t level = level_of(__builtin_fabsf(v[i + j]) * to_units);
            codes[i + j] = static_cast<std::uint8_t>(v[i + j] < 0 ? 7 - level : 8 + level);
        }
    }
    return {scale, sum_of(residues)};
}

CodeFit to_bytes(const float* v, std::size_t size, std::uint8_t* codes) {
    float lanes[encode_lanes] = {};
    for (std::size_t i = 0; i < size; i += encode_lanes)
        for (std::size_t j = 0; j < encode_lanes; ++j) {
            const float x = __builtin_fabsf(v[i + j]);
            lanes[j] = x > lanes[j] ? x : lanes[j];
        }
    float largest = 0;
    for (const float lane : lanes) largest = lane > largest ? lane : largest;
    const float scale = largest / 127;
    const float to_units = scale > 1e-30F ? 1 / scale : 0;
    float residues[encode_lanes] = {};
    for (std::size_t i = 0; i < size; i += encode_lanes)
        for (std::size_t j = 0; j < encode_lanes; ++j) {
            const auto code = static_cast<std::int32_t>(v[i + j] * to_units + (byte_offset + 0.5F));  // cut off: rounds
            codes[i + j] = static_cast<std::uint8_t>(code);
            const float residue = v[i + j] - static_cast<float>(code - byte_offset) * scale;
            residues[j] += residue * residue;
        }
    return {scale, sum_of(residues)};
}

}  // namespace
}  // namespace sextant::kernels
