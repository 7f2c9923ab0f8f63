#include <sextant/encode/encoder.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <sextant/kernels/similarity.hpp>

#include "encode/pipeline.hpp"

namespace sextant {

using encode_detail::for_row;
using encode_detail::Pipeline;

void EncoderOptions::validate() const {
    if (batch_size == 0) throw Error(ErrorCode::invalid_argument, "EncoderOptions::batch_size is 0; expected at least 1");
    if (!load_model) throw Error(ErrorCode::invalid_argument, "EncoderOptions::load_model is empty; leave it at its default, load_torchscript");
}

struct Encoder::Impl {
    Impl(Pipeline made, const EncoderOptions& chosen) : pipeline(std::move(made)), options(chosen) {}

    [[nodiscard]] Embeddings encode(std::span<const Item> items, std::string_view prompt) const;
    void encode_texts(std::span<const Item> items, std::span<const std::size_t> rows, std::string_view prompt, Embeddings& out) const;
    void encode_images(std::span<const Item> items, std::span<const std::size_t> rows, Embeddings& out) const;
    void store(const Matrix& vectors, std::span<const std::size_t> rows, Embeddings& out) const;

    Pipeline pipeline;
    EncoderOptions options;
    Space space;
};

namespace {

Space make_space(const Pipeline& pipeline, const EncoderOptions& options) {
    const Manifest& manifest = pipeline.manifest();
    auto parts = manifest.parts;
    if (options.image_transform) {
        std::erase_if(parts, [](const auto& part) { return part.first.starts_with("image."); });
        parts["image.transform"] = options.image_transform->name();
    }
    if (options.text.transform) parts["text.transform"] = options.text.transform->name();
    if (options.text.tokenizer) parts["text.tokenizer"] = options.text.tokenizer->name();
    std::size_t dimensions = manifest.dimensions;
    if (options.truncate_dim > 0 && options.truncate_dim < dimensions) {
        dimensions = options.truncate_dim;
        parts["truncate_dim"] = std::to_string(dimensions);
    }
    return {dimensions, manifest.metric, make_fingerprint(std::move(parts))};
}

}  // namespace

Encoder Encoder::open(const std::filesystem::path& bundle, const EncoderOptions& options) {
    options.validate();
    auto opened = Bundle::open(bundle);
    if (opened.manifest().kind != BundleKind::dual_encoder)
        throw Error(ErrorCode::incompatible, bundle.string() + " holds a " + std::string(to_string(opened.manifest().kind)) +
                                                 "; an Encoder needs a dual-encoder: open it with CrossEncoder::open");
    if (options.truncate_dim > opened.manifest().dimensions)
        throw Error(ErrorCode::invalid_argument, "EncoderOptions::truncate_dim is " + std::to_string(options.truncate_dim) + "; " + bundle.string() +
                                                     " has " + std::to_string(opened.manifest().dimensions) + " dimensions");
    auto impl = std::make_shared<Impl>(Pipeline(std::move(opened), options.image_transform, options.text), options);
    impl->pipeline.load_networks(options.load_model);
    if (options.self_test) self_test(impl->pipeline);
    impl->space = make_space(impl->pipeline, options);
    return Encoder(std::move(impl));
}

void Encoder::Impl::store(const Matrix& vectors, std::span<const std::size_t> rows, Embeddings& out) const {
    const auto kept = static_cast<Eigen::Index>(space.dimensions);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto target = out.vectors.row(static_cast<Eigen::Index>(rows[i]));
        target = vectors.row(static_cast<Eigen::Index>(i)).head(kept);
        if (kept < vectors.cols() && pipeline.manifest().normalize &&
            !kernels::normalize(std::span<float>(target.data(), space.dimensions)))
            throw Error(ErrorCode::model, "item " + std::to_string(rows[i]) + ": the first " + std::to_string(kept) + " dimensions are all 0");
    }
}

void Encoder::Impl::encode_texts(std::span<const Item> items, std::span<const std::size_t> rows, std::string_view prompt,
                                 Embeddings& out) const {
    std::vector<Encoding> encodings;
    for (const auto row : rows)
        encodings.push_back(for_row("item", row, items.size(), [&] { return pipeline.text().encode(items[row].text()->value, prompt); }));
    auto batch = pipeline.text().batch(encodings);
    for (std::size_t i = 0; i < rows.size(); ++i) out.info[rows[i]] = batch.info[i];
    store(pipeline.vectors("text", encode_detail::named(std::move(batch))), rows, out);
}

void Encoder::Impl::encode_images(std::span<const Item> items, std::span<const std::size_t> rows, Embeddings& out) const {
    std::vector<Tensor> pictures;
    for (const auto row : rows)
        pictures.push_back(for_row("item", row, items.size(), [&] { return pipeline.image(*items[row].image()); }));
    encode_detail::NamedTensors inputs;
    inputs.emplace("pixel_values", pipeline.stack(pictures));
    store(pipeline.vectors("image", inputs), rows, out);
}

Embeddings Encoder::Impl::encode(std::span<const Item> items, std::string_view prompt) const {
    Embeddings out;
    out.vectors.resize(static_cast<Eigen::Index>(items.size()), static_cast<Eigen::Index>(space.dimensions));
    out.info.resize(items.size());

    for (const auto modality : {Modality::text, Modality::image}) {
        std::vector<std::size_t> rows;
        for (std::size_t i = 0; i < items.size(); ++i)
            if (items[i].modality() == modality) rows.push_back(i);
        if (!rows.empty() && !pipeline.manifest().supports(modality))
            throw Error(ErrorCode::unsupported, "item " + std::to_string(rows[0]) + " is of modality " + std::string(to_string(modality)) + ", which " +
                                                    pipeline.manifest().name + " has no tower for");
        for (std::size_t at = 0; at < rows.size(); at += options.batch_size) {
            const auto batch = std::span(rows).subspan(at, std::min(options.batch_size, rows.size() - at));
            if (modality == Modality::text) encode_texts(items, batch, prompt, out);
            else encode_images(items, batch, out);
        }
    }
    return out;
}

Embeddings Encoder::encode_query(std::span<const Item> items) const {
    const auto& text = manifest().text;
    return impl_->encode(items, text ? text->query_prompt : std::string_view());
}

Embeddings Encoder::encode_document(std::span<const Item> items) const {
    const auto& text = manifest().text;
    return impl_->encode(items, text ? text->document_prompt : std::string_view());
}

namespace {

Embedding single(const Embeddings& rows) { return {{rows.row(0).begin(), rows.row(0).end()}, rows.info[0]}; }

}  // namespace

Embedding Encoder::encode_query(const Item& item) const { return single(encode_query(std::span(&item, 1))); }
Embedding Encoder::encode_document(const Item& item) const { return single(encode_document(std::span(&item, 1))); }

bool Encoder::supports(Modality modality) const noexcept { return manifest().supports(modality); }
std::size_t Encoder::dimensions() const noexcept { return impl_->space.dimensions; }
const Fingerprint& Encoder::fingerprint() const noexcept { return impl_->space.fingerprint; }
const Space& Encoder::space() const noexcept { return impl_->space; }
const Manifest& Encoder::manifest() const noexcept { return impl_->pipeline.manifest(); }

}  // namespace sextant
