// One row of a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "store/checksum.hpp"

namespace sextant::store {

/// A record as it lies in the file, without its vectors.
struct Row {
    std::uint64_t number = 0;  ///< rows are numbered in the order of insertion; no number is used twice
    std::string_view id, payload, text, parent;
    std::string_view span;                ///< as `to_text` writes it
    std::span<const std::byte> vectors;  ///< for each space the checksum of the vector there, or 16 zeros if there is none
    Checksum checksum;
};

/// For each space the bytes of the row's vector there, or nothing: `record_vectors.hpp`; need not be aligned.
using RowVectors = std::span<const std::span<const std::byte>>;

}  // namespace sextant::store
