#include <algorithm>
#include <string>
#include <utility>

#include <sextant/rerank/reranker.hpp>

#include "encode/goldens.hpp"

namespace sextant {

using encode_detail::for_row;
using encode_detail::Pipeline;
using encode_detail::Prepared;
using encode_detail::same_shape;

void CrossEncoderOptions::validate() const {
    if (batch_size == 0) throw Error(ErrorCode::invalid_argument, "CrossEncoderOptions::batch_size is 0; expected at least 1");
    if (!load_model)
        throw Error(ErrorCode::invalid_argument, "CrossEncoderOptions::load_model is empty; leave it at its default, load_torchscript");
}

struct CrossEncoder::Impl {
    Impl(Pipeline made, const CrossEncoderOptions& chosen) : pipeline(std::move(made)), options(chosen) {}

    void check(const Item& query, std::span<const Item> documents) const;
    /// `documents` are numbers `first` and on of `count`.
    [[nodiscard]] std::vector<float> score_batch(const Text& query, std::span<const Item> documents, std::size_t first, std::size_t count) const;

    Pipeline pipeline;
    CrossEncoderOptions options;
};

CrossEncoder CrossEncoder::open(const std::filesystem::path& bundle, const CrossEncoderOptions& options) {
    options.validate();
    auto opened = Bundle::open(bundle);
    if (opened.manifest().kind != BundleKind::cross_encoder)
        throw Error(ErrorCode::incompatible, bundle.string() + " holds a " + std::string(to_string(opened.manifest().kind)) +
                                                 "; a CrossEncoder needs a cross-encoder: open it with Encoder::open");
    auto impl = std::make_shared<Impl>(Pipeline(std::move(opened)), options);
    impl->pipeline.load_networks(options.load_model);
    if (options.self_test) self_test(impl->pipeline);
    return CrossEncoder(std::move(impl));
}

void CrossEncoder::Impl::check(const Item& query, std::span<const Item> documents) const {
    const auto& name = pipeline.manifest().name;
    const auto wanted = pipeline.manifest().image ? Modality::image : Modality::text;
    if (query.modality() != Modality::text)
        throw Error(ErrorCode::unsupported, name + " reads a text as its query, not a picture: ask with words, or leave the reranker out");
    for (std::size_t i = 0; i < documents.size(); ++i) {
        if (documents[i].modality() == wanted) continue;
        throw Error(ErrorCode::unsupported, name + " scores (text, " + std::string(to_string(wanted)) + ") pairs; document " + std::to_string(i) +
                                                " is of modality " + std::string(to_string(documents[i].modality())));
    }
}

std::vector<float> CrossEncoder::Impl::score_batch(const Text& query, std::span<const Item> documents, std::size_t first,
                                                   std::size_t count) const {
    const bool pictures = pipeline.manifest().image.has_value();
    const auto& text = pipeline.text(Role::query);
    Prepared words;
    if (pictures) words = pipeline.prepare(query.value, Role::query);
    std::vector<Prepared> pairs;
    for (std::size_t i = 0; i < documents.size(); ++i) {
        pairs.push_back(for_row("document", first + i, count, [&] {
            if (!pictures) return Prepared{.tokens = text.encode_pair(query.value, documents[i].text()->value, pipeline.manifest().pair)};
            auto pair = pipeline.prepare(*documents[i].image());
            pair.tokens = words.tokens;
            return pair;
        }));
    }
    std::vector<float> scores;
    while (scores.size() < pairs.size()) {  // pictures of one shape go together
        std::vector<const Prepared*> alike;
        for (auto i = scores.size(); i < pairs.size() && same_shape(pairs[scores.size()], pairs[i]); ++i) alike.push_back(&pairs[i]);
        const auto some = pipeline.scores(alike);
        scores.insert(scores.end(), some.begin(), some.end());
    }
    return scores;
}

std::vector<float> CrossEncoder::score(const Item& query, std::span<const Item> documents) const {
    impl_->check(query, documents);
    std::vector<float> scores;
    while (scores.size() < documents.size()) {
        const auto rest = documents.subspan(scores.size());
        const auto batch = impl_->score_batch(*query.text(), rest.first(std::min(impl_->options.batch_size, rest.size())), scores.size(), documents.size());
        scores.insert(scores.end(), batch.begin(), batch.end());
    }
    return scores;
}

ScoreType CrossEncoder::score_type() const noexcept {
    return manifest().activation == Activation::sigmoid ? ScoreType::probability : ScoreType::logit;
}
const Manifest& CrossEncoder::manifest() const noexcept { return impl_->pipeline.manifest(); }

}  // namespace sextant
