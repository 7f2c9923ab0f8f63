// Pixels that a program already has: arrays of height x width x channels, dense or with strides, become an Image.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <sextant/core/item.hpp>

namespace sextant {

/// What the channels of a pixel are. A fourth one is dropped, grey is repeated three times, as Pillow's convert("RGB").
enum class PixelOrder { rgb, bgr, rgba, bgra, grey };

[[nodiscard]] std::string_view to_string(PixelOrder order) noexcept;

/// Where the values of an array lie. Strides count values, not bytes; 0 means dense: channels side by side, then pixels,
/// then rows. Planes one after another have channel_stride = height * width, pixel_stride = 1, row_stride = width.
struct PixelLayout {
    int width = 0;
    int height = 0;
    PixelOrder order = PixelOrder::rgb;
    std::int64_t row_stride = 0;
    std::int64_t pixel_stride = 0;
    std::int64_t channel_stride = 0;
};

/// A copy as 8-bit RGB. Throws `invalid_argument` unless every value that the layout names lies within `pixels` and the
/// strides are not negative, `limit` for more than `max_resized_pixels`. May run in many threads.
[[nodiscard]] Image to_image(std::span<const std::uint8_t> pixels, const PixelLayout& layout);

/// The same for floats of which `white` (1 or 255, say) is the brightest: rounded to the nearest of the 256 levels, where
/// torchvision's and Hugging Face's conversions cut off. Throws also, naming the place, for a value that is not finite
/// or not between 0 and `white` by more than half a level.
[[nodiscard]] Image to_image(std::span<const float> pixels, const PixelLayout& layout, float white);

}  // namespace sextant
