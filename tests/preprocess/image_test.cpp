// The steps from picture to tensor: sizes, crops, padding, rescaling. tests/parity/parity_preprocess.py compares whole tensors
// with torchvision's rules and Hugging Face's processor.
#include <sextant/preprocess/image.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <thread>

#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace sextant;

namespace {

/// Red counts the columns from 1, green the rows from 1, blue is 7.
Image numbered(int width, int height) {
    Image image{width, height, {}};
    for (int y = 1; y <= height; ++y)
        for (int x = 1; x <= width; ++x)
            image.pixels.insert(image.pixels.end(), {static_cast<std::uint8_t>(x), static_cast<std::uint8_t>(y), 7});
    return image;
}

ImageSpec unchanged() {
    ImageSpec spec;
    spec.resize.mode = ResizeMode::none;
    return spec;
}

ImageSpec cropped(int height, int width, CropRounding rounding) {
    ImageSpec spec = unchanged();
    spec.crop = ImageSpec::Crop{{height, width}, rounding};
    return spec;
}

/// Width and height after the resize step.
std::pair<int, int> resized(ResizeMode mode, int edge, int width, int height) {
    ImageSpec spec;
    spec.resize.mode = mode;
    spec.resize.edge = edge;
    const auto image = StandardImageTransform(spec).geometry(
        Image{width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(width * height * 3))});
    return {image.width, image.height};
}

/// The red levels of the first row.
std::vector<int> first_row(const Image& image) {
    std::vector<int> levels;
    for (int x = 0; x < image.width; ++x) levels.push_back(image.pixels[static_cast<std::size_t>(3 * x)]);
    return levels;
}

using Size = std::pair<int, int>;
using Levels = std::vector<int>;

}  // namespace

TEST_CASE("squash gives exactly the size asked for", "[image]") {
    ImageSpec spec;
    spec.resize.size = {.height = 2, .width = 3};
    const auto tensor = StandardImageTransform(spec)(numbered(9, 9));
    CHECK(tensor.shape() == Tensor::Shape{3, 2, 3});
    CHECK(tensor.floats().size() == 18);
    CHECK(tensor.floats()[17] == (7.0F / 255.0F - 0.5F) / 0.5F);  // blue comes last, one plane per channel
}

TEST_CASE("the shortest edge is exact and the longer side truncated", "[image]") {
    CHECK(resized(ResizeMode::shortest_edge, 2, 3, 5) == Size{2, 3});  // 2 * 5 / 3 = 3.33
    CHECK(resized(ResizeMode::shortest_edge, 2, 5, 3) == Size{3, 2});
    CHECK(resized(ResizeMode::shortest_edge, 10, 6, 11) == Size{10, 18});        // 18.33
    CHECK(resized(ResizeMode::shortest_edge, 7, 4, 11) == Size{7, 19});          // 19.25
    CHECK(resized(ResizeMode::shortest_edge, 100, 101, 199) == Size{100, 197});  // 197.03
    CHECK(resized(ResizeMode::shortest_edge, 3, 20, 39) == Size{3, 5});          // 5.85 is not rounded up
    CHECK(resized(ResizeMode::shortest_edge, 5, 5, 9) == Size{5, 9});
}

TEST_CASE("pytorchvideo's short side divides first, and loses a pixel now and then", "[image]") {
    CHECK(resized(ResizeMode::short_side, 224, 14, 21) == Size{224, 336});
    CHECK(resized(ResizeMode::short_side, 224, 21, 14) == Size{336, 224});
    CHECK(resized(ResizeMode::short_side, 224, 7, 61) == Size{224, 1951});  // 61 / 7 * 224 is a little less than 1952
    CHECK(resized(ResizeMode::shortest_edge, 224, 7, 61) == Size{224, 1952});
    CHECK(resized(ResizeMode::short_side, 5, 9, 9) == Size{5, 5});
}

TEST_CASE("the longest edge is exact and the shorter side rounded half to even", "[image]") {
    CHECK(resized(ResizeMode::longest_edge, 10, 20, 7) == Size{10, 4});  // 3.5
    CHECK(resized(ResizeMode::longest_edge, 10, 20, 5) == Size{10, 2});  // 2.5
    CHECK(resized(ResizeMode::longest_edge, 10, 6, 20) == Size{3, 10});
    CHECK(resized(ResizeMode::longest_edge, 4, 100, 1) == Size{4, 1});  // never 0
}

TEST_CASE("fit goes into a frame, cover covers it, both rounded half to even", "[image]") {
    ImageSpec spec;
    const auto size = [&](ResizeMode mode, int width, int height) {
        spec.resize.mode = mode;
        const auto shape = StandardImageTransform(spec).shape({height, width});
        return Size{static_cast<int>(shape.at(2)), static_cast<int>(shape.at(1))};
    };
    spec.resize.size = {.height = 20, .width = 40};
    CHECK(size(ResizeMode::fit, 100, 100) == Size{20, 20});
    CHECK(size(ResizeMode::fit, 100, 25) == Size{40, 10});
    CHECK(size(ResizeMode::fit, 80, 5) == Size{40, 2});  // 2.5
    CHECK(size(ResizeMode::fit, 80, 1) == Size{40, 1});
    CHECK(size(ResizeMode::cover, 100, 100) == Size{40, 40});
    CHECK(size(ResizeMode::cover, 100, 25) == Size{80, 20});
    CHECK(size(ResizeMode::cover, 7, 80) == Size{40, 457});  // 457.14
}

TEST_CASE("a crop that cannot be centred is rounded by its rule", "[image]") {
    const auto row = [](int width, int crop, CropRounding rounding) {
        return first_row(StandardImageTransform(cropped(1, crop, rounding)).geometry(numbered(width, 1)));
    };
    CHECK(row(11, 4, CropRounding::floor) == Levels{4, 5, 6, 7});       // 3.5 down
    CHECK(row(11, 4, CropRounding::round_even) == Levels{5, 6, 7, 8});  // 3.5 to 4
    CHECK(row(9, 4, CropRounding::floor) == Levels{3, 4, 5, 6});        // 2.5 down
    CHECK(row(9, 4, CropRounding::round_even) == Levels{3, 4, 5, 6});   // 2.5 to 2
    CHECK(row(8, 4, CropRounding::floor) == Levels{3, 4, 5, 6});
    CHECK(row(11, 4, CropRounding::truncate) == Levels{4, 5, 6, 7});
    CHECK(row(11, 4, CropRounding::ceil) == Levels{5, 6, 7, 8});
    CHECK(row(9, 4, CropRounding::ceil) == Levels{4, 5, 6, 7});  // 2.5 up
    CHECK(row(8, 4, CropRounding::ceil) == Levels{3, 4, 5, 6});
}

TEST_CASE("a crop lies at the start, in the centre or at the end", "[image]") {
    auto spec = cropped(1, 4, CropRounding::ceil);
    const auto row = [&](CropPlace place, int width) {
        spec.crop->place = place;
        return first_row(StandardImageTransform(spec).geometry(numbered(width, 1)));
    };
    CHECK(row(CropPlace::start, 9) == Levels{1, 2, 3, 4});
    CHECK(row(CropPlace::centre, 9) == Levels{4, 5, 6, 7});
    CHECK(row(CropPlace::end, 9) == Levels{6, 7, 8, 9});
    CHECK(row(CropPlace::start, 3) == Levels{1, 2, 3, 0});
    CHECK(row(CropPlace::end, 3) == Levels{0, 1, 2, 3});
}

TEST_CASE("a picture smaller than its crop is padded by the same rule", "[image]") {
    const auto row = [](int width, int crop, CropRounding rounding) {
        return first_row(StandardImageTransform(cropped(1, crop, rounding)).geometry(numbered(width, 1)));
    };
    CHECK(row(2, 5, CropRounding::floor) == Levels{0, 0, 1, 2, 0});       // Hugging Face: the odd pixel left
    CHECK(row(2, 5, CropRounding::round_even) == Levels{0, 1, 2, 0, 0});  // torchvision: the odd pixel right
    CHECK(row(2, 4, CropRounding::floor) == Levels{0, 1, 2, 0});
    CHECK(row(2, 5, CropRounding::truncate) == Levels{0, 1, 2, 0, 0});
    CHECK(row(2, 5, CropRounding::ceil) == Levels{0, 1, 2, 0, 0});

    SECTION("in one direction, while the other is cut") {
        const auto image = StandardImageTransform(cropped(2, 4, CropRounding::floor)).geometry(numbered(2, 5));
        CHECK(image.pixels ==
              std::vector<std::uint8_t>{0, 0, 0, 1, 2, 7, 2, 2, 7, 0, 0, 0, 0, 0, 0, 1, 3, 7, 2, 3, 7, 0, 0, 0});
    }
    SECTION("with the fill colour") {
        auto spec = cropped(1, 3, CropRounding::floor);
        spec.fill = {11, 22, 33};
        CHECK(StandardImageTransform(spec).geometry(numbered(1, 1)).pixels ==
              std::vector<std::uint8_t>{11, 22, 33, 1, 1, 7, 11, 22, 33});
    }
}

TEST_CASE("a pad puts the picture in the middle of a canvas", "[image]") {
    ImageSpec spec;
    spec.resize.mode = ResizeMode::longest_edge;
    spec.resize.edge = 4;
    spec.resize.filter = Resampling::nearest;
    spec.pad = ImageSize{.height = 4, .width = 4};
    spec.fill = {9, 9, 9};
    const auto image = StandardImageTransform(spec).geometry(numbered(4, 1));
    const std::vector<std::uint8_t> blank(12, 9);
    CHECK(std::equal(blank.begin(), blank.end(), image.pixels.begin()));  // 3 rows of padding: 1 above, 2 below
    CHECK(image.pixels[12] == 1);
    CHECK(image.pixels[24] == 9);
    CHECK(image.pixels.size() == 48);
}

TEST_CASE("levels become numbers as the reference computes them", "[image]") {
    ImageSpec spec = unchanged();
    spec.mean = {0.48145466, 0.4578275, 0.40821073};
    spec.stddev = {0.26862954, 0.26130258, 0.27577711};
    Image all{256, 1, {}};
    for (int level = 0; level < 256; ++level) all.pixels.insert(all.pixels.end(), 3, static_cast<std::uint8_t>(level));

    spec.rescale = Rescale::divide_255;
    const auto divided = StandardImageTransform(spec)(all);
    spec.rescale = Rescale::multiply_reciprocal;
    const auto multiplied = StandardImageTransform(spec)(all);
    spec.rescale = Rescale::fused;
    const auto fused = StandardImageTransform(spec)(all);
    for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t level = 0; level < 256; ++level) {
            const auto mean = static_cast<float>(spec.mean[c]), deviation = static_cast<float>(spec.stddev[c]);
            const float single = static_cast<float>(level) / 255.0F;
            const auto twice = static_cast<float>(static_cast<double>(level) * (1.0 / 255.0));
            CHECK(divided.floats()[c * 256 + level] == (single - mean) / deviation);
            CHECK(multiplied.floats()[c * 256 + level] == (twice - mean) / deviation);
            CHECK(fused.floats()[c * 256 + level] == (static_cast<float>(level) - mean * 255.0F) / (deviation * 255.0F));
            CHECK(single == twice);  // so that the two rules agree in every bit, on 8-bit levels
        }
}

TEST_CASE("a divisor of 127.5 with mean and std 1 makes -1 to 1, as ALIGN has it", "[image]") {
    ImageSpec spec = unchanged();
    spec.rescale = Rescale::multiply_reciprocal;
    spec.divisor = 127.5;
    spec.mean = spec.stddev = {1, 1, 1};
    const auto tensor = StandardImageTransform(spec)(Image{1, 1, {0, 100, 255}});
    CHECK(tensor.floats()[0] == -1.0F);
    CHECK(tensor.floats()[1] == static_cast<float>(100 * (1 / 127.5)) - 1.0F);
    CHECK(tensor.floats()[2] == 1.0F);
}

TEST_CASE("only the part within the crop is made, and it is that part of the whole", "[image]") {
    ImageSpec spec;
    spec.resize.mode = ResizeMode::shortest_edge;
    spec.resize.edge = 9;
    const auto picture = numbered(23, 90);
    const auto whole = StandardImageTransform(spec).geometry(picture);
    CHECK(whole.height == 35);
    spec.crop = ImageSpec::Crop{{8, 5}, CropRounding::round_even};
    const auto part = StandardImageTransform(spec).geometry(picture);
    for (int y = 0; y < 8; ++y)  // 13.5 to 14, and 2
        CHECK(std::equal(part.pixels.begin() + y * 15, part.pixels.begin() + (y + 1) * 15,
                         whole.pixels.begin() + ((y + 14) * 9 + 2) * 3));

    SECTION("so that even a line is no burden") {
        spec.resize.edge = 224;
        spec.crop = ImageSpec::Crop{{224, 224}, CropRounding::floor};
        const auto line = StandardImageTransform(spec).geometry(Image{1, 5000, std::vector<std::uint8_t>(15'000, 9)});
        CHECK(line.pixels == std::vector<std::uint8_t>(224 * 224 * 3, 9));
    }
}

TEST_CASE("torch's resamplers work on floats, with the norm after them", "[image]") {
    ImageSpec spec;
    spec.resize.size = {.height = 5, .width = 7};
    spec.resize.filter = Resampling::bilinear;
    spec.resize.resampler = Resampler::torch_antialias;
    spec.crop = ImageSpec::Crop{{6, 3}, CropRounding::floor};
    spec.fill = {51, 0, 0};
    const auto picture = numbered(20, 11);
    std::vector<float> planes;
    for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t i = 0; i < 220; ++i) planes.push_back(static_cast<float>(picture.pixels[i * 3 + c]) / 255.0F);
    const auto expected = interpolate(Tensor({3, 11, 20}, std::move(planes)), 5, 7, Resampling::bilinear, true);
    const auto seen = StandardImageTransform(spec)(picture);
    CHECK(seen.shape() == Tensor::Shape{3, 6, 3});
    CHECK(seen.floats()[0] == (51 / 255.0F - 0.5F) / 0.5F);  // one row of padding above
    CHECK(seen.floats()[3] == (expected.floats()[2] - 0.5F) / 0.5F);
    CHECK(seen.floats()[53] == (expected.floats()[35 * 3 - 3] - 0.5F) / 0.5F);
    expect_error(ErrorCode::unsupported, {"torch_antialias"}, [&] { (void)StandardImageTransform(spec).geometry(picture); });
}

TEST_CASE("torch's resampling of bytes has weights of 16 bits", "[image]") {
    ImageSpec spec;
    spec.resize.size = {.height = 1, .width = 2};
    spec.resize.filter = Resampling::bilinear;
    spec.resize.resampler = Resampler::torch_uint8;
    // Each result sees three pixels, 3 : 3 : 1; the largest weight, 3 / 7, fits 16 bits with 16 of them behind the point.
    const auto weighed = [](int a, int b, int c) { return (a * 28087 + b * 28087 + c * 9362 + 32768) >> 16; };
    const Image picture{4, 1, {10, 0, 0, 200, 0, 0, 30, 0, 0, 90, 0, 0}};
    CHECK(first_row(StandardImageTransform(spec).geometry(picture)) == Levels{weighed(10, 200, 30), weighed(90, 30, 200)});
}

TEST_CASE("torch's resampling of bytes begins with the rows, however much the columns lose", "[image]") {
    const auto scaled = [](const Image& image, int width, int height) {
        ImageSpec spec;
        spec.resize.size = {.height = height, .width = width};
        spec.resize.resampler = Resampler::torch_uint8;
        return StandardImageTransform(spec).geometry(image);
    };
    Image picture{8, 60, {}};
    for (int i = 0; i < 8 * 60 * 3; ++i) picture.pixels.push_back(static_cast<std::uint8_t>(i * i % 251));
    const auto both = scaled(picture, 5, 7).pixels;
    CHECK(both == scaled(scaled(picture, 5, 60), 5, 7).pixels);
    CHECK(both != scaled(scaled(picture, 8, 7), 5, 7).pixels);
}

TEST_CASE("a tensor is written where the caller wants it", "[image]") {
    ImageSpec spec;
    spec.resize.size = {.height = 4, .width = 6};
    const StandardImageTransform transform(spec);
    const auto tensor = transform(numbered(9, 9));
    std::vector<float> out(72);
    transform.write(numbered(9, 9), out);
    CHECK(std::equal(out.begin(), out.end(), tensor.floats().begin()));
    CHECK(transform.inputs(numbered(9, 9)).at(0).name == "pixel_values");
    expect_error(ErrorCode::invalid_argument, {"72 values", "room for 71"},
                 [&] { transform.write(numbered(9, 9), std::span(out).first(71)); });
}

TEST_CASE("a lambda with a name is a transform", "[image]") {
    const auto transform = make_image_transform("mean-level/1", [](const Image& image) {
        float sum = 0;
        for (const auto level : image.pixels) sum += static_cast<float>(level);
        return Tensor({1}, std::vector<float>{sum / static_cast<float>(image.pixels.size())});
    });
    CHECK(transform->name() == "mean-level/1");
    CHECK((*transform)(Image{1, 1, {1, 2, 6}}).floats()[0] == 3.0F);
    CHECK(transform->inputs(Image{1, 1, {1, 2, 6}}).at(0).tensor.floats()[0] == 3.0F);
    expect_error(ErrorCode::invalid_argument, {"name"}, [&] { (void)make_image_transform("", [](const Image&) { return Tensor({0}, std::vector<float>()); }); });
    expect_error(ErrorCode::invalid_argument, {"function"}, [&] { (void)make_image_transform("x/1", {}); });
}

TEST_CASE("a spec knows the size of its tensors, or that it depends on the picture", "[image]") {
    ImageSpec spec;
    CHECK(spec.output_size()->width == 224);
    spec.resize.mode = ResizeMode::shortest_edge;
    CHECK_FALSE(spec.output_size());
    spec.crop = ImageSpec::Crop{{10, 20}, CropRounding::floor};
    CHECK(spec.output_size()->height == 10);
    CHECK(spec.output_size()->width == 20);
}

TEST_CASE("a spec that makes no sense names its field", "[image]") {
    const auto refused = [](const std::string& field, auto&& change) {
        ImageSpec spec;
        change(spec);
        expect_error(ErrorCode::invalid_argument, {field}, [&] { StandardImageTransform transform(spec); });
    };
    refused("image.resize.size", [](ImageSpec& s) { s.resize.size.width = 0; });
    refused("image.resize.size", [](ImageSpec& s) { s.resize.size.height = 5000; });
    refused("image.resize.size", [](ImageSpec& s) { s.resize.mode = ResizeMode::shortest_edge, s.resize.edge = -3; });
    refused("image.resize.mode", [](ImageSpec& s) { s.resize.mode = static_cast<ResizeMode>(17); });
    refused("image.resize.filter", [](ImageSpec& s) { s.resize.filter = static_cast<Resampling>(17); });
    refused("image.resize.filter",
            [](ImageSpec& s) { s.resize.resampler = Resampler::torch, s.resize.filter = Resampling::lanczos; });
    refused("image.resize.resampler", [](ImageSpec& s) { s.resize.resampler = static_cast<Resampler>(17); });
    refused("image.resize.size", [](ImageSpec& s) { s.resize.mode = ResizeMode::fit, s.resize.size.width = 0; });
    refused("image.divisor", [](ImageSpec& s) { s.divisor = 0; });
    refused("image.divisor", [](ImageSpec& s) { s.divisor = std::nan(""); });
    refused("image.crop.size", [](ImageSpec& s) { s.crop = ImageSpec::Crop{{0, 3}, CropRounding::floor}; });
    refused("image.crop.rounding", [](ImageSpec& s) { s.crop = ImageSpec::Crop{{3, 3}, static_cast<CropRounding>(17)}; });
    refused("image.crop.place", [](ImageSpec& s) { s.crop = ImageSpec::Crop{{3, 3}, CropRounding::floor, static_cast<CropPlace>(17)}; });
    refused("image.rescale", [](ImageSpec& s) { s.rescale = static_cast<Rescale>(17); });
    refused("image.mean", [](ImageSpec& s) { s.rescale = Rescale::fused, s.mean[1] = 1e38; });
    refused("image.pad", [](ImageSpec& s) { s.pad = ImageSize{300, 300}; });
    refused("image.pad.size",
            [](ImageSpec& s) { s.resize.mode = ResizeMode::longest_edge, s.pad = ImageSize{100, 300}; });
    refused("image.mean", [](ImageSpec& s) { s.mean[1] = std::nan(""); });
    refused("image.std", [](ImageSpec& s) { s.stddev[2] = 0; });
    refused("image.std", [](ImageSpec& s) { s.stddev[0] = -1; });
    refused("image.std", [](ImageSpec& s) { s.stddev[0] = 1e-60; });  // 0 in 32 bits
    refused("image.std", [](ImageSpec& s) { s.stddev[0] = std::numeric_limits<double>::infinity(); });
}

TEST_CASE("pictures that cannot be transformed are refused", "[image]") {
    ImageSpec spec;
    spec.resize.mode = ResizeMode::shortest_edge;
    const StandardImageTransform transform(spec);
    expect_error(ErrorCode::invalid_argument, {"2 x 2", "5 bytes"},
                 [&] { (void)transform(Image{2, 2, std::vector<std::uint8_t>(5)}); });
    expect_error(ErrorCode::limit, {"1 x 30000", "too long and thin"},
                 [&] { (void)transform(Image{1, 30'000, std::vector<std::uint8_t>(90'000)}); });
}

TEST_CASE("one transform serves many threads", "[image]") {
    const StandardImageTransform transform(ImageSpec{});
    const auto picture = numbered(60, 50);
    const auto expected = transform(picture);
    std::vector<int> equal(4, 0);
    std::vector<std::thread> threads;
    for (int& result : equal)
        threads.emplace_back([&] {
            const auto seen = transform(picture);
            result = std::equal(seen.floats().begin(), seen.floats().end(), expected.floats().begin()) ? 1 : 0;
        });
    for (auto& thread : threads) thread.join();
    CHECK(equal == std::vector<int>{1, 1, 1, 1});
}
