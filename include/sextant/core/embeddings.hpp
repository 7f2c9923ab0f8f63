// Vectors, and what was lost in making each of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <Eigen/Core>

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

/// What went into one vector.
struct EmbeddingInfo {
    std::size_t tokens_total = 0;  ///< tokens of the whole text, special tokens counted; 0 for a picture
    std::size_t tokens_used = 0;   ///< tokens the network saw

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

}  // namespace sextant
