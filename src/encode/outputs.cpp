#include "encode/outputs.hpp"

#include <algorithm>

#include <sextant/core/error.hpp>
#include <sextant/kernels/similarity.hpp>

namespace sextant::encode_detail {

const Tensor* Run::mask() const {
    const auto mask = inputs.find("attention_mask");
    return mask == inputs.end() ? nullptr : &mask->second;
}

void Run::fail(const std::string& what) const { throw Error(ErrorCode::model, manifest.name + ": network " + network + " returned " + what); }

void Run::wrong_output(const Tensor& output, const std::string& expected) const {
    fail(Tensor::describe(output.shape()) + (output.is_float() ? "" : " integers") + "; the manifest promises " + expected);
}

namespace {

/// The rows of one item, [tokens, width], within a tensor [batch, tokens, width].
MatrixView item_of(const Tensor& tensor, std::int64_t item) {
    const auto rows = tensor.shape()[1], width = tensor.shape()[2];
    return {tensor.floats().data() + item * rows * width, rows, width};
}

std::span<const std::int64_t> row_of(const Tensor& tensor, std::int64_t item) {
    const auto width = static_cast<std::size_t>(tensor.shape()[1]);
    return tensor.integers().subspan(static_cast<std::size_t>(item) * width, width);
}

void check_shape(const Run& run, const Tensor& output, const Tensor::Shape& expected) {
    if (!output.is_float() || output.shape() != expected) run.wrong_output(output, Tensor::describe(expected));
}

void finish_vector(const Run& run, std::span<float> vector, bool normalize) {
    if (const auto bad = kernels::first_non_finite(vector)) run.fail("a vector that is not finite at component " + std::to_string(*bad));
    if (normalize && !kernels::normalize(vector)) run.fail("a vector of length 0");
}

Tensor::Shape token_shape(const Run& run) { return {run.batch(), run.mask()->shape()[1], static_cast<std::int64_t>(run.manifest.dimensions)}; }

/// One vector for the tokens of one text.
Eigen::RowVectorXf pool(const MatrixView& tokens, std::span<const std::int64_t> mask, Pooling pooling) {
    if (pooling == Pooling::cls) return tokens.row(0);
    if (pooling == Pooling::last_token) {
        const auto last = std::find(mask.rbegin(), mask.rend(), 1);
        return tokens.row(last == mask.rend() ? 0 : mask.rend() - last - 1);
    }
    Eigen::RowVectorXf sum = Eigen::RowVectorXf::Zero(tokens.cols());
    float count = 0;
    for (Eigen::Index t = 0; t < tokens.rows(); ++t) {
        if (mask[static_cast<std::size_t>(t)] == 0) continue;
        sum += tokens.row(t);
        ++count;
    }
    return sum / std::max(count, 1.0F);
}

void read_dense(const Run& run, const Tensor& output, std::vector<Vectors>& rows) {
    const auto pooling = run.spec().pooling;
    const auto dimensions = run.manifest.dimensions;
    if (pooling == Pooling::none) check_shape(run, output, {run.batch(), static_cast<std::int64_t>(dimensions)});
    else check_shape(run, output, token_shape(run));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto& vector = rows[i].dense;
        if (pooling == Pooling::none) {
            const auto values = output.floats().subspan(i * dimensions, dimensions);
            vector.assign(values.begin(), values.end());
        } else {
            const auto item = static_cast<std::int64_t>(i);
            const auto pooled = pool(item_of(output, item), row_of(*run.mask(), item), pooling);
            vector.assign(pooled.begin(), pooled.end());
        }
        finish_vector(run, vector, run.manifest.normalize);
    }
}

/// Of each id the largest weight, if it is above 0.
SparseVector gather(std::vector<std::pair<std::int64_t, float>> weights) {
    std::ranges::sort(weights, [](const auto& a, const auto& b) { return a.first != b.first ? a.first < b.first : a.second > b.second; });
    SparseVector sparse;
    for (const auto& [id, weight] : weights) {
        if (!(weight > 0) || (!sparse.ids.empty() && sparse.ids.back() == id)) continue;
        sparse.ids.push_back(id);
        sparse.weights.push_back(weight);
    }
    return sparse;
}

void read_sparse(const Run& run, const Tensor& output, std::vector<Vectors>& rows) {
    const auto& spec = *run.manifest.sparse;
    const auto* ids = spec.form == SparseSpec::Form::token_weights ? &run.inputs.at("input_ids") : nullptr;
    const auto width = ids ? ids->shape()[1] : static_cast<std::int64_t>(spec.size);
    check_shape(run, output, {run.batch(), width});
    if (const auto bad = kernels::first_non_finite(output.floats())) run.fail("a weight that is not finite, at " + std::to_string(*bad));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto item = static_cast<std::int64_t>(i);
        const auto values = output.floats().subspan(i * static_cast<std::size_t>(width), static_cast<std::size_t>(width));
        std::vector<std::pair<std::int64_t, float>> weights;
        for (std::size_t t = 0; t < values.size(); ++t) {
            if (ids && run.mask() && row_of(*run.mask(), item)[t] == 0) continue;
            const auto id = ids ? row_of(*ids, item)[t] : static_cast<std::int64_t>(t);
            if (values[t] > 0 && !std::ranges::binary_search(spec.ignore_ids, id)) weights.emplace_back(id, values[t]);
        }
        rows[i].sparse = gather(std::move(weights));
    }
}

/// Which rows of an item's multi output stay.
std::vector<Eigen::Index> kept_rows(const Run& run, const Tensor& output, const Tensor* multi_mask, std::int64_t item) {
    const auto& spec = *run.manifest.multi;
    const auto keep = run.role == Role::query ? spec.keep_query : spec.keep;
    const auto count = output.shape()[1];
    const bool text = run.inputs.contains("input_ids") && !run.inputs.contains("pixel_values");
    const bool by_token = text && run.inputs.at("input_ids").shape()[1] == count;
    std::vector<Eigen::Index> rows;
    for (Eigen::Index i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(i);
        if (multi_mask && row_of(*multi_mask, item)[at] == 0) continue;
        if (!multi_mask && by_token && keep == MultiSpec::Keep::attended && row_of(*run.mask(), item)[at] == 0) continue;
        if (by_token && run.role == Role::document && std::ranges::binary_search(spec.drop_ids, row_of(run.inputs.at("input_ids"), item)[at])) continue;
        rows.push_back(i);
    }
    if (text) rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(std::min(spec.skip_first, rows.size())));
    return rows;
}

void read_multi(const Run& run, const Tensor& output, const Tensor* multi_mask, std::vector<Vectors>& items) {
    const auto& spec = *run.manifest.multi;
    const auto count = output.shape().size() == 3 ? output.shape()[1] : -1;
    check_shape(run, output, {run.batch(), count, static_cast<std::int64_t>(spec.dimensions)});
    if (multi_mask && (multi_mask->is_float() || multi_mask->shape() != Tensor::Shape{run.batch(), count}))
        run.wrong_output(*multi_mask, "integers " + Tensor::describe({run.batch(), count}) + " as multi_mask");
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto item = static_cast<std::int64_t>(i);
        const auto rows = kept_rows(run, output, multi_mask, item);
        auto& multi = items[i].multi;
        multi = item_of(output, item)(rows, Eigen::all);
        for (Eigen::Index r = 0; r < multi.rows(); ++r) finish_vector(run, {multi.row(r).data(), spec.dimensions}, spec.normalize);
    }
}

void check_count(const Run& run) {
    const auto expected = run.spec().outputs.size() + (run.spec().multi_mask ? 1 : 0);
    if (run.outputs.empty()) run.fail("nothing");
    if (run.outputs.size() < expected)
        run.fail(std::to_string(run.outputs.size()) + " tensors; the manifest promises " + std::to_string(expected));
}

}  // namespace

std::vector<Vectors> read_outputs(const Run& run, std::span<const Output> wanted) {
    check_count(run);
    std::vector<Vectors> rows(static_cast<std::size_t>(run.batch()));
    std::size_t at = 0;
    for (const auto output : run.spec().outputs) {
        const auto& tensor = run.outputs[at++];
        const Tensor* mask = output == Output::multi && run.spec().multi_mask ? &run.outputs[at++] : nullptr;
        if (std::ranges::find(wanted, output) == wanted.end()) continue;
        if (output == Output::dense) read_dense(run, tensor, rows);
        else if (output == Output::sparse) read_sparse(run, tensor, rows);
        else read_multi(run, tensor, mask, rows);
    }
    return rows;
}

Matrix read_tokens(const Run& run) {
    check_count(run);
    const auto dense = std::ranges::find(run.spec().outputs, Output::dense) - run.spec().outputs.begin();
    const bool after_mask = run.spec().multi_mask && std::ranges::find(run.spec().outputs, Output::multi) - run.spec().outputs.begin() < dense;
    const auto& output = run.outputs[static_cast<std::size_t>(dense) + (after_mask ? 1 : 0)];
    check_shape(run, output, token_shape(run));
    if (const auto bad = kernels::first_non_finite(output.floats())) run.fail("a token's vector that is not finite, at " + std::to_string(*bad));
    return item_of(output, 0);
}

}  // namespace sextant::encode_detail
