#include "encode/pipeline.hpp"

#include <algorithm>
#include <cmath>

#include <sextant/kernels/similarity.hpp>

namespace sextant::encode_detail {
namespace {

TextPreprocessor make_text(const Bundle& bundle, const TextSpec& spec, const TextPlugins& plugins) {
    const auto where = (bundle.folder() / spec.tokenizer).string();
    return {Tokenizer::from_json(bundle.read_text(spec.tokenizer), where), spec, plugins};
}

/// [items, ...] of tensors of one shape.
Tensor stack(std::span<const Prepared* const> batch, std::size_t input) {
    const Tensor& first = batch.front()->picture[input].tensor;
    Tensor::Shape shape = first.shape();
    shape.insert(shape.begin(), static_cast<std::int64_t>(batch.size()));
    const auto joined = [&](auto values, auto elements) {
        for (const auto* item : batch) {
            const auto part = elements(item->picture[input].tensor);
            values.insert(values.end(), part.begin(), part.end());
        }
        return Tensor(shape, std::move(values));
    };
    if (first.is_float()) return joined(std::vector<float>(), [](const Tensor& tensor) { return tensor.floats(); });
    return joined(std::vector<std::int64_t>(), [](const Tensor& tensor) { return tensor.integers(); });
}

/// How many pixels a network sees.
std::size_t pixels_in(std::span<const NamedTensor> picture, const std::optional<ImageSpec>& spec) {
    const auto find = [&](std::string_view name) { return std::ranges::find(picture, name, &NamedTensor::name); };
    const auto attended = find("pixel_attention_mask");
    if (attended == picture.end() || !spec || !spec->patches) return find("pixel_values")->tensor.floats().size() / 3;
    const auto patches = std::ranges::count(attended->tensor.integers(), 1);
    return static_cast<std::size_t>(patches) * static_cast<std::size_t>(spec->patches->size) * static_cast<std::size_t>(spec->patches->size);
}

}  // namespace

Pipeline::Pipeline(Bundle bundle, std::shared_ptr<const ImageTransform> image_transform, const TextPlugins& plugins)
    : bundle_(std::move(bundle)), image_(std::move(image_transform)), own_image_(image_ != nullptr), own_text_(plugins.transform || plugins.tokenizer) {
    if (manifest().text) text_ = make_text(bundle_, *manifest().text, plugins);
    if (manifest().text_query) text_query_ = make_text(bundle_, *manifest().text_query, plugins);
    if (!image_ && manifest().image) image_ = std::make_shared<StandardImageTransform>(*manifest().image);
}

void Pipeline::load_networks(const ModelLoader& load, Precision precision) {
    for (const auto& [name, spec] : manifest().networks)
        networks_[name] = load(bundle_.read(spec.file), (bundle_.folder() / spec.file).string(), precision);
}

const std::string& Pipeline::prompt(Role role) const {
    const auto& spec = text(role).spec();
    return role == Role::query ? spec.query_prompt : spec.document_prompt;
}

bool Pipeline::is_own(const std::string& input) const noexcept {
    const bool text = input == "input_ids" || input == "attention_mask" || input == "token_type_ids";
    return text ? own_text_ : own_image_;
}

bool Pipeline::hides_padding(const std::string& network, Role role) const {
    const auto& spec = manifest().networks.at(network);
    const auto& fed = text(role).spec();
    if (fed.pad_to_max_length) return true;  // all rows are of one length
    const auto keep = role == Role::query ? &MultiSpec::keep_query : &MultiSpec::keep;
    const bool keeps_all = spec.returns(Output::multi) && !spec.multi_mask && (*manifest().multi).*keep == MultiSpec::Keep::all;
    return !fed.attend_to_padding && !keeps_all && std::ranges::find(spec.inputs, "attention_mask") != spec.inputs.end();
}

Prepared Pipeline::prepare(std::string_view value, Role role, std::optional<Truncation::Side> side) const {
    Prepared prepared;
    prepared.tokens = text(role).encode(value, prompt(role), side);
    prepared.info.tokens_total = prepared.tokens->tokens_total;
    prepared.info.tokens_used = prepared.tokens->ids.size();
    return prepared;
}

Prepared Pipeline::prepare(const Image& image) const {
    Prepared prepared;
    prepared.picture = image_->inputs(image);
    const auto pixels = std::ranges::find(prepared.picture, "pixel_values", &NamedTensor::name);
    const bool patches = manifest().image && manifest().image->patches;
    const auto wrong = [&](const std::string& what) { throw Error(ErrorCode::model, "the image transform " + image_->name() + " returned " + what); };
    if (pixels == prepared.picture.end()) wrong("no pixel_values");
    const auto& shape = pixels->tensor.shape();
    if (!pixels->tensor.is_float() || (!patches && (shape.size() != 3 || shape[0] != 3)))
        wrong(Tensor::describe(shape) + "; expected floats [3, height, width]");
    if (const auto bad = kernels::first_non_finite(pixels->tensor.floats())) wrong("a value that is not finite, at " + std::to_string(*bad));
    prepared.info.pixels_total = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
    prepared.info.pixels_used = pixels_in(prepared.picture, manifest().image);
    return prepared;
}

Prepared Pipeline::prepare(const Item& item, Role role, std::optional<Truncation::Side> side) const {
    if (!item.image()) return prepare(item.text()->value, role, side);
    auto prepared = prepare(*item.image());
    if (!item.text()) return prepared;
    auto words = prepare(item.text()->value, role, side);
    prepared.tokens = std::move(words.tokens);
    prepared.info.tokens_total = words.info.tokens_total;
    prepared.info.tokens_used = words.info.tokens_used;
    return prepared;
}

NamedTensors Pipeline::inputs_of(Role role, std::span<const Prepared* const> batch, std::size_t width) const {
    NamedTensors inputs;
    if (batch.front()->tokens) {
        std::vector<const Encoding*> rows;
        for (const auto* item : batch) rows.push_back(&*item->tokens);
        auto tokens = text(role).batch(rows, width);
        inputs.emplace("input_ids", std::move(tokens.input_ids));
        inputs.emplace("attention_mask", std::move(tokens.attention_mask));
        inputs.emplace("token_type_ids", std::move(tokens.token_type_ids));
    }
    const auto& picture = batch.front()->picture;
    for (std::size_t i = 0; i < picture.size(); ++i) inputs.emplace(picture[i].name, stack(batch, i));
    return inputs;
}

std::vector<Tensor> Pipeline::run(const std::string& network, const NamedTensors& inputs, std::size_t threads) const {
    std::vector<Tensor> arguments;
    for (const auto& name : manifest().networks.at(network).inputs) {
        const auto input = inputs.find(name);
        if (input == inputs.end())
            throw Error(ErrorCode::model, manifest().name + ": network " + network + " takes " + name + ", which the image transform " + image_->name() + " does not return");
        arguments.push_back(input->second);
    }
    return networks_.at(network)->run(arguments, threads);
}

std::vector<Vectors> Pipeline::vectors(const std::string& network, Role role, std::span<const Prepared* const> batch,
                                       std::span<const Output> wanted, const RunOptions& options) const {
    const auto inputs = inputs_of(role, batch, options.width);
    const auto outputs = run(network, inputs, options.threads);
    return read_outputs({manifest(), network, role, inputs, outputs}, wanted);
}

Matrix Pipeline::token_vectors(const std::string& network, Role role, const Prepared& text, const RunOptions& options) const {
    const std::array batch{&text};
    const auto inputs = inputs_of(role, batch, options.width);
    const auto outputs = run(network, inputs, options.threads);
    return read_tokens({manifest(), network, role, inputs, outputs});
}

std::vector<float> Pipeline::scores(std::span<const Prepared* const> batch, const RunOptions& options) const {
    const std::string network = "pair";
    const auto inputs = inputs_of(Role::query, batch, options.width);
    const auto outputs = run(network, inputs, options.threads);
    const Run done{manifest(), network, Role::query, inputs, outputs};
    if (outputs.empty()) done.fail("nothing");
    const Tensor& output = outputs.front();
    if (!output.is_float() || (output.shape() != Tensor::Shape{done.batch()} && output.shape() != Tensor::Shape{done.batch(), 1}))
        done.wrong_output(output, Tensor::describe({done.batch()}));
    std::vector<float> scores(output.floats().begin(), output.floats().end());
    if (kernels::first_non_finite(scores)) throw Error(ErrorCode::model, manifest().name + ": a score is not finite");
    if (manifest().activation == Activation::sigmoid)
        for (auto& score : scores) score = static_cast<float>(1 / (1 + std::exp(-static_cast<double>(score))));
    return scores;
}

bool same_shape(const Prepared& a, const Prepared& b) {
    return std::ranges::equal(a.picture, b.picture, [](const NamedTensor& x, const NamedTensor& y) { return x.name == y.name && x.tensor.shape() == y.tensor.shape(); });
}

}  // namespace sextant::encode_detail
