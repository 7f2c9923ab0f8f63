// Four taps at a time in bytes, in 64-byte registers. A weight of 24 bits is three signed digits of base 256, and one
// instruction (VNNI) adds four products of an 8-bit level and a digit to a 32-bit sum: the three sums, shifted and added,
// are the sum of levels times weights exactly, modulo 2^32. Compiled for AVX-512 F, BW, DQ, VL and VNNI: see
// resample_kernels.hpp on what it may include.
#include "preprocess/resample_kernels.hpp"

#include <immintrin.h>

namespace sextant::resample_detail {
namespace {

constexpr std::size_t channels = 3;
constexpr int quads = 2;  // of rows, that share the weights in their registers
constexpr int block = 4 * quads;
constexpr std::int32_t offset = 0x808080;  // weight + offset has the digits, each 128 too high, as its bytes

inline __m128i load(const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }

bool have_digits(const std::int32_t* weights, std::size_t count) {
    std::uint32_t all = 0;
    for (std::size_t i = 0; i < count; ++i) all |= static_cast<std::uint32_t>(weights[i]) + offset;
    return all >> 24 == 0;
}

/// The digits of four weights: first the four lowest, then the middle ones, then the highest.
inline __m128i digits_of(const std::int32_t* weights) {
    const __m128i add = _mm_set1_epi32(offset);
    const __m128i transpose = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm_shuffle_epi8(_mm_xor_si128(_mm_add_epi32(load(weights), add), add), transpose);
}

/// Three sums, one per digit.
struct Sums {
    __m512i low, middle, high;

    void clear() { low = middle = high = _mm512_setzero_si512(); }
    void add(__m512i levels, __m512i weights_low, __m512i weights_middle, __m512i weights_high) {
        low = _mm512_dpbusd_epi32(low, levels, weights_low);
        middle = _mm512_dpbusd_epi32(middle, levels, weights_middle);
        high = _mm512_dpbusd_epi32(high, levels, weights_high);
    }
    /// 16 levels, clipped to 8 bits.
    [[nodiscard]] __m128i finish(int bits) const {
        const __m512i upper = _mm512_add_epi32(_mm512_slli_epi32(high, 16), _mm512_slli_epi32(middle, 8));
        const __m512i sum = _mm512_add_epi32(_mm512_add_epi32(upper, low), _mm512_set1_epi32(1 << (bits - 1)));
        const __m512i level = _mm512_sra_epi32(sum, _mm_cvtsi32_si128(bits));
        return _mm512_cvtusepi32_epi8(_mm512_max_epi32(level, _mm512_setzero_si512()));
    }
};

/// 16 bytes of each of four rows.
inline __m512i load_rows(const std::uint8_t* row, std::size_t stride) {
    __m512i four = _mm512_broadcast_i32x4(load(row));
    four = _mm512_mask_broadcast_i32x4(four, 0x00F0, load(row + stride));
    four = _mm512_mask_broadcast_i32x4(four, 0x0F00, load(row + 2 * stride));
    return _mm512_mask_broadcast_i32x4(four, 0xF000, load(row + 3 * stride));
}

void store_pixels(std::uint8_t* to, std::size_t stride, __m128i levels, bool last) {
    alignas(16) std::uint32_t pixels[4];
    _mm_store_si128(reinterpret_cast<__m128i*>(pixels), levels);
    for (int r = 0; r < 4; ++r, to += stride) {
        // The fourth byte is overwritten by the next pixel; behind the last one there may be another row.
        if (!last) __builtin_memcpy(to, &pixels[r], 4);
        else for (int i = 0; i < 3; ++i) to[i] = static_cast<std::uint8_t>(pixels[r] >> (8 * i));
    }
}

/// Eight rows at once.
void row_block(const std::uint8_t* in, std::size_t in_stride, std::uint8_t* out, std::size_t out_stride,
               const AxisView& axis) {
    // Of four pixels: the reds, the greens, the blues.
    const __m512i spread = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11, -1, -1, -1, -1));
    for (int x = 0; x < axis.outputs; ++x) {
        const Tap& tap = axis.taps[x];
        const std::int32_t* weights = axis.weights + tap.at * group;
        const std::uint8_t* pixels = in + static_cast<std::size_t>(tap.first) * channels;
        Sums sums[quads];
        for (Sums& each : sums) each.clear();
        for (int i = 0; i < tap.count; i += group, weights += group, pixels += group * channels) {
            const __m512i digits = _mm512_castsi128_si512(digits_of(weights));
            const __m512i low = _mm512_permutexvar_epi32(_mm512_setzero_si512(), digits);
            const __m512i middle = _mm512_permutexvar_epi32(_mm512_set1_epi32(1), digits);
            const __m512i high = _mm512_permutexvar_epi32(_mm512_set1_epi32(2), digits);
            for (int q = 0; q < quads; ++q) {
                const std::uint8_t* rows = pixels + static_cast<std::size_t>(4 * q) * in_stride;
                sums[q].add(_mm512_shuffle_epi8(load_rows(rows, in_stride), spread), low, middle, high);
            }
        }
        std::uint8_t* to = out + static_cast<std::size_t>(x) * channels;
        for (int q = 0; q < quads; ++q, to += 4 * out_stride)
            store_pixels(to, out_stride, sums[q].finish(axis.shift), x + 1 == axis.outputs);
    }
}

void rows(const std::uint8_t* in, std::size_t in_stride, std::size_t readable, std::uint8_t* out, std::size_t out_stride,
          int count, const AxisView& axis) {
    if (axis.outputs < 1) return;
    const Tap& last = axis.taps[axis.outputs - 1];
    const std::size_t width = (static_cast<std::size_t>(last.first) + static_cast<std::size_t>(last.count)) * channels;
    const std::size_t groups = last.at + static_cast<std::size_t>(last.count + group - 1) / group;
    const bool exact = have_digits(axis.weights, groups * group);
    int y = 0;
    for (; exact && y + block <= count; y += block) {
        const std::size_t end = static_cast<std::size_t>(y + block - 1) * in_stride + width + overread;
        if (end > readable) break;
        row_block(in + static_cast<std::size_t>(y) * in_stride, in_stride, out + static_cast<std::size_t>(y) * out_stride,
                  out_stride, axis);
    }
    const std::size_t done = static_cast<std::size_t>(y), left = done * in_stride;
    avx2_kernels.rows(in + left, in_stride, readable - (left < readable ? left : readable), out + done * out_stride,
                      out_stride, count - y, axis);
}

// ---- columns

constexpr int most_groups = 64;

/// The digits of the groups of one output row.
struct Digits {
    alignas(16) std::uint32_t of[most_groups][4];
};

/// 64 bytes of one output row.
void column_block(const std::uint8_t* in, std::size_t in_stride, std::uint8_t* out, int count, const Digits& digits,
                  int bits) {
    const __m512i zero = _mm512_setzero_si512();
    Sums sums[4];
    for (Sums& each : sums) each.clear();
    for (int i = 0; i < count; i += group) {
        __m512i rows[group];
        for (int r = 0; r < group; ++r)
            rows[r] = i + r < count ? _mm512_loadu_si512(in + static_cast<std::size_t>(i + r) * in_stride) : zero;
        const std::uint32_t* digit = digits.of[i / group];
        const __m512i low = _mm512_set1_epi32(static_cast<std::int32_t>(digit[0]));
        const __m512i middle = _mm512_set1_epi32(static_cast<std::int32_t>(digit[1]));
        const __m512i high = _mm512_set1_epi32(static_cast<std::int32_t>(digit[2]));
        // The four levels of each column side by side.
        const __m512i front_a = _mm512_unpacklo_epi8(rows[0], rows[1]), back_a = _mm512_unpackhi_epi8(rows[0], rows[1]);
        const __m512i front_b = _mm512_unpacklo_epi8(rows[2], rows[3]), back_b = _mm512_unpackhi_epi8(rows[2], rows[3]);
        sums[0].add(_mm512_unpacklo_epi16(front_a, front_b), low, middle, high);
        sums[1].add(_mm512_unpackhi_epi16(front_a, front_b), low, middle, high);
        sums[2].add(_mm512_unpacklo_epi16(back_a, back_b), low, middle, high);
        sums[3].add(_mm512_unpackhi_epi16(back_a, back_b), low, middle, high);
    }
    // Unpacking works within 16 bytes, so sum k holds the columns 4 k to 4 k + 3 of each 16.
    alignas(64) std::uint32_t done[4][4];
    for (int k = 0; k < 4; ++k) _mm_store_si128(reinterpret_cast<__m128i*>(done[k]), sums[k].finish(bits));
    for (int lane = 0; lane < 4; ++lane)
        for (int k = 0; k < 4; ++k) __builtin_memcpy(out + 16 * lane + 4 * k, &done[k][lane], 4);
}

void columns(const std::uint8_t* in, std::size_t in_stride, std::uint8_t* out, std::size_t bytes, const Tap& tap,
             const AxisView& axis) {
    constexpr std::size_t step = 64;
    const std::int32_t* weights = axis.weights + tap.at * group;
    const int groups = (tap.count + group - 1) / group;
    if (bytes < step || groups > most_groups || !have_digits(weights, static_cast<std::size_t>(groups) * group))
        return avx2_kernels.columns(in, in_stride, out, bytes, tap, axis);
    Digits digits;
    for (int g = 0; g < groups; ++g)
        _mm_store_si128(reinterpret_cast<__m128i*>(digits.of[g]), digits_of(weights + g * group));
    const std::uint8_t* first = in + static_cast<std::size_t>(tap.first) * in_stride;
    for (std::size_t x = 0; x < bytes; x += step) {
        const std::size_t at = x + step <= bytes ? x : bytes - step;  // the last block overlaps the one before
        column_block(first + at, in_stride, out + at, tap.count, digits, axis.shift);
    }
}

}  // namespace

const Kernels avx512_kernels{rows, columns};

}  // namespace sextant::resample_detail
