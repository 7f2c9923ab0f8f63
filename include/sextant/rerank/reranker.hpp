// Reorders a short list by looking at the query and each candidate together.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include <sextant/bundle/manifest.hpp>
#include <sextant/core/hit.hpp>
#include <sextant/core/item.hpp>
#include <sextant/model/torchscript.hpp>

namespace sextant {

/// One document of a reranked list.
struct Ranked {
    std::size_t document = 0;  ///< its number in the list that was given
    float score = 0;
};

/// Scores a query against documents. Derive from it to bring a reranker of your own.
/// Threads: const methods may be called from any threads at once, also on derived classes.
class Reranker {
public:
    Reranker() = default;
    virtual ~Reranker() = default;

    /// One score per document, in their order; higher is better. Throws `unsupported` for a modality it cannot read.
    [[nodiscard]] virtual std::vector<float> score(const Item& query, std::span<const Item> documents) const = 0;

    /// What the scores are.
    [[nodiscard]] virtual ScoreType score_type() const noexcept = 0;

    /// The documents, best first; equal scores in the order given.
    [[nodiscard]] std::vector<Ranked> rank(const Item& query, std::span<const Item> documents) const;

protected:
    Reranker(const Reranker&) = default;
    Reranker& operator=(const Reranker&) = default;
    Reranker(Reranker&&) = default;
    Reranker& operator=(Reranker&&) = default;
};

struct CrossEncoderOptions {
    std::size_t batch_size = 32;  ///< pairs that run through the network together
    bool self_test = true;        ///< replay one golden when opening
    ModelLoader load_model = load_torchscript;

    /// Throws `invalid_argument` naming the field.
    void validate() const;
};

/// A network that reads query and document together: over (text, picture) or (text, text) pairs, as its bundle says.
/// Cheap to copy; copies share the network.
class CrossEncoder final : public Reranker {
public:
    /// Opens a bundle of kind `cross-encoder`. Throws as `Encoder::open`.
    [[nodiscard]] static CrossEncoder open(const std::filesystem::path& bundle, const CrossEncoderOptions& options = {});

    /// The query is a text; the documents are pictures if the bundle has an `image` section, else texts.
    /// Throws `unsupported` for any other modality, naming the document; `invalid_argument` and `limit` for a bad text.
    [[nodiscard]] std::vector<float> score(const Item& query, std::span<const Item> documents) const override;
    [[nodiscard]] ScoreType score_type() const noexcept override;
    [[nodiscard]] const Manifest& manifest() const noexcept;

private:
    struct Impl;
    explicit CrossEncoder(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

    std::shared_ptr<const Impl> impl_;
};

}  // namespace sextant
