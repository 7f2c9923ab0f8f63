// CLIP as OpenAI published it: one TorchScript file (.pt) with both towers, in float16, made for a graphics card.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <sextant/core/tensor.hpp>

namespace sextant {

/// Such a file, brought to the CPU and to float32 as OpenAI's own loader does it (openai/CLIP, clip/clip.py). Threads: one
/// at a time.
class ClipArchive {
public:
    /// Loading an archive runs the code in it, with all the rights of this program, and libtorch checks no checksum: hand in
    /// only bytes that are known, by their SHA-256 for example, which is in the address that OpenAI publishes them at.
    ///
    /// Throws `model` if libtorch cannot read the bytes, or if they hold another model; `unsupported` in a build without
    /// libtorch.
    [[nodiscard]] static ClipArchive open(std::span<const std::byte> bytes, std::string_view name);

    ClipArchive(ClipArchive&&) noexcept;
    ClipArchive& operator=(ClipArchive&&) noexcept;
    ~ClipArchive();

    [[nodiscard]] std::int64_t image_size() const noexcept;       ///< pixels, both ways
    [[nodiscard]] std::int64_t context_length() const noexcept;   ///< tokens that every text is padded to
    [[nodiscard]] std::int64_t vocabulary_size() const noexcept;
    [[nodiscard]] std::int64_t dimensions() const noexcept;       ///< of the vectors
    [[nodiscard]] double logit_scale() const noexcept;            ///< the factor itself

    /// What the archive's own `encode_image` makes of float32 [batch, 3, image_size, image_size], and its `encode_text` of
    /// 64-bit integers [batch, context_length]: float32 [batch, dimensions], not normalised. Throw `model`.
    [[nodiscard]] Tensor encode_image(const Tensor& pixels) const;
    [[nodiscard]] Tensor encode_text(const Tensor& ids) const;

    /// Each tower alone, as the bytes of a TorchScript file that `load_torchscript` reads. Throw `model`.
    [[nodiscard]] std::string image_network() const;
    [[nodiscard]] std::string text_network() const;

private:
    struct State;
    explicit ClipArchive(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace sextant
