// The slow and obvious form, which the others must equal: in every bit where they compute with integers or in 64 bits.
#include "kernels/bfloat16_loop.hpp"
#include "kernels/code_kernels.hpp"
#include "kernels/encode_loops.hpp"
#include "kernels/hamming_loop.hpp"

namespace sextant::kernels {
namespace {

void nibble_dots(const std::uint8_t* block, std::size_t groups, const std::int8_t* queries, int count,
                 const std::int32_t* bias, std::int32_t* out) {
    constexpr std::size_t half = nibble_group / 2;
    const auto all = static_cast<std::size_t>(count);
    for (std::size_t q = 0; q < all; ++q) {
        for (std::size_t row = 0; row < block_rows; ++row) {
            std::int32_t sum = -bias[q];
            for (std::size_t g = 0; g < groups; ++g) {
                const std::uint8_t* codes = block + (g * block_rows + row) * half;
                const std::int8_t* low = queries + (g * 2 * all + q) * half;
                const std::int8_t* high = low + all * half;
                for (std::size_t j = 0; j < half; ++j)
                    sum += nibble_values[codes[j] & 15] * low[j] + nibble_values[codes[j] >> 4] * high[j];
            }
            *out++ = sum;
        }
    }
}

std::uint64_t select(const std::int32_t* dots, const BlockView& block, const Test& test) {
    std::uint64_t passed = 0;
    for (std::size_t i = 0; i < block_rows; ++i) {
        const float norm = block.norm[i];
        const float bound = block.scale[i] * static_cast<float>(dots[i]) * test.a + block.error[i] * test.b +
                            norm * (test.c + norm * test.d);
        if (bound >= test.limit) passed |= std::uint64_t{1} << i;
    }
    return passed;
}

void byte_dots(const std::uint8_t* const* rows, int count, std::size_t stride, const std::int8_t* query,
               std::int32_t bias, std::int32_t* out) {
    for (int i = 0; i < count; ++i) {
        const std::uint8_t* row = rows[i];
        std::uint32_t sum = 0U - static_cast<std::uint32_t>(bias);
        for (std::size_t j = 0; j < stride; ++j) sum += static_cast<std::uint32_t>(row[j] * query[j]);
        out[i] = static_cast<std::int32_t>(sum);
    }
}

void sign_dots(const std::uint8_t* const* rows, int count, std::size_t stride, const std::int8_t* query, std::int32_t* out) {
    for (int i = 0; i < count; ++i) {
        std::int32_t sum = 0;
        for (std::size_t b = 0; b < stride / 8; ++b)
            for (std::size_t j = 0; j < 8; ++j) sum += (rows[i][b] >> j & 1) * query[8 * b + j];
        out[i] = sum;
    }
}

constexpr std::size_t lanes = 16;

double sum_of(double* sums) {
    for (std::size_t apart = lanes / 2; apart > 0; apart /= 2)
        for (std::size_t i = 0; i < apart; ++i) sums[i] += sums[i + apart];
    return sums[0];
}

double dot(const float* a, const float* b, std::size_t size) {
    double sums[lanes] = {};
    std::size_t i = 0;
    for (; i + lanes <= size; i += lanes)
        for (std::size_t j = 0; j < lanes; ++j) sums[j] += static_cast<double>(a[i + j]) * b[i + j];
    for (std::size_t j = 0; i + j < size; ++j) sums[j] += static_cast<double>(a[i + j]) * b[i + j];
    return sum_of(sums);
}

double squared_distance(const float* a, const float* b, std::size_t size) {
    double sums[lanes] = {};
    const auto add = [&](std::size_t i, std::size_t lane) {
        const double difference = static_cast<double>(a[i]) - b[i];
        sums[lane] += difference * difference;
    };
    std::size_t i = 0;
    for (; i + lanes <= size; i += lanes)
        for (std::size_t j = 0; j < lanes; ++j) add(i + j, j);
    for (std::size_t j = 0; i + j < size; ++j) add(i + j, j);
    return sum_of(sums);
}

}  // namespace

const CodeKernels baseline_codes{nibble_dots, select, byte_dots, sign_dots, dot, squared_distance, false,
                                 Encoding<4>::hadamard, Encoding<4>::to_nibbles, Encoding<4>::to_bytes, hamming, bfloat16_dots<4>};

}  // namespace sextant::kernels
