#include <sextant/preprocess/image_spec.hpp>

#include <cmath>
#include <cstddef>
#include <string>

#include <sextant/core/error.hpp>

namespace sextant {
namespace {

[[noreturn]] void refuse(const std::string& field, const std::string& why) {
    throw Error(ErrorCode::invalid_argument, "image." + field + ": " + why);
}

void check_range(const std::string& field, const std::string& unit, std::int64_t value, std::int64_t most) {
    if (value < 1 || value > most)
        refuse(field, std::to_string(value) + " " + unit + " were asked for; 1 to " + std::to_string(most) + " are possible");
}

void check_side(const std::string& field, int side) { check_range(field, "pixels", side, max_input_side); }

void check_sides(const std::string& field, const ImageSize& size) {
    check_side(field, size.height);
    check_side(field, size.width);
}

bool has_size(ResizeMode mode) {
    return mode == ResizeMode::squash || mode == ResizeMode::fit || mode == ResizeMode::cover;
}

bool has_edge(ResizeMode mode) {
    return mode == ResizeMode::shortest_edge || mode == ResizeMode::short_side || mode == ResizeMode::longest_edge;
}

bool has_multiple(ResizeMode mode) { return mode == ResizeMode::patch_budget || mode == ResizeMode::smart; }

void check_resize(const ImageSpec::Resize& resize) {
    if (to_string(resize.mode) == "unknown") refuse("resize.mode", "no such mode");
    if (to_string(resize.filter) == "unknown") refuse("resize.filter", "no such filter");
    if (to_string(resize.resampler) == "unknown") refuse("resize.resampler", "no such resampler");
    if (has_size(resize.mode)) check_sides("resize.size", resize.size);
    if (has_edge(resize.mode)) check_side("resize.size", resize.edge);
    if (has_multiple(resize.mode)) check_side("resize.multiple", resize.multiple);
    constexpr std::int64_t most_pixels = std::int64_t{max_input_side} * max_input_side;
    if (resize.mode == ResizeMode::patch_budget) {
        check_range("resize.max_patches", "patches", resize.max_patches, max_input_patches);
        const std::int64_t pixels = std::int64_t{resize.max_patches} * resize.multiple * resize.multiple;
        check_range("resize.max_patches", "pixels in all patches", pixels, most_pixels);
    }
    if (resize.mode == ResizeMode::smart) {
        check_range("resize.max_pixels", "pixels", resize.max_pixels, most_pixels);
        check_range("resize.min_pixels", "pixels", resize.min_pixels, resize.max_pixels);
    }
    if (resize.resampler != Resampler::pillow && resize.filter != Resampling::bilinear && resize.filter != Resampling::bicubic)
        refuse("resize.filter", "torch has bilinear and bicubic, not " + std::string(to_string(resize.filter)));
}

void check_convert(const ImageSpec& spec) {
    if (to_string(spec.convert) == "unknown") refuse("convert", "no such time");
    if (spec.convert == Convert::before) return;
    if (spec.resize.resampler != Resampler::pillow) refuse("convert", "after goes with resize.resampler pillow only");
    if (spec.fill[0] != spec.fill[1] || spec.fill[0] != spec.fill[2]) refuse("fill", "three equal levels go with convert after");
}

void check_crop(const ImageSpec::Crop& crop) {
    check_sides("crop.size", crop.size);
    if (to_string(crop.rounding) == "unknown") refuse("crop.rounding", "no such rounding");
    if (to_string(crop.place) == "unknown") refuse("crop.place", "no such place");
}

void check_pad(const ImageSpec& spec) {
    check_sides("pad.size", *spec.pad);
    ImageSize largest = spec.resize.size;
    if (spec.resize.mode == ResizeMode::longest_edge) largest = {spec.resize.edge, spec.resize.edge};
    else if (spec.resize.mode != ResizeMode::fit) refuse("pad", "goes with resize.mode longest_edge and fit only");
    if (spec.pad->height < largest.height || spec.pad->width < largest.width)
        refuse("pad.size", "the canvas is smaller than the picture, which may have " + std::to_string(largest.height) +
                               " rows and " + std::to_string(largest.width) + " columns");
}

void check_patches(const ImageSpec& spec) {
    const auto& patches = *spec.patches;
    check_side("patches.size", patches.size);
    check_side("patches.merge", patches.merge);
    check_range("patches.repeat", "frames", patches.repeat, 64);
    if (to_string(patches.order) == "unknown") refuse("patches.order", "no such order");
    if (patches.repeat != 1 && patches.order != PatchOrder::channel_time_row_column)
        refuse("patches.repeat", "goes with patches.order channel_time_row_column only");
    if (patches.pad_to != 0) check_range("patches.pad_to", "rows", patches.pad_to, max_input_patches);
    const std::int64_t step = std::int64_t{patches.size} * patches.merge;
    const auto size = spec.output_size();
    const bool whole = size ? size->height % step == 0 && size->width % step == 0
                            : has_multiple(spec.resize.mode) && spec.resize.multiple % step == 0;
    if (!whole)
        refuse("patches.size", "the sides of the picture are not known to be multiples of " + std::to_string(step) + " pixels");
}

}  // namespace

std::string_view to_string(ResizeMode mode) noexcept {
    switch (mode) {
        case ResizeMode::squash:
            return "squash";
        case ResizeMode::shortest_edge:
            return "shortest_edge";
        case ResizeMode::short_side:
            return "short_side";
        case ResizeMode::longest_edge:
            return "longest_edge";
        case ResizeMode::fit:
            return "fit";
        case ResizeMode::cover:
            return "cover";
        case ResizeMode::patch_budget:
            return "patch_budget";
        case ResizeMode::smart:
            return "smart";
        case ResizeMode::none:
            return "none";
    }
    return "unknown";
}

std::string_view to_string(Resampler resampler) noexcept {
    switch (resampler) {
        case Resampler::pillow:
            return "pillow";
        case Resampler::torch:
            return "torch";
        case Resampler::torch_antialias:
            return "torch_antialias";
        case Resampler::torch_uint8:
            return "torch_uint8";
    }
    return "unknown";
}

std::string_view to_string(CropRounding rounding) noexcept {
    switch (rounding) {
        case CropRounding::floor:
            return "floor";
        case CropRounding::round_even:
            return "round_even";
        case CropRounding::truncate:
            return "truncate";
        case CropRounding::ceil:
            return "ceil";
    }
    return "unknown";
}

std::string_view to_string(CropPlace place) noexcept {
    switch (place) {
        case CropPlace::centre:
            return "centre";
        case CropPlace::start:
            return "start";
        case CropPlace::end:
            return "end";
    }
    return "unknown";
}

std::string_view to_string(Convert convert) noexcept {
    switch (convert) {
        case Convert::before:
            return "before";
        case Convert::after:
            return "after";
    }
    return "unknown";
}

std::string_view to_string(Rescale rescale) noexcept {
    switch (rescale) {
        case Rescale::divide_255:
            return "divide_255";
        case Rescale::multiply_reciprocal:
            return "multiply_reciprocal";
        case Rescale::fused:
            return "fused";
    }
    return "unknown";
}

std::string_view to_string(PatchOrder order) noexcept {
    switch (order) {
        case PatchOrder::row_column_channel:
            return "row_column_channel";
        case PatchOrder::channel_time_row_column:
            return "channel_time_row_column";
    }
    return "unknown";
}

void ImageSpec::validate() const {
    check_resize(resize);
    check_convert(*this);
    if (crop) check_crop(*crop);
    if (pad) check_pad(*this);
    if (to_string(rescale) == "unknown") refuse("rescale", "no such way");
    if (!std::isfinite(divisor) || !(static_cast<float>(divisor) > 0)) refuse("divisor", "must be a finite number above 0");
    for (std::size_t i = 0; i < mean.size(); ++i) {
        const float scale = rescale == Rescale::fused ? static_cast<float>(divisor) : 1.0F;
        if (!std::isfinite(static_cast<float>(mean[i]) * scale)) refuse("mean", "must be three finite numbers");
        if (!std::isfinite(stddev[i]) || !(static_cast<float>(stddev[i]) > 0))
            refuse("std", "must be three finite numbers above 0");
    }
    if (patches) check_patches(*this);
}

std::optional<ImageSize> ImageSpec::output_size() const {
    if (pad) return pad;
    if (crop) return crop->size;
    if (resize.mode == ResizeMode::squash) return resize.size;
    return std::nullopt;
}

}  // namespace sextant
