// Arithmetic on sparse and on many vectors. Reference forms.
#pragma once

#include <cstddef>

#include <sextant/core/embeddings.hpp>

namespace sextant::kernels {

/// The sum over the ids that both rows hold of the product of their weights.
[[nodiscard]] inline double dot(const SparseRow& a, const SparseRow& b) {
    double sum = 0;
    for (std::size_t i = 0, j = 0; i < a.ids.size() && j < b.ids.size();) {
        if (a.ids[i] == b.ids[j]) sum += static_cast<double>(a.weights[i++]) * b.weights[j++];
        else if (a.ids[i] < b.ids[j]) ++i;
        else ++j;
    }
    return sum;
}

/// How well a query's vectors, one in a row, find their like among a document's (Khattab and Zaharia, "ColBERT", 2020).
/// 0 if either has none.
[[nodiscard]] inline double max_sim(const MatrixView& query, const MatrixView& document, MultiScore score) {
    if (query.rows() == 0 || document.rows() == 0) return 0;
    const Eigen::MatrixXf products = query * document.transpose();
    if (score == MultiScore::max) return products.maxCoeff();
    const double sum = products.rowwise().maxCoeff().cast<double>().sum();
    return score == MultiScore::max_sim_mean ? sum / static_cast<double>(query.rows()) : sum;
}

}  // namespace sextant::kernels
