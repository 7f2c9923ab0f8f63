// Rows in the lanes of 16-byte registers, with no instruction beyond what every 64-bit ARM has. Tested on an emulated
// CPU (QEMU), not yet on a real one. See code_kernels.hpp on what this may include.
#include "kernels/bfloat16_loop.hpp"
#include "kernels/code_kernels.hpp"
#include "kernels/encode_loops.hpp"
#include "kernels/hamming_loop.hpp"

#include <arm_neon.h>

namespace sextant::kernels {
namespace {

/// `nibble_values` less their offset: -64 to 64.
inline int8x16_t signed_values() {
    return vreinterpretq_s8_u8(vsubq_u8(vld1q_u8(nibble_values), vdupq_n_u8(nibble_offset)));
}

inline int8x16_t broadcast(const std::int8_t* four) {
    std::int32_t value;
    __builtin_memcpy(&value, four, 4);
    return vreinterpretq_s8_s32(vdupq_n_s32(value));
}

/// Adds the four products of each of four rows.
inline int32x4_t add_products(int32x4_t sum, int8x16_t codes, int8x16_t query) {
    const int16x8_t low = vmull_s8(vget_low_s8(codes), vget_low_s8(query));
    const int16x8_t high = vmull_s8(vget_high_s8(codes), vget_high_s8(query));
    return vpadalq_s16(sum, vpaddq_s16(low, high));  // a pair of products fits 16 bits: 2 * 64 * 127
}

std::int32_t sum_of(const std::int8_t* query, std::size_t groups, std::size_t count, std::size_t q) {
    std::int32_t sum = 0;
    for (std::size_t part = 0; part < 2 * groups; ++part)
        for (std::size_t j = 0; j < 4; ++j) sum += query[(part * count + q) * 4 + j];
    return sum;
}

void nibble_dots(const std::uint8_t* block, std::size_t groups, const std::int8_t* queries, int count,
                 const std::int32_t* bias, std::int32_t* out) {
    const int8x16_t values = signed_values();
    const auto all = static_cast<std::size_t>(count);
    std::int32_t start[most_queries];
    for (std::size_t q = 0; q < all; ++q) start[q] = nibble_offset * sum_of(queries, groups, all, q) - bias[q];
    for (std::size_t row = 0; row < block_rows; row += 4) {
        int32x4_t sums[most_queries];
        for (std::size_t q = 0; q < all; ++q) sums[q] = vdupq_n_s32(start[q]);
        const std::int8_t* query = queries;
        for (std::size_t g = 0; g < groups; ++g, query += nibble_group * all) {
            const uint8x16_t codes = vld1q_u8(block + (g * block_rows + row) * 4);
            const int8x16_t first = vqtbl1q_s8(values, vandq_u8(codes, vdupq_n_u8(15)));
            const int8x16_t second = vqtbl1q_s8(values, vshrq_n_u8(codes, 4));
            for (std::size_t q = 0; q < all; ++q) {
                sums[q] = add_products(sums[q], first, broadcast(query + 4 * q));
                sums[q] = add_products(sums[q], second, broadcast(query + 4 * (all + q)));
            }
        }
        for (std::size_t q = 0; q < all; ++q) vst1q_s32(out + q * block_rows + row, sums[q]);
    }
}

std::uint64_t select(const std::int32_t* dots, const BlockView& block, const Test& test) {
    const uint32x4_t bits = {1, 2, 4, 8};
    std::uint64_t passed = 0;
    for (std::size_t i = 0; i < block_rows; i += 4) {
        const float32x4_t norm = vld1q_f32(block.norm + i);
        const float32x4_t dot = vmulq_f32(vcvtq_f32_s32(vld1q_s32(dots + i)), vld1q_f32(block.scale + i));
        float32x4_t bound = vmulq_f32(norm, vfmaq_n_f32(vdupq_n_f32(test.c), norm, test.d));
        bound = vfmaq_n_f32(bound, vld1q_f32(block.error + i), test.b);
        bound = vfmaq_n_f32(bound, dot, test.a);
        const uint32x4_t above = vcgeq_f32(bound, vdupq_n_f32(test.limit));
        passed |= static_cast<std::uint64_t>(vaddvq_u32(vandq_u32(above, bits))) << i;
    }
    return passed;
}

void byte_dots(const std::uint8_t* const* rows, int count, std::size_t stride, const std::int8_t* query,
               std::int32_t bias, std::int32_t* out) {
    for (int i = 0; i < count; ++i) {
        const std::uint8_t* row = rows[i];
        int32x4_t sum = vdupq_n_s32(0);
        for (std::size_t j = 0; j < stride; j += byte_group) {
            const uint8x16_t x = vld1q_u8(row + j);
            const int8x16_t y = vld1q_s8(query + j);
            const int16x8_t low = vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(x))), low_y = vmovl_s8(vget_low_s8(y));
            const int16x8_t high = vreinterpretq_s16_u16(vmovl_u8(vget_high_u8(x))), high_y = vmovl_s8(vget_high_s8(y));
            sum = vmlal_s16(sum, vget_low_s16(low), vget_low_s16(low_y));
            sum = vmlal_high_s16(sum, low, low_y);
            sum = vmlal_s16(sum, vget_low_s16(high), vget_low_s16(high_y));
            sum = vmlal_high_s16(sum, high, high_y);
        }
        const auto total = static_cast<std::uint32_t>(vaddvq_s32(sum));
        out[i] = static_cast<std::int32_t>(total - static_cast<std::uint32_t>(bias));
    }
}

void sign_dots(const std::uint8_t* const* rows, int count, std::size_t stride, const std::int8_t* query, std::int32_t* out) {
    const uint8x8_t bits = {1, 2, 4, 8, 16, 32, 64, 128};
    for (int i = 0; i < count; ++i) {
        int32x4_t sum = vdupq_n_s32(0);
        for (std::size_t j = 0; j < stride; j += byte_group) {
            const uint8_t* row = rows[i] + j / 8;
            const uint8x16_t set = vcombine_u8(vtst_u8(vdup_n_u8(row[0]), bits), vtst_u8(vdup_n_u8(row[1]), bits));
            const int8x16_t y = vandq_s8(vld1q_s8(query + j), vreinterpretq_s8_u8(set));
            sum = vpadalq_s16(sum, vpaddlq_s8(y));
        }
        out[i] = vaddvq_s32(sum);
    }
}

/// 16 elements in 64 bits, two in each.
struct Eight {
    float64x2_t part[8];
};

inline Eight widen(const float* from) {
    Eight wide;
    for (int i = 0; i < 4; ++i) {
        const float32x4_t four = vld1q_f32(from + 4 * i);
        wide.part[2 * i] = vcvt_f64_f32(vget_low_f32(four));
        wide.part[2 * i + 1] = vcvt_high_f64_f32(four);
    }
    return wide;
}

/// Calls `add` with 16 elements of both at a time, the last filled up with zeros, and gives the sum of its sums.
template <class Add>
inline double sum_of_16(const float* a, const float* b, std::size_t size, Add&& add) {
    Eight sums;
    for (auto& part : sums.part) part = vdupq_n_f64(0);
    std::size_t i = 0;
    for (; i + 16 <= size; i += 16) add(sums, widen(a + i), widen(b + i));
    if (i < size) {
        float last_a[16] = {}, last_b[16] = {};
        __builtin_memcpy(last_a, a + i, (size - i) * sizeof(float));
        __builtin_memcpy(last_b, b + i, (size - i) * sizeof(float));
        add(sums, widen(last_a), widen(last_b));
    }
    for (int apart = 4; apart > 0; apart /= 2)
        for (int j = 0; j < apart; ++j) sums.part[j] = vaddq_f64(sums.part[j], sums.part[j + apart]);
    return vaddvq_f64(sums.part[0]);
}

double dot(const float* a, const float* b, std::size_t size) {
    return sum_of_16(a, b, size, [](Eight& sums, const Eight& x, const Eight& y) {
        for (int i = 0; i < 8; ++i) sums.part[i] = vfmaq_f64(sums.part[i], x.part[i], y.part[i]);
    });
}

double squared_distance(const float* a, const float* b, std::size_t size) {
    return sum_of_16(a, b, size, [](Eight& sums, const Eight& x, const Eight& y) {
        for (int i = 0; i < 8; ++i) {
            const float64x2_t difference = vsubq_f64(x.part[i], y.part[i]);
            sums.part[i] = vaddq_f64(sums.part[i], vmulq_f64(difference, difference));
        }
    });
}

}  // namespace

const CodeKernels neon_codes{nibble_dots, select, byte_dots, sign_dots, dot, squared_distance, true,
                             Encoding<4>::hadamard, Encoding<4>::to_nibbles, Encoding<4>::to_bytes, hamming, bfloat16_dots<4>};

}  // namespace sextant::kernels
