// Vectors, and what was lost in making each of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Core>

#include <sextant/core/output.hpp>
#include <sextant/core/span.hpp>

namespace sextant {

/// Row-major, so that a row is one vector and lies in one piece.
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixView = Eigen::Map<const Matrix>;

/// What went into one row, and what did not.
struct EmbeddingInfo {
    std::size_t tokens_total = 0;  ///< tokens of the text, special tokens counted; 0 for a picture
    std::size_t tokens_used = 0;   ///< tokens the network saw
    std::size_t pixels_total = 0;  ///< pixels of the picture; 0 for a text
    std::size_t pixels_used = 0;   ///< pixels the network saw, after the picture was resized and cropped
    std::size_t item = 0;          ///< the number of the item: that of the row, unless texts are cut into chunks
    ByteSpan span = {};            ///< the part of the item's text that this row stands for: all, or a chunk

    [[nodiscard]] bool truncated() const noexcept { return tokens_used < tokens_total; }
};

/// The vector of one item.
struct Embedding {
    std::vector<float> vector;
    EmbeddingInfo info;
};

/// The vectors of many items, in the order of the items.
struct Embeddings {
    Matrix vectors;                   ///< items x dimensions
    std::vector<EmbeddingInfo> info;  ///< one per row

    [[nodiscard]] std::size_t size() const noexcept { return info.size(); }
    [[nodiscard]] std::span<const float> row(std::size_t i) const noexcept {
        return {vectors.data() + static_cast<std::ptrdiff_t>(i) * vectors.cols(), static_cast<std::size_t>(vectors.cols())};
    }
};

/// The weights of one item: ids ascend, all others weigh nothing.
struct SparseRow {
    std::span<const std::int64_t> ids;
    std::span<const float> weights;
};

/// The weights of one item, in memory of their own.
struct SparseVector {
    std::vector<std::int64_t> ids;  ///< ascending
    std::vector<float> weights;     ///< as many

    operator SparseRow() const noexcept { return {ids, weights}; }
    friend bool operator==(const SparseVector&, const SparseVector&) = default;
};

/// The vectors of one item, one behind the other. Where a matrix could also be many items with a vector each, this says that
/// it is one.
struct MultiRow {
    std::span<const float> values;
    std::size_t dimensions = 0;  ///< of each vector

    MultiRow() = default;
    MultiRow(std::span<const float> all, std::size_t length) : values(all), dimensions(length) {}
    explicit MultiRow(const MatrixView& m) : values(m.data(), static_cast<std::size_t>(m.size())), dimensions(static_cast<std::size_t>(m.cols())) {}
    explicit MultiRow(const Matrix& m) : values(m.data(), static_cast<std::size_t>(m.size())), dimensions(static_cast<std::size_t>(m.cols())) {}

    [[nodiscard]] std::size_t size() const noexcept { return dimensions == 0 ? 0 : values.size() / dimensions; }
    [[nodiscard]] std::span<const float> vector(std::size_t i) const noexcept { return values.subspan(i * dimensions, dimensions); }
};

/// Weights of tokens for many items, in the order of the items.
struct SparseEmbeddings {
    std::vector<std::size_t> offsets{0};  ///< where each row begins, and the last one ends
    std::vector<std::int64_t> ids;
    std::vector<float> weights;
    std::vector<EmbeddingInfo> info;  ///< one per row

    [[nodiscard]] std::size_t size() const noexcept { return info.size(); }
    [[nodiscard]] SparseRow row(std::size_t i) const noexcept {
        const auto begin = offsets[i], count = offsets[i + 1] - begin;
        return {std::span(ids).subspan(begin, count), std::span(weights).subspan(begin, count)};
    }
};

/// Several vectors for each of many items, in the order of the items.
struct MultiEmbeddings {
    std::vector<std::size_t> offsets{0};  ///< the first vector of each item, and the number of all
    Matrix vectors;                       ///< of all items x dimensions
    std::vector<EmbeddingInfo> info;      ///< one per item

    [[nodiscard]] std::size_t size() const noexcept { return info.size(); }
    [[nodiscard]] MatrixView row(std::size_t i) const noexcept {
        const auto begin = static_cast<Eigen::Index>(offsets[i]), end = static_cast<Eigen::Index>(offsets[i + 1]);
        return {vectors.data() + begin * vectors.cols(), end - begin, vectors.cols()};
    }
};

/// What one pass over some items made of them, in the forms that were asked for; the others are empty.
struct Encoded {
    Embeddings dense;
    SparseEmbeddings sparse;
    MultiEmbeddings multi;
};

}  // namespace sextant
