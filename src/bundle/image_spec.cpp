#include "bundle/sections.hpp"

namespace sextant::bundle_detail {
namespace {

ImageSize read_size(Fields& fields) {
    const auto numbers = fields.numbers("size", 2);
    for (const double side : numbers) {
        if (!(side >= 1 && side <= max_input_side) || side != static_cast<int>(side))
            fields.fail(ErrorCode::invalid_argument, "size",
                        "is " + fields.required("size").dump() + "; expected whole numbers from 1 to " + std::to_string(max_input_side));
    }
    return {static_cast<int>(numbers[0]), static_cast<int>(numbers[1])};
}

std::array<double, 3> read_triple(Fields& fields, const std::string& name) {
    const auto numbers = fields.numbers(name, 3);
    return {numbers[0], numbers[1], numbers[2]};
}

Resampling read_filter(Fields& fields, const std::string& fallback) {
    return fields.choice<Resampling>("filter", {{"nearest", Resampling::nearest},
                                                {"box", Resampling::box},
                                                {"bilinear", Resampling::bilinear},
                                                {"hamming", Resampling::hamming},
                                                {"bicubic", Resampling::bicubic},
                                                {"lanczos", Resampling::lanczos},
                                                {"mks2013", Resampling::mks2013},
                                                {"mks2021", Resampling::mks2021}},
                                     fallback);
}

void read_resize_size(Fields& fields, ImageSpec::Resize& resize) {
    constexpr std::int64_t most_pixels = std::int64_t{max_input_side} * max_input_side;
    switch (resize.mode) {
        case ResizeMode::squash:
        case ResizeMode::fit:
        case ResizeMode::cover:
            resize.size = read_size(fields);
            break;
        case ResizeMode::shortest_edge:
        case ResizeMode::short_side:
        case ResizeMode::longest_edge:
            resize.edge = static_cast<int>(fields.integer("size", 1, max_input_side));
            break;
        case ResizeMode::patch_budget:
            resize.multiple = static_cast<int>(fields.integer("multiple", 1, max_input_side));
            resize.max_patches = static_cast<int>(fields.integer("max_patches", 1, max_input_patches));
            break;
        case ResizeMode::smart:
            resize.multiple = static_cast<int>(fields.integer("multiple", 1, max_input_side));
            resize.min_pixels = fields.integer("min_pixels", 1, most_pixels);
            resize.max_pixels = fields.integer("max_pixels", 1, most_pixels);
            break;
        case ResizeMode::none:
            break;
    }
}

ImageSpec::Resize read_resize(Fields fields) {
    ImageSpec::Resize resize;
    resize.mode = fields.choice<ResizeMode>("mode", {{"squash", ResizeMode::squash},
                                                     {"shortest_edge", ResizeMode::shortest_edge},
                                                     {"short_side", ResizeMode::short_side},
                                                     {"longest_edge", ResizeMode::longest_edge},
                                                     {"fit", ResizeMode::fit},
                                                     {"cover", ResizeMode::cover},
                                                     {"patch_budget", ResizeMode::patch_budget},
                                                     {"smart", ResizeMode::smart},
                                                     {"none", ResizeMode::none}});
    read_resize_size(fields, resize);
    resize.filter = read_filter(fields, resize.mode == ResizeMode::none ? "nearest" : "");
    resize.resampler = fields.choice<Resampler>("resampler", {{"pillow", Resampler::pillow},
                                                              {"torch", Resampler::torch},
                                                              {"torch_antialias", Resampler::torch_antialias},
                                                              {"torch_uint8", Resampler::torch_uint8}},
                                                "pillow");
    fields.expect_nothing_else();
    return resize;
}

ImageSpec::Patches read_patches(Fields fields) {
    ImageSpec::Patches patches;
    patches.size = static_cast<int>(fields.integer("size", 1, max_input_side));
    patches.order = fields.choice<PatchOrder>("order", {{"row_column_channel", PatchOrder::row_column_channel},
                                                        {"channel_time_row_column", PatchOrder::channel_time_row_column}});
    patches.merge = static_cast<int>(fields.integer("merge", 1, max_input_side, 1));
    patches.repeat = static_cast<int>(fields.integer("repeat", 1, max_input_side, 1));
    patches.pad_to = static_cast<int>(fields.integer("pad_to", 0, max_input_patches, 0));
    fields.expect_nothing_else();
    return patches;
}

ImageSpec::Crop read_crop(Fields fields) {
    ImageSpec::Crop crop;
    crop.size = read_size(fields);
    crop.rounding = fields.choice<CropRounding>("rounding", {{"floor", CropRounding::floor},
                                                             {"round_even", CropRounding::round_even},
                                                             {"truncate", CropRounding::truncate},
                                                             {"ceil", CropRounding::ceil}});
    crop.place = fields.choice<CropPlace>("place", {{"centre", CropPlace::centre}, {"start", CropPlace::start}, {"end", CropPlace::end}},
                                          "centre");
    fields.expect_nothing_else();
    return crop;
}

ImageSize read_pad(Fields fields) {
    const auto size = read_size(fields);
    fields.expect_nothing_else();
    return size;
}

}  // namespace

ImageSpec read_image_spec(Fields fields) {
    ImageSpec spec;
    spec.convert = fields.choice<Convert>("convert", {{"before", Convert::before}, {"after", Convert::after}}, "before");
    spec.resize = read_resize(fields.object("resize"));
    if (fields.has("crop")) spec.crop = read_crop(fields.object("crop"));
    if (fields.has("pad")) spec.pad = read_pad(fields.object("pad"));
    if (fields.has("fill")) {
        const auto levels = read_triple(fields, "fill");
        for (std::size_t c = 0; c < levels.size(); ++c) {
            if (!(levels[c] >= 0 && levels[c] <= 255) || levels[c] != static_cast<int>(levels[c]))
                fields.fail(ErrorCode::invalid_argument, "fill", "holds something else than a whole level from 0 to 255");
            spec.fill[c] = static_cast<std::uint8_t>(levels[c]);
        }
    }
    spec.rescale = fields.choice<Rescale>("rescale", {{"divide_255", Rescale::divide_255},
                                                      {"multiply_reciprocal", Rescale::multiply_reciprocal},
                                                      {"fused", Rescale::fused}});
    spec.divisor = fields.number("divisor", spec.divisor);
    spec.mean = read_triple(fields, "mean");
    spec.stddev = read_triple(fields, "std");
    if (fields.has("patches")) spec.patches = read_patches(fields.object("patches"));
    fields.expect_nothing_else();
    try {
        spec.validate();
    } catch (const Error& error) {
        throw Error(error.code(), fields.where() + ": " + error.what());
    }
    return spec;
}

}  // namespace sextant::bundle_detail
