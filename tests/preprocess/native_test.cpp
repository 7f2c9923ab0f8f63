// Pictures that are resized before they become RGB. The levels are those that Pillow 13.0 gave for the same pixels;
// parity_preprocess.py compares every filter and whole transforms with Pillow, open_clip and torchvision.
#include <sextant/preprocess/image.hpp>

#include <algorithm>
#include <vector>

#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace sextant;

namespace {

using Levels = std::vector<int>;
using Bytes = std::vector<std::uint8_t>;

/// To one row of so many pixels.
ImageSpec squashed(int width, Convert convert) {
    ImageSpec spec;
    spec.convert = convert;
    spec.resize.size = {.height = 1, .width = width};
    spec.resize.filter = Resampling::bilinear;
    return spec;
}

Levels resized(const Image& image, Convert convert = Convert::after, int width = 2) {
    const auto out = StandardImageTransform(squashed(width, convert)).geometry(image);
    return {out.pixels.begin(), out.pixels.end()};
}

/// A row of four pixels around what it holds, padded to six.
Levels padded(const Image& image, std::uint8_t fill = 0) {
    ImageSpec spec;
    spec.convert = Convert::after;
    spec.resize.mode = ResizeMode::none;
    spec.crop = ImageSpec::Crop{{1, 6}, CropRounding::round_even};
    spec.fill = {fill, fill, fill};
    const auto out = StandardImageTransform(spec).geometry(image);
    return {out.pixels.begin(), out.pixels.begin() + 3};
}

Image with_alpha() { return {4, 1, {200, 100, 0, 10, 20, 30, 90, 80, 70, 60, 50, 40}, NativeMode::alpha, {255, 0, 128, 3}}; }

Image with_palette() {
    Image image{4, 1, {200, 100, 0, 40, 50, 60, 1, 2, 3, 40, 50, 60}, NativeMode::palette, Bytes(768)};
    const Bytes colours{1, 2, 3, 40, 50, 60, 200, 100, 0};
    std::copy(colours.begin(), colours.end(), image.native.begin());
    return image;
}

/// The pixels are what Pillow's convert("RGB") makes of the inks.
Image with_inks() {
    return {4, 1, {205, 125, 44, 0, 255, 255, 53, 51, 49, 0, 0, 0}, NativeMode::cmyk,
            {0, 100, 200, 50, 255, 0, 0, 0, 10, 20, 30, 200, 0, 0, 0, 255}};
}

/// 0, 100, 600 and 200, of which the third is white in 8 bits.
Image of_16_bits() {
    return {4, 1, {0, 0, 0, 100, 100, 100, 255, 255, 255, 200, 200, 200}, NativeMode::grey_16, {0, 0, 0, 100, 2, 88, 0, 200}};
}

}  // namespace

TEST_CASE("colours count by their alpha where a picture is resized before it becomes RGB", "[native]") {
    CHECK(resized(with_alpha()) == Levels{183, 97, 9, 91, 81, 68});
    CHECK(resized(with_alpha(), Convert::before) == Levels{103, 63, 23, 66, 59, 51});
    SECTION("but not at all where the size stays as it is") {
        CHECK(resized(with_alpha(), Convert::after, 4) == resized(with_alpha(), Convert::before, 4));
    }
}

TEST_CASE("colours of a palette are picked, whatever the filter", "[native]") {
    CHECK(resized(with_palette()) == Levels{40, 50, 60, 40, 50, 60});
    CHECK(resized(with_palette(), Convert::before) == Levels{103, 65, 26, 23, 29, 36});
}

TEST_CASE("inks are resized one by one", "[native]") {
    CHECK(resized(with_inks()) == Levels{116, 168, 133, 50, 58, 57});
    CHECK(resized(with_inks(), Convert::before) == Levels{95, 170, 135, 23, 58, 57});
}

TEST_CASE("grey of 16 bits is cut off at 255 after it is resized", "[native]") {
    CHECK(resized(of_16_bits()) == Levels{129, 129, 129, 255, 255, 255});
    CHECK(resized(of_16_bits(), Convert::before) == Levels{79, 79, 79, 209, 209, 209});
    SECTION("in both directions, and levels that a filter overdoes stay the brightest and the darkest") {
        Image image{3, 3, {}, NativeMode::grey_16, {255, 255, 255, 255, 0, 0, 0, 0, 1, 44, 255, 255, 0, 10, 0, 20, 0, 30}};
        for (const std::uint8_t level : Bytes{255, 255, 0, 0, 255, 255, 10, 20, 30}) image.pixels.insert(image.pixels.end(), 3, level);
        auto spec = squashed(4, Convert::after);
        spec.resize.size.height = 5;
        spec.resize.filter = Resampling::bicubic;
        const auto out = StandardImageTransform(spec).geometry(image);
        Levels levels;
        for (std::size_t i = 0; i < out.pixels.size(); i += 3) levels.push_back(out.pixels[i]);
        CHECK(levels == Levels{255, 255, 255, 0, 255, 255, 255, 255, 0, 0, 255, 255, 0, 0, 255, 255, 10, 17, 0, 0});
    }
}

TEST_CASE("grey of 32 bits is cut off only when it becomes RGB", "[native]") {
    Image image{3, 3, {}, NativeMode::grey_16, {0, 0, 0, 20, 0, 255, 0, 200, 0, 60, 0, 0, 0, 200, 0, 0, 0, 0}};
    image.pixels.assign(27, 0);
    auto spec = squashed(5, Convert::after);
    spec.resize.size.height = 5;
    spec.resize.filter = Resampling::bicubic;
    const StandardImageTransform transform(spec);
    const auto cut_off = transform.geometry(image);
    image.mode = NativeMode::grey_32;
    const auto whole = transform.geometry(image);
    const auto second_row = [](const Image& out) {
        Levels levels;
        for (std::size_t x = 5; x < 10; ++x) levels.push_back(out.pixels[3 * x]);
        return levels;
    };
    CHECK(second_row(cut_off) == Levels{74, 55, 37, 118, 177});  // both as of Pillow 13
    CHECK(second_row(whole) == Levels{73, 52, 37, 119, 175});
}

TEST_CASE("padding has the level in each channel of the picture's own mode", "[native]") {
    CHECK(padded(with_alpha()) == Levels{0, 0, 0});
    CHECK(padded(with_alpha(), 7) == Levels{7, 7, 7});
    CHECK(padded(with_palette()) == Levels{1, 2, 3});  // colour 0 of the palette
    CHECK(padded(with_palette(), 2) == Levels{200, 100, 0});
    CHECK(padded(with_inks()) == Levels{255, 255, 255});  // no ink
    CHECK(padded(with_inks(), 127) == Levels{64, 64, 64});
    CHECK(padded(of_16_bits(), 7) == Levels{7, 7, 7});
}

TEST_CASE("pictures of RGB are the same whenever they become RGB", "[native]") {
    Image image = with_alpha();
    image.mode = NativeMode::rgb;
    image.native.clear();
    CHECK(resized(image) == resized(image, Convert::before));
    CHECK(resized(with_alpha(), Convert::before) == resized(image));
}

TEST_CASE("what a picture was must fit its size, and converting after goes with Pillow's resampler", "[native]") {
    for (auto image : {with_alpha(), with_palette(), with_inks(), of_16_bits()}) {
        image.native.pop_back();
        expect_error(ErrorCode::invalid_argument, {"4 x 1", "mode"}, [&] { (void)resized(image); });
    }
    ImageSpec spec;
    spec.convert = Convert::after;
    spec.resize.resampler = Resampler::torch;
    expect_error(ErrorCode::invalid_argument, {"image.convert", "pillow"}, [&] { spec.validate(); });
    spec.resize.resampler = Resampler::pillow;
    spec.fill = {1, 2, 3};
    expect_error(ErrorCode::invalid_argument, {"image.fill", "equal"}, [&] { spec.validate(); });
}
