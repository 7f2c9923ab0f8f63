#include "encode/pipeline.hpp"

#include <algorithm>
#include <cmath>

#include <sextant/kernels/similarity.hpp>

namespace sextant::encode_detail {
namespace {

Error wrong_output(const Pipeline& pipeline, const std::string& network, const Tensor& output, const std::string& expected) {
    return {ErrorCode::model, pipeline.manifest().name + ": network " + network + " returned " + Tensor::describe(output.shape()) +
                                  (output.is_float() ? "" : " integers") + "; the manifest promises " + expected};
}

/// [batch, tokens, dimensions] to [batch, dimensions].
Matrix pool(const Tensor& output, const Tensor& mask, Pooling pooling) {
    const auto batch = output.shape()[0], tokens = output.shape()[1], dimensions = output.shape()[2];
    Matrix pooled = Matrix::Zero(batch, dimensions);
    for (std::int64_t i = 0; i < batch; ++i) {
        const kernels::RowsView rows(output.floats().data() + i * tokens * dimensions, tokens, dimensions);
        if (pooling == Pooling::cls) {
            pooled.row(i) = rows.row(0);
            continue;
        }
        float count = 0;
        for (std::int64_t t = 0; t < tokens; ++t) {
            if (mask.integers()[static_cast<std::size_t>(i * tokens + t)] == 0) continue;
            pooled.row(i) += rows.row(t);
            ++count;
        }
        pooled.row(i) /= std::max(count, 1.0F);
    }
    return pooled;
}

}  // namespace

Pipeline::Pipeline(Bundle bundle, std::shared_ptr<const ImageTransform> image_transform, const TextPlugins& plugins)
    : bundle_(std::move(bundle)), image_(std::move(image_transform)), own_image_(image_ != nullptr), own_text_(plugins.transform || plugins.tokenizer) {
    if (const auto& spec = manifest().text) {
        const auto where = (bundle_.folder() / spec->tokenizer).string();
        text_.emplace(Tokenizer::from_json(bundle_.read_text(spec->tokenizer), where), *spec, plugins);
    }
    if (!image_ && manifest().image) image_ = std::make_shared<StandardImageTransform>(*manifest().image);
}

void Pipeline::load_networks(const ModelLoader& load) {
    for (const auto& [name, spec] : manifest().networks)
        networks_[name] = load(bundle_.read(spec.file), (bundle_.folder() / spec.file).string());
}

Tensor Pipeline::image(const Image& image) const {
    Tensor pixels = (*image_)(image);
    if (!pixels.is_float() || pixels.shape().size() != 3 || pixels.shape()[0] != 3)
        throw Error(ErrorCode::model, "the image transform " + image_->name() + " returned " + Tensor::describe(pixels.shape()) +
                                          "; expected floats [3, height, width]");
    if (const auto bad = kernels::first_non_finite(pixels.floats()))
        throw Error(ErrorCode::model, "the image transform " + image_->name() + " returned a value that is not finite, at " + std::to_string(*bad));
    return pixels;
}

Tensor Pipeline::stack(std::span<const Tensor> pictures) const {
    Tensor::Shape shape = pictures.front().shape();
    std::vector<float> values;
    values.reserve(pictures.front().floats().size() * pictures.size());
    for (const auto& pixels : pictures) {
        if (shape != pixels.shape())
            throw Error(ErrorCode::model, "the image transform " + image_->name() + " returned " + Tensor::describe(pixels.shape()) +
                                              " and " + Tensor::describe(shape) + "; one batch needs one size");
        values.insert(values.end(), pixels.floats().begin(), pixels.floats().end());
    }
    shape.insert(shape.begin(), static_cast<std::int64_t>(pictures.size()));
    return {std::move(shape), std::move(values)};
}

Tensor Pipeline::run(const std::string& network, const NamedTensors& inputs) const {
    std::vector<Tensor> arguments;
    for (const auto& name : manifest().networks.at(network).inputs) arguments.push_back(inputs.at(name));
    auto outputs = networks_.at(network)->run(arguments);
    if (outputs.empty()) throw Error(ErrorCode::model, manifest().name + ": network " + network + " returned nothing");
    return std::move(outputs.front());
}

Matrix Pipeline::vectors(const std::string& network, const NamedTensors& inputs) const {
    const auto pooling = manifest().networks.at(network).pooling;
    const auto batch = inputs.begin()->second.shape().front();
    const auto dimensions = static_cast<std::int64_t>(manifest().dimensions);
    const Tensor output = run(network, inputs);
    const auto& shape = output.shape();

    Matrix rows;
    if (pooling == Pooling::none) {
        if (!output.is_float() || shape != Tensor::Shape{batch, dimensions})
            throw wrong_output(*this, network, output, Tensor::describe({batch, dimensions}));
        rows = kernels::RowsView(output.floats().data(), batch, dimensions);
    } else {
        const auto& mask = inputs.at("attention_mask");
        const Tensor::Shape expected{batch, mask.shape()[1], dimensions};
        if (!output.is_float() || shape != expected) throw wrong_output(*this, network, output, Tensor::describe(expected));
        rows = pool(output, mask, pooling);
    }

    for (Eigen::Index i = 0; i < rows.rows(); ++i) {
        const std::span<float> row(rows.row(i).data(), manifest().dimensions);
        if (const auto bad = kernels::first_non_finite(row))
            throw Error(ErrorCode::model, manifest().name + ": network " + network + " returned a vector that is not finite at component " +
                                              std::to_string(*bad));
        if (manifest().normalize && !kernels::normalize(row))
            throw Error(ErrorCode::model, manifest().name + ": network " + network + " returned a vector of length 0");
    }
    return rows;
}

std::vector<float> Pipeline::scores(const NamedTensors& inputs, std::size_t pairs) const {
    const Tensor output = run("pair", inputs);
    const auto count = static_cast<std::int64_t>(pairs);
    if (!output.is_float() || (output.shape() != Tensor::Shape{count} && output.shape() != Tensor::Shape{count, 1}))
        throw wrong_output(*this, "pair", output, Tensor::describe({count}));
    std::vector<float> scores(output.floats().begin(), output.floats().end());
    if (kernels::first_non_finite(scores)) throw Error(ErrorCode::model, manifest().name + ": a score is not finite");
    if (manifest().activation == Activation::sigmoid)
        for (auto& score : scores) score = static_cast<float>(1 / (1 + std::exp(-static_cast<double>(score))));
    return scores;
}

NamedTensors named(TextBatch batch) {
    NamedTensors tensors;
    tensors.emplace("input_ids", std::move(batch.input_ids));
    tensors.emplace("attention_mask", std::move(batch.attention_mask));
    tensors.emplace("token_type_ids", std::move(batch.token_type_ids));
    return tensors;
}

}  // namespace sextant::encode_detail
