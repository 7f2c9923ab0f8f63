#include "bundle/image_spec.hpp"

#include <algorithm>

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

ImageSpec::Resize read_resize(Fields fields) {
    ImageSpec::Resize resize;
    resize.mode = fields.choice<ResizeMode>("mode", {{"squash", ResizeMode::squash},
                                                     {"shortest_edge", ResizeMode::shortest_edge},
                                                     {"longest_edge", ResizeMode::longest_edge},
                                                     {"none", ResizeMode::none}});
    if (resize.mode == ResizeMode::squash) resize.size = read_size(fields);
    else if (resize.mode != ResizeMode::none) resize.edge = static_cast<int>(fields.integer("size", 1, max_input_side));
    resize.filter = fields.choice<Filter>("filter", {{"nearest", Filter::nearest},
                                                     {"box", Filter::box},
                                                     {"bilinear", Filter::bilinear},
                                                     {"hamming", Filter::hamming},
                                                     {"bicubic", Filter::bicubic},
                                                     {"lanczos", Filter::lanczos}},
                                          resize.mode == ResizeMode::none ? "nearest" : "");
    fields.expect_nothing_else();
    return resize;
}

ImageSpec::Crop read_crop(Fields fields) {
    const ImageSpec::Crop crop{read_size(fields), fields.choice<CropRounding>("rounding", {{"floor", CropRounding::floor},
                                                                                           {"round_even", CropRounding::round_even}})};
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
                                                      {"multiply_reciprocal", Rescale::multiply_reciprocal}});
    spec.mean = read_triple(fields, "mean");
    spec.stddev = read_triple(fields, "std");
    fields.expect_nothing_else();
    try {
        spec.validate();
    } catch (const Error& error) {
        throw Error(error.code(), fields.where() + ": " + error.what());
    }
    return spec;
}

}  // namespace sextant::bundle_detail
