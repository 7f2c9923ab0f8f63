// A bundle made ready to run: what the encoder, the reranker and verification share.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/bundle/bundle.hpp>
#include <sextant/core/embeddings.hpp>
#include <sextant/core/item.hpp>
#include <sextant/model/model.hpp>
#include <sextant/preprocess/image.hpp>
#include <sextant/preprocess/text.hpp>

namespace sextant::encode_detail {

/// The named tensors of one batch, ready for a network.
using NamedTensors = std::map<std::string, Tensor>;

class Pipeline {
public:
    /// Reads the tokenizer and sets up preprocessing; networks are loaded by `load_networks`.
    explicit Pipeline(Bundle bundle, std::shared_ptr<const ImageTransform> image_transform = nullptr, const TextPlugins& plugins = {});

    void load_networks(const ModelLoader& load);

    [[nodiscard]] const Bundle& bundle() const noexcept { return bundle_; }
    [[nodiscard]] const Manifest& manifest() const noexcept { return bundle_.manifest(); }
    [[nodiscard]] const TextPreprocessor& text() const { return *text_; }
    /// The preprocessed picture, float32 [3, height, width]. Throws `model` if a transform returns anything else.
    [[nodiscard]] Tensor image(const Image& image) const;
    /// Whether the caller brought a step that this input comes from: it makes other tensors than the goldens', and rightly so.
    [[nodiscard]] bool is_own(const std::string& input) const noexcept { return input == "pixel_values" ? own_image_ : own_text_; }

    /// float32 [pictures, 3, height, width], of what `image` returned. All must be of one size.
    [[nodiscard]] Tensor stack(std::span<const Tensor> pictures) const;

    /// The vectors of one batch through the network of this name, pooled and normalised as the manifest says.
    [[nodiscard]] Matrix vectors(const std::string& network, const NamedTensors& inputs) const;

    /// The scores of one batch of pairs, activation applied.
    [[nodiscard]] std::vector<float> scores(const NamedTensors& inputs, std::size_t pairs) const;

private:
    [[nodiscard]] Tensor run(const std::string& network, const NamedTensors& inputs) const;

    Bundle bundle_;
    std::optional<TextPreprocessor> text_;
    std::shared_ptr<const ImageTransform> image_;
    bool own_image_, own_text_;
    std::map<std::string, std::unique_ptr<Model>> networks_;
};

/// Runs `action` for number `row` of `count` things called `what`, which is named in whatever it throws; a single one
/// needs no number.
template <class Action>
auto for_row(const char* what, std::size_t row, std::size_t count, Action&& action) {
    try {
        return action();
    } catch (const Error& error) {
        if (count == 1) throw;
        throw Error(error.code(), std::string(what) + " " + std::to_string(row) + ": " + error.what());
    }
}

/// A batch of texts as the tensors a network may ask for.
[[nodiscard]] NamedTensors named(TextBatch batch);

/// Compare a pipeline with goldens. Each returns what differs first, or an empty string, and raises `worst` to the
/// largest difference seen.
[[nodiscard]] std::string check_tokens(const Pipeline& pipeline, std::span<const Golden> goldens);
[[nodiscard]] std::string check_pixels(const Pipeline& pipeline, std::span<const Golden> goldens, double& worst);
[[nodiscard]] std::string check_vectors(const Pipeline& pipeline, const std::string& network, std::span<const Golden> goldens, double& worst);
[[nodiscard]] std::string check_scores(const Pipeline& pipeline, std::span<const Golden> goldens, double& worst);
/// Every network with its goldens.
[[nodiscard]] std::string check_networks(const Pipeline& pipeline, const Goldens& goldens, double& worst);

/// Runs the first golden of every network; throws `Error(model)` if it differs. Networks that see what a transform of
/// the caller's own makes are left out.
void self_test(const Pipeline& pipeline);

}  // namespace sextant::encode_detail
