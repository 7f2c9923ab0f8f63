// Inner products with rows of 16-bit floats, the upper halves of those of 32; written once, and compiled for each level of CPU.
#pragma once

#include "kernels/code_kernels.hpp"
#include "kernels/encode_loops.hpp"

namespace sextant::kernels {
namespace {

/// `CodeKernels::bfloat16_dots`, with registers of `width` floats.
template <std::size_t width>
void bfloat16_dots(const std::uint16_t* rows, std::size_t count, std::size_t size, const float* query, float* out) {
    using Loops = Encoding<width>;
    typedef std::uint16_t Halves __attribute__((vector_size(2 * width)));
    using Words = typename Registers<width>::Ints;
    constexpr std::size_t chains = 4;  // of sums that do not wait for each other
    for (std::size_t row = 0; row < count; ++row, rows += size) {
        typename Loops::Floats sums[chains] = {};
        std::size_t i = 0, chain = 0;
        for (; i + width <= size; i += width, chain = (chain + 1) % chains) {
            Halves halves;
            __builtin_memcpy(&halves, rows + i, sizeof(halves));
            sums[chain] += reinterpret_cast<typename Loops::Floats>(__builtin_convertvector(halves, Words) << 16) * Loops::load(query + i);
        }
        const auto all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        float sum = 0;
        for (std::size_t lane = 0; lane < width; ++lane) sum += all[lane];
        for (; i < size; ++i) {
            const std::uint32_t word = std::uint32_t{rows[i]} << 16;
            float value;
            __builtin_memcpy(&value, &word, sizeof(value));
            sum += value * query[i];
        }
        out[row] = sum;
    }
}

}  // namespace
}  // namespace sextant::kernels
