// Pillow's 8-bit resampling, bit for bit.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <sextant/core/item.hpp>

namespace sextant {

/// The filters of Pillow's `Image.resize`, under its names.
enum class Resampling { nearest, box, bilinear, hamming, bicubic, lanczos, mks2013, mks2021 };

[[nodiscard]] constexpr std::string_view to_string(Resampling filter) noexcept {
    switch (filter) {
        case Resampling::nearest:
            return "nearest";
        case Resampling::box:
            return "box";
        case Resampling::bilinear:
            return "bilinear";
        case Resampling::hamming:
            return "hamming";
        case Resampling::bicubic:
            return "bicubic";
        case Resampling::lanczos:
            return "lanczos";
        case Resampling::mks2013:
            return "mks2013";
        case Resampling::mks2021:
            return "mks2021";
    }
    return "unknown";
}

/// A rectangle in pixels, whose edges may lie within a pixel.
struct PixelBox {
    double left = 0;
    double top = 0;
    double right = 0;
    double bottom = 0;
};

/// The arguments of Pillow's `Image.resize` beside the size.
struct ResizeOptions {
    Resampling filter = Resampling::bicubic;
    std::optional<PixelBox> box;         ///< the part of the picture to scale; all of it if empty
    std::optional<double> reducing_gap;  ///< at least 1: first `reduce` by whole factors, no nearer than this to the size
};

/// The most pixels that `resize` makes, in its result and in the picture between its two passes.
inline constexpr std::uint64_t max_resized_pixels = 64'000'000;
/// The longest side that `resize` makes.
inline constexpr int max_resized_side = 65'536;

/// Throws `invalid_argument` unless `image` has at least one pixel and just the bytes that its size and its mode ask for.
void check_image(const Image& image);

/// A picture of `width` x `height` whose bytes equal those of Pillow's `Image.resize((width, height), filter, box,
/// reducing_gap)` on an RGB picture: antialiased when it shrinks, rounded to 8 bits after each of the two passes. Which
/// pass comes first shows in the last bit; it is the columns if the height shrinks by more than twice what the width
/// does, as since Pillow 13 (before, the rows came first, but for very tall pictures in 12.2). Throws `invalid_argument`
/// for a side outside 1 to `max_resized_side`, a box that is not within the picture, a gap below 1 or a picture whose
/// bytes do not fit its size, `limit` for more than `max_resized_pixels`. May run in many threads.
[[nodiscard]] Image resize(const Image& image, int width, int height, const ResizeOptions& options);

/// The same with every option but the filter left out.
[[nodiscard]] Image resize(const Image& image, int width, int height, Resampling filter);

/// A picture in which each pixel is the mean of `factor_x` x `factor_y` pixels, or of those that are left at the right
/// and at the bottom: Pillow's `Image.reduce`. Throws `invalid_argument` for a factor below 1 or a picture whose bytes
/// do not fit its size, `limit` for factors whose product is above 8,388,607. May run in many threads.
[[nodiscard]] Image reduce(const Image& image, int factor_x, int factor_y);

}  // namespace sextant
