// Turns texts and pictures into vectors that lie near each other when they mean the same.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include <sextant/bundle/manifest.hpp>
#include <sextant/core/embeddings.hpp>
#include <sextant/core/item.hpp>
#include <sextant/core/space.hpp>
#include <sextant/model/torchscript.hpp>
#include <sextant/preprocess/image.hpp>
#include <sextant/preprocess/text.hpp>

namespace sextant {

struct EncoderOptions {
    std::size_t batch_size = 32;   ///< items that run through the network together
    std::size_t truncate_dim = 0;  ///< keep the first so many dimensions and normalise again; 0 keeps all
    bool self_test = true;         ///< replay one golden of each network when opening: proof, and warm-up

    /// Replaces the bundle's own image preprocessing; its name enters the fingerprint.
    std::shared_ptr<const ImageTransform> image_transform = nullptr;
    /// The caller's own steps before a text is tokenized, or in place of that; their names enter the fingerprint.
    TextPlugins text{};
    ModelLoader load_model = load_torchscript;

    /// Throws `invalid_argument` naming the field.
    void validate() const;
};

/// A dual encoder: one tower per modality, all into one space.
/// Cheap to copy; copies share the networks. Threads: const methods may run together from any threads.
class Encoder {
public:
    /// Opens a bundle. Every file is hashed before it is parsed, and one golden per network is replayed.
    /// Throws what `Bundle::open`, `Bundle::read` and `Tokenizer::from_json` throw, `incompatible` for a cross-encoder,
    /// `unsupported` without libtorch, `invalid_argument` for options, `model` if the self-test differs.
    [[nodiscard]] static Encoder open(const std::filesystem::path& bundle, const EncoderOptions& options = {});

    /// The vectors of many items: one row each, in order, with what was lost of it. Items may be of mixed modality.
    /// Queries and documents differ in the prompt that the model was trained with; pictures have none.
    /// Throws `unsupported` for a modality the model lacks; `invalid_argument` or `limit` for a text that is not valid
    /// UTF-8 or too long and for a picture whose bytes do not fit its size or that is too long and thin, each with the
    /// number of the item if there are several; `model` if the network fails or returns a vector that is not finite.
    /// Single and batch forms agree within 1e-6.
    [[nodiscard]] Embeddings encode_query(std::span<const Item> items) const;
    [[nodiscard]] Embeddings encode_document(std::span<const Item> items) const;
    [[nodiscard]] Embedding encode_query(const Item& item) const;
    [[nodiscard]] Embedding encode_document(const Item& item) const;

    [[nodiscard]] bool supports(Modality modality) const noexcept;
    [[nodiscard]] std::size_t dimensions() const noexcept;
    [[nodiscard]] const Fingerprint& fingerprint() const noexcept;
    /// What an index must be created with to hold this encoder's vectors.
    [[nodiscard]] const Space& space() const noexcept;
    [[nodiscard]] const Manifest& manifest() const noexcept;

private:
    struct Impl;
    explicit Encoder(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

    std::shared_ptr<const Impl> impl_;
};

}  // namespace sextant
