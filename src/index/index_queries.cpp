// The forms in which an index is asked.
#include <string>
#include <utility>
#include <vector>

#include <sextant/core/error.hpp>

#include "index/index_impl.hpp"

namespace sextant {
namespace {

using store::AnyVector;

/// Throws unless each row has its place, and the last one ends with the `rows`.
void check_offsets(std::span<const std::size_t> offsets, std::size_t count, std::size_t rows) {
    bool right = offsets.size() == count + 1 && offsets.front() == 0 && offsets.back() == rows;
    for (std::size_t i = 1; right && i < offsets.size(); ++i) right = offsets[i - 1] <= offsets[i];
    if (!right)
        throw Error(ErrorCode::invalid_argument, "the offsets of the queries do not cut their " + std::to_string(rows) + " rows into " + std::to_string(count) +
                                                     " parts, one for each element of `info`: there must be one more, from 0 to the number of rows, ascending");
}

}  // namespace

std::vector<SearchResult> Index::nearest(const Eigen::Ref<const Matrix>& queries, const NearestOptions& options) const {
    std::vector<AnyVector> all;
    for (Eigen::Index i = 0; i < queries.rows(); ++i) all.push_back(std::span(queries.row(i).data(), static_cast<std::size_t>(queries.cols())));
    return impl_->nearest(all, options);
}

std::vector<SearchResult> Index::nearest(const SparseEmbeddings& queries, const NearestOptions& options) const {
    check_offsets(queries.offsets, queries.size(), queries.ids.size());
    check_offsets(queries.offsets, queries.size(), queries.weights.size());
    std::vector<AnyVector> all;
    for (std::size_t i = 0; i < queries.size(); ++i) all.push_back(queries.row(i));
    return impl_->nearest(all, options);
}

std::vector<SearchResult> Index::nearest(const MultiEmbeddings& queries, const NearestOptions& options) const {
    check_offsets(queries.offsets, queries.size(), static_cast<std::size_t>(queries.vectors.rows()));
    std::vector<AnyVector> all;
    for (std::size_t i = 0; i < queries.size(); ++i) all.push_back(MultiRow(queries.row(i)));
    return impl_->nearest(all, options);
}

SearchResult Index::nearest(std::span<const float> query, const NearestOptions& options) const {
    return std::move(impl_->nearest(std::vector<AnyVector>{query}, options).front());
}

SearchResult Index::nearest(const SparseRow& query, const NearestOptions& options) const {
    return std::move(impl_->nearest(std::vector<AnyVector>{query}, options).front());
}

SearchResult Index::nearest(const MultiRow& query, const NearestOptions& options) const {
    return std::move(impl_->nearest(std::vector<AnyVector>{query}, options).front());
}

}  // namespace sextant
