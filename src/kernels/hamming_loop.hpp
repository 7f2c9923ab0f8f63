// Counts bits; compiled once for each level of CPU.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sextant::kernels {
namespace {

/// `CodeKernels::hamming`. Not `std::popcount`, of which one instance, of any level, would serve all.
void hamming(const std::uint64_t* rows, std::size_t count, std::size_t words, const std::uint64_t* query, std::uint32_t* out) {
    for (std::size_t i = 0; i < count; ++i) {
        std::uint32_t differ = 0;
        for (std::size_t w = 0; w < words; ++w) differ += static_cast<std::uint32_t>(__builtin_popcountll(rows[i * words + w] ^ query[w]));
        out[i] = differ;
    }
}

}  // namespace
}  // namespace sextant::kernels
