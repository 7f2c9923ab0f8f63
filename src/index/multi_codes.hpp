// Byte codes of the vectors of one row.
#pragma once

#include <cstdint>
#include <vector>

#include <sextant/core/embeddings.hpp>

#include "kernels/quantize.hpp"

namespace sextant::index {

/// As a `Block` has them of its rows, weighted by their norms.
struct MultiCodes {
    struct Of {
        kernels::Approximation approximation;  ///< times the norm
        float norm = 0;
    };
    std::vector<std::uint8_t> bytes;  ///< of each vector as many as fill up its dimensions to a multiple of `kernels::byte_group`
    std::vector<Of> of;               ///< each vector

    [[nodiscard]] static MultiCodes make(const kernels::Quantizer& quantizer, const MultiRow& row);
};

}  // namespace sextant::index
