// Rows that become ready in any order make one answer.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <sextant/core/embeddings.hpp>

#include "encode/outputs.hpp"

namespace sextant::encode_detail {

class Assembly {
public:
    /// `dimensions` of the dense vectors are kept; if `normalize`, those that are cut are normalised again.
    Assembly(std::span<const Output> outputs, std::size_t rows, std::size_t dimensions, bool normalize);

    [[nodiscard]] std::size_t rows() const noexcept { return info_.size(); }

    /// Rows may be put by several threads at once, each row once. Throws `model` if what is kept of a vector is all 0.
    void put(std::size_t row, Vectors vectors, const EmbeddingInfo& info);

    /// All rows have been put.
    [[nodiscard]] Encoded take();

private:
    std::vector<Output> outputs_;
    bool normalize_;
    std::vector<EmbeddingInfo> info_;
    Matrix dense_;
    std::vector<SparseVector> sparse_;
    std::vector<Matrix> multi_;
};

}  // namespace sextant::encode_detail
