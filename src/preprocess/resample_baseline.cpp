// The slow and obvious form, which the others must equal in every bit.
#include "preprocess/resample_kernels.hpp"

#include <algorithm>
#include <array>

namespace sextant::resample_detail {
namespace {

constexpr int channels = 3;

std::uint8_t to_level(std::int32_t sum, int shift) { return static_cast<std::uint8_t>(std::clamp(sum >> shift, 0, 255)); }

void rows(const std::uint8_t* in, std::size_t in_stride, std::size_t, std::uint8_t* out, std::size_t out_stride, int count,
          const AxisView& axis) {
    const std::int32_t half = 1 << (axis.shift - 1);
    for (int y = 0; y < count; ++y, in += in_stride, out += out_stride) {
        std::uint8_t* pixel_out = out;
        for (int x = 0; x < axis.outputs; ++x) {
            const Tap& tap = axis.taps[x];
            const std::int32_t* weight = axis.weights + tap.at * group;
            const std::uint8_t* pixel = in + static_cast<std::size_t>(tap.first) * channels;
            std::int32_t red = half, green = half, blue = half;
            for (int i = 0; i < tap.count; ++i, pixel += channels) {
                red += pixel[0] * weight[i];
                green += pixel[1] * weight[i];
                blue += pixel[2] * weight[i];
            }
            *pixel_out++ = to_level(red, axis.shift);
            *pixel_out++ = to_level(green, axis.shift);
            *pixel_out++ = to_level(blue, axis.shift);
        }
    }
}

void columns(const std::uint8_t* in, std::size_t in_stride, std::uint8_t* out, std::size_t bytes, const Tap& tap,
             const AxisView& axis) {
    constexpr std::size_t block = 1536;  // sums of this many levels stay in the first-level cache
    std::array<std::int32_t, block> sums;
    const std::int32_t* weight = axis.weights + tap.at * group;
    in += static_cast<std::size_t>(tap.first) * in_stride;
    for (std::size_t begin = 0; begin < bytes; begin += block) {
        const std::size_t count = std::min(block, bytes - begin);
        std::fill_n(sums.begin(), count, 1 << (axis.shift - 1));
        for (int i = 0; i < tap.count; ++i) {
            const std::uint8_t* row = in + static_cast<std::size_t>(i) * in_stride + begin;
            for (std::size_t x = 0; x < count; ++x) sums[x] += row[x] * weight[i];
        }
        for (std::size_t x = 0; x < count; ++x) out[begin + x] = to_level(sums[x], axis.shift);
    }
}

}  // namespace

void look_up(const std::uint8_t* pixels, std::size_t count, const float* const tables[3], float* out,
             std::size_t stride) {
    float *red = out, *green = out + stride, *blue = out + 2 * stride;
    for (std::size_t i = 0; i < count; ++i, pixels += channels) {
        red[i] = tables[0][pixels[0]];
        green[i] = tables[1][pixels[1]];
        blue[i] = tables[2][pixels[2]];
    }
}

const Kernels baseline_kernels{rows, columns, look_up};

}  // namespace sextant::resample_detail
