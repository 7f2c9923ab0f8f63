// The front doors of Pillow's Image.resize and Image.reduce. Sources: Pillow, src/PIL/Image.py (resize, _get_safe_box)
// and src/libImaging/Reduce.c. Compiled with -ffp-contract=off, as filters.cpp.
#include <sextant/preprocess/resize.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <sextant/core/error.hpp>

#include "preprocess/resample.hpp"

namespace sextant {
namespace {

using resample_detail::channels;
using resample_detail::View;
using resample_detail::Window;

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorCode::invalid_argument, why); }

std::string describe(std::int64_t width, std::int64_t height) {
    return std::to_string(width) + " x " + std::to_string(height);
}

View view(const Image& image) { return {image.width, image.height, image.pixels.data()}; }

Image new_image(std::int64_t width, std::int64_t height) {
    resample_detail::check_area(width, height);
    return {static_cast<int>(width), static_cast<int>(height),
            std::vector<std::uint8_t>(static_cast<std::size_t>(width * height) * channels)};
}

// ---- reduce

/// 2^32 / (256 * pixels), in the single precision of Pillow.
std::uint32_t reciprocal(std::uint32_t pixels) {
    return static_cast<std::uint32_t>(4294967296.0F / static_cast<float>(256 * pixels));
}

/// The mean of a rectangle, rounded as Pillow does.
void mean_of(const View& in, const Window& part, std::uint8_t* out) {
    const auto pixels = static_cast<std::uint32_t>(part.width) * static_cast<std::uint32_t>(part.height);
    std::uint32_t sums[channels] = {pixels / 2, pixels / 2, pixels / 2};
    for (int y = part.top; y < part.top + part.height; ++y) {
        const std::uint8_t* pixel = in.at(part.left, y);
        for (int x = 0; x < part.width; ++x)
            for (std::uint32_t& sum : sums) sum += *pixel++;
    }
    for (const std::uint32_t sum : sums) *out++ = static_cast<std::uint8_t>((sum * reciprocal(pixels)) >> 24);
}

Image reduce_part(const View& in, const Window& part, int factor_x, int factor_y) {
    constexpr std::int64_t most = (1 << 23) - 1;
    if (std::int64_t{factor_x} * factor_y > most)
        throw Error(ErrorCode::limit, "reduce: the factors " + describe(factor_x, factor_y) +
                                          " are too large; their product may be at most " + std::to_string(most));
    const auto parts = [](int length, int factor) { return (std::int64_t{length} + factor - 1) / factor; };
    Image out = new_image(parts(part.width, factor_x), parts(part.height, factor_y));
    std::uint8_t* pixel = out.pixels.data();
    for (int y = 0; y < out.height; ++y)
        for (int x = 0; x < out.width; ++x, pixel += channels)
            mean_of(in,
                    {part.left + x * factor_x, part.top + y * factor_y, std::min(factor_x, part.width - x * factor_x),
                     std::min(factor_y, part.height - y * factor_y)},
                    pixel);
    return out;
}

// ---- resize

void check_box(const Image& image, const PixelBox& box) {
    const bool inside = box.left >= 0 && box.top >= 0 && box.left <= box.right && box.top <= box.bottom &&
                        box.right <= image.width && box.bottom <= image.height;
    if (!inside)
        refuse("resize: the box from " + std::to_string(box.left) + ", " + std::to_string(box.top) + " to " +
               std::to_string(box.right) + ", " + std::to_string(box.bottom) + " does not lie within a picture of " +
               describe(image.width, image.height) + " pixels");
}

/// How often the box may be made smaller by whole factors first.
int whole_factor(double length, int size, double gap) {
    return std::max(static_cast<int>(std::min(length / size / gap, 2147483647.0)), 1);
}

/// The pixels of the first step: the box and what the filter sees around it.
Window around(const Image& image, const PixelBox& box, int width, int height, Resampling filter) {
    const double support = resample_detail::support_of(filter) - 0.5;
    const double across = support * ((box.right - box.left) / width), down = support * ((box.bottom - box.top) / height);
    const int left = std::max(0, static_cast<int>(box.left - across)), top = std::max(0, static_cast<int>(box.top - down));
    const auto right = static_cast<int>(std::min<double>(image.width, std::ceil(box.right + across)));
    const auto bottom = static_cast<int>(std::min<double>(image.height, std::ceil(box.bottom + down)));
    return {left, top, right - left, bottom - top};
}

Image resample_box(const Image& image, const PixelBox& box, int width, int height, Resampling filter) {
    Image out = new_image(width, height);
    resample_detail::Workspace workspace;
    const auto edge = [](double at) { return static_cast<float>(at); };
    resample(view(image),
             {{edge(box.left), edge(box.top), edge(box.right), edge(box.bottom)}, width, height, filter, {0, 0, width, height}},
             resample_detail::kernels(), workspace, out.pixels.data(), static_cast<std::size_t>(width) * channels);
    return out;
}

}  // namespace

void check_image(const Image& image) {
    const auto needed = static_cast<std::uint64_t>(std::max(image.width, 0)) *
                        static_cast<std::uint64_t>(std::max(image.height, 0)) * channels;
    if (needed == 0 || image.pixels.size() != needed)
        refuse("an image of " + describe(image.width, image.height) + " pixels holds " +
               std::to_string(image.pixels.size()) + " bytes; it needs at least one pixel and 3 bytes for each");
    const std::size_t native = native_bytes(image.mode, image.pixels.size() / channels);
    if (image.native.size() != native)
        refuse("an image of " + describe(image.width, image.height) + " pixels holds " + std::to_string(image.native.size()) +
               " bytes of what it was before it became RGB; its mode asks for " + std::to_string(native));
}

Image resize(const Image& image, int width, int height, const ResizeOptions& options) {
    check_image(image);
    if (width < 1 || height < 1 || width > max_resized_side || height > max_resized_side)
        refuse("resize: cannot make a picture of " + describe(width, height) + " pixels; each side must be 1 to " +
               std::to_string(max_resized_side));
    if (options.reducing_gap && !(*options.reducing_gap >= 1))
        refuse("resize: reducing_gap is " + std::to_string(*options.reducing_gap) + "; it must be 1 or more");
    const PixelBox all{0, 0, static_cast<double>(image.width), static_cast<double>(image.height)};
    const PixelBox box = options.box.value_or(all);
    check_box(image, box);
    if (options.reducing_gap && options.filter != Resampling::nearest) {
        const int factor_x = whole_factor(box.right - box.left, width, *options.reducing_gap);
        const int factor_y = whole_factor(box.bottom - box.top, height, *options.reducing_gap);
        if (factor_x > 1 || factor_y > 1) {
            const Window part = around(image, box, width, height, options.filter);
            const Image smaller = reduce_part(view(image), part, factor_x, factor_y);
            return resample_box(smaller,
                                {(box.left - part.left) / factor_x, (box.top - part.top) / factor_y,
                                 (box.right - part.left) / factor_x, (box.bottom - part.top) / factor_y},
                                width, height, options.filter);
        }
    }
    return resample_box(image, box, width, height, options.filter);
}

Image resize(const Image& image, int width, int height, Resampling filter) {
    return resize(image, width, height, ResizeOptions{filter, {}, {}});
}

Image reduce(const Image& image, int factor_x, int factor_y) {
    check_image(image);
    if (factor_x < 1 || factor_y < 1)
        refuse("reduce: the factors are " + describe(factor_x, factor_y) + "; each must be 1 or more");
    return reduce_part(view(image), {0, 0, image.width, image.height}, factor_x, factor_y);
}

}  // namespace sextant
