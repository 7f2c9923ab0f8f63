// Which items run through a network together.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace sextant::encode_detail {

/// The numbers of the items of a batch.
using Batch = std::vector<std::size_t>;

struct BatchLimits {
    std::size_t items = 32;          ///< at most, in a batch
    std::size_t tokens = 0;          ///< at most, padding counted; one item may have more
    bool equal_lengths = false;      ///< only items of one length go together
    std::size_t longest = 0;         ///< no length is rounded up beyond this
};

/// The length that `length` is rounded up to, so that networks see few different shapes: libraries keep what they
/// compiled for each. It adds at most 8 tokens or an eighth. Never above `longest` unless `length` is.
[[nodiscard]] std::size_t rounded_length(std::size_t length, std::size_t longest);

/// Cuts items of these lengths into batches, the longest first: neighbours are then of nearly one length, memory is
/// highest at the start, and what is left for the end are the quick ones.
[[nodiscard]] std::vector<Batch> plan_batches(std::span<const std::size_t> lengths, const BatchLimits& limits);

}  // namespace sextant::encode_detail
