// How a bundle's manifest describes the way from a picture to a network's input.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include <sextant/preprocess/resize.hpp>

namespace sextant {

struct ImageSize {
    int height = 0;
    int width = 0;
};

enum class ResizeMode {
    squash,         ///< to exactly `size`; the shape is lost
    shortest_edge,  ///< the shorter side becomes `edge`, the longer trunc(edge * longer / shorter)
    short_side,     ///< the same in floating point, floor(longer / shorter * edge): pytorchvideo, ImageBind's video
    longest_edge,   ///< the longer side becomes `edge`, the shorter is rounded half to even
    fit,            ///< as large as goes into `size`, both sides rounded half to even: open_clip's "longest"
    cover,          ///< as small as covers `size`, both sides rounded half to even: open_clip's "shortest", if oblong
    patch_budget,   ///< as large as makes at most `max_patches` squares of `multiple` pixels: SigLIP 2 NaFlex
    smart,          ///< sides are multiples of `multiple`, the area `min_pixels` to `max_pixels`: Qwen2-VL, ColQwen
    none,           ///< the picture keeps its size
};

/// Whose arithmetic scales the picture.
enum class Resampler {
    pillow,           ///< 8-bit levels, antialiased, rounded after each pass
    torch,            ///< torch.nn.functional.interpolate on floats, not antialiased: bilinear or bicubic (a = -0.75)
    torch_antialias,  ///< the same with antialias=True: bilinear or bicubic (a = -0.5)
    torch_uint8,      ///< 8-bit tensors with antialias=True, as Hugging Face's fast processors: bilinear or bicubic
};

/// What happens to the odd pixel when a centred crop cannot be centred.
enum class CropRounding {
    floor,       ///< Hugging Face, slow: half of the difference rounded down, also where a small picture is padded
    round_even,  ///< torchvision: half of the difference rounded half to even; padding has the odd pixel right and
                 ///< below
    truncate,    ///< Hugging Face, fast: rounded down; padding has the odd pixel right and below
    ceil,        ///< pytorchvideo, ImageBind's video: half of the difference rounded up
};

/// Where a crop lies.
enum class CropPlace {
    centre,
    start,  ///< at the left and top edges
    end,    ///< at the right and bottom edges; of a resized shorter side, the three make ImageBind's three crops
};

/// When a picture becomes RGB. It shows in those that are not RGB or grey of 8 bits; see `Image::mode`.
enum class Convert {
    before,  ///< first of all, as Hugging Face's processors have it
    after,   ///< after resizing, cropping and padding: the first CLIP, open_clip. Alpha is then resized too, by which colours
             ///< are weighed; colours of a palette are picked, whatever the filter; padding has level `fill` in each
             ///< channel, or colour `fill` of the palette
};

/// How 8-bit levels become 0 to 1.
enum class Rescale {
    divide_255,           ///< torchvision: divided by `divisor` in 32 bits
    multiply_reciprocal,  ///< Hugging Face, slow: multiplied by 1/`divisor` in 64 bits, then rounded to 32
    fused,                ///< Hugging Face, fast: mean and std are multiplied by `divisor` instead, in 32 bits
};

/// How the values of one patch follow each other.
enum class PatchOrder {
    row_column_channel,       ///< SigLIP 2
    channel_time_row_column,  ///< Qwen2-VL
};

[[nodiscard]] std::string_view to_string(ResizeMode mode) noexcept;
[[nodiscard]] std::string_view to_string(Resampler resampler) noexcept;
[[nodiscard]] std::string_view to_string(CropRounding rounding) noexcept;
[[nodiscard]] std::string_view to_string(CropPlace place) noexcept;
[[nodiscard]] std::string_view to_string(Convert convert) noexcept;
[[nodiscard]] std::string_view to_string(Rescale rescale) noexcept;
[[nodiscard]] std::string_view to_string(PatchOrder order) noexcept;

/// The `image` section of a bundle's manifest. The steps run in the order of the fields.
struct ImageSpec {
    struct Resize {
        ResizeMode mode = ResizeMode::squash;
        ImageSize size{224, 224};  ///< used by squash, fit and cover
        int edge = 224;            ///< used by shortest_edge, short_side and longest_edge
        int multiple = 16;         ///< used by patch_budget and smart
        int max_patches = 256;     ///< used by patch_budget
        std::int64_t min_pixels = 56 * 56;         ///< used by smart
        std::int64_t max_pixels = 28 * 28 * 1280;  ///< used by smart
        Resampling filter = Resampling::bicubic;
        Resampler resampler = Resampler::pillow;
    };
    struct Crop {
        ImageSize size;
        CropRounding rounding = CropRounding::floor;
        CropPlace place = CropPlace::centre;
    };
    struct Patches {
        int size = 16;  ///< side in pixels; both sides of the picture must be multiples of size * merge
        PatchOrder order = PatchOrder::row_column_channel;
        int merge = 1;   ///< the patches of each square of merge x merge follow each other
        int repeat = 1;  ///< frames that a still picture stands for, with channel_time_row_column
        int pad_to = 0;  ///< rows of zeros are added up to this number; none if 0
    };

    Convert convert = Convert::before;  ///< `after` goes with Pillow's resampler and a grey `fill`
    Resize resize;
    std::optional<Crop> crop;      ///< a smaller picture is padded with `fill`
    std::optional<ImageSize> pad;  ///< after longest_edge and fit: centred on a canvas of `fill`, the odd pixel right and below
    std::array<std::uint8_t, 3> fill{0, 0, 0};
    Rescale rescale = Rescale::divide_255;
    double divisor = 255;  ///< the level that becomes 1; 127.5 with mean and std 1 makes -1 to 1
    std::array<double, 3> mean{0.5, 0.5, 0.5};
    std::array<double, 3> stddev{0.5, 0.5, 0.5};  ///< `std` in the manifest
    std::optional<Patches> patches;               ///< cut into patches at the end

    /// Throws `invalid_argument` with the name of the first field, as the manifest spells it, that makes no sense.
    void validate() const;

    /// The size of every picture before it is cut into patches; none if it depends on the picture.
    [[nodiscard]] std::optional<ImageSize> output_size() const;
};

/// The longest side that an `ImageSpec` may ask for.
inline constexpr int max_input_side = 4'096;
/// The most patches that an `ImageSpec` may ask for.
inline constexpr int max_input_patches = 65'536;

}  // namespace sextant
