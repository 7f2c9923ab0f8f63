#include <sextant/preprocess/image.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

namespace sextant {
namespace {

constexpr std::size_t channels = 3;

// ---- sizes

/// torchvision (_compute_resized_output_size) and Hugging Face (get_resize_output_image_size) agree: the longer side is
/// truncated.
std::pair<std::int64_t, std::int64_t> shortest_edge_size(const Image& image, std::int64_t edge) {
    const std::int64_t width = image.width, height = image.height;
    if (width <= height) return {edge, edge * height / width};
    return {edge * width / height, edge};
}

/// open_clip, transform.py (ResizeKeepRatio with longest = 1): Python's round, which goes to the even number.
std::pair<std::int64_t, std::int64_t> longest_edge_size(const Image& image, int edge) {
    const double ratio = std::max(static_cast<double>(image.width) / edge, static_cast<double>(image.height) / edge);
    const auto side = [ratio](int length) {
        return std::max(std::int64_t{std::lrint(length / ratio)}, std::int64_t{1});
    };
    return {side(image.width), side(image.height)};
}

Image resized(const Image& image, const ImageSpec::Resize& spec) {
    std::pair<std::int64_t, std::int64_t> size{image.width, image.height};
    switch (spec.mode) {
        case ResizeMode::squash:
            size = {spec.size.width, spec.size.height};
            break;
        case ResizeMode::shortest_edge:
            size = shortest_edge_size(image, spec.edge);
            break;
        case ResizeMode::longest_edge:
            size = longest_edge_size(image, spec.edge);
            break;
        case ResizeMode::none:
            return image;
    }
    if (std::max(size.first, size.second) > max_resized_side)
        throw Error(ErrorCode::limit, "a picture of " + std::to_string(image.width) + " x " +
                                          std::to_string(image.height) + " pixels is too long and thin: resized to " +
                                          std::string(to_string(spec.mode)) + " " + std::to_string(spec.edge) +
                                          " it would have a side of more than " + std::to_string(max_resized_side));
    return resize(image, static_cast<int>(size.first), static_cast<int>(size.second), spec.filter);
}

// ---- crop and pad

int half_to_even(int value) { return value / 2 + (value % 4 == 3 ? 1 : 0); }

int half_down(int value) { return (value >= 0 ? value : value - 1) / 2; }

/// Where the window of `size` begins along an axis of `length`; negative if it begins before the picture.
int window_start(int length, int size, CropRounding rounding) {
    if (rounding == CropRounding::floor) return half_down(length - size);
    return length >= size ? half_to_even(length - size) : -((size - length) / 2);
}

/// The part of `image` under a window that may reach beyond it; there it is `fill`.
Image window(const Image& image, int top, int left, const ImageSize& size, const std::array<std::uint8_t, 3>& fill) {
    Image out{size.width, size.height,
              std::vector<std::uint8_t>(static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width) *
                                        channels)};
    for (std::size_t i = 0; i < out.pixels.size(); ++i) out.pixels[i] = fill[i % channels];

    const int first_row = std::max(top, 0), last_row = std::min(top + size.height, image.height);
    const int first_column = std::max(left, 0), last_column = std::min(left + size.width, image.width);
    if (first_column >= last_column) return out;
    const auto offset = [](int y, int x, int width) {
        return (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)) * channels;
    };
    for (int y = first_row; y < last_row; ++y)
        std::memcpy(out.pixels.data() + offset(y - top, first_column - left, size.width),
                    image.pixels.data() + offset(y, first_column, image.width),
                    static_cast<std::size_t>(last_column - first_column) * channels);
    return out;
}

Image centred(const Image& image, const ImageSize& size, CropRounding rounding,
              const std::array<std::uint8_t, 3>& fill) {
    if (image.width == size.width && image.height == size.height) return image;
    return window(image, window_start(image.height, size.height, rounding),
                  window_start(image.width, size.width, rounding), size, fill);
}

// ---- validation

[[noreturn]] void refuse(const std::string& field, const std::string& why) {
    throw Error(ErrorCode::invalid_argument, "image." + field + ": " + why);
}

void check_side(const std::string& field, int side) {
    if (side < 1 || side > max_input_side)
        refuse(field, std::to_string(side) + " pixels were asked for; 1 to " + std::to_string(max_input_side) +
                          " are possible");
}

void check_sides(const std::string& field, const ImageSize& size) {
    check_side(field, size.height);
    check_side(field, size.width);
}

}  // namespace

void ImageSpec::validate() const {
    if (to_string(resize.mode) == "unknown") refuse("resize.mode", "no such mode");
    if (to_string(resize.filter) == "unknown") refuse("resize.filter", "no such filter");
    if (resize.mode == ResizeMode::squash) check_sides("resize.size", resize.size);
    if (resize.mode == ResizeMode::shortest_edge || resize.mode == ResizeMode::longest_edge)
        check_side("resize.size", resize.edge);
    if (crop) check_sides("crop.size", crop->size);
    if (pad) {
        check_sides("pad.size", *pad);
        if (resize.mode != ResizeMode::longest_edge) refuse("pad", "goes with resize.mode longest_edge only");
        if (pad->height < resize.edge || pad->width < resize.edge)
            refuse("pad.size",
                   "the canvas is smaller than the picture, whose longest edge is " + std::to_string(resize.edge));
    }
    for (std::size_t i = 0; i < channels; ++i) {
        if (!std::isfinite(mean[i])) refuse("mean", "must be three finite numbers");
        if (!std::isfinite(stddev[i]) || !(static_cast<float>(stddev[i]) > 0))
            refuse("std", "must be three finite numbers above 0");
    }
}

std::optional<ImageSize> ImageSpec::output_size() const {
    if (pad) return pad;
    if (crop) return crop->size;
    if (resize.mode == ResizeMode::squash) return resize.size;
    return std::nullopt;
}

StandardImageTransform::StandardImageTransform(const ImageSpec& spec) : spec_(spec) {
    spec_.validate();
    for (std::size_t c = 0; c < channels; ++c) {
        const auto mean = static_cast<float>(spec_.mean[c]);
        const auto deviation = static_cast<float>(spec_.stddev[c]);
        for (std::size_t level = 0; level < 256; ++level) {
            const float x = spec_.rescale == Rescale::divide_255
                                ? static_cast<float>(level) / 255.0F
                                : static_cast<float>(static_cast<double>(level) * (1.0 / 255.0));
            values_[c][level] = (x - mean) / deviation;
        }
    }
}

std::string StandardImageTransform::name() const { return "standard/1"; }

Image StandardImageTransform::geometry(const Image& image) const {
    check_image(image);
    Image picture = resized(image, spec_.resize);
    if (spec_.crop) picture = centred(picture, spec_.crop->size, spec_.crop->rounding, spec_.fill);
    if (spec_.pad) picture = centred(picture, *spec_.pad, CropRounding::round_even, spec_.fill);
    return picture;
}

Tensor StandardImageTransform::operator()(const Image& image) const {
    const Image picture = geometry(image);
    const std::size_t area = picture.pixels.size() / channels;
    std::vector<float> values(picture.pixels.size());
    for (std::size_t c = 0; c < channels; ++c) {
        const auto& table = values_[c];
        float* plane = values.data() + c * area;
        for (std::size_t i = 0; i < area; ++i) plane[i] = table[picture.pixels[i * channels + c]];
    }
    return {{3, picture.height, picture.width}, std::move(values)};
}

}  // namespace sextant
