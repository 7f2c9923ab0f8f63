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

#include "encode/outputs.hpp"

namespace sextant::encode_detail {

/// One item as its network is fed: tokens, a picture's tensors, or both.
struct Prepared {
    std::optional<Encoding> tokens = {};
    std::vector<NamedTensor> picture = {};
    EmbeddingInfo info = {};
};

/// How a batch is run.
struct RunOptions {
    std::size_t threads = 0;  ///< that the network may use; 0: as many as its library is set to
    std::size_t width = 0;    ///< rows of tokens are padded to at least this
};

class Pipeline {
public:
    /// Reads the tokenizers and sets up preprocessing; networks are loaded by `load_networks`.
    explicit Pipeline(Bundle bundle, std::shared_ptr<const ImageTransform> image_transform = nullptr, const TextPlugins& plugins = {});

    void load_networks(const ModelLoader& load, Precision precision = Precision::float32);

    [[nodiscard]] const Bundle& bundle() const noexcept { return bundle_; }
    [[nodiscard]] const Manifest& manifest() const noexcept { return bundle_.manifest(); }
    [[nodiscard]] const TextPreprocessor& text(Role role) const { return role == Role::query && text_query_ ? *text_query_ : text_.value(); }
    [[nodiscard]] const std::string& prompt(Role role) const;
    /// Whether the caller brought a step that this input comes from: it makes other tensors than the goldens', and rightly so.
    [[nodiscard]] bool is_own(const std::string& input) const noexcept;
    /// Whether rows of different lengths may run together: not if a row could tell how far it was padded.
    [[nodiscard]] bool hides_padding(const std::string& network, Role role) const;

    /// A text behind its prompt, as tokens; it is cut at `side`, or where the manifest says.
    [[nodiscard]] Prepared prepare(std::string_view text, Role role, std::optional<Truncation::Side> side = std::nullopt) const;
    /// A picture as tensors. Throws `model` if a transform returns anything else than its network takes.
    [[nodiscard]] Prepared prepare(const Image& image) const;
    [[nodiscard]] Prepared prepare(const Item& item, Role role, std::optional<Truncation::Side> side = std::nullopt) const;

    /// The vectors of one batch, whose pictures are of one shape, in the forms that are wanted.
    [[nodiscard]] std::vector<Vectors> vectors(const std::string& network, Role role, std::span<const Prepared* const> batch,
                                               std::span<const Output> wanted, const RunOptions& options = {}) const;
    /// The token vectors of one text, before they are pooled.
    [[nodiscard]] Matrix token_vectors(const std::string& network, Role role, const Prepared& text, const RunOptions& options = {}) const;

    /// The scores of one batch of pairs, activation applied.
    [[nodiscard]] std::vector<float> scores(std::span<const Prepared* const> batch, const RunOptions& options = {}) const;

private:
    [[nodiscard]] NamedTensors inputs_of(Role role, std::span<const Prepared* const> batch, std::size_t width) const;
    [[nodiscard]] std::vector<Tensor> run(const std::string& network, const NamedTensors& inputs, std::size_t threads) const;

    Bundle bundle_;
    std::optional<TextPreprocessor> text_, text_query_;
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

/// True if the pictures of both, if any, may lie in one batch.
[[nodiscard]] bool same_shape(const Prepared& a, const Prepared& b);

}  // namespace sextant::encode_detail
