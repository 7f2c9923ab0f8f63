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
#include <sextant/encode/options.hpp>

namespace sextant {

/// How far an encoder's vectors are from those of the reference pipeline, over the goldens that it replayed when it was
/// opened: 1 - cosine.
struct Drift {
    std::size_t vectors = 0;  ///< compared; 0 without a self-test
    double worst = 0;
    double mean = 0;
};

/// A dual encoder: one tower per modality, all into one space.
/// Cheap to copy; copies share the networks. Threads: const methods may run together from any threads.
class Encoder {
public:
    /// Opens a bundle. Every file is hashed before it is parsed, and one golden per network is replayed.
    /// Throws what `Bundle::open`, `Bundle::read` and `Tokenizer::from_json` throw, `incompatible` for a cross-encoder,
    /// `unsupported` without libtorch or for a precision it lacks, `invalid_argument` for options, `model` if the
    /// self-test differs.
    [[nodiscard]] static Encoder open(const std::filesystem::path& bundle, const EncoderOptions& options = {});

    /// The vectors of many items: one row each, in order, with what was lost of it. Items may be of mixed modality.
    /// Queries and documents differ in the prompt that the model was trained with; pictures have none.
    /// Throws `unsupported` for a modality or an output the model lacks; `invalid_argument` or `limit` for a text that is
    /// not valid UTF-8 or too long and for a picture whose bytes do not fit its size or that is too long and thin, each
    /// with the number of the item if there are several; `model` if the network fails or returns a vector that is not
    /// finite. Single and batch forms agree within 1e-6, and bit for bit if the encoder is deterministic.
    [[nodiscard]] Embeddings encode_query(std::span<const Item> items) const;
    [[nodiscard]] Embeddings encode_document(std::span<const Item> items) const;
    [[nodiscard]] Embedding encode_query(const Item& item) const;
    [[nodiscard]] Embedding encode_document(const Item& item) const;

    /// The same in every form that the model has, with long texts cut into chunks or refused, and a way to stop: see
    /// `EncodeOptions`. Throws also `cancelled`, and `invalid_argument` for options.
    [[nodiscard]] Encoded encode(std::span<const Item> items, const EncodeOptions& options) const;

    /// Every query's score with every document, queries x documents, higher is better: the model's own metric for dense
    /// vectors, the inner product for sparse ones, for several vectors what `multi.score` of the manifest says.
    /// No queries or no documents make a matrix of no scores. Throws `invalid_argument` for vectors of different lengths.
    [[nodiscard]] Matrix similarity(const Embeddings& queries, const Embeddings& documents) const;
    [[nodiscard]] Matrix similarity(const SparseEmbeddings& queries, const SparseEmbeddings& documents) const;
    [[nodiscard]] Matrix similarity(const MultiEmbeddings& queries, const MultiEmbeddings& documents) const;
    /// logit_scale * score + logit_bias, as the manifest has them.
    [[nodiscard]] Matrix logits(const Matrix& scores) const;
    /// What the model takes the probability to be that query and document belong together: sigmoid or softmax of the
    /// logits. Throws `unsupported` if the manifest names neither.
    [[nodiscard]] Matrix probabilities(const Matrix& scores) const;

    [[nodiscard]] bool supports(Modality modality) const noexcept;
    [[nodiscard]] bool supports(Output output) const noexcept;
    [[nodiscard]] std::size_t dimensions() const noexcept;  ///< of dense vectors; 0 if the model has none
    [[nodiscard]] const Fingerprint& fingerprint() const noexcept;
    /// What an index must be created with to hold this encoder's dense vectors.
    [[nodiscard]] const Space& space() const noexcept;
    [[nodiscard]] const Manifest& manifest() const noexcept;
    [[nodiscard]] const Drift& drift() const noexcept;

private:
    struct Impl;
    explicit Encoder(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

    std::shared_ptr<const Impl> impl_;
};

}  // namespace sextant
