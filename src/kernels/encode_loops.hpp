// How vectors become codes: written once, for registers of any width, and compiled in every file that is for one level of
// CPU. No sum is reordered and no product fused (-ffp-contract=off), so every level gives the same bits.
#pragma once

#include "kernels/code_kernels.hpp"

namespace sextant::kernels {
namespace {

/// Components that are looked at together, whatever the width of a register is: sums are of every 16th.
constexpr std::size_t encode_lanes = 16;

/// Vector types of GCC and Clang.
template <std::size_t width>
struct Registers;
template <>
struct Registers<4> {
    typedef float Floats __attribute__((vector_size(16)));
    typedef std::int32_t Ints __attribute__((vector_size(16)));
};
template <>
struct Registers<8> {
    typedef float Floats __attribute__((vector_size(32)));
    typedef std::int32_t Ints __attribute__((vector_size(32)));
};
template <>
struct Registers<16> {
    typedef float Floats __attribute__((vector_size(64)));
    typedef std::int32_t Ints __attribute__((vector_size(64)));
};

/// With registers of `width` floats.
template <std::size_t width>
struct Encoding {
    using Floats = typename Registers<width>::Floats;
    using Ints = typename Registers<width>::Ints;
    static constexpr std::size_t registers = encode_lanes / width;

    static Floats load(const float* from) {
        Floats v;
        __builtin_memcpy(&v, from, sizeof(v));
        return v;
    }
    static void store(float* to, Floats v) { __builtin_memcpy(to, &v, sizeof(v)); }
    static Floats if_true(Ints condition, float value) { return reinterpret_cast<Floats>(condition & reinterpret_cast<Ints>(Floats{} + value)); }
    static Floats absolute(Floats v) { return reinterpret_cast<Floats>(reinterpret_cast<Ints>(v) & 0x7FFFFFFF); }

    /// Sixteen sums.
    struct Sums {
        Floats of[registers] = {};
        [[nodiscard]] float total() const {
            float lanes[encode_lanes], sum = 0;
            __builtin_memcpy(lanes, of, sizeof(lanes));
            for (const float lane : lanes) sum += lane;
            return sum;
        }
    };

    /// Calls `step(i, ones)` for every 16th i below `size`: the lanes of `ones` are 1, and 0 at and behind `size`.
    template <class Step>
    static void for_lanes(std::size_t size, Step&& step) {
        Floats ones[registers];
        for (auto& some : ones) some = Floats{} + 1.0F;
        std::size_t i = 0;
        for (; i + encode_lanes <= size; i += encode_lanes) step(i, ones);
        if (i == size) return;
        float rest[encode_lanes];
        for (std::size_t j = 0; j < encode_lanes; ++j) rest[j] = i + j < size ? 1.0F : 0.0F;
        __builtin_memcpy(ones, rest, sizeof(ones));
        step(i, ones);
    }

    // ---- the Walsh-Hadamard transform

    /// One step within a register, of neighbours `apart` from each other: (x, y) becomes (x + y, x - y).
    template <std::size_t apart>
    static Floats butterfly(Floats v) {
        Ints other, minus;
        for (std::size_t j = 0; j < width; ++j) {
            other[j] = static_cast<std::int32_t>(j ^ apart);
            minus[j] = (j & apart) != 0 ? static_cast<std::int32_t>(0x80000000U) : 0;
        }
#if defined(__clang__)
        Floats swapped;
        for (std::size_t j = 0; j < width; ++j) swapped[j] = v[j ^ apart];
#else
        const Floats swapped = __builtin_shuffle(v, other);
#endif
        return swapped + reinterpret_cast<Floats>(reinterpret_cast<Ints>(v) ^ minus);
    }

    static void butterflies_inside(float* v, std::size_t size) {
        for (std::size_t i = 0; i < size; i += width) {
            Floats some = load(v + i);
            if constexpr (width > 8) some = butterfly<8>(some);
            if constexpr (width > 4) some = butterfly<4>(some);
            store(v + i, butterfly<1>(butterfly<2>(some)));
        }
    }

    /// One step, of neighbours `apart` from each other, a multiple of the width.
    static void butterflies(float* v, std::size_t size, std::size_t apart) {
        for (std::size_t i = 0; i < size; i += 2 * apart)
            for (std::size_t j = i; j < i + apart; j += width) {
                const Floats x = load(v + j), y = load(v + j + apart);
                store(v + j, x + y);
                store(v + j + apart, x - y);
            }
    }

    /// Two steps: `apart`, then half of that, a multiple of the width too.
    static void butterflies_of_4(float* v, std::size_t size, std::size_t apart) {
        const std::size_t half = apart / 2;
        for (std::size_t i = 0; i < size; i += 2 * apart)
            for (std::size_t j = i; j < i + half; j += width) {
                const Floats p = load(v + j), q = load(v + j + half), r = load(v + j + apart), s = load(v + j + apart + half);
                const Floats a = p + r, b = q + s, c = p - r, d = q - s;
                store(v + j, a + b);
                store(v + j + half, a - b);
                store(v + j + apart, c + d);
                store(v + j + apart + half, c - d);
            }
    }

    static void hadamard(float* v, std::size_t size, const float* signs, float scale) {
        for (std::size_t i = 0; i < size; ++i) v[i] *= signs[i];
        std::size_t apart = size / 2;
        for (; apart >= 2 * width; apart /= 4) butterflies_of_4(v, size, apart);
        if (apart >= width) {
            butterflies(v, size, apart);
            apart /= 2;
        }
        if (size >= width) {
            butterflies_inside(v, size);
        } else {
            for (; apart > 0; apart /= 2)
                for (std::size_t i = 0; i < size; i += 2 * apart)
                    for (std::size_t j = i; j < i + apart; ++j) {
                        const float x = v[j], y = v[j + apart];
                        v[j] = x + y;
                        v[j + apart] = x - y;
                    }
        }
        for (std::size_t i = 0; i < size; ++i) v[i] *= scale;
    }

    // ---- codes

    /// The level of 4-bit codes (0 to 7) that is nearest to `x` >= 0 in units of the scale, and its value.
    static Ints level_of(Floats x) { return -((x > 6) + (x > 12) + (x > 18.5F) + (x > 25.5F) + (x > 33.5F) + (x > 43) + (x > 56)); }
    static Floats value_of(Floats x) {  // sums of small integers: exact
        const Floats low = if_true(x > 6, 6) + if_true(x > 12, 6), middle = if_true(x > 18.5F, 7) + if_true(x > 25.5F, 7);
        return (low + middle) + (if_true(x > 33.5F, 9) + if_true(x > 43, 10)) + (if_true(x > 56, 16) + 3);
    }

    /// The scale that fits best (least squares) to the levels that are nearest with the scale `from`.
    static float fitted_scale(const float* v, std::size_t size, float from) {
        const float to_units = 1 / from;
        Sums products, squares;
        for_lanes(size, [&](std::size_t i, const Floats* ones) {
            for (std::size_t r = 0; r < registers; ++r) {
                const Floats x = absolute(load(v + i + r * width));
                const Floats value = value_of(x * to_units) * ones[r];
                products.of[r] += x * value;
                squares.of[r] += value * value;
            }
        });
        return products.total() / squares.total();
    }

    static CodeFit to_nibbles(const float* v, std::size_t size, float first_scale, std::uint8_t* codes) {
        const float fitted = fitted_scale(v, size, first_scale);  // a second time would take 0.3 % off the error
        const float scale = fitted > 1e-30F ? fitted : first_scale;
        const float to_units = 1 / scale;
        Sums residues;
        for_lanes(size, [&](std::size_t i, const Floats* ones) {
            std::int32_t found[encode_lanes];
            for (std::size_t r = 0; r < registers; ++r) {
                const Floats y = load(v + i + r * width), x = absolute(y), units = x * to_units;
                const Floats residue = (x - value_of(units) * scale) * ones[r];
                residues.of[r] += residue * residue;
                const Ints level = level_of(units), below = y < 0;
                const Ints code = (level ^ below) + 8;  // 8 + level, or 7 - level
                __builtin_memcpy(found + r * width, &code, sizeof(code));
            }
            for (std::size_t j = 0; j < encode_lanes; ++j) codes[i + j] = static_cast<std::uint8_t>(found[j]);
        });
        return {scale, residues.total()};
    }

    static CodeFit to_bytes(const float* v, std::size_t size, std::uint8_t* codes) {
        Floats maxima[registers] = {};
        for (std::size_t i = 0; i < size; i += encode_lanes)
            for (std::size_t r = 0; r < registers; ++r) {
                const Floats x = absolute(load(v + i + r * width));
                maxima[r] = x > maxima[r] ? x : maxima[r];
            }
        float lanes[encode_lanes], largest = 0;
        __builtin_memcpy(lanes, maxima, sizeof(lanes));
        for (const float lane : lanes) largest = lane > largest ? lane : largest;
        const float scale = largest / 127;
        const float to_units = scale > 1e-30F ? 1 / scale : 0;
        Sums residues;
        for (std::size_t i = 0; i < size; i += encode_lanes) {
            std::int32_t found[encode_lanes];
            for (std::size_t r = 0; r < registers; ++r) {
                const Floats x = load(v + i + r * width);
                const Ints code = __builtin_convertvector(x * to_units + (byte_offset + 0.5F), Ints);  // cut off: rounds
                const Floats residue = x - __builtin_convertvector(code - byte_offset, Floats) * scale;
                residues.of[r] += residue * residue;
                __builtin_memcpy(found + r * width, &code, sizeof(code));
            }
            for (std::size_t j = 0; j < encode_lanes; ++j) codes[i + j] = static_cast<std::uint8_t>(found[j]);
        }
        return {scale, residues.total()};
    }
};

}  // namespace
}  // namespace sextant::kernels
