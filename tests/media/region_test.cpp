// A caller who says which part of a picture it looks at finds the pixels of the whole picture there.
#include <sextant/media/image.hpp>

#include <algorithm>

#include "make.hpp"
#include "support/catch.hpp"
#include "support/dice.hpp"
#include "support/expect_error.hpp"

using namespace sextant;

namespace {

/// Noise shows every misplaced sample.
make::Bytes noise(Dice& dice, int width, int height, const make::JpegOptions& options) {
    make::Bytes pixels(static_cast<std::size_t>(width * height * options.channels), '\0');
    for (auto& level : pixels) level = static_cast<char>(dice.below(256));
    return make::jpeg_of(width, height, pixels, options);
}

PixelRegion region_within(Dice& dice, int width, int height) {
    const int left = dice.below(width), top = dice.below(height);
    return {left, top, 1 + dice.below(width - left), 1 + dice.below(height - top)};
}

std::vector<std::uint8_t> cut(const Image& image, const PixelRegion& region) {
    std::vector<std::uint8_t> pixels;
    for (int y = region.top; y < region.top + region.height; ++y) {
        const auto row = image.pixels.begin() + (static_cast<std::ptrdiff_t>(y) * image.width + region.left) * 3;
        pixels.insert(pixels.end(), row, row + static_cast<std::ptrdiff_t>(region.width) * 3);
    }
    return pixels;
}

Image decode(const make::Bytes& file, const PixelRegion& region, const DecodeOptions& options = {}) {
    return decode_image(make::view(file), "picture", options, [&](int, int) { return region; });
}

/// Pixels that are not black.
std::ptrdiff_t bright(const Image& image) {
    std::ptrdiff_t count = 0;
    for (std::size_t i = 0; i < image.pixels.size(); i += 3)
        count += image.pixels[i] != 0 || image.pixels[i + 1] != 0 || image.pixels[i + 2] != 0 ? 1 : 0;
    return count;
}

}  // namespace

TEST_CASE("the needed region of a JPEG picture is that of the whole picture", "[region]") {
    const std::vector<make::JpegOptions> forms{
        {.channels = 1},
        {.sampling = {11, 11, 11}},
        {.sampling = {21, 11, 11}},
        {.sampling = {12, 11, 11}},
        {.sampling = {22, 11, 11}},
        {.sampling = {41, 11, 11}},
        {.sampling = {14, 11, 11}},
        {.sampling = {42, 11, 11}},
        {.sampling = {24, 11, 11}},
        {.sampling = {22, 21, 12}},
        {.sampling = {22, 12, 21}},
        {.rgb = true},
        {.channels = 4, .sampling = {11, 11, 11, 11}},
        {.channels = 4, .ycck = true, .sampling = {22, 11, 11, 22}},
        {.restart_interval = 3, .sampling = {22, 11, 11}},
        {.arithmetic = true, .sampling = {22, 11, 11}},
        {.progressive = true, .sampling = {22, 11, 11}},
        {.progressive = true, .sampling = {21, 11, 11}},
    };
    Dice dice(7);
    for (std::size_t form = 0; form < forms.size(); ++form)
        for (int i = 0; i < 40; ++i) {
            const int width = 1 + dice.below(150), height = 1 + dice.below(150);
            const auto file = noise(dice, width, height, forms[form]);
            const auto whole = decode_image(make::view(file));
            const auto region = i == 0 ? PixelRegion{0, 0, width, height} : region_within(dice, width, height);
            const auto part = decode(file, region);
            CAPTURE(form, i, width, height, region.left, region.top, region.width, region.height);
            REQUIRE(part.width == width);
            REQUIRE(part.height == height);
            REQUIRE(part.pixels.size() == whole.pixels.size());
            REQUIRE(cut(part, region) == cut(whole, region));
        }
}

TEST_CASE("what is not needed of a JPEG picture is not decoded", "[region]") {
    Dice dice(8);
    const auto part = decode(noise(dice, 640, 480, {.sampling = {22, 11, 11}}), {300, 200, 40, 30});
    CHECK(bright(part) >= 40 * 30);
    CHECK(bright(part) < 4 * 40 * 30);
}

TEST_CASE("pictures that cannot be decoded in part are decoded whole", "[region]") {
    Dice dice(9);
    const PixelRegion region{20, 20, 10, 10};
    const auto progressive = noise(dice, 60, 50, {.progressive = true});
    CHECK(decode(progressive, region).pixels == decode_image(make::view(progressive)).pixels);
    const auto baseline = noise(dice, 60, 50, {});
    for (const DecodeOptions& options : {DecodeOptions{.jpeg_scale = 2}, DecodeOptions{.apply_orientation = true}})
        CHECK(decode(baseline, region, options).pixels == decode_image(make::view(baseline), "picture", options).pixels);
    const auto png = make::png(2, 1, 8, 2, {std::string("\x01\x02\x03\xFF\x80\x7F", 6)});
    CHECK(decode(png, {1, 0, 1, 1}).pixels == decode_image(make::view(png)).pixels);
}

TEST_CASE("a needed region outside of the picture is refused", "[region]") {
    Dice dice(10);
    const auto file = noise(dice, 60, 50, {});
    for (const PixelRegion& region : {PixelRegion{-1, 0, 5, 5}, PixelRegion{0, -1, 5, 5}, PixelRegion{0, 0, 0, 5}, PixelRegion{0, 0, 5, 0},
                                      PixelRegion{56, 0, 5, 5}, PixelRegion{0, 46, 5, 5}, PixelRegion{0, 0, 2147483647, 5}})
        expect_error(ErrorCode::invalid_argument, {"picture", "needed region", "60 x 50"}, [&] { (void)decode(file, region); });
}

TEST_CASE("damage above and beside the needed region is noticed, below it is not", "[region]") {
    Dice dice(11);
    const auto file = noise(dice, 160, 160, {});
    const auto half = file.substr(0, file.size() / 2);
    expect_error(ErrorCode::corrupt, {"truncated"}, [&] { (void)decode(half, {0, 140, 160, 20}); });
    CHECK(cut(decode(half, {40, 8, 30, 20}), {40, 8, 30, 20}) == cut(decode_image(make::view(file)), {40, 8, 30, 20}));
}
