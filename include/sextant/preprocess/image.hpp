// Turns a picture into the tensors that a network was trained on.
//
// What an `Image` holds decides what the network sees. By default it is what every reference pipeline sees: the pixels
// as Pillow's convert("RGB") gives them. No EXIF orientation is applied, alpha is dropped and not blended, palettes are
// looked up, 16-bit grey is clipped at 255 and 16-bit colour keeps its high byte, colour profiles are ignored. To do
// better, decode otherwise (the options of media/image.hpp) or bring pixels of your own (pixels.hpp); vectors then differ
// from the reference's for those pictures. The first CLIP and open_clip resize and crop before they convert to RGB: with
// `ImageSpec::convert` after, so does a transform, for pictures that come from `decode_image`.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <sextant/core/item.hpp>
#include <sextant/core/tensor.hpp>
#include <sextant/preprocess/image_spec.hpp>
#include <sextant/preprocess/interpolate.hpp>
#include <sextant/preprocess/pixels.hpp>
#include <sextant/preprocess/resize.hpp>

namespace sextant {

struct NamedTensor {
    std::string name;
    Tensor tensor;
};

/// Turns a picture into the input of a network. Derive from it, or see `make_image_transform`, to feed a network of your
/// own. Its methods are called from many threads at once.
class ImageTransform {
public:
    virtual ~ImageTransform() = default;

    /// Name and version, "my-crop/1". It enters the fingerprint of the encoder, so change it whenever the result
    /// changes.
    [[nodiscard]] virtual std::string name() const = 0;

    /// float32 [3, height, width], or whatever else the network calls pixel_values.
    [[nodiscard]] virtual Tensor operator()(const Image& image) const = 0;

    /// Every input of the network by its name: pixel_values alone, unless a derived class knows more.
    [[nodiscard]] virtual std::vector<NamedTensor> inputs(const Image& image) const;

    /// The pixels of a picture of that size that the result depends on; `decode_image` can leave out the others. All of
    /// them, unless a derived class knows better.
    [[nodiscard]] virtual PixelRegion needed(const ImageSize& picture) const;
};

/// A transform out of a function, which is called from many threads at once. Throws `invalid_argument` for an empty name
/// or function.
[[nodiscard]] std::shared_ptr<const ImageTransform> make_image_transform(std::string name,
                                                                         std::function<Tensor(const Image&)> function);

namespace preprocess_detail {
class WorkspacePool;
}

/// What an `ImageSpec` asks for, equal to torchvision's, open_clip's and Hugging Face's slow and fast processors. Immutable;
/// copies share the memory that they work in, which a call takes and gives back.
class StandardImageTransform final : public ImageTransform {
public:
    /// Throws what `spec.validate()` throws.
    explicit StandardImageTransform(const ImageSpec& spec);

    [[nodiscard]] const ImageSpec& spec() const noexcept { return spec_; }

    [[nodiscard]] std::string name() const override;

    /// float32 [3, height, width]; with patches [rows, values of a patch]. Throws `invalid_argument` for a picture whose
    /// bytes do not fit its size, `limit` for one so long and thin that its resized form is too large.
    [[nodiscard]] Tensor operator()(const Image& image) const override;

    /// pixel_values; with patches also, as 64-bit integers, for each row pixel_attention_mask [rows] (1 for a patch, 0 for
    /// padding) and pixel_positions [rows, 2] (row and column on the grid; 0 for padding), and for the picture
    /// spatial_shapes [2] (rows and columns of the grid) and image_grid_thw [3] (1, rows, columns). Throws as
    /// `operator()`.
    [[nodiscard]] std::vector<NamedTensor> inputs(const Image& image) const override;

    /// What lies under the crop, with as much around it as the filter sees. Throws as `operator()`.
    [[nodiscard]] PixelRegion needed(const ImageSize& picture) const override;

    /// The values of `operator()`, written to `out`. For pictures no larger than those before, it allocates nothing.
    /// Throws as `operator()`, and `invalid_argument` if `out` does not hold just the values that there are.
    void write(const Image& image, std::span<float> out) const;

    /// The shape of `operator()` for a picture of that size. Throws as `operator()`.
    [[nodiscard]] Tensor::Shape shape(const ImageSize& picture) const;

    /// The 8-bit picture before it becomes numbers: resized, cropped, padded. Throws as `operator()`, and `unsupported`
    /// if the resampler makes floats.
    [[nodiscard]] Image geometry(const Image& image) const;

private:
    ImageSpec spec_;
    [[nodiscard]] float normalised(std::size_t channel, float value) const;

    std::array<float, 3> mean_, deviation_;
    std::array<std::array<float, 256>, 3> units_;   ///< of each level in each channel: rescaled
    std::array<std::array<float, 256>, 3> values_;  ///< rescaled and normalised
    std::shared_ptr<preprocess_detail::WorkspacePool> pool_;
};

}  // namespace sextant
