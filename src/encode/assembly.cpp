#include "encode/assembly.hpp"

#include <algorithm>
#include <string>

#include <sextant/core/error.hpp>
#include <sextant/kernels/similarity.hpp>

namespace sextant::encode_detail {
namespace {

SparseEmbeddings join(const std::vector<SparseVector>& rows) {
    SparseEmbeddings joined;
    for (const auto& row : rows) {
        joined.ids.insert(joined.ids.end(), row.ids.begin(), row.ids.end());
        joined.weights.insert(joined.weights.end(), row.weights.begin(), row.weights.end());
        joined.offsets.push_back(joined.ids.size());
    }
    return joined;
}

MultiEmbeddings join(const std::vector<Matrix>& rows) {
    MultiEmbeddings joined;
    Eigen::Index count = 0, width = 0;
    for (const auto& row : rows) {
        count += row.rows();
        width = row.cols();
        joined.offsets.push_back(static_cast<std::size_t>(count));
    }
    joined.vectors.resize(count, width);
    for (std::size_t i = 0; i < rows.size(); ++i)
        joined.vectors.middleRows(static_cast<Eigen::Index>(joined.offsets[i]), rows[i].rows()) = rows[i];
    return joined;
}

}  // namespace

Assembly::Assembly(std::span<const Output> outputs, std::size_t rows, std::size_t dimensions, bool normalize)
    : outputs_(outputs.begin(), outputs.end()), normalize_(normalize), info_(rows) {
    const auto wanted = [&](Output output) { return std::ranges::find(outputs_, output) != outputs_.end(); };
    if (wanted(Output::dense)) dense_.resize(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(dimensions));
    if (wanted(Output::sparse)) sparse_.resize(rows);
    if (wanted(Output::multi)) multi_.resize(rows);
}

void Assembly::put(std::size_t row, Vectors vectors, const EmbeddingInfo& info) {
    info_[row] = info;
    if (!vectors.dense.empty()) {
        const auto kept = static_cast<std::size_t>(dense_.cols());
        const std::span<float> target(dense_.row(static_cast<Eigen::Index>(row)).data(), kept);
        std::copy_n(vectors.dense.begin(), kept, target.begin());
        if (kept < vectors.dense.size() && normalize_ && !kernels::normalize(target))
            throw Error(ErrorCode::model, "item " + std::to_string(info.item) + ": the first " + std::to_string(kept) + " dimensions are all 0");
    }
    if (!sparse_.empty()) sparse_[row] = std::move(vectors.sparse);
    if (!multi_.empty()) multi_[row] = std::move(vectors.multi);
}

Encoded Assembly::take() {
    Encoded encoded;
    for (const auto output : outputs_) {
        switch (output) {
            case Output::dense: encoded.dense = {std::move(dense_), info_}; break;
            case Output::sparse:
                encoded.sparse = join(sparse_);
                encoded.sparse.info = info_;
                break;
            case Output::multi:
                encoded.multi = join(multi_);
                encoded.multi.info = info_;
                break;
        }
    }
    return encoded;
}

}  // namespace sextant::encode_detail
