#include "preprocess/geometry.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include <sextant/core/error.hpp>

#include "preprocess/filters.hpp"

namespace sextant::preprocess_detail {
namespace {

/// Wide enough for the longer side of any picture.
struct LongSize {
    std::int64_t height;
    std::int64_t width;
};

/// torchvision (_compute_resized_output_size) and Hugging Face (get_resize_output_image_size) agree: the longer side is
/// truncated.
LongSize shortest_edge(const ImageSize& picture, std::int64_t edge) {
    const std::int64_t width = picture.width, height = picture.height;
    if (width <= height) return {edge * height / width, edge};
    return {edge, edge * width / height};
}

/// pytorchvideo, transforms/functional.py (short_side_scale).
LongSize short_side(const ImageSize& picture, int edge) {
    const double width = picture.width, height = picture.height;
    if (width < height) return {static_cast<std::int64_t>(std::floor(height / width * edge)), edge};
    return {edge, static_cast<std::int64_t>(std::floor(width / height * edge))};
}

std::int64_t half_to_even(double value) { return std::llrint(value); }

/// open_clip, transform.py (ResizeKeepRatio): Python's round, which goes to the even number.
LongSize keep_ratio(const ImageSize& picture, const ImageSize& size, bool inside) {
    const double down = static_cast<double>(picture.height) / size.height;
    const double across = static_cast<double>(picture.width) / size.width;
    const double ratio = inside ? std::max(down, across) : std::min(down, across);
    const auto side = [ratio](int length) { return std::max(half_to_even(length / ratio), std::int64_t{1}); };
    return {side(picture.height), side(picture.width)};
}

/// transformers, image_processing_siglip2.py (get_image_size_for_max_num_patches): a binary search for the scale.
LongSize patch_budget(const ImageSize& picture, int multiple, int max_patches) {
    constexpr double eps = 1e-5;
    const auto side = [multiple](double scale, int length) {
        return std::max(std::ceil(length * scale / multiple) * multiple, static_cast<double>(multiple));
    };
    double low = eps / 10, high = 100.0;
    while (high - low >= eps) {
        const double scale = (low + high) / 2;
        const double patches = side(scale, picture.height) / multiple * (side(scale, picture.width) / multiple);
        (patches <= max_patches ? low : high) = scale;
    }
    return {static_cast<std::int64_t>(side(low, picture.height)), static_cast<std::int64_t>(side(low, picture.width))};
}

/// transformers, image_processing_qwen2_vl.py (smart_resize).
LongSize smart(const ImageSize& picture, const ImageSpec::Resize& spec) {
    constexpr double most_unequal = 200;
    const double height = picture.height, width = picture.width, multiple = spec.multiple;
    if (std::max(height, width) / std::min(height, width) > most_unequal)
        throw Error(ErrorCode::limit, "a picture of " + std::to_string(picture.width) + " x " +
                                          std::to_string(picture.height) +
                                          " pixels is too long and thin: one side is more than 200 times the other");
    double rows = static_cast<double>(half_to_even(height / multiple)) * multiple;
    double columns = static_cast<double>(half_to_even(width / multiple)) * multiple;
    if (rows * columns > static_cast<double>(spec.max_pixels)) {
        const double shrink = std::sqrt(height * width / static_cast<double>(spec.max_pixels));
        rows = std::floor(height / shrink / multiple) * multiple;
        columns = std::floor(width / shrink / multiple) * multiple;
    } else if (rows * columns < static_cast<double>(spec.min_pixels)) {
        const double grow = std::sqrt(static_cast<double>(spec.min_pixels) / (height * width));
        rows = std::ceil(height * grow / multiple) * multiple;
        columns = std::ceil(width * grow / multiple) * multiple;
    }
    return {static_cast<std::int64_t>(std::max(rows, multiple)), static_cast<std::int64_t>(std::max(columns, multiple))};
}

LongSize resized(const ImageSpec::Resize& spec, const ImageSize& picture) {
    switch (spec.mode) {
        case ResizeMode::squash:
            return {spec.size.height, spec.size.width};
        case ResizeMode::shortest_edge:
            return shortest_edge(picture, spec.edge);
        case ResizeMode::short_side:
            return short_side(picture, spec.edge);
        case ResizeMode::longest_edge:
            return keep_ratio(picture, {spec.edge, spec.edge}, true);
        case ResizeMode::fit:
        case ResizeMode::cover:
            return keep_ratio(picture, spec.size, spec.mode == ResizeMode::fit);
        case ResizeMode::patch_budget:
            return patch_budget(picture, spec.multiple, spec.max_patches);
        case ResizeMode::smart:
            return smart(picture, spec);
        case ResizeMode::none:
            break;
    }
    return {picture.height, picture.width};
}

/// Half of what a canvas is longer than a window in its middle, negative if it is shorter.
int half_of(int difference, CropRounding rounding) {
    const int truncated = difference / 2, odd = difference % 2;
    switch (rounding) {
        case CropRounding::floor:
            return odd < 0 ? truncated - 1 : truncated;
        case CropRounding::ceil:
            return odd > 0 ? truncated + 1 : truncated;
        case CropRounding::round_even:
            return difference % 4 == 3 ? truncated + 1 : truncated;  // truncated where a picture is padded
        case CropRounding::truncate:
            break;
    }
    return truncated;
}

/// Where a window of `size` begins along an axis of `length`; negative if it begins before it.
int window_start(int length, int size, CropRounding rounding, CropPlace place) {
    if (place == CropPlace::start) return 0;
    return place == CropPlace::end ? length - size : half_of(length - size, rounding);
}

/// A window of `size` on a canvas becomes the canvas.
void place(AxisLayout& axis, int size, CropRounding rounding, CropPlace place) {
    axis.at -= window_start(axis.length, size, rounding, place);
    axis.length = size;
    if (axis.at < 0) {
        axis.from -= axis.at;
        axis.count += axis.at;
        axis.at = 0;
    }
    axis.count = std::max(std::min(axis.count, size - axis.at), 0);
}

}  // namespace

Layout layout_of(const ImageSpec& spec, const ImageSize& picture) {
    const LongSize size = resized(spec.resize, picture);
    // Of a picture that is cropped only the part within the crop is made, so that it may be much longer than others.
    const std::int64_t longest = spec.crop ? 1 << 28 : max_resized_side;
    if (std::max(size.height, size.width) > longest)
        throw Error(ErrorCode::limit, "a picture of " + std::to_string(picture.width) + " x " +
                                          std::to_string(picture.height) + " pixels is too long and thin: resized to " +
                                          std::string(to_string(spec.resize.mode)) + " " + std::to_string(spec.resize.edge) +
                                          " it would have a side of more than " + std::to_string(longest));
    const auto width = static_cast<int>(size.width), height = static_cast<int>(size.height);
    Layout layout{width, height, {width, 0, 0, width}, {height, 0, 0, height}};
    if (spec.crop) {
        place(layout.across, spec.crop->size.width, spec.crop->rounding, spec.crop->place);
        place(layout.down, spec.crop->size.height, spec.crop->rounding, spec.crop->place);
    }
    if (spec.pad) {
        place(layout.across, spec.pad->width, CropRounding::truncate, CropPlace::centre);
        place(layout.down, spec.pad->height, CropRounding::truncate, CropPlace::centre);
    }
    const auto area = static_cast<std::uint64_t>(std::int64_t{layout.across.length} * layout.down.length);
    if (area > max_resized_pixels)
        throw Error(ErrorCode::limit, "a picture of " + std::to_string(layout.across.length) + " x " +
                                          std::to_string(layout.down.length) + " pixels would be made; the limit is " +
                                          std::to_string(max_resized_pixels) + " in all");
    return layout;
}

std::pair<int, int> seen(const AxisLayout& axis, int resized, int picture, Resampling filter) {
    const double scale = static_cast<double>(picture) / resized;
    const double support = filter == Resampling::nearest ? 1 : resample_detail::support_of(filter);
    const double around = support * std::max(scale, 1.0) + 1;
    const int first = std::clamp(static_cast<int>(std::floor(axis.from * scale - around)), 0, picture - 1);
    const int last = std::clamp(static_cast<int>(std::ceil((axis.from + axis.count) * scale + around)), first + 1, picture);
    return {first, last - first};
}

}  // namespace sextant::preprocess_detail
