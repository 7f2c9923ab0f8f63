// Sources: Pillow, src/PIL/Image.py (resize: which modes are premultiplied, which are always nearest) and
// src/libImaging/Convert.c (rgba2rgbA, rgbA2rgba, cmyk2rgb).
#include "preprocess/native.hpp"

#include <algorithm>

namespace sextant::preprocess_detail {
namespace {

using resample_detail::channels;
using resample_detail::Job;
using resample_detail::View;

/// a * b / 255, rounded.
std::uint8_t product(int a, int b) {
    const int shifted = a * b + 128;
    return static_cast<std::uint8_t>(((shifted >> 8) + shifted) >> 8);
}

/// A colour without the alpha that it was multiplied by; where that is 0 nothing can be said, and it stays.
std::uint8_t straight(int level, int alpha) {
    return static_cast<std::uint8_t>(alpha == 0 ? level : std::min(255 * level / alpha, 255));
}

std::uint8_t light(int ink, int black) {
    const int level = 255 - black;
    return static_cast<std::uint8_t>(std::max(level - product(ink, level), 0));
}

/// A picture of four channels becomes two of three, so that each can be resampled as RGB.
void split(const Image& image, std::uint8_t* colours, std::uint8_t* fourth) {
    const std::size_t area = image.pixels.size() / channels;
    const bool inks = image.mode == NativeMode::cmyk;
    for (std::size_t i = 0; i < area; ++i) {
        const std::uint8_t last = image.native[inks ? 4 * i + 3 : i];
        for (std::size_t c = 0; c < channels; ++c) {
            *colours++ = inks ? image.native[4 * i + c] : product(image.pixels[channels * i + c], last);
            *fourth++ = last;
        }
    }
}

void resample_four(const Image& image, const Job& job, NativeWorkspace& workspace, resample_detail::Workspace& resampling,
                   std::uint8_t* out, std::size_t stride) {
    std::uint8_t* colours = workspace.colours.reserve(image.pixels.size());
    std::uint8_t* fourth = workspace.fourth.reserve(image.pixels.size());
    const std::size_t row = static_cast<std::size_t>(job.window.width) * channels;
    std::uint8_t* last = workspace.fourth_scaled.reserve(row * static_cast<std::size_t>(job.window.height));
    split(image, colours, fourth);
    const auto& kernels = resample_detail::kernels();
    resample({image.width, image.height, colours}, job, kernels, resampling, out, stride);
    resample({image.width, image.height, fourth}, job, kernels, resampling, last, row);
    const auto rgb = image.mode == NativeMode::cmyk ? light : straight;
    for (int y = 0; y < job.window.height; ++y, out += stride, last += row)
        for (std::size_t x = 0; x < row; ++x) out[x] = rgb(out[x], last[x]);
}

}  // namespace

std::array<std::uint8_t, 3> native_fill(const Image& image, std::uint8_t level) {
    if (image.mode == NativeMode::palette) {
        const std::uint8_t* colour = image.native.data() + std::size_t{level} * channels;
        return {colour[0], colour[1], colour[2]};
    }
    const std::uint8_t grey = image.mode == NativeMode::cmyk ? light(level, level) : level;
    return {grey, grey, grey};
}

void resample_native(const Image& image, const Job& job, NativeWorkspace& workspace, resample_detail::Workspace& resampling,
                     std::uint8_t* out, std::size_t stride) {
    if (job.window.width < 1 || job.window.height < 1) return;
    const bool same_size = job.width == image.width && job.height == image.height;
    const bool grey = image.mode == NativeMode::grey_16 || (image.mode == NativeMode::grey_32 && job.filter != Resampling::nearest);
    if (grey && !same_size)
        return resample_grey_16(image, job, workspace, resampling.across, out, stride);
    if (image.mode != NativeMode::palette && !same_size && job.filter != Resampling::nearest)
        return resample_four(image, job, workspace, resampling, out, stride);
    Job picked = job;  // whole pixels, which can as well be picked from what they became
    picked.filter = Resampling::nearest;
    resample({image.width, image.height, image.pixels.data()}, picked, resample_detail::kernels(), resampling, out, stride);
}

}  // namespace sextant::preprocess_detail
