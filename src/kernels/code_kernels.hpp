// The inner loops of searching vectors that are kept as codes, one set per level of CPU. Files that are compiled for
// one level include this and no header of the standard library but these two, so that no function shared with the rest
// of the program is compiled for that level.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sextant::kernels {

/// Rows lie in blocks of this many; a 64-bit mask has a bit for each.
inline constexpr std::size_t block_rows = 64;

/// The 16 values that a 4-bit code stands for, each plus `nibble_offset`: the levels of the quantizer that is best for
/// normally distributed components (Max, Quantizing for minimum distortion, 1960), times 23.4 and rounded. At most
/// 128, so that a pair of products with 8-bit numbers fits 16 bits.
inline constexpr std::uint8_t nibble_values[16] = {0, 16, 26, 35, 42, 49, 55, 61, 67, 73, 79, 86, 93, 102, 112, 128};
inline constexpr int nibble_offset = 64;
/// A byte code stands for itself minus this.
inline constexpr int byte_offset = 128;

/// Dimensions are taken this many at a time; the rest is filled up with components of the query that are 0.
inline constexpr std::size_t nibble_group = 8;
inline constexpr std::size_t byte_group = 16;
/// Queries per call of `nibble_dots`, at most.
inline constexpr int most_queries = 8;

/// What a block of rows is tested with. Each array has `block_rows` elements.
struct BlockView {
    const float* scale;
    const float* error;
    const float* norm;
};

/// A row passes if  scale[i] * dot * a + error[i] * b + norm[i] * (c + norm[i] * d) >= limit.
struct Test {
    float a, b, c, d, limit;
};

/// Codes stand for their values times `scale`; `residue` is the sum of the squares of what is left, as computed.
struct CodeFit {
    float scale, residue;
};

/// All integers are exact. Floats are sums in any order, except where it says otherwise.
struct CodeKernels {
    /// out[q * 64 + i] = <row i, query q> - bias[q], for a block of rows and `count` queries.
    ///
    /// `block` holds, for each group of 8 dimensions, 4 bytes of each row: byte j has the code of dimension j in its
    /// low half and that of dimension 4 + j in its high half. Products are of `nibble_values`, offset included.
    /// `queries` holds, for each group, the first 4 components of each query, then the second 4 of each.
    void (*nibble_dots)(const std::uint8_t* block, std::size_t groups, const std::int8_t* queries, int count,
                        const std::int32_t* bias, std::int32_t* out);
    /// The rows of a block that pass, as a mask; `dots` are those of the block. In 32-bit floats, fused or not.
    std::uint64_t (*select)(const std::int32_t* dots, const BlockView& block, const Test& test);
    /// out[i] = <rows[i], query> - bias. The bytes of rows are not signed, offset included. `stride`, a multiple of
    /// `byte_group`, is the length of each and of the query. Wraps modulo 2^32.
    void (*byte_dots)(const std::uint8_t* const* rows, int count, std::size_t stride, const std::int8_t* query,
                      std::int32_t bias, std::int32_t* out);
    /// out[i] = the sum of those components of the query whose bits in rows[i] are set: bit j of byte b stands for component
    /// 8 b + j. `stride`, a multiple of `byte_group`, is the number of components.
    void (*sign_dots)(const std::uint8_t* const* rows, int count, std::size_t stride, const std::int8_t* query, std::int32_t* out);
    /// <a, b> in 64 bits. The same bits at every level: element i goes to sum i % 16; then sums are added whose numbers
    /// differ by 8, 4, 2, 1. (A product of two floats is exact in 64 bits, so fusing changes nothing.)
    double (*dot)(const float* a, const float* b, std::size_t size);
    /// |a - b|^2, in the same order.
    double (*squared_distance)(const float* a, const float* b, std::size_t size);

    /// Whether `nibble_dots` is faster than reading all byte codes would be.
    bool nibbles_pay;

    // For encoding; the same bits at every level. Vectors and codes have room for a multiple of 16 elements; what lies
    // behind `size` in a vector is 0, and in codes means nothing.

    /// v = H (signs * v) * scale, with H the Walsh-Hadamard matrix of `size`, a power of two, and elements +-1.
    void (*hadamard)(float* v, std::size_t size, const float* signs, float scale);
    /// 4-bit codes, one per byte; begins with a scale for levels of +-3 to +-64, and improves it.
    CodeFit (*to_nibbles)(const float* v, std::size_t size, float first_scale, std::uint8_t* codes);
    /// Byte codes from 1 to 255.
    CodeFit (*to_bytes)(const float* v, std::size_t size, std::uint8_t* codes);

    /// out[i] = in how many bits row i differs from the query; so many rows of so many words lie one behind the other.
    void (*hamming)(const std::uint64_t* rows, std::size_t count, std::size_t words, const std::uint64_t* query, std::uint32_t* out);

    /// out[i] = <row i, query>; so many rows of `size` 16-bit floats (bfloat16) lie one behind the other.
    void (*bfloat16_dots)(const std::uint16_t* rows, std::size_t count, std::size_t size, const float* query, float* out);
};

extern const CodeKernels baseline_codes;
extern const CodeKernels avx2_codes;
extern const CodeKernels avx512_codes;
extern const CodeKernels neon_codes;

}  // namespace sextant::kernels
