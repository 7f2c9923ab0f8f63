// Rows in the lanes of 32-byte registers, as codes_avx512.cpp; pairs of products fit 16 bits, because the values of
// 4-bit codes are at most 128. Compiled for AVX2 and FMA: see code_kernels.hpp on what it may include.
#include "kernels/bfloat16_loop.hpp"
#include "kernels/code_kernels.hpp"
#include "kernels/encode_loops.hpp"
#include "kernels/hamming_loop.hpp"

#include <immintrin.h>

namespace sextant::kernels {
namespace {

constexpr std::size_t wide = 32;
constexpr std::size_t lanes = 8;

inline __m256i load(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }

inline __m128i load_half(const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }

inline __m256i broadcast(const std::int8_t* four) {
    std::int32_t value;
    __builtin_memcpy(&value, four, 4);
    return _mm256_set1_epi32(value);
}

inline __m256i add_products(__m256i sum, __m256i first, __m256i second, __m256i a, __m256i b) {
    const __m256i ones = _mm256_set1_epi16(1);
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(first, a), ones));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(second, b), ones));
}

/// Twice 8 rows against `count` queries, of which one group takes `stride` bytes.
template <std::size_t count>
void tile(const std::uint8_t* block, std::size_t groups, const std::int8_t* query, std::size_t stride,
          const std::int32_t* bias, std::int32_t* out) {
    const __m256i values = _mm256_broadcastsi128_si256(load_half(nibble_values));
    const __m256i low = _mm256_set1_epi8(15);
    __m256i sums[2][count];
    for (std::size_t q = 0; q < count; ++q) sums[0][q] = sums[1][q] = _mm256_set1_epi32(-bias[q]);
    for (; groups > 0; --groups, block += 4 * block_rows, query += stride) {
        for (std::size_t p = 0; p < 2; ++p) {
            const __m256i codes = load(block + p * wide);
            const __m256i first = _mm256_shuffle_epi8(values, _mm256_and_si256(codes, low));
            const __m256i second = _mm256_shuffle_epi8(values, _mm256_and_si256(_mm256_srli_epi16(codes, 4), low));
            for (std::size_t q = 0; q < count; ++q)
                sums[p][q] = add_products(sums[p][q], first, second, broadcast(query + 4 * q),
                                          broadcast(query + stride / 2 + 4 * q));
        }
    }
    for (std::size_t q = 0; q < count; ++q)
        for (std::size_t p = 0; p < 2; ++p)
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + q * block_rows + p * lanes), sums[p][q]);
}

void nibble_dots(const std::uint8_t* block, std::size_t groups, const std::int8_t* queries, int count,
                 const std::int32_t* bias, std::int32_t* out) {
    constexpr int at_once = 4;  // their sums fit 16 registers
    const std::size_t stride = nibble_group * static_cast<std::size_t>(count);
    for (std::size_t row = 0; row < block_rows; row += 2 * lanes) {
        const std::uint8_t* rows = block + 4 * row;
        std::int32_t* to = out + row;
        int q = 0;
        for (; q + at_once <= count; q += at_once, to += at_once * block_rows)
            tile<at_once>(rows, groups, queries + 4 * q, stride, bias + q, to);
        for (; q < count; ++q, to += block_rows) tile<1>(rows, groups, queries + 4 * q, stride, bias + q, to);
    }
}

std::uint64_t select(const std::int32_t* dots, const BlockView& block, const Test& test) {
    const __m256 a = _mm256_set1_ps(test.a), b = _mm256_set1_ps(test.b), c = _mm256_set1_ps(test.c);
    const __m256 d = _mm256_set1_ps(test.d), limit = _mm256_set1_ps(test.limit);
    std::uint64_t passed = 0;
    for (std::size_t i = 0; i < block_rows; i += lanes) {
        const __m256 norm = _mm256_loadu_ps(block.norm + i);
        const __m256 dot = _mm256_mul_ps(_mm256_cvtepi32_ps(load(dots + i)), _mm256_loadu_ps(block.scale + i));
        __m256 bound = _mm256_mul_ps(norm, _mm256_fmadd_ps(norm, d, c));
        bound = _mm256_fmadd_ps(_mm256_loadu_ps(block.error + i), b, bound);
        bound = _mm256_fmadd_ps(dot, a, bound);
        const auto mask = static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(bound, limit, _CMP_GE_OQ)));
        passed |= static_cast<std::uint64_t>(mask) << i;
    }
    return passed;
}

inline std::int32_t total_of(__m256i sum, std::int32_t bias) {
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0xB1));
    const auto total = static_cast<std::uint32_t>(_mm_cvtsi128_si32(four));
    return static_cast<std::int32_t>(total - static_cast<std::uint32_t>(bias));
}

/// `count` rows at a time, so that their sums do not wait for each other, and the query is widened once for all.
template <int count>
inline void byte_dots_of(const std::uint8_t* const* rows, std::size_t stride, const std::int8_t* query, std::int32_t bias, std::int32_t* out) {
    __m256i sums[count];
    for (int i = 0; i < count; ++i) sums[i] = _mm256_setzero_si256();
    for (std::size_t j = 0; j < stride; j += byte_group) {
        const __m256i y = _mm256_cvtepi8_epi16(load_half(query + j));
        for (int i = 0; i < count; ++i)
            sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(_mm256_cvtepu8_epi16(load_half(rows[i] + j)), y));
    }
    for (int i = 0; i < count; ++i) out[i] = total_of(sums[i], bias);
}

void byte_dots(const std::uint8_t* const* rows, int count, std::size_t stride, const std::int8_t* query,
               std::int32_t bias, std::int32_t* out) {
    int i = 0;
    for (; i + 4 <= count; i += 4) byte_dots_of<4>(rows + i, stride, query, bias, out + i);
    for (; i < count; ++i) byte_dots_of<1>(rows + i, stride, query, bias, out + i);
}

/// All bits of a byte of `bits` in the bytes of the components that they stand for.
inline __m256i spread_bits(std::uint32_t bits) {
    const __m256i byte_of = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i bit_of = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201U));
    const __m256i bytes = _mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<std::int32_t>(bits)), byte_of);
    return _mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit_of), bit_of);
}

/// Sums of pairs fit 16 bits, and 64 of these.
template <int count>
inline void sign_dots_of(const std::uint8_t* const* rows, std::size_t stride, const std::int8_t* query, std::int32_t* out) {
    constexpr std::size_t run = 64 * wide;
    const __m256i ones = _mm256_set1_epi8(1), wide_ones = _mm256_set1_epi16(1);
    __m256i sums[count];
    for (auto& sum : sums) sum = _mm256_setzero_si256();
    for (std::size_t begin = 0; begin < stride; begin += run) {
        const std::size_t end = begin + run < stride ? begin + run : stride;
        __m256i pairs[count];
        for (auto& pair : pairs) pair = _mm256_setzero_si256();
        for (std::size_t j = begin; j < end; j += wide) {
            const bool half = j + wide > end;
            const __m256i y = half ? _mm256_zextsi128_si256(load_half(query + j)) : load(query + j);
            for (int i = 0; i < count; ++i) {
                std::uint32_t bits = 0;
                if (half)
                    __builtin_memcpy(&bits, rows[i] + j / 8, 2);
                else
                    __builtin_memcpy(&bits, rows[i] + j / 8, 4);
                pairs[i] = _mm256_add_epi16(pairs[i], _mm256_maddubs_epi16(ones, _mm256_and_si256(spread_bits(bits), y)));
            }
        }
        for (int i = 0; i < count; ++i) sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(pairs[i], wide_ones));
    }
    for (int i = 0; i < count; ++i) out[i] = total_of(sums[i], 0);
}

void sign_dots(const std::uint8_t* const* rows, int count, std::size_t stride, const std::int8_t* query, std::int32_t* out) {
    int i = 0;
    for (; i + 4 <= count; i += 4) sign_dots_of<4>(rows + i, stride, query, out + i);
    for (; i < count; ++i) sign_dots_of<1>(rows + i, stride, query, out + i);
}

/// 16 elements, four in each.
struct Four {
    __m256d part[4];
};

inline Four widen(const float* from) {
    Four parts;
    for (int i = 0; i < 4; ++i) parts.part[i] = _mm256_cvtps_pd(_mm_loadu_ps(from + 4 * i));
    return parts;
}

inline double total(const Four& sums) {
    const __m256d even = _mm256_add_pd(sums.part[0], sums.part[2]), odd = _mm256_add_pd(sums.part[1], sums.part[3]);
    const __m256d four = _mm256_add_pd(even, odd);
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

/// Calls `add` with 16 elements of both at a time, the last filled up with zeros.
template <class Add>
inline double sum_of_16(const float* a, const float* b, std::size_t size, Add&& add) {
    Four sums;
    for (auto& part : sums.part) part = _mm256_setzero_pd();
    std::size_t i = 0;
    for (; i + 16 <= size; i += 16) add(sums, widen(a + i), widen(b + i));
    if (i < size) {
        float last_a[16] = {}, last_b[16] = {};
        __builtin_memcpy(last_a, a + i, (size - i) * sizeof(float));
        __builtin_memcpy(last_b, b + i, (size - i) * sizeof(float));
        add(sums, widen(last_a), widen(last_b));
    }
    return total(sums);
}

double dot(const float* a, const float* b, std::size_t size) {
    return sum_of_16(a, b, size, [](Four& sums, const Four& x, const Four& y) {
        for (int i = 0; i < 4; ++i) sums.part[i] = _mm256_fmadd_pd(x.part[i], y.part[i], sums.part[i]);
    });
}

double squared_distance(const float* a, const float* b, std::size_t size) {
    return sum_of_16(a, b, size, [](Four& sums, const Four& x, const Four& y) {
        for (int i = 0; i < 4; ++i) {
            const __m256d difference = _mm256_sub_pd(x.part[i], y.part[i]);
            sums.part[i] = _mm256_add_pd(sums.part[i], _mm256_mul_pd(difference, difference));
        }
    });
}

}  // namespace

const CodeKernels avx2_codes{nibble_dots, select, byte_dots, sign_dots, dot, squared_distance, true,
                             Encoding<8>::hadamard, Encoding<8>::to_nibbles, Encoding<8>::to_bytes, hamming, bfloat16_dots<8>};

}  // namespace sextant::kernels
