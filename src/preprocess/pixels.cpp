#include <sextant/preprocess/pixels.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <sextant/core/error.hpp>
#include <sextant/preprocess/resize.hpp>

namespace sextant {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorCode::invalid_argument, "to_image: " + why); }

/// Where red, green and blue lie within a pixel, and how many channels there are.
struct Channels {
    std::int64_t red, green, blue, count;
};

Channels channels_of(PixelOrder order) {
    switch (order) {
        case PixelOrder::rgb:
            return {0, 1, 2, 3};
        case PixelOrder::bgr:
            return {2, 1, 0, 3};
        case PixelOrder::rgba:
            return {0, 1, 2, 4};
        case PixelOrder::bgra:
            return {2, 1, 0, 4};
        case PixelOrder::grey:
            return {0, 0, 0, 1};
    }
    refuse("no such order of channels: " + std::to_string(static_cast<int>(order)));
}

/// The strides with the dense ones filled in, checked against the number of values.
PixelLayout checked(PixelLayout layout, std::int64_t channels, std::size_t values) {
    const std::string size = std::to_string(layout.width) + " x " + std::to_string(layout.height);
    if (layout.width < 1 || layout.height < 1) refuse("an array of " + size + " pixels; it needs at least one");
    if (static_cast<std::uint64_t>(std::int64_t{layout.width} * layout.height) > max_resized_pixels)
        throw Error(ErrorCode::limit,
                    "to_image: " + size + " pixels; the limit is " + std::to_string(max_resized_pixels) + " in all");
    if (layout.row_stride < 0 || layout.pixel_stride < 0 || layout.channel_stride < 0)
        refuse("a stride is negative; begin with the first row, and use bgr for channels the other way round");
    if (layout.channel_stride == 0) layout.channel_stride = 1;
    if (layout.pixel_stride == 0) layout.pixel_stride = channels;
    std::int64_t row = 0, rows = 0, pixels = 0, last = 0;
    bool fits = !__builtin_mul_overflow(layout.pixel_stride, std::int64_t{layout.width}, &row);
    if (layout.row_stride == 0) layout.row_stride = row;
    fits = fits && !__builtin_mul_overflow(layout.row_stride, std::int64_t{layout.height} - 1, &rows) &&
           !__builtin_mul_overflow(layout.pixel_stride, std::int64_t{layout.width} - 1, &pixels) &&
           !__builtin_mul_overflow(layout.channel_stride, channels - 1, &last) &&
           !__builtin_add_overflow(last, rows, &last) && !__builtin_add_overflow(last, pixels, &last);
    if (!fits || static_cast<std::uint64_t>(last) >= values)
        refuse("an array of " + std::to_string(values) + " values is too small for " + size + " " +
               std::string(to_string(layout.order)) + " pixels with strides of " + std::to_string(layout.row_stride) + ", " +
               std::to_string(layout.pixel_stride) + " and " + std::to_string(layout.channel_stride));
    return layout;
}

/// Calls `level(value, x, y)` for each channel of each pixel.
template <class Value, class Level>
Image convert(std::span<const Value> values, const PixelLayout& given, Level&& level) {
    const Channels channels = channels_of(given.order);
    const PixelLayout layout = checked(given, channels.count, values.size());
    Image image{layout.width, layout.height, {}};
    image.pixels.resize(static_cast<std::size_t>(layout.width) * static_cast<std::size_t>(layout.height) * 3);
    std::uint8_t* out = image.pixels.data();
    const std::int64_t offsets[] = {channels.red * layout.channel_stride, channels.green * layout.channel_stride,
                                    channels.blue * layout.channel_stride};
    for (int y = 0; y < layout.height; ++y) {
        const Value* pixel = values.data() + y * layout.row_stride;
        for (int x = 0; x < layout.width; ++x)
            for (const std::int64_t offset : offsets) *out++ = level(pixel[x * layout.pixel_stride + offset], x, y);
    }
    return image;
}

}  // namespace

std::string_view to_string(PixelOrder order) noexcept {
    switch (order) {
        case PixelOrder::rgb:
            return "rgb";
        case PixelOrder::bgr:
            return "bgr";
        case PixelOrder::rgba:
            return "rgba";
        case PixelOrder::bgra:
            return "bgra";
        case PixelOrder::grey:
            return "grey";
    }
    return "unknown";
}

Image to_image(std::span<const std::uint8_t> pixels, const PixelLayout& layout) {
    return convert(pixels, layout, [](std::uint8_t value, int, int) { return value; });
}

Image to_image(std::span<const float> pixels, const PixelLayout& layout, float white) {
    if (!(white > 0) || !std::isfinite(white)) refuse("white is " + std::to_string(white) + "; it must be above 0");
    return convert(pixels, layout, [white](float value, int x, int y) {
        const double level = std::nearbyint(static_cast<double>(value) / white * 255.0);
        if (!(level >= 0 && level <= 255))
            refuse("the value " + std::to_string(value) + " in row " + std::to_string(y) + ", column " + std::to_string(x) +
                   " does not lie between 0 and " + std::to_string(white));
        return static_cast<std::uint8_t>(level);
    });
}

}  // namespace sextant
