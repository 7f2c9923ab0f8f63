// Pillow's 8-bit resampling, bit for bit.
#pragma once

#include <cstdint>
#include <string_view>

#include <sextant/core/item.hpp>

namespace sextant {

/// The filters of Pillow's `Image.resize`, under its names.
enum class Filter { nearest, box, bilinear, hamming, bicubic, lanczos };

[[nodiscard]] constexpr std::string_view to_string(Filter filter) noexcept {
    switch (filter) {
        case Filter::nearest:
            return "nearest";
        case Filter::box:
            return "box";
        case Filter::bilinear:
            return "bilinear";
        case Filter::hamming:
            return "hamming";
        case Filter::bicubic:
            return "bicubic";
        case Filter::lanczos:
            return "lanczos";
    }
    return "unknown";
}

/// The most pixels that `resize` makes, in its result and in the picture between its two passes.
inline constexpr std::uint64_t max_resized_pixels = 64'000'000;
/// The longest side that `resize` makes.
inline constexpr int max_resized_side = 65'536;

/// Throws `invalid_argument` unless `image` has at least one pixel and just the bytes that its size asks for.
void check_image(const Image& image);

/// A picture of `width` x `height` whose bytes equal those of Pillow's `Image.resize((width, height), filter)` on an
/// RGB picture: antialiased when it shrinks, rounded to 8 bits after each of the two passes. Which pass comes first
/// shows in the last bit; it is the columns if the height shrinks by more than twice what the width does, as since
/// Pillow 13 (before, the rows came first, but for very tall pictures in 12.2). Throws `invalid_argument` for a side
/// outside 1 to `max_resized_side` or a picture whose bytes do not fit its size, `limit` for more than
/// `max_resized_pixels`. May run in many threads.
[[nodiscard]] Image resize(const Image& image, int width, int height, Filter filter);

}  // namespace sextant
