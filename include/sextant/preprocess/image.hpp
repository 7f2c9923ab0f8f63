// Turns a picture into the tensor that a network was trained on.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sextant/core/item.hpp>
#include <sextant/core/tensor.hpp>
#include <sextant/preprocess/resize.hpp>

namespace sextant {

struct ImageSize {
    int height = 0;
    int width = 0;
};

enum class ResizeMode {
    squash,         ///< to exactly `size`; the shape is lost
    shortest_edge,  ///< the shorter side becomes `edge`, the longer trunc(edge * longer / shorter)
    longest_edge,   ///< the longer side becomes `edge`, the shorter is rounded half to even
    none,           ///< the picture keeps its size
};

/// What happens to the odd pixel when a centred crop cannot be centred.
enum class CropRounding {
    floor,       ///< Hugging Face: half of the difference rounded down, also where a small picture is padded
    round_even,  ///< torchvision: half of the difference rounded half to even; padding has the odd pixel right and
                 ///< below
};

/// How 8-bit levels become 0 to 1.
enum class Rescale {
    divide_255,           ///< torchvision: divided by 255 in 32 bits
    multiply_reciprocal,  ///< Hugging Face: multiplied by 1/255 in 64 bits, then rounded to 32
};

[[nodiscard]] constexpr std::string_view to_string(ResizeMode mode) noexcept {
    switch (mode) {
        case ResizeMode::squash:
            return "squash";
        case ResizeMode::shortest_edge:
            return "shortest_edge";
        case ResizeMode::longest_edge:
            return "longest_edge";
        case ResizeMode::none:
            return "none";
    }
    return "unknown";
}

[[nodiscard]] constexpr std::string_view to_string(CropRounding rounding) noexcept {
    return rounding == CropRounding::floor ? "floor" : "round_even";
}

[[nodiscard]] constexpr std::string_view to_string(Rescale rescale) noexcept {
    return rescale == Rescale::divide_255 ? "divide_255" : "multiply_reciprocal";
}

/// The `image` section of a bundle's manifest. The steps run in the order of the fields.
struct ImageSpec {
    struct Resize {
        ResizeMode mode = ResizeMode::squash;
        ImageSize size{224, 224};  ///< used by squash
        int edge = 224;            ///< used by shortest_edge and longest_edge
        Filter filter = Filter::bicubic;
    };
    struct Crop {
        ImageSize size;
        CropRounding rounding = CropRounding::floor;
    };

    Resize resize;
    std::optional<Crop> crop;      ///< from the centre; a smaller picture is padded with `fill`
    std::optional<ImageSize> pad;  ///< after longest_edge: centred on a canvas of `fill`, the odd pixel right and below
    std::array<std::uint8_t, 3> fill{0, 0, 0};
    Rescale rescale = Rescale::divide_255;
    std::array<double, 3> mean{0.5, 0.5, 0.5};
    std::array<double, 3> stddev{0.5, 0.5, 0.5};  ///< `std` in the manifest

    /// Throws `invalid_argument` with the name of the first field, as the manifest spells it, that makes no sense.
    void validate() const;

    /// The size of every tensor; none if it depends on the picture.
    [[nodiscard]] std::optional<ImageSize> output_size() const;
};

/// The longest side that an `ImageSpec` may ask for.
inline constexpr int max_input_side = 4'096;

/// Turns a picture into a tensor. Derive from it to feed a network of your own. `operator()` is called from many
/// threads at once.
class ImageTransform {
public:
    virtual ~ImageTransform() = default;

    /// Name and version, "my-crop/1". It enters the fingerprint of the encoder, so change it whenever the result
    /// changes.
    [[nodiscard]] virtual std::string name() const = 0;

    /// float32 [3, height, width].
    [[nodiscard]] virtual Tensor operator()(const Image& image) const = 0;
};

/// What an `ImageSpec` asks for, equal to torchvision's and Hugging Face's slow processors. Immutable.
class StandardImageTransform final : public ImageTransform {
public:
    /// Throws what `spec.validate()` throws.
    explicit StandardImageTransform(const ImageSpec& spec);

    [[nodiscard]] const ImageSpec& spec() const noexcept { return spec_; }

    [[nodiscard]] std::string name() const override;

    /// Throws `invalid_argument` for a picture whose bytes do not fit its size, `limit` for one so long and thin that
    /// its resized form is too large.
    [[nodiscard]] Tensor operator()(const Image& image) const override;

    /// The 8-bit picture before it becomes numbers: resized, cropped, padded. Throws as `operator()`.
    [[nodiscard]] Image geometry(const Image& image) const;

private:
    ImageSpec spec_;
    std::array<std::array<float, 256>, 3> values_;  ///< of each level in each channel
};

}  // namespace sextant
