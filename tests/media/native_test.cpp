// What is kept of a picture beside its RGB, for networks that see it resized before it becomes RGB. parity_decode.py compares
// all of it with Pillow.
#include <sextant/media/image.hpp>

#include "make.hpp"
#include "support/catch.hpp"

using namespace sextant;
using namespace std::string_literals;

namespace {

using Bytes = std::vector<std::uint8_t>;

Image decode(const make::Bytes& bytes, const DecodeOptions& options = {}) { return decode_image(make::view(bytes), "picture", options); }

/// The first colours of a palette.
Bytes colours(const Image& image, std::ptrdiff_t count) { return {image.native.begin(), image.native.begin() + 3 * count}; }

/// Cyan, magenta, yellow and black of a few pixels, in columns of 8 so that JPEG keeps them.
make::Bytes inks() {
    make::Bytes pixels;
    for (int i = 0; i < 64; ++i) pixels += "\xFF\xFF\xFF\x80"s;  // as Adobe writes them: 255 is no ink
    return make::jpeg_of(8, 8, pixels, {.quality = 100, .channels = 4});
}

}  // namespace

TEST_CASE("RGB and grey of 8 bits have nothing beside their pixels", "[native]") {
    for (const auto& bytes : {make::png(2, 1, 8, 2, {"\1\2\3\4\5\6"s}), make::png(2, 1, 8, 0, {"\1\2"s}), make::png(4, 1, 2, 0, {"\x1B"s}),
                              make::jpeg(9, 9), make::bmp(1, 1, "\3\2\1\0"s), "P5 2 1 255\nab"s}) {
        const auto image = decode(bytes);
        CHECK(image.mode == NativeMode::rgb);
        CHECK(image.native.empty());
    }
}

TEST_CASE("alpha is kept beside the colours, which do not change", "[native]") {
    const auto image = decode(make::png(2, 1, 8, 6, {"\x09\x08\x07\x00\x03\x02\x01\xFE"s}));
    CHECK(image.mode == NativeMode::alpha);
    CHECK(image.pixels == Bytes{9, 8, 7, 3, 2, 1});
    CHECK(image.native == Bytes{0, 254});
    SECTION("of grey too, and of 16 bits its high byte") {
        const auto grey = decode(make::png(2, 1, 16, 4, {"\x09\x00\x80\xFF\x07\x00\x10\x00"s}));
        CHECK(grey.pixels == Bytes{9, 9, 9, 7, 7, 7});
        CHECK(grey.native == Bytes{0x80, 0x10});
    }
    SECTION("of WebP and TGA") {
        CHECK(decode(make::webp_file(make::webp_picture(3, 2, true, true))).mode == NativeMode::alpha);
        CHECK(decode(make::tga_header(2, 1, 1, 32) + "\x03\x02\x01\x05"s).native == Bytes{5});
    }
    SECTION("but for pictures that are opaque all over") {
        const auto opaque = decode(make::png(1, 1, 8, 6, {"\x09\x08\x07\xFF"s}));
        CHECK(opaque.mode == NativeMode::rgb);
        CHECK(opaque.native.empty());
    }
    SECTION("and where a background has taken it up") {
        CHECK(decode(make::png(1, 1, 8, 6, {"\x09\x08\x07\x10"s}), {.background = {{0, 0, 0}}}).mode == NativeMode::rgb);
    }
    SECTION("turned with the colours") {
        const auto bytes = make::png(2, 1, 8, 6, {"\1\1\1\x0A\2\2\2\x0B"s}, make::png_chunk("eXIf", make::exif(6)));
        const auto turned = decode(bytes, {.apply_orientation = true});
        CHECK(turned.height == 2);
        CHECK(turned.native == Bytes{10, 11});
        const auto upside_down = make::png_chunk("eXIf", make::exif(3));
        const auto half = decode(make::png(2, 1, 8, 6, {"\1\1\1\x0A\2\2\2\x0B"s}, upside_down), {.apply_orientation = true});
        CHECK(half.pixels == Bytes{2, 2, 2, 1, 1, 1});
        CHECK(half.native == Bytes{11, 10});
    }
}

TEST_CASE("a palette is kept, filled up with black", "[native]") {
    const auto palette = make::png_chunk("PLTE", "\x0A\x0B\x0C\xFA\xFB\xFC"s);
    const auto image = decode(make::png(2, 1, 8, 3, {"\x01\x00"s}, palette));
    CHECK(image.mode == NativeMode::palette);
    CHECK(image.pixels == Bytes{250, 251, 252, 10, 11, 12});
    CHECK(image.native.size() == 768);
    CHECK(colours(image, 3) == Bytes{10, 11, 12, 250, 251, 252, 0, 0, 0});
    SECTION("black and white is a palette of two") {
        const auto bits = decode(make::png(2, 1, 1, 0, {"\x40"s}));
        CHECK(bits.mode == NativeMode::palette);
        CHECK(colours(bits, 2) == Bytes{0, 0, 0, 255, 255, 255});
    }
}

TEST_CASE("grey of 16 bits is kept whole, unless it is scaled", "[native]") {
    const auto bytes = make::png(2, 1, 16, 0, {"\x00\x07\x12\x34"s});
    const auto image = decode(bytes);
    CHECK(image.mode == NativeMode::grey_16);
    CHECK(image.pixels == Bytes{7, 7, 7, 255, 255, 255});
    CHECK(image.native == Bytes{0, 7, 0x12, 0x34});
    CHECK(decode(bytes, {.scale_16_bit = true}).mode == NativeMode::rgb);
}

TEST_CASE("grey PNM of 16 bits is kept as grey that nothing is cut off of, and scaled to 65,535", "[native]") {
    const auto image = decode("P5 2 1 1023\n\x00\x02\x03\xFF"s);
    CHECK(image.mode == NativeMode::grey_32);
    CHECK(image.pixels == Bytes{128, 128, 128, 255, 255, 255});
    CHECK(image.native == Bytes{0, 128, 255, 255});
    const auto scaled = decode("P5 2 1 65535\n\x00\x81\xFF\x00"s, {.scale_16_bit = true});
    CHECK(scaled.mode == NativeMode::rgb);
    CHECK(scaled.pixels == Bytes{1, 1, 1, 254, 254, 254});
    CHECK(colours(decode("P4 1 1\n\x80"s), 2) == Bytes{0, 0, 0, 255, 255, 255});
}

TEST_CASE("the palette of a GIF is kept, but for one that only counts grey levels", "[native]") {
    const auto frame = make::gif_frame(0, 0, 2, 1, {1, 0});
    const auto image = decode(make::gif(2, 1, "\x0A\x0B\x0C\xFA\xFB\xFC"s, frame));
    CHECK(image.mode == NativeMode::palette);
    CHECK(colours(image, 3) == Bytes{10, 11, 12, 250, 251, 252, 0, 0, 0});
    CHECK(decode(make::gif(2, 1, "\0\0\0\1\1\1"s, frame)).mode == NativeMode::rgb);
}

TEST_CASE("four inks are kept, 255 for full ink", "[native]") {
    const auto image = decode(inks());
    CHECK(image.mode == NativeMode::cmyk);
    CHECK(Bytes(image.native.begin(), image.native.begin() + 4) == Bytes{0, 0, 0, 127});
    CHECK(Bytes(image.pixels.begin(), image.pixels.begin() + 3) == Bytes{128, 128, 128});
    SECTION("and are as long as the picture where only a part of it is decoded") {
        const auto part = decode_image(make::view(make::jpeg(64, 48, {.channels = 4})), "picture", {},
                                       [](int, int) { return PixelRegion{20, 10, 9, 9}; });
        const auto whole = decode(make::jpeg(64, 48, {.channels = 4}));
        REQUIRE(part.native.size() == whole.native.size());
        for (std::size_t i = 0; i < 4; ++i) CHECK(part.native[4 * (64 * 12 + 22) + i] == whole.native[4 * (64 * 12 + 22) + i]);
    }
}
