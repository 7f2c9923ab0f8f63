// As resample_avx2.cpp, in 64-byte registers: rows go two to a register. Compiled for AVX-512 F, BW, DQ and VL.
#include "preprocess/resample_kernels.hpp"

#include <immintrin.h>

namespace sextant::resample_detail {
namespace {

constexpr std::size_t channels = 3;
constexpr int pairs = 4;  // of rows, that share the weights in their registers
constexpr int block = 2 * pairs;

inline __m128i load(const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }

inline void copy_bytes(std::uint8_t* to, std::uint32_t value, int count) {
    for (int i = 0; i < count; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

/// Red, green, blue and nothing as 32 bits, of the first row in the lower half and of the second in the upper.
inline __m256i finish(__m512i high, __m512i low, __m256i half, __m128i shift) {
    const __m512i sums = _mm512_add_epi32(_mm512_slli_epi32(high, low_bits), low);
    const __m512i even = _mm512_shuffle_i64x2(sums, sums, _MM_SHUFFLE(2, 0, 2, 0));
    const __m512i odd = _mm512_shuffle_i64x2(sums, sums, _MM_SHUFFLE(3, 1, 3, 1));
    const __m256i sum = _mm512_castsi512_si256(_mm512_add_epi32(even, odd));
    return _mm256_sra_epi32(_mm256_add_epi32(sum, half), shift);
}

void store(std::uint8_t* to, std::size_t stride, __m256i four_a, __m256i four_b, bool last) {
    // Packing works within 16 bytes: rows 0, 2, 4 and 6 end in the lower half, the odd rows in the upper.
    alignas(32) std::uint32_t done[block];
    _mm256_store_si256(reinterpret_cast<__m256i*>(done), _mm256_packus_epi16(four_a, four_b));
    for (int r = 0; r < block; ++r, to += stride) {
        const std::uint32_t pixel = done[r / 2 + r % 2 * pairs];
        if (last) copy_bytes(to, pixel, 3);
        else __builtin_memcpy(to, &pixel, 4);
    }
}

/// Eight rows at once.
void row_block(const std::uint8_t* in, std::size_t in_stride, std::uint8_t* out, std::size_t out_stride,
               const AxisView& axis) {
    const __m256i spread_half = _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1,  //
                                                 6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
    const __m512i spread = _mm512_broadcast_i64x4(spread_half);
    const __m512i pick_high = _mm512_broadcast_i64x4(_mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1));
    const __m512i pick_low = _mm512_broadcast_i64x4(_mm256_setr_epi32(2, 2, 2, 2, 3, 3, 3, 3));
    const __m256i half = _mm256_set1_epi32(1 << (axis.shift - 1));
    const __m128i shift = _mm_cvtsi32_si128(axis.shift);
    for (int x = 0; x < axis.outputs; ++x) {
        const Tap& tap = axis.taps[x];
        const std::int16_t* packed = axis.packed + tap.at * packed_group;
        const std::uint8_t* pixels = in + static_cast<std::size_t>(tap.first) * channels;
        __m512i high[pairs], low[pairs];
        for (int r = 0; r < pairs; ++r) high[r] = low[r] = _mm512_setzero_si512();
        for (int i = 0; i < tap.count; i += group, packed += packed_group, pixels += group * channels) {
            const __m512i weights = _mm512_broadcast_i32x4(load(packed));
            const __m512i weights_high = _mm512_permutexvar_epi32(pick_high, weights);
            const __m512i weights_low = _mm512_permutexvar_epi32(pick_low, weights);
            for (int r = 0; r < pairs; ++r) {
                const std::uint8_t* row = pixels + static_cast<std::size_t>(2 * r) * in_stride;
                const __m512i four = _mm512_mask_broadcast_i32x4(_mm512_broadcast_i32x4(load(row)), 0xFF00, load(row + in_stride));
                const __m512i levels = _mm512_shuffle_epi8(four, spread);
                high[r] = _mm512_add_epi32(high[r], _mm512_madd_epi16(levels, weights_high));
                low[r] = _mm512_add_epi32(low[r], _mm512_madd_epi16(levels, weights_low));
            }
        }
        const __m256i a = _mm256_packs_epi32(finish(high[0], low[0], half, shift), finish(high[1], low[1], half, shift));
        const __m256i b = _mm256_packs_epi32(finish(high[2], low[2], half, shift), finish(high[3], low[3], half, shift));
        store(out + static_cast<std::size_t>(x) * channels, out_stride, a, b, x + 1 == axis.outputs);
    }
}

void rows(const std::uint8_t* in, std::size_t in_stride, std::size_t readable, std::uint8_t* out, std::size_t out_stride,
          int count, const AxisView& axis) {
    if (axis.outputs < 1) return;
    const Tap& last = axis.taps[axis.outputs - 1];
    const std::size_t width = (static_cast<std::size_t>(last.first) + static_cast<std::size_t>(last.count)) * channels;
    int y = 0;
    for (; y + block <= count; y += block) {
        const std::size_t end = static_cast<std::size_t>(y + block - 1) * in_stride + width + overread;
        if (end > readable) break;
        row_block(in + static_cast<std::size_t>(y) * in_stride, in_stride, out + static_cast<std::size_t>(y) * out_stride,
                  out_stride, axis);
    }
    const std::size_t done = static_cast<std::size_t>(y), left = done * in_stride;
    avx2_kernels.rows(in + left, in_stride, readable - (left < readable ? left : readable), out + done * out_stride,
                      out_stride, count - y, axis);
}

inline __m512i pair_of(const std::int16_t* weights) {
    std::int32_t pair;
    __builtin_memcpy(&pair, weights, sizeof pair);
    return _mm512_set1_epi32(pair);
}

inline __m512i finish_wide(__m512i high, __m512i low, __m512i half, __m128i shift) {
    return _mm512_sra_epi32(_mm512_add_epi32(_mm512_add_epi32(_mm512_slli_epi32(high, low_bits), low), half), shift);
}

/// 64 bytes of one output row.
void column_block(const std::uint8_t* in, std::size_t in_stride, std::uint8_t* out, int count, const std::int16_t* packed,
                  int bits) {
    const __m512i zero = _mm512_setzero_si512();
    __m512i high[4], low[4];
    for (int k = 0; k < 4; ++k) high[k] = low[k] = zero;
    for (int i = 0; i < count; i += 2, in += 2 * in_stride) {
        const __m512i first = _mm512_loadu_si512(in);
        const __m512i second = i + 1 < count ? _mm512_loadu_si512(in + in_stride) : zero;
        const std::int16_t* pair = packed + (i / group) * packed_group + i % group;
        const __m512i weights_high = pair_of(pair), weights_low = pair_of(pair + group);
        const __m512i front = _mm512_unpacklo_epi8(first, second), back = _mm512_unpackhi_epi8(first, second);
        const __m512i levels[4] = {_mm512_unpacklo_epi8(front, zero), _mm512_unpackhi_epi8(front, zero),
                                   _mm512_unpacklo_epi8(back, zero), _mm512_unpackhi_epi8(back, zero)};
        for (int k = 0; k < 4; ++k) {
            high[k] = _mm512_add_epi32(high[k], _mm512_madd_epi16(levels[k], weights_high));
            low[k] = _mm512_add_epi32(low[k], _mm512_madd_epi16(levels[k], weights_low));
        }
    }
    const __m512i half = _mm512_set1_epi32(1 << (bits - 1));
    const __m128i shift = _mm_cvtsi32_si128(bits);
    const __m512i front = _mm512_packs_epi32(finish_wide(high[0], low[0], half, shift), finish_wide(high[1], low[1], half, shift));
    const __m512i back = _mm512_packs_epi32(finish_wide(high[2], low[2], half, shift), finish_wide(high[3], low[3], half, shift));
    _mm512_storeu_si512(out, _mm512_packus_epi16(front, back));
}

void columns(const std::uint8_t* in, std::size_t in_stride, std::uint8_t* out, std::size_t bytes, const Tap& tap,
             const AxisView& axis) {
    constexpr std::size_t step = 64;
    if (bytes < step) return avx2_kernels.columns(in, in_stride, out, bytes, tap, axis);
    const std::uint8_t* first = in + static_cast<std::size_t>(tap.first) * in_stride;
    const std::int16_t* packed = axis.packed + tap.at * packed_group;
    for (std::size_t x = 0; x < bytes; x += step) {
        const std::size_t at = x + step <= bytes ? x : bytes - step;  // the last block overlaps the one before
        column_block(first + at, in_stride, out + at, tap.count, packed, axis.shift);
    }
}

}  // namespace

const Kernels avx512_kernels{rows, columns};

}  // namespace sextant::resample_detail
