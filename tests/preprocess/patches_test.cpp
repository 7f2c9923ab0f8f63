// Pictures cut into patches, and the sizes that suit them. tests/parity/parity_preprocess.py compares with Siglip2ImageProcessor
// and Qwen2VLImageProcessor.
#include <sextant/preprocess/image.hpp>

#include <cmath>

#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace sextant;

namespace {

using Values = std::vector<float>;
using Integers = std::vector<std::int64_t>;

/// Red is 10 * row + column, green 100 more, blue 200 more: levels that come out as they are.
Image numbered(int width, int height) {
    Image image{width, height, {}};
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < 3; ++c) image.pixels.push_back(static_cast<std::uint8_t>(100 * c + 10 * y + x));
    return image;
}

ImageSpec patches(int width, int height, const ImageSpec::Patches& wanted) {
    ImageSpec spec;
    spec.resize.size = {height, width};
    spec.divisor = 1;
    spec.mean = {0, 0, 0};
    spec.stddev = {1, 1, 1};
    spec.patches = wanted;
    return spec;
}

Values row_of(const Tensor& tensor, std::size_t row) {
    const auto length = static_cast<std::size_t>(tensor.shape().at(1));
    const auto begin = tensor.floats().begin() + static_cast<std::ptrdiff_t>(row * length);
    return {begin, begin + static_cast<std::ptrdiff_t>(length)};
}

Integers integers_of(const std::vector<NamedTensor>& tensors, const std::string& name) {
    for (const auto& named : tensors)
        if (named.name == name) return {named.tensor.integers().begin(), named.tensor.integers().end()};
    FAIL("there is no tensor " << name);
    return {};
}

/// Height and width of a picture after the resize step.
std::pair<int, int> resized(const ImageSpec& spec, int height, int width) {
    const auto shape = StandardImageTransform(spec).shape({height, width});
    return {static_cast<int>(shape.at(1)), static_cast<int>(shape.at(2))};
}

using Size = std::pair<int, int>;

}  // namespace

TEST_CASE("SigLIP 2 has rows, columns and channels, a mask and a grid", "[patches]") {
    const StandardImageTransform transform(patches(4, 2, {.size = 2, .order = PatchOrder::row_column_channel, .pad_to = 3}));
    const auto tensors = transform.inputs(numbered(4, 2));
    REQUIRE(tensors.at(0).name == "pixel_values");
    const Tensor& values = tensors.at(0).tensor;
    CHECK(values.shape() == Tensor::Shape{3, 12});
    CHECK(row_of(values, 0) == Values{0, 100, 200, 1, 101, 201, 10, 110, 210, 11, 111, 211});
    CHECK(row_of(values, 1) == Values{2, 102, 202, 3, 103, 203, 12, 112, 212, 13, 113, 213});
    CHECK(row_of(values, 2) == Values(12, 0.0F));
    CHECK(integers_of(tensors, "pixel_attention_mask") == Integers{1, 1, 0});
    CHECK(integers_of(tensors, "pixel_positions") == Integers{0, 0, 0, 1, 0, 0});
    CHECK(integers_of(tensors, "spatial_shapes") == Integers{1, 2});
}

TEST_CASE("Qwen2-VL has channels, frames, rows and columns, and blocks of patches", "[patches]") {
    const StandardImageTransform transform(
        patches(4, 4, {.size = 1, .order = PatchOrder::channel_time_row_column, .merge = 2, .repeat = 2}));
    const auto tensors = transform.inputs(numbered(4, 4));
    const Tensor& values = tensors.at(0).tensor;
    CHECK(values.shape() == Tensor::Shape{16, 6});
    CHECK(row_of(values, 0) == Values{0, 0, 100, 100, 200, 200});
    CHECK(row_of(values, 1)[0] == 1);   // the block of 2 x 2 first: 0 1 10 11,
    CHECK(row_of(values, 2)[0] == 10);
    CHECK(row_of(values, 3)[0] == 11);
    CHECK(row_of(values, 4)[0] == 2);   // then the one beside it
    CHECK(row_of(values, 8)[0] == 20);  // then those below
    CHECK(integers_of(tensors, "image_grid_thw") == Integers{1, 4, 4});
    CHECK(integers_of(tensors, "pixel_positions")[5] == 0);
    CHECK(integers_of(tensors, "pixel_positions")[4] == 1);

    const StandardImageTransform squares(patches(4, 2, {.size = 2, .order = PatchOrder::channel_time_row_column}));
    CHECK(row_of(squares(numbered(4, 2)), 1) == Values{2, 3, 12, 13, 102, 103, 112, 113, 202, 203, 212, 213});
}

TEST_CASE("sizes for patches are those of their processors", "[patches]") {
    ImageSpec siglip;
    siglip.resize.mode = ResizeMode::patch_budget;
    CHECK(resized(siglip, 480, 640) == Size{224, 288});
    CHECK(resized(siglip, 10, 10) == Size{256, 256});
    CHECK(resized(siglip, 1, 150) == Size{16, 2400});
    CHECK(resized(siglip, 3000, 2000) == Size{304, 208});

    ImageSpec qwen;
    qwen.resize.mode = ResizeMode::smart;
    qwen.resize.multiple = 28;
    CHECK(resized(qwen, 480, 640) == Size{476, 644});
    CHECK(resized(qwen, 10, 10) == Size{56, 56});
    CHECK(resized(qwen, 1, 150) == Size{28, 700});
    CHECK(resized(qwen, 3000, 2000) == Size{1204, 812});
    expect_error(ErrorCode::limit, {"1 x 201", "200 times"}, [&] { (void)resized(qwen, 201, 1); });
}

TEST_CASE("patches that cannot be are refused", "[patches]") {
    const auto refused = [](const std::string& field, const ImageSpec& spec) {
        expect_error(ErrorCode::invalid_argument, {field}, [&] { StandardImageTransform transform(spec); });
    };
    refused("image.patches.size", patches(5, 4, {.size = 2}));
    refused("image.patches.size", patches(4, 4, {.size = 0}));
    refused("image.patches.size", patches(6, 6, {.size = 2, .merge = 2}));
    refused("image.patches.merge", patches(4, 4, {.size = 2, .merge = -1}));
    refused("image.patches.repeat", patches(4, 4, {.size = 2, .repeat = 2}));
    refused("image.patches.order", patches(4, 4, {.size = 2, .order = static_cast<PatchOrder>(4)}));
    refused("image.patches.pad_to", patches(4, 4, {.size = 2, .pad_to = -1}));
    auto unknown = patches(4, 4, {.size = 2});
    unknown.resize.mode = ResizeMode::shortest_edge;
    refused("image.patches.size", unknown);
    unknown.resize.mode = ResizeMode::patch_budget;
    unknown.resize.multiple = 3;
    refused("image.patches.size", unknown);
    unknown.resize.max_patches = 0;
    refused("image.resize.max_patches", unknown);
    unknown.resize.mode = ResizeMode::smart;
    unknown.resize.min_pixels = 10;
    unknown.resize.max_pixels = 9;
    refused("image.resize.min_pixels", unknown);

    expect_error(ErrorCode::limit, {"4 patches", "pad_to is 3"}, [] {
        (void)StandardImageTransform(patches(4, 4, {.size = 2, .pad_to = 3}))(numbered(4, 4));
    });
}
