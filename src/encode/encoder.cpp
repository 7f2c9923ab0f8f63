#include <sextant/encode/encoder.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include "encode/goldens.hpp"
#include "encode/job.hpp"

namespace sextant {

using encode_detail::Job;
using encode_detail::Pipeline;
using encode_detail::Workers;

namespace {

Error bad_option(const std::string& field, const std::string& what) { return {ErrorCode::invalid_argument, field + " is " + what}; }

}  // namespace

void EncoderOptions::validate() const {
    constexpr std::size_t most_threads = 1024;
    if (batch_size == 0) throw bad_option("EncoderOptions::batch_size", "0; expected at least 1");
    if (batch_tokens == 0) throw bad_option("EncoderOptions::batch_tokens", "0; expected at least 1");
    if (threads > most_threads) throw bad_option("EncoderOptions::threads", std::to_string(threads) + "; expected at most " + std::to_string(most_threads));
    if (!load_model) throw bad_option("EncoderOptions::load_model", "empty; leave it at its default, load_torchscript");
}

struct Encoder::Impl {
    Impl(Pipeline made, const EncoderOptions& chosen) : pipeline(std::move(made)), options(chosen), workers(std::max<std::size_t>(chosen.threads, 1)) {}

    Pipeline pipeline;
    EncoderOptions options;
    Space space;
    Drift drift;
    mutable Workers workers;
};

namespace {

/// A plug-in without a name would pass for another.
std::string named(const std::string& part, const std::string& name) {
    if (name.empty() || one_line(name) != name)
        throw Error(ErrorCode::invalid_argument, "EncoderOptions: name() of " + part + " returns " + (name.empty() ? "nothing" : "control characters") +
                                                     "; expected a name with a version, such as \"my-step/1\", as it enters the fingerprint");
    return name;
}

Space make_space(const Pipeline& pipeline, const EncoderOptions& options) {
    const Manifest& manifest = pipeline.manifest();
    auto parts = manifest.parts;
    if (options.image_transform) {
        std::erase_if(parts, [](const auto& part) { return part.first.starts_with("image."); });
        parts["image.transform"] = named("image_transform", options.image_transform->name());
    }
    if (options.text.transform) parts["text.transform"] = named("text.transform", options.text.transform->name());
    if (options.text.tokenizer) parts["text.tokenizer"] = named("text.tokenizer", options.text.tokenizer->name());
    if (options.precision != Precision::float32) parts["precision"] = to_string(options.precision);
    std::size_t dimensions = manifest.dimensions;
    if (options.truncate_dim > 0 && options.truncate_dim < dimensions) {
        dimensions = options.truncate_dim;
        parts["truncate_dim"] = std::to_string(dimensions);
    }
    return {dimensions, manifest.metric, make_fingerprint(std::move(parts))};
}

void check_bundle(const Manifest& manifest, const std::string& where, const EncoderOptions& options) {
    if (manifest.kind != BundleKind::dual_encoder)
        throw Error(ErrorCode::incompatible, where + " holds a " + std::string(to_string(manifest.kind)) + "; an Encoder needs a dual-encoder: open it with CrossEncoder::open");
    if (options.truncate_dim > manifest.dimensions)
        throw bad_option("EncoderOptions::truncate_dim", std::to_string(options.truncate_dim) + "; " + where + " has " + std::to_string(manifest.dimensions) + " dimensions");
}

}  // namespace

Encoder Encoder::open(const std::filesystem::path& bundle, const EncoderOptions& options) {
    options.validate();
    auto opened = Bundle::open(bundle);
    check_bundle(opened.manifest(), bundle.string(), options);
    auto impl = std::make_shared<Impl>(Pipeline(std::move(opened), options.image_transform, options.text), options);
    impl->pipeline.load_networks(options.load_model, options.precision);
    if (options.self_test) impl->drift = self_test(impl->pipeline, options.precision);
    impl->space = make_space(impl->pipeline, options);
    return Encoder(std::move(impl));
}

Encoded Encoder::encode(std::span<const Item> items, const EncodeOptions& options) const {
    if (options.outputs.empty()) throw bad_option("EncodeOptions::outputs", "empty; expected dense, sparse or multi");
    for (const auto output : options.outputs)
        if (std::ranges::count(options.outputs, output) > 1) throw bad_option("EncodeOptions::outputs", "a list with " + std::string(to_string(output)) + " twice; expected each form once");
    return Job(impl_->pipeline, impl_->workers, impl_->options, impl_->space.dimensions, items, options).run();
}

Embeddings Encoder::encode_query(std::span<const Item> items) const { return encode(items, {.role = Role::query}).dense; }
Embeddings Encoder::encode_document(std::span<const Item> items) const { return encode(items, {.role = Role::document}).dense; }

namespace {

Embedding single(const Embeddings& rows) { return {{rows.row(0).begin(), rows.row(0).end()}, rows.info[0]}; }

}  // namespace

Embedding Encoder::encode_query(const Item& item) const { return single(encode_query(std::span(&item, 1))); }
Embedding Encoder::encode_document(const Item& item) const { return single(encode_document(std::span(&item, 1))); }

bool Encoder::supports(Modality modality) const noexcept { return manifest().supports(modality); }
bool Encoder::supports(Output output) const noexcept { return manifest().supports(output); }
std::size_t Encoder::dimensions() const noexcept { return impl_->space.dimensions; }
const Fingerprint& Encoder::fingerprint() const noexcept { return impl_->space.fingerprint; }
const Space& Encoder::space() const noexcept { return impl_->space; }
const Manifest& Encoder::manifest() const noexcept { return impl_->pipeline.manifest(); }
const Drift& Encoder::drift() const noexcept { return impl_->drift; }

}  // namespace sextant
