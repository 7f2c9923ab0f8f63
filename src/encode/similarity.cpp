#include <algorithm>
#include <cmath>
#include <string>

#include <sextant/encode/encoder.hpp>
#include <sextant/kernels/max_sim.hpp>

namespace sextant {
namespace {

using Wide = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void check_width(Eigen::Index queries, Eigen::Index documents) {
    if (queries != documents)
        throw Error(ErrorCode::invalid_argument, "the queries have " + std::to_string(queries) + " dimensions and the documents " + std::to_string(documents) +
                                                     ": compare what one encoder made");
}

/// One score for every query and document, from what `score` makes of their rows.
template <class Rows, class Score>
Matrix pairwise(const Rows& queries, const Rows& documents, Score&& score) {
    Matrix scores(static_cast<Eigen::Index>(queries.size()), static_cast<Eigen::Index>(documents.size()));
    for (std::size_t q = 0; q < queries.size(); ++q)
        for (std::size_t d = 0; d < documents.size(); ++d)
            scores(static_cast<Eigen::Index>(q), static_cast<Eigen::Index>(d)) = static_cast<float>(score(queries.row(q), documents.row(d)));
    return scores;
}

/// Rows of length 1; rows of length 0 stay as they are.
Wide unit_rows(const Matrix& vectors) {
    Wide rows = vectors.cast<double>();
    for (Eigen::Index i = 0; i < rows.rows(); ++i)
        if (const double length = rows.row(i).norm(); length > 0) rows.row(i) /= length;
    return rows;
}

}  // namespace

Matrix Encoder::similarity(const Embeddings& queries, const Embeddings& documents) const {
    const auto &q = queries.vectors, &d = documents.vectors;
    if (q.rows() == 0 || d.rows() == 0) return Matrix(q.rows(), d.rows());
    check_width(q.cols(), d.cols());
    switch (manifest().metric) {
        case Metric::cosine: return (unit_rows(q) * unit_rows(d).transpose()).cast<float>();
        case Metric::dot: return (q.cast<double>() * d.cast<double>().transpose()).cast<float>();
        case Metric::l2: break;
    }
    // The difference is taken before it is squared: |x|^2 - 2<x,y> + |y|^2 cancels to nothing for near neighbours.
    return pairwise(queries, documents, [](std::span<const float> a, std::span<const float> b) {
        double sum = 0;
        for (std::size_t i = 0; i < a.size(); ++i) sum += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
        return -sum;
    });
}

Matrix Encoder::similarity(const SparseEmbeddings& queries, const SparseEmbeddings& documents) const {
    return pairwise(queries, documents, [](const SparseRow& a, const SparseRow& b) { return kernels::dot(a, b); });
}

Matrix Encoder::similarity(const MultiEmbeddings& queries, const MultiEmbeddings& documents) const {
    if (queries.size() == 0 || documents.size() == 0) return Matrix(static_cast<Eigen::Index>(queries.size()), static_cast<Eigen::Index>(documents.size()));
    check_width(queries.vectors.cols(), documents.vectors.cols());
    const auto score = manifest().multi ? manifest().multi->score : MultiScore::max_sim_sum;
    return pairwise(queries, documents, [score](const MatrixView& a, const MatrixView& b) { return kernels::max_sim(a, b, score); });
}

Matrix Encoder::logits(const Matrix& scores) const {
    return ((scores.cast<double>().array() * manifest().logit_scale) + manifest().logit_bias).cast<float>().matrix();
}

Matrix Encoder::probabilities(const Matrix& scores) const {
    Wide values = logits(scores).cast<double>();
    switch (manifest().activation) {
        case Activation::identity:
            throw Error(ErrorCode::unsupported, manifest().name + " was not trained to say how probable its scores are: compare scores or logits");
        case Activation::sigmoid: return (1 / (1 + (-values.array()).exp())).cast<float>().matrix();
        case Activation::softmax: break;
    }
    for (Eigen::Index i = 0; i < values.rows() && values.cols() > 0; ++i) {
        values.row(i) = (values.row(i).array() - values.row(i).maxCoeff()).exp();
        values.row(i) /= values.row(i).sum();
    }
    return values.cast<float>();
}

}  // namespace sextant
