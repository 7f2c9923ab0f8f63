// How vectors become codes: written once, in vectors of 16 floats, and compiled in every file that is for one level of
// CPU. No sum is reordered and no product fused (-ffp-contract=off), so every level gives the same bits.
#pragma once

#include "kernels/code_kernels.hpp"

namespace sextant::kernels {
namespace {

using Floats = float __attribute__((vector_size(64)));
using Ints = std::int32_t __attribute__((vector_size(64)));
using Bytes = std::uint8_t __attribute__((vector_size(16)));
constexpr std::size_t encode_lanes = 16;

inline void load(Floats& v, const float* from) { __builtin_memcpy(&v, from, sizeof v); }
inline void store(float* to, const Floats& v) { __builtin_memcpy(to, &v, sizeof v); }
inline void store(std::uint8_t* to, const Ints& v) {
    const Bytes bytes = __builtin_convertvector(v, Bytes);
    __builtin_memcpy(to, &bytes, sizeof bytes);
}
inline void clear_sign(Floats& v) { v = reinterpret_cast<Floats>(reinterpret_cast<Ints>(v) & 0x7FFFFFFF); }

inline float sum_of(const Floats& v) {
    float sum = 0;
    for (std::size_t i = 0; i < encode_lanes; ++i) sum += v[i];
    return sum;
}

// ---- the Walsh-Hadamard transform

/// The four steps within 16 neighbours.
inline void butterflies_of_16(Floats& v) {
    const Floats by_8 = {1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1};
    const Floats by_4 = {1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1};
    const Floats by_2 = {1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1};
    const Floats by_1 = {1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1};
    v = __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7) + v * by_8;
    v = __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11) + v * by_4;
    v = __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13) + v * by_2;
    v = __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14) + v * by_1;
}

void hadamard(float* v, std::size_t size, const float* signs, float scale) {
    for (std::size_t i = 0; i < size; ++i) v[i] *= signs[i];
    const std::size_t least = size < encode_lanes ? 1 : encode_lanes;
    for (std::size_t apart = size / 2; apart >= least; apart /= 2) {
        for (std::size_t begin = 0; begin < size; begin += 2 * apart) {
            if (least == 1) {
                for (std::size_t i = begin; i < begin + apart; ++i) {
                    const float a = v[i], b = v[i + apart];
                    v[i] = a + b;
                    v[i + apart] = a - b;
                }
                continue;
            }
            for (std::size_t i = begin; i < begin + apart; i += encode_lanes) {
                Floats a, b;
                load(a, v + i);
                load(b, v + i + apart);
                store(v + i, a + b);
                store(v + i + apart, a - b);
            }
        }
    }
    for (std::size_t i = 0; least > 1 && i < size; i += encode_lanes) {
        Floats a;
        load(a, v + i);
        butterflies_of_16(a);
        store(v + i, a * scale);
    }
    for (std::size_t i = 0; least == 1 && i < size; ++i) v[i] *= scale;
}

// ---- codes

/// 1 for the lanes from `begin` on that are less than `size`, else 0.
inline void mask(Floats& ones, std::size_t begin, std::size_t size) {
    for (std::size_t i = 0; i < encode_lanes; ++i) ones[i] = begin + i < size ? 1.0F : 0.0F;
}

/// |v| in units of the scale becomes the number of the level (0 to 7) and its value.
inline void nearest_level(const Floats& units, Ints& level, Floats& value) {
    constexpr float bounds[7] = {6, 12, 18.5F, 25.5F, 33.5F, 43, 56};
    constexpr float steps[7] = {6, 6, 7, 7, 9, 10, 16};
    level = Ints{};
    value = Floats{} + 3;
    for (int i = 0; i < 7; ++i) {
        const Ints above = units > bounds[i];
        level -= above;
        value += reinterpret_cast<Floats>(above & reinterpret_cast<Ints>(Floats{} + steps[i]));
    }
}

/// The scale that fits best (least squares) to the levels that are nearest with the scale `from`.
inline float fitted_scale(const float* v, std::size_t size, float from) {
    const float to_units = 1 / from;
    Floats products = {}, squares = {};
    for (std::size_t i = 0; i < size; i += encode_lanes) {
        Floats x, value, ones;
        Ints level;
        load(x, v + i);
        clear_sign(x);
        nearest_level(x * to_units, level, value);
        if (i + encode_lanes > size) {
            mask(ones, i, size);
            value *= ones;
        }
        products += x * value;
        squares += value * value;
    }
    return sum_of(products) / sum_of(squares);
}

CodeFit to_nibbles(const float* v, std::size_t size, float first_scale, std::uint8_t* codes) {
    float scale = first_scale;
    for (int round = 0; round < 3; ++round) {
        const float fitted = fitted_scale(v, size, scale);
        if (!(fitted > 1e-30F)) break;
        scale = fitted;
    }
    const float to_units = 1 / scale;
    Floats residues = {};
    for (std::size_t i = 0; i < size; i += encode_lanes) {
        Floats x, ones, value;
        Ints level;
        load(x, v + i);
        const Ints negative = x < 0;
        clear_sign(x);
        nearest_level(x * to_units, level, value);
        store(codes + i, (level ^ negative) + 8);  // -1 - level is the code of a negative one, less 8
        Floats residue = x - value * scale;
        if (i + encode_lanes > size) {
            mask(ones, i, size);
            residue *= ones;
        }
        residues += residue * residue;
    }
    return {scale, sum_of(residues)};
}

CodeFit to_bytes(const float* v, std::size_t size, std::uint8_t* codes) {
    Floats most = {};
    for (std::size_t i = 0; i < size; i += encode_lanes) {
        Floats x;
        load(x, v + i);
        clear_sign(x);
        most = x > most ? x : most;
    }
    float largest = 0;
    for (std::size_t i = 0; i < encode_lanes; ++i) largest = most[i] > largest ? most[i] : largest;
    const float scale = largest / 127;
    const float to_units = scale > 1e-30F ? 1 / scale : 0;
    Floats residues = {};
    for (std::size_t i = 0; i < size; i += encode_lanes) {
        Floats x;
        load(x, v + i);
        const Floats units = x * to_units;
        const Ints code = __builtin_convertvector(units + (byte_offset + 0.5F), Ints);  // positive: cutting off rounds
        store(codes + i, code);
        const Floats residue = x - __builtin_convertvector(code - byte_offset, Floats) * scale;
        residues += residue * residue;
    }
    return {scale, sum_of(residues)};
}

}  // namespace
}  // namespace sextant::kernels
