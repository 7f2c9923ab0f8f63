#include <sextant/preprocess/image.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

#include <sextant/core/error.hpp>

#include "preprocess/geometry.hpp"
#include "preprocess/native.hpp"
#include "preprocess/patches.hpp"
#include "preprocess/workspace.hpp"

namespace sextant {

using preprocess_detail::AxisLayout;
using preprocess_detail::Layout;
using preprocess_detail::layout_of;
using preprocess_detail::Lease;
using preprocess_detail::makes_levels;
using preprocess_detail::patch_grid;
using preprocess_detail::PatchGrid;
using preprocess_detail::Workspace;

namespace {

constexpr std::size_t channels = 3;

using Tables = std::array<std::array<float, 256>, channels>;

std::size_t area_of(const Layout& layout) {
    return static_cast<std::size_t>(layout.across.length) * static_cast<std::size_t>(layout.down.length);
}

bool shows_everywhere(const AxisLayout& axis) { return axis.count == axis.length; }

/// Writes the canvas, in 8-bit levels, to `out`.
void draw(const ImageSpec& spec, const Layout& layout, const Image& image, Workspace& workspace, std::uint8_t* out) {
    const AxisLayout &across = layout.across, &down = layout.down;
    const auto stride = static_cast<std::size_t>(across.length) * channels;
    const bool native = spec.convert == Convert::after && image.mode != NativeMode::rgb;
    if (!shows_everywhere(across) || !shows_everywhere(down)) {
        const auto fill = native ? preprocess_detail::native_fill(image, spec.fill[0]) : spec.fill;
        for (std::size_t i = 0; i < area_of(layout) * channels; ++i) out[i] = fill[i % channels];
    }
    const resample_detail::Job job{
        {0, 0, static_cast<float>(image.width), static_cast<float>(image.height)},
        layout.width,
        layout.height,
        spec.resize.mode == ResizeMode::none ? Resampling::nearest : spec.resize.filter,
        {across.from, down.from, across.count, down.count},
        spec.resize.resampler == Resampler::torch_uint8 ? resample_detail::Arithmetic::torch : resample_detail::Arithmetic::pillow};
    out += static_cast<std::size_t>(down.at) * stride + static_cast<std::size_t>(across.at) * channels;
    if (native) return preprocess_detail::resample_native(image, job, workspace.native, workspace.resample, out, stride);
    resample({image.width, image.height, image.pixels.data()}, job, resample_detail::kernels(), workspace.resample, out, stride);
}

/// Pixels side by side become one plane per channel, each level looked up.
void look_up(const std::uint8_t* pixels, std::size_t area, const Tables& tables, float* out) {
    const float* const of_channels[] = {tables[0].data(), tables[1].data(), tables[2].data()};
    resample_detail::kernels().look_up(pixels, area, of_channels, out, area);
}

/// The canvas in floats, scaled as torch does and not normalised yet.
void draw_floats(const ImageSpec& spec, const Layout& layout, const Image& image, const Tables& units,
                 Workspace& workspace, float* out) {
    const AxisLayout &across = layout.across, &down = layout.down;
    const auto in_area = image.pixels.size() / channels, shown = static_cast<std::size_t>(across.count);
    workspace.planes.resize(in_area * channels);
    workspace.scaled.resize(shown * static_cast<std::size_t>(down.count) * channels);
    look_up(image.pixels.data(), in_area, units, workspace.planes.data());
    preprocess_detail::interpolate(workspace.planes.data(), channels, workspace.scaled.data(),
                                   {image.height, layout.height, down.from, down.count},
                                   {image.width, layout.width, across.from, across.count}, spec.resize.filter,
                                   spec.resize.resampler == Resampler::torch_antialias, workspace.interpolate);
    const float* from = workspace.scaled.data();
    for (std::size_t c = 0; c < channels; ++c) {
        float* plane = out + c * area_of(layout);
        std::fill_n(plane, area_of(layout), units[c][spec.fill[c]]);
        for (int y = 0; y < down.count; ++y, from += shown) {
            float* to = plane + static_cast<std::size_t>(down.at + y) * static_cast<std::size_t>(across.length) + across.at;
            std::copy_n(from, shown, to);
        }
    }
}

class FunctionTransform final : public ImageTransform {
public:
    FunctionTransform(std::string name, std::function<Tensor(const Image&)> function)
        : name_(std::move(name)), function_(std::move(function)) {}

    [[nodiscard]] std::string name() const override { return name_; }
    [[nodiscard]] Tensor operator()(const Image& image) const override { return function_(image); }

private:
    std::string name_;
    std::function<Tensor(const Image&)> function_;
};

PatchGrid grid_of(const ImageSpec& spec, const Layout& layout) {
    return patch_grid(*spec.patches, {layout.down.length, layout.across.length});
}

Tensor::Shape shape_of(const ImageSpec& spec, const Layout& layout) {
    if (!spec.patches) return {static_cast<std::int64_t>(channels), layout.down.length, layout.across.length};
    const PatchGrid grid = grid_of(spec, layout);
    return {grid.padded_rows, grid.values};
}

std::size_t elements(const Tensor::Shape& shape) {
    std::size_t count = 1;
    for (const auto extent : shape) count *= static_cast<std::size_t>(extent);
    return count;
}

float rescaled(const ImageSpec& spec, int level) {
    switch (spec.rescale) {
        case Rescale::divide_255:
            return static_cast<float>(level) / static_cast<float>(spec.divisor);
        case Rescale::multiply_reciprocal:
            return static_cast<float>(level * (1.0 / spec.divisor));
        case Rescale::fused:
            break;
    }
    return static_cast<float>(level);
}

void check_size(const ImageSize& picture) {
    if (picture.width < 1 || picture.height < 1)
        throw Error(ErrorCode::invalid_argument, "a picture of " + std::to_string(picture.width) + " x " +
                                                     std::to_string(picture.height) + " pixels has no shape");
}

}  // namespace

std::vector<NamedTensor> ImageTransform::inputs(const Image& image) const {
    std::vector<NamedTensor> tensors;
    tensors.push_back({"pixel_values", (*this)(image)});
    return tensors;
}

PixelRegion ImageTransform::needed(const ImageSize& picture) const { return {0, 0, picture.width, picture.height}; }

std::shared_ptr<const ImageTransform> make_image_transform(std::string name,
                                                           std::function<Tensor(const Image&)> function) {
    if (name.empty() || !function)
        throw Error(ErrorCode::invalid_argument,
                    "make_image_transform needs a name with a version, such as \"my-crop/1\", and a function");
    return std::make_shared<FunctionTransform>(std::move(name), std::move(function));
}

StandardImageTransform::StandardImageTransform(const ImageSpec& spec)
    : spec_(spec), pool_(std::make_shared<preprocess_detail::WorkspacePool>()) {
    spec_.validate();
    const float scale = spec_.rescale == Rescale::fused ? static_cast<float>(spec_.divisor) : 1.0F;
    for (std::size_t c = 0; c < channels; ++c) {
        mean_[c] = static_cast<float>(spec_.mean[c]) * scale;
        deviation_[c] = static_cast<float>(spec_.stddev[c]) * scale;
        for (std::size_t level = 0; level < 256; ++level) {
            units_[c][level] = rescaled(spec_, static_cast<int>(level));
            values_[c][level] = normalised(c, units_[c][level]);
        }
    }
}

float StandardImageTransform::normalised(std::size_t channel, float value) const {
    return (value - mean_[channel]) / deviation_[channel];
}

std::string StandardImageTransform::name() const { return "standard/1"; }

Image StandardImageTransform::geometry(const Image& image) const {
    check_image(image);
    if (!makes_levels(spec_.resize.resampler))
        throw Error(ErrorCode::unsupported, "image.resize.resampler is " + std::string(to_string(spec_.resize.resampler)) +
                                                ", which makes floats and no 8-bit picture");
    const Layout layout = layout_of(spec_, {image.height, image.width});
    Image out{layout.across.length, layout.down.length, std::vector<std::uint8_t>(area_of(layout) * channels)};
    const Lease workspace(*pool_);
    draw(spec_, layout, image, *workspace, out.pixels.data());
    return out;
}

void StandardImageTransform::write(const Image& image, std::span<float> out) const {
    check_image(image);
    const Layout layout = layout_of(spec_, {image.height, image.width});
    const PatchGrid grid = spec_.patches ? grid_of(spec_, layout) : PatchGrid{};
    const std::size_t values = area_of(layout) * channels;
    const std::size_t needed = spec_.patches ? static_cast<std::size_t>(grid.padded_rows * grid.values) : values;
    if (out.size() != needed)
        throw Error(ErrorCode::invalid_argument, "the transform of a picture of " + std::to_string(image.width) + " x " +
                                                     std::to_string(image.height) + " pixels has " + std::to_string(needed) +
                                                     " values; there is room for " + std::to_string(out.size()));
    const Lease lease(*pool_);
    Workspace& workspace = *lease;
    if (spec_.patches) workspace.cut.resize(values);
    float* planes = spec_.patches ? workspace.cut.data() : out.data();
    if (makes_levels(spec_.resize.resampler)) {
        std::uint8_t* levels = workspace.levels.reserve(values);
        draw(spec_, layout, image, workspace, levels);
        look_up(levels, area_of(layout), values_, planes);
    } else {
        draw_floats(spec_, layout, image, units_, workspace, planes);
        for (std::size_t c = 0; c < channels; ++c)
            for (float& value : std::span(planes + c * area_of(layout), area_of(layout))) value = normalised(c, value);
    }
    if (spec_.patches) cut_into_patches(*spec_.patches, grid, planes, out.data());
}

Tensor::Shape StandardImageTransform::shape(const ImageSize& picture) const {
    check_size(picture);
    return shape_of(spec_, layout_of(spec_, picture));
}

PixelRegion StandardImageTransform::needed(const ImageSize& picture) const {
    check_size(picture);
    const Layout layout = layout_of(spec_, picture);
    const auto [left, width] = preprocess_detail::seen(layout.across, layout.width, picture.width, spec_.resize.filter);
    const auto [top, height] = preprocess_detail::seen(layout.down, layout.height, picture.height, spec_.resize.filter);
    return {left, top, width, height};
}

Tensor StandardImageTransform::operator()(const Image& image) const {
    check_image(image);
    Tensor::Shape shape = this->shape({image.height, image.width});
    std::vector<float> values(elements(shape));
    write(image, values);
    return {std::move(shape), std::move(values)};
}

std::vector<NamedTensor> StandardImageTransform::inputs(const Image& image) const {
    std::vector<NamedTensor> tensors = ImageTransform::inputs(image);
    if (!spec_.patches) return tensors;
    const PatchGrid grid = grid_of(spec_, layout_of(spec_, {image.height, image.width}));
    add_patch_tensors(*spec_.patches, grid, tensors);
    return tensors;
}

}  // namespace sextant
