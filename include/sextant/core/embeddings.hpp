// Vectors, and what was lost in making each of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <Eigen/Core>

#include <sextant/core/span.hpp>

namespace sextant {

/// Row-major, so that a row is one vector and lies in one piece.
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixView = Eigen::Map<const Matrix>;

/// The forms in which a network says what an item means.
enum class Output {
    dense,   ///< one vector
    sparse,  ///< a weight for some of the tokens of a vocabulary
    multi,   ///< several vectors
};

[[nodiscard]] constexpr std::string_view to_string(Output output) noexcept {
    switch (output) {
        case Output::dense: return "dense";
        case Output::sparse: return "sparse";
        case Output::multi: return "multi";
    }
    return "unknown";
}

/// How the vectors q of a query are compared with the vectors d of a document.
enum class MultiScore {
    max_sim_sum,   ///< sum over q of the largest <q, d>: ColBERT
    max_sim_mean,  ///< the same, divided by the number of the query's vectors: BGE-M3
    max,           ///< the largest <q, d>: BLIP-2
};

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
