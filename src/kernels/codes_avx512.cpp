// Rows in the lanes of 64-byte registers: one instruction (VNNI) adds four products of each of 16 rows with four
// components of a query, which it broadcasts. Compiled for AVX-512 F, BW, DQ, VL and VNNI: see code_kernels.hpp on what
// it may include.
#include "kernels/bfloat16_loop.hpp"
#include "kernels/code_kernels.hpp"
#include "kernels/encode_loops.hpp"
#include "kernels/hamming_loop.hpp"

#include <immintrin.h>

namespace sextant::kernels {
namespace {

constexpr std::size_t wide = 64;
constexpr std::size_t lanes = 16;
constexpr std::size_t ahead = 8192;  // bytes, which a few queries together need to have asked for

inline __m512i broadcast(const std::int8_t* four) {
    std::int32_t value;
    __builtin_memcpy(&value, four, 4);
    return _mm512_set1_epi32(value);
}

/// `parts` times 16 rows against `count` queries.
template <std::size_t parts, std::size_t count>
inline void tile(const std::uint8_t* block, std::size_t groups, const std::int8_t* query, const std::int32_t* bias,
                 std::int32_t* out) {
    const __m512i values = _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(nibble_values)));
    const __m512i low = _mm512_set1_epi8(15);
    __m512i sums[parts][count];
    for (std::size_t q = 0; q < count; ++q)
        for (std::size_t p = 0; p < parts; ++p) sums[p][q] = _mm512_set1_epi32(-bias[q]);
    for (; groups > 0; --groups, block += 4 * block_rows, query += nibble_group * count) {
        __m512i first[parts], second[parts];
        for (std::size_t p = 0; p < parts; ++p) {
            const __m512i codes = _mm512_loadu_si512(block + p * wide);
            if constexpr (parts == 4) _mm_prefetch(reinterpret_cast<const char*>(block + p * wide + ahead), _MM_HINT_T0);
            first[p] = _mm512_shuffle_epi8(values, _mm512_and_si512(codes, low));
            second[p] = _mm512_shuffle_epi8(values, _mm512_and_si512(_mm512_srli_epi16(codes, 4), low));
        }
        for (std::size_t q = 0; q < count; ++q) {
            const __m512i a = broadcast(query + 4 * q), b = broadcast(query + 4 * (count + q));
            for (std::size_t p = 0; p < parts; ++p) sums[p][q] = _mm512_dpbusd_epi32(sums[p][q], first[p], a);
            for (std::size_t p = 0; p < parts; ++p) sums[p][q] = _mm512_dpbusd_epi32(sums[p][q], second[p], b);
        }
    }
    for (std::size_t q = 0; q < count; ++q)
        for (std::size_t p = 0; p < parts; ++p) _mm512_storeu_si512(out + q * block_rows + p * lanes, sums[p][q]);
}

template <std::size_t count>
void tiles(const std::uint8_t* block, std::size_t groups, const std::int8_t* queries, const std::int32_t* bias,
           std::int32_t* out) {
    constexpr std::size_t parts = count <= 4 ? 4 : 2;  // so that sums, codes and queries fit 32 registers
    for (std::size_t p = 0; p < block_rows / lanes; p += parts)
        tile<parts, count>(block + p * wide, groups, queries, bias, out + p * lanes);
}

void nibble_dots(const std::uint8_t* block, std::size_t groups, const std::int8_t* queries, int count,
                 const std::int32_t* bias, std::int32_t* out) {
    using Tiles = void (*)(const std::uint8_t*, std::size_t, const std::int8_t*, const std::int32_t*, std::int32_t*);
    static constexpr Tiles for_count[most_queries] = {tiles<1>, tiles<2>, tiles<3>, tiles<4>,
                                                      tiles<5>, tiles<6>, tiles<7>, tiles<8>};
    for_count[count - 1](block, groups, queries, bias, out);
}

std::uint64_t select(const std::int32_t* dots, const BlockView& block, const Test& test) {
    const __m512 a = _mm512_set1_ps(test.a), b = _mm512_set1_ps(test.b), c = _mm512_set1_ps(test.c);
    const __m512 d = _mm512_set1_ps(test.d), limit = _mm512_set1_ps(test.limit);
    std::uint64_t passed = 0;
    for (std::size_t i = 0; i < block_rows; i += lanes) {
        const __m512 norm = _mm512_loadu_ps(block.norm + i);
        __m512 dot = _mm512_cvtepi32_ps(_mm512_loadu_si512(dots + i));
        dot = _mm512_mul_ps(dot, _mm512_loadu_ps(block.scale + i));
        __m512 bound = _mm512_mul_ps(norm, _mm512_fmadd_ps(norm, d, c));
        bound = _mm512_fmadd_ps(_mm512_loadu_ps(block.error + i), b, bound);
        bound = _mm512_fmadd_ps(dot, a, bound);
        passed |= static_cast<std::uint64_t>(_mm512_cmp_ps_mask(bound, limit, _CMP_GE_OQ)) << i;
    }
    return passed;
}

void byte_dots(const std::uint8_t* const* rows, int count, std::size_t stride, const std::int8_t* query,
               std::int32_t bias, std::int32_t* out) {
    const std::size_t whole = stride / wide * wide;
    const __mmask64 rest = (std::uint64_t{1} << (stride - whole)) - 1;
    for (int i = 0; i < count; ++i) {
        const std::uint8_t* row = rows[i];
        __m512i sums[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
        std::size_t j = 0;
        const auto add = [&](__m512i& sum, std::size_t at) {
            sum = _mm512_dpbusd_epi32(sum, _mm512_loadu_si512(row + at), _mm512_loadu_si512(query + at));
        };
        for (; j + 2 * wide <= whole; j += 2 * wide) {
            add(sums[0], j);
            add(sums[1], j + wide);
        }
        if (j < whole) add(sums[0], j);
        if (rest != 0)
            sums[1] = _mm512_dpbusd_epi32(sums[1], _mm512_maskz_loadu_epi8(rest, row + whole),
                                          _mm512_maskz_loadu_epi8(rest, query + whole));
        const auto sum = static_cast<std::uint32_t>(_mm512_reduce_add_epi32(_mm512_add_epi32(sums[0], sums[1])));
        out[i] = static_cast<std::int32_t>(sum - static_cast<std::uint32_t>(bias));
    }
}

void sign_dots(const std::uint8_t* const* rows, int count, std::size_t stride, const std::int8_t* query, std::int32_t* out) {
    const __m512i ones = _mm512_set1_epi8(1);
    const std::size_t whole = stride / wide * wide;
    const __mmask64 rest = (std::uint64_t{1} << (stride - whole)) - 1;
    for (int i = 0; i < count; ++i) {
        __m512i sum = _mm512_setzero_si512();
        std::uint64_t bits = 0;
        for (std::size_t j = 0; j < whole; j += wide) {
            __builtin_memcpy(&bits, rows[i] + j / 8, sizeof bits);
            sum = _mm512_dpbusd_epi32(sum, ones, _mm512_maskz_loadu_epi8(bits, query + j));
        }
        if (rest != 0) {
            bits = 0;
            __builtin_memcpy(&bits, rows[i] + whole / 8, (stride - whole) / 8);
            sum = _mm512_dpbusd_epi32(sum, ones, _mm512_maskz_loadu_epi8(bits & rest, query + whole));
        }
        out[i] = _mm512_reduce_add_epi32(sum);
    }
}

/// Eight sums of each half of 16 elements.
struct Sums {
    __m512d low = _mm512_setzero_pd(), high = _mm512_setzero_pd();

    [[nodiscard]] double total() const {
        const __m512d eight = _mm512_add_pd(low, high);
        const __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(eight), _mm512_extractf64x4_pd(eight, 1));
        const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
        return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
    }
};

inline __m512d low_half(__m512 v) { return _mm512_cvtps_pd(_mm512_castps512_ps256(v)); }
inline __m512d high_half(__m512 v) { return _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1)); }

/// Calls `add` with 16 elements of both at a time, the last filled up with zeros.
template <class Add>
inline void for_each_16(const float* a, const float* b, std::size_t size, Add&& add) {
    std::size_t i = 0;
    for (; i + lanes <= size; i += lanes) add(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i));
    const auto rest = static_cast<__mmask16>((1U << (size - i)) - 1);
    if (rest != 0) add(_mm512_maskz_loadu_ps(rest, a + i), _mm512_maskz_loadu_ps(rest, b + i));
}

double dot(const float* a, const float* b, std::size_t size) {
    Sums sums;
    for_each_16(a, b, size, [&](__m512 x, __m512 y) {
        sums.low = _mm512_fmadd_pd(low_half(x), low_half(y), sums.low);
        sums.high = _mm512_fmadd_pd(high_half(x), high_half(y), sums.high);
    });
    return sums.total();
}

double squared_distance(const float* a, const float* b, std::size_t size) {
    Sums sums;
    for_each_16(a, b, size, [&](__m512 x, __m512 y) {
        const __m512d low = _mm512_sub_pd(low_half(x), low_half(y)), high = _mm512_sub_pd(high_half(x), high_half(y));
        sums.low = _mm512_add_pd(sums.low, _mm512_mul_pd(low, low));
        sums.high = _mm512_add_pd(sums.high, _mm512_mul_pd(high, high));
    });
    return sums.total();
}

}  // namespace

const CodeKernels avx512_codes{nibble_dots, select, byte_dots, sign_dots, dot, squared_distance, true,
                               Encoding<16>::hadamard, Encoding<16>::to_nibbles, Encoding<16>::to_bytes, hamming, bfloat16_dots<16>};

}  // namespace sextant::kernels
