// Where the pixels of a picture end up: sizes, crops and padding as plain numbers.
#pragma once

#include <utility>

#include <sextant/preprocess/image_spec.hpp>

namespace sextant::preprocess_detail {

/// Whether a resampler makes 8-bit levels, not floats.
[[nodiscard]] constexpr bool makes_levels(Resampler resampler) {
    return resampler == Resampler::pillow || resampler == Resampler::torch_uint8;
}

/// One axis of the canvas that an ImageSpec asks for.
struct AxisLayout {
    int length;  ///< of the canvas
    int at;      ///< the resized picture shows from here on it
    int from;    ///< with its own position `from`
    int count;   ///< for so many positions
};

struct Layout {
    int width, height;  ///< of the resized picture, of which only a part may be needed
    AxisLayout across, down;
};

/// Throws `limit` for a picture that is too long and thin to be resized as `spec` asks.
[[nodiscard]] Layout layout_of(const ImageSpec& spec, const ImageSize& picture);

/// Where the pixels begin that the part of the canvas shows which `axis` describes, and how many they are, of an axis of
/// `picture` pixels that is resized to `resized`. Perhaps some more than any resampler looks at with this filter.
[[nodiscard]] std::pair<int, int> seen(const AxisLayout& axis, int resized, int picture, Resampling filter);

}  // namespace sextant::preprocess_detail
