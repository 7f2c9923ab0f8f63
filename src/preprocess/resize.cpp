// Separable resampling with 22-bit fixed-point weights. Source of the arithmetic: Pillow, src/libImaging/Resample.c
// (weights, rounding) and src/libImaging/Geometry.c (nearest); the order of the passes was measured on Pillow 13.0. The
// results must equal Pillow's in every bit, so the order of the floating-point operations below is part of the
// contract, and this file is compiled with -ffp-contract=off.
#include <sextant/preprocess/resize.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include <sextant/core/error.hpp>

namespace sextant {
namespace {

constexpr int channels = 3;
constexpr int precision_bits = 32 - 8 - 2;  // a sum of weights stays between -1 and 2, so two bits are spare
constexpr std::int32_t half = 1 << (precision_bits - 1);

std::string describe(std::int64_t width, std::int64_t height) {
    return std::to_string(width) + " x " + std::to_string(height);
}

// ---- filters: their value at a distance, in units of the output or input pixel, whichever is larger

double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

double bilinear(double x) {
    x = std::abs(x);
    return x < 1.0 ? 1.0 - x : 0.0;
}

double hamming(double x) {
    x = std::abs(x);
    if (x == 0.0) return 1.0;
    if (x >= 1.0) return 0.0;
    x = x * std::numbers::pi;
    // Pillow writes these two as single-precision constants.
    return std::sin(x) / x * (double{0.54F} + double{0.46F} * std::cos(x));
}

double bicubic(double x) {
    constexpr double a = -0.5;
    x = std::abs(x);
    if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
    return 0.0;
}

double sinc(double x) {
    if (x == 0.0) return 1.0;
    x = x * std::numbers::pi;
    return std::sin(x) / x;
}

double lanczos(double x) { return -3.0 <= x && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

struct Kernel {
    double (*value)(double);
    double support;
};

Kernel kernel_of(Filter filter) {
    switch (filter) {
        case Filter::box:
            return {box, 0.5};
        case Filter::bilinear:
            return {bilinear, 1.0};
        case Filter::hamming:
            return {hamming, 1.0};
        case Filter::bicubic:
            return {bicubic, 2.0};
        case Filter::lanczos:
            return {lanczos, 3.0};
        case Filter::nearest:
            break;
    }
    throw Error(ErrorCode::invalid_argument, "resize: no such filter: " + std::to_string(static_cast<int>(filter)));
}

// ---- weights

/// For each output position along one axis: which inputs count, and how much.
struct Weights {
    struct Span {
        int first = 0;
        int count = 0;
        std::size_t at = 0;  ///< of the first weight in `values`
    };
    std::vector<Span> spans;
    std::vector<std::int32_t> values;
};

std::int32_t to_fixed(double weight) {
    const double scaled = weight * (1 << precision_bits);
    return static_cast<std::int32_t>(weight < 0 ? -0.5 + scaled : 0.5 + scaled);
}

Weights make_weights(int in, int out, const Kernel& kernel) {
    const double scale = static_cast<double>(in) / out;
    const double filter_scale = std::max(scale, 1.0);
    const double support = kernel.support * filter_scale;
    const double inverse = 1.0 / filter_scale;

    Weights weights;
    weights.spans.reserve(static_cast<std::size_t>(out));
    std::vector<double> row;
    for (int position = 0; position < out; ++position) {
        const double center = (position + 0.5) * scale;
        const int first = std::max(static_cast<int>(center - support + 0.5), 0);
        const int last = std::min(static_cast<int>(center + support + 0.5), in);
        row.clear();
        double sum = 0.0;
        for (int i = 0; i < last - first; ++i) {
            row.push_back(kernel.value((i + first - center + 0.5) * inverse));
            sum += row.back();
        }
        weights.spans.push_back({first, static_cast<int>(row.size()), weights.values.size()});
        for (const double weight : row) weights.values.push_back(to_fixed(sum != 0.0 ? weight / sum : weight));
    }
    return weights;
}

// ---- passes

std::uint8_t to_level(std::int32_t sum) { return static_cast<std::uint8_t>(std::clamp(sum >> precision_bits, 0, 255)); }

struct Canvas {
    int width;
    int height;
    std::vector<std::uint8_t> pixels;

    [[nodiscard]] std::size_t stride() const { return static_cast<std::size_t>(width) * channels; }
};

Canvas make_canvas(std::int64_t width, std::int64_t height) {
    // The sides are positive ints, so their product fits 64 bits.
    if (static_cast<std::uint64_t>(width * height) > max_resized_pixels)
        throw Error(ErrorCode::limit, "resize would make a picture of " + describe(width, height) +
                                          " pixels; the limit is " + std::to_string(max_resized_pixels) +
                                          " in all: its sides are too unequal or the size asked for too large");
    return {static_cast<int>(width), static_cast<int>(height),
            std::vector<std::uint8_t>(static_cast<std::size_t>(width * height) * channels)};
}

/// A picture that is only looked at.
struct View {
    int width;
    int height;
    const std::uint8_t* pixels;

    [[nodiscard]] const std::uint8_t* row(int y) const {
        return pixels + static_cast<std::size_t>(y) * static_cast<std::size_t>(width) * channels;
    }
};

View view(const Canvas& canvas) { return {canvas.width, canvas.height, canvas.pixels.data()}; }

/// Makes `canvas.height` rows out of the rows of `in` that begin at `first_row`.
void resample_rows(const View& in, int first_row, const Weights& weights, Canvas& canvas) {
    std::uint8_t* out = canvas.pixels.data();
    for (int y = 0; y < canvas.height; ++y) {
        const std::uint8_t* row = in.row(first_row + y);
        for (const auto& span : weights.spans) {
            const std::int32_t* weight = weights.values.data() + span.at;
            const std::uint8_t* pixel = row + static_cast<std::size_t>(span.first) * channels;
            std::int32_t red = half, green = half, blue = half;
            for (int i = 0; i < span.count; ++i, pixel += channels) {
                red += pixel[0] * weight[i];
                green += pixel[1] * weight[i];
                blue += pixel[2] * weight[i];
            }
            *out++ = to_level(red);
            *out++ = to_level(green);
            *out++ = to_level(blue);
        }
    }
}

/// Makes each row of `canvas` out of rows of `in`, whose row 0 is row `first_row` of the weights' axis.
void resample_columns(const View& in, int first_row, const Weights& weights, Canvas& canvas) {
    constexpr std::size_t block = 1536;  // sums of this many levels stay in the first-level cache
    std::array<std::int32_t, block> sums;
    const std::size_t stride = canvas.stride();
    for (int y = 0; y < canvas.height; ++y) {
        const auto& span = weights.spans[static_cast<std::size_t>(y)];
        const std::int32_t* weight = weights.values.data() + span.at;
        std::uint8_t* out = canvas.pixels.data() + static_cast<std::size_t>(y) * stride;
        for (std::size_t begin = 0; begin < stride; begin += block) {
            const std::size_t count = std::min(block, stride - begin);
            std::fill_n(sums.begin(), count, half);
            for (int i = 0; i < span.count; ++i) {
                const std::uint8_t* row = in.row(span.first - first_row + i) + begin;
                for (std::size_t x = 0; x < count; ++x) sums[x] += row[x] * weight[i];
            }
            for (std::size_t x = 0; x < count; ++x) out[begin + x] = to_level(sums[x]);
        }
    }
}

Image to_image(Canvas&& canvas) { return {canvas.width, canvas.height, std::move(canvas.pixels)}; }

/// Rows first, and of those only the ones that the second pass reads.
Image horizontal_first(const View& in, int width, int height, const Kernel& kernel) {
    if (height == in.height) {
        Canvas canvas = make_canvas(width, height);
        resample_rows(in, 0, make_weights(in.width, width, kernel), canvas);
        return to_image(std::move(canvas));
    }
    const Weights down = make_weights(in.height, height, kernel);
    Canvas canvas = make_canvas(width, height);
    if (width == in.width) {
        resample_columns(in, 0, down, canvas);
        return to_image(std::move(canvas));
    }
    const int first = down.spans.front().first;
    Canvas between = make_canvas(width, down.spans.back().first + down.spans.back().count - first);
    resample_rows(in, first, make_weights(in.width, width, kernel), between);
    resample_columns(view(between), first, down, canvas);
    return to_image(std::move(canvas));
}

Image vertical_first(const View& in, int width, int height, const Kernel& kernel) {
    Canvas between = make_canvas(in.width, height);
    resample_columns(in, 0, make_weights(in.height, height, kernel), between);
    if (width == in.width) return to_image(std::move(between));
    Canvas canvas = make_canvas(width, height);
    resample_rows(view(between), 0, make_weights(in.width, width, kernel), canvas);
    return to_image(std::move(canvas));
}

// ---- nearest

/// The input position under the centre of each output pixel; the centre is stepped, not multiplied, as Pillow does.
std::vector<int> nearest_positions(int in, int out) {
    const double scale = static_cast<double>(in) / out;
    std::vector<int> positions(static_cast<std::size_t>(out));
    double center = scale * 0.5;
    for (int& position : positions) {
        position = static_cast<int>(center);
        center += scale;
    }
    return positions;
}

Image nearest(const View& in, int width, int height) {
    Canvas canvas = make_canvas(width, height);
    const auto columns = nearest_positions(in.width, width);
    std::uint8_t* out = canvas.pixels.data();
    for (const int y : nearest_positions(in.height, height)) {
        for (const int x : columns) {
            // Stepping may end one past the last pixel; Pillow leaves such pixels black.
            if (y < in.height && x < in.width)
                std::memcpy(out, in.row(y) + static_cast<std::size_t>(x) * channels, channels);
            out += channels;
        }
    }
    return to_image(std::move(canvas));
}

}  // namespace

void check_image(const Image& image) {
    const auto needed = static_cast<std::uint64_t>(std::max(image.width, 0)) *
                        static_cast<std::uint64_t>(std::max(image.height, 0)) * channels;
    if (needed == 0 || image.pixels.size() != needed)
        throw Error(ErrorCode::invalid_argument, "an image of " + describe(image.width, image.height) +
                                                     " pixels holds " + std::to_string(image.pixels.size()) +
                                                     " bytes; it needs at least one pixel and 3 bytes for each");
}

Image resize(const Image& image, int width, int height, Filter filter) {
    check_image(image);
    if (width < 1 || height < 1 || width > max_resized_side || height > max_resized_side)
        throw Error(ErrorCode::invalid_argument, "resize: cannot make a picture of " + describe(width, height) +
                                                     " pixels; each side must be 1 to " +
                                                     std::to_string(max_resized_side));
    if (width == image.width && height == image.height) return image;

    const View in{image.width, image.height, image.pixels.data()};
    if (filter == Filter::nearest) return nearest(in, width, height);
    const Kernel kernel = kernel_of(filter);
    // The order shows in the result, because each pass rounds. This is Pillow 13's rule; see the header.
    const std::int64_t rows_lost = std::int64_t{image.height} - height;
    const std::int64_t columns_lost = std::int64_t{image.width} - width;
    if (rows_lost > 0 && rows_lost > 2 * columns_lost) return vertical_first(in, width, height, kernel);
    return horizontal_first(in, width, height, kernel);
}

}  // namespace sextant
