// Two taps at a time in 16-bit pairs, in 32-byte registers. Compiled for AVX2: see resample_kernels.hpp on what it may
// include. The layout of the work (several rows for one output pixel, pairs of rows for the columns) is that of
// pillow-simd; its 16-bit weights are not, as they are not exact.
#include "preprocess/resample_kernels.hpp"

#include <immintrin.h>

namespace sextant::resample_detail {
namespace {

constexpr std::size_t channels = 3;
constexpr int block = 4;  // rows that share the weights in their registers

inline __m128i load(const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }
inline __m256i load_wide(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }

inline void copy_bytes(std::uint8_t* to, std::uint32_t value, int count) {
    for (int i = 0; i < count; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

/// 32-bit red, green, blue and nothing, out of both halves of the sums.
inline __m128i finish(__m256i high, __m256i low, __m128i half, __m128i shift) {
    const __m256i sums = _mm256_add_epi32(_mm256_slli_epi32(high, low_bits), low);
    const __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    return _mm_sra_epi32(_mm_add_epi32(sum, half), shift);
}

/// Four rows at once.
void row_block(const std::uint8_t* in, std::size_t in_stride, std::uint8_t* out, std::size_t out_stride,
               const AxisView& axis) {
    // Two pixels per 16 bytes, each channel's two levels side by side as 16 bits.
    const __m256i spread = _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1,  //
                                            6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
    const __m256i pick_high = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
    const __m256i pick_low = _mm256_setr_epi32(2, 2, 2, 2, 3, 3, 3, 3);
    const __m128i half = _mm_set1_epi32(1 << (axis.shift - 1));
    const __m128i shift = _mm_cvtsi32_si128(axis.shift);
    for (int x = 0; x < axis.outputs; ++x) {
        const Tap& tap = axis.taps[x];
        const std::int16_t* packed = axis.packed + tap.at * packed_group;
        const std::uint8_t* pixels = in + static_cast<std::size_t>(tap.first) * channels;
        __m256i high[block], low[block];
        for (int r = 0; r < block; ++r) high[r] = low[r] = _mm256_setzero_si256();
        for (int i = 0; i < tap.count; i += group, packed += packed_group, pixels += group * channels) {
            const __m256i weights = _mm256_broadcastsi128_si256(load(packed));
            const __m256i weights_high = _mm256_permutevar8x32_epi32(weights, pick_high);
            const __m256i weights_low = _mm256_permutevar8x32_epi32(weights, pick_low);
            for (int r = 0; r < block; ++r) {
                const __m256i four = _mm256_broadcastsi128_si256(load(pixels + static_cast<std::size_t>(r) * in_stride));
                const __m256i levels = _mm256_shuffle_epi8(four, spread);
                high[r] = _mm256_add_epi32(high[r], _mm256_madd_epi16(levels, weights_high));
                low[r] = _mm256_add_epi32(low[r], _mm256_madd_epi16(levels, weights_low));
            }
        }
        const __m128i first = _mm_packs_epi32(finish(high[0], low[0], half, shift), finish(high[1], low[1], half, shift));
        const __m128i second = _mm_packs_epi32(finish(high[2], low[2], half, shift), finish(high[3], low[3], half, shift));
        alignas(16) std::uint32_t done[block];
        _mm_store_si128(reinterpret_cast<__m128i*>(done), _mm_packus_epi16(first, second));
        std::uint8_t* to = out + static_cast<std::size_t>(x) * channels;
        // The fourth byte is overwritten by the next pixel; behind the last one there may be another row.
        const int bytes = x + 1 < axis.outputs ? 4 : 3;
        for (int r = 0; r < block; ++r, to += out_stride) {
            if (bytes == 4) __builtin_memcpy(to, &done[r], 4);
            else copy_bytes(to, done[r], 3);
        }
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
    const std::size_t done = static_cast<std::size_t>(y);
    baseline_kernels.rows(in + done * in_stride, in_stride, readable, out + done * out_stride, out_stride, count - y, axis);
}

inline __m256i pair_of(const std::int16_t* weights) {
    std::int32_t pair;
    __builtin_memcpy(&pair, weights, sizeof pair);
    return _mm256_set1_epi32(pair);
}

inline __m256i finish_wide(__m256i high, __m256i low, __m256i half, __m128i shift) {
    return _mm256_sra_epi32(_mm256_add_epi32(_mm256_add_epi32(_mm256_slli_epi32(high, low_bits), low), half), shift);
}

/// 32 bytes of one output row.
void column_block(const std::uint8_t* in, std::size_t in_stride, std::uint8_t* out, int count, const std::int16_t* packed,
                  int bits) {
    const __m256i zero = _mm256_setzero_si256();
    __m256i high[4], low[4];
    for (int k = 0; k < 4; ++k) high[k] = low[k] = zero;
    for (int i = 0; i < count; i += 2, in += 2 * in_stride) {
        const __m256i first = load_wide(in);
        const __m256i second = i + 1 < count ? load_wide(in + in_stride) : zero;
        const std::int16_t* pair = packed + (i / group) * packed_group + i % group;
        const __m256i weights_high = pair_of(pair), weights_low = pair_of(pair + group);
        const __m256i front = _mm256_unpacklo_epi8(first, second), back = _mm256_unpackhi_epi8(first, second);
        const __m256i levels[4] = {_mm256_unpacklo_epi8(front, zero), _mm256_unpackhi_epi8(front, zero),
                                   _mm256_unpacklo_epi8(back, zero), _mm256_unpackhi_epi8(back, zero)};
        for (int k = 0; k < 4; ++k) {
            high[k] = _mm256_add_epi32(high[k], _mm256_madd_epi16(levels[k], weights_high));
            low[k] = _mm256_add_epi32(low[k], _mm256_madd_epi16(levels[k], weights_low));
        }
    }
    const __m256i half = _mm256_set1_epi32(1 << (bits - 1));
    const __m128i shift = _mm_cvtsi32_si128(bits);
    const __m256i front = _mm256_packs_epi32(finish_wide(high[0], low[0], half, shift), finish_wide(high[1], low[1], half, shift));
    const __m256i back = _mm256_packs_epi32(finish_wide(high[2], low[2], half, shift), finish_wide(high[3], low[3], half, shift));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_packus_epi16(front, back));
}

void columns(const std::uint8_t* in, std::size_t in_stride, std::uint8_t* out, std::size_t bytes, const Tap& tap,
             const AxisView& axis) {
    constexpr std::size_t step = 32;
    if (bytes < step) return baseline_kernels.columns(in, in_stride, out, bytes, tap, axis);
    const std::uint8_t* first = in + static_cast<std::size_t>(tap.first) * in_stride;
    const std::int16_t* packed = axis.packed + tap.at * packed_group;
    for (std::size_t x = 0; x < bytes; x += step) {
        const std::size_t at = x + step <= bytes ? x : bytes - step;  // the last block overlaps the one before
        column_block(first + at, in_stride, out + at, tap.count, packed, axis.shift);
    }
}

}  // namespace

const Kernels avx2_kernels{rows, columns, look_up};

}  // namespace sextant::resample_detail
