// A transform says which pixels it looks at, and looks at no other.
#include <sextant/preprocess/image.hpp>

#include <vector>

#include "support/catch.hpp"
#include "support/dice.hpp"
#include "support/expect_error.hpp"

using namespace sextant;

namespace {

Image noise(Dice& dice, int width, int height) {
    Image image{width, height, {}};
    for (int i = 0; i < width * height * 3; ++i) image.pixels.push_back(static_cast<std::uint8_t>(dice.below(256)));
    return image;
}

Image with_noise_outside(Dice& dice, const Image& image, const PixelRegion& region) {
    Image other = noise(dice, image.width, image.height);
    for (int y = region.top; y < region.top + region.height; ++y)
        for (int i = 3 * region.left; i < 3 * (region.left + region.width); ++i) {
            const auto at = static_cast<std::size_t>(y * image.width * 3 + i);
            other.pixels[at] = image.pixels[at];
        }
    return other;
}

ImageSpec cropped(Dice& dice) {
    ImageSpec spec;
    constexpr ResizeMode modes[] = {ResizeMode::squash, ResizeMode::shortest_edge, ResizeMode::cover, ResizeMode::none};
    constexpr Resampler resamplers[] = {Resampler::pillow, Resampler::torch, Resampler::torch_antialias, Resampler::torch_uint8};
    spec.resize.mode = modes[dice.below(4)];
    spec.resize.size = {1 + dice.below(40), 1 + dice.below(40)};
    spec.resize.edge = 1 + dice.below(40);
    spec.resize.resampler = resamplers[dice.below(4)];
    spec.resize.filter = spec.resize.resampler == Resampler::pillow ? static_cast<Resampling>(dice.below(8))
                                                                    : (dice.below(2) != 0 ? Resampling::bicubic : Resampling::bilinear);
    const auto rounding = static_cast<CropRounding>(dice.below(4));
    spec.crop = ImageSpec::Crop{{1 + dice.below(30), 1 + dice.below(30)}, rounding, static_cast<CropPlace>(dice.below(3))};
    return spec;
}

std::vector<float> values(const StandardImageTransform& transform, const Image& image) {
    const Tensor tensor = transform(image);
    return {tensor.floats().begin(), tensor.floats().end()};
}

ImageSpec clip() {
    ImageSpec spec;
    spec.resize.mode = ResizeMode::shortest_edge;
    spec.crop = ImageSpec::Crop{{224, 224}, CropRounding::round_even};
    return spec;
}

}  // namespace

TEST_CASE("pixels that are not needed change nothing", "[needed]") {
    Dice dice(3);
    int partly = 0;
    for (int i = 0; i < 600; ++i) {
        const StandardImageTransform transform(cropped(dice));
        const Image image = noise(dice, 1 + dice.below(90), 1 + dice.below(90));
        const auto region = transform.needed({image.height, image.width});
        const Image other = with_noise_outside(dice, image, region);
        const auto& resize = transform.spec().resize;
        CAPTURE(i, image.width, image.height, to_string(resize.mode), to_string(resize.filter), to_string(resize.resampler));
        REQUIRE(values(transform, other) == values(transform, image));
        if (other.pixels != image.pixels) ++partly;
    }
    CHECK(partly > 200);
}

TEST_CASE("of a wide picture CLIP needs the middle, of a square one everything", "[needed]") {
    const StandardImageTransform transform(clip());
    const auto wide = transform.needed({480, 640});
    // The crop begins 37 columns into the 298, each 640 / 298 pixels wide; a bicubic filter sees two of them more.
    CHECK(wide.left >= 71);
    CHECK(wide.left <= 75);
    CHECK(wide.left + wide.width >= 565);
    CHECK(wide.left + wide.width <= 570);
    CHECK(wide.top == 0);
    CHECK(wide.height == 480);
    CHECK(transform.needed({300, 300}) == PixelRegion{0, 0, 300, 300});
    expect_error(ErrorCode::invalid_argument, {"0 x 5"}, [&] { (void)transform.needed({5, 0}); });
}

TEST_CASE("a transform of the caller's needs everything", "[needed]") {
    const auto own = make_image_transform("own/1", [](const Image&) { return Tensor({1}, std::vector<float>{0}); });
    CHECK(own->needed({5, 7}) == PixelRegion{0, 0, 7, 5});
}
