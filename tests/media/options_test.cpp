// DecodeOptions: what departs from the references, each by itself.
#include <sextant/media/folder.hpp>
#include <sextant/media/image.hpp>

#include "make.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace sextant;
using namespace std::string_literals;

namespace {

using Levels = std::vector<int>;

Levels levels(const make::Bytes& bytes, const DecodeOptions& options) {
    const auto image = decode_image(make::view(bytes), "picture", options);
    return {image.pixels.begin(), image.pixels.end()};
}

/// Two columns and three rows of grey levels: 1 2, 3 4, 5 6.
make::Bytes six_levels(const make::Bytes& extra) { return make::png(2, 3, 8, 0, {"\1\2"s, "\3\4"s, "\5\6"s}, extra); }

/// The rows of a grey picture, one digit per pixel.
std::string rows(const Image& image) {
    std::string text;
    for (int i = 0; i < image.width * image.height; ++i) {
        if (i > 0 && i % image.width == 0) text += ' ';
        text += static_cast<char>('0' + image.pixels[static_cast<std::size_t>(3 * i)]);
    }
    return text;
}

}  // namespace

TEST_CASE("a picture is turned as its EXIF block says, if that is wanted", "[options]") {
    const std::vector<std::string> expected{"12 34 56", "21 43 65", "65 43 21", "56 34 12",
                                            "135 246",  "531 642",  "642 531",  "246 135"};
    for (int orientation = 1; orientation <= 8; ++orientation) {
        CAPTURE(orientation);
        const auto bytes = six_levels(make::png_chunk("eXIf", make::exif(orientation)));
        const auto& turned = expected[static_cast<std::size_t>(orientation - 1)];
        CHECK(rows(decode_image(make::view(bytes), "picture", {.apply_orientation = true})) == turned);
        CHECK(rows(decode_image(make::view(bytes))) == "12 34 56");
    }
    SECTION("JPEG and WebP") {
        const auto jpeg = make::with_segment(make::jpeg(20, 10), 0xE1, "Exif\0\0"s + make::exif(6));
        const auto webp = make::webp_file(make::webp_chunk("VP8X", make::webp_canvas(20, 10, 8)) +
                                          make::webp_picture(20, 10, true) + make::webp_chunk("EXIF", make::exif(6)));
        for (const auto& bytes : {jpeg, webp}) {
            CHECK(decode_image(make::view(bytes), "picture", {.apply_orientation = true}).width == 10);
            CHECK(decode_image(make::view(bytes)).width == 20);
        }
    }
    SECTION("a block that is damaged turns nothing") {
        auto damaged = make::exif(6);
        for (std::size_t length = 0; length < 20; ++length) {
            const auto bytes = six_levels(make::png_chunk("eXIf", damaged.substr(0, length)));
            CHECK(rows(decode_image(make::view(bytes), "picture", {.apply_orientation = true})) == "12 34 56");
        }
        damaged.replace(4, 4, "\xFF\xFF\xFF\xFF");
        const auto bytes = six_levels(make::png_chunk("eXIf", damaged));
        CHECK(rows(decode_image(make::view(bytes), "picture", {.apply_orientation = true})) == "12 34 56");
    }
}

TEST_CASE("alpha lays a picture over a background, if one is given", "[options]") {
    const DecodeOptions white{.background = {{255, 255, 255}}};
    const DecodeOptions colour{.background = {{10, 20, 30}}};
    SECTION("PNG with alpha") {
        const auto bytes = make::png(3, 1, 8, 6, {"\x09\x08\x07\x00\x09\x08\x07\xFF\x64\x64\x64\x80"s});
        CHECK(levels(bytes, white) == Levels{255, 255, 255, 9, 8, 7, 177, 177, 177});
        CHECK(levels(bytes, colour) == Levels{10, 20, 30, 9, 8, 7, 55, 60, 65});
    }
    SECTION("PNG with one transparent colour, of 8 and of 16 bits") {
        const auto key = make::png_chunk("tRNS", "\x00\x05"s);
        CHECK(levels(make::png(2, 1, 8, 0, {"\x05\x06"s}, key), colour) == Levels{10, 20, 30, 6, 6, 6});
        CHECK(levels(make::png(2, 1, 16, 0, {"\x00\x05\x01\x05"s}, key), colour) == Levels{10, 20, 30, 255, 255, 255});
    }
    SECTION("PNG without alpha is as it was") {
        CHECK(levels(make::png(1, 1, 8, 2, {"\x01\x02\x03"s}), white) == Levels{1, 2, 3});
    }
    SECTION("TGA with alpha, BMP without") {
        CHECK(levels(make::tga_header(2, 1, 1, 32) + "\x03\x02\x01\0"s, white) == Levels{255, 255, 255});
        CHECK(levels(make::bmp(1, 1, "\x03\x02\x01\0"s), white) == Levels{1, 2, 3});
    }
    SECTION("WebP: what no frame covers is background") {
        const auto frame = make::little_endian(1, 3) + make::little_endian(0, 3) + make::little_endian(0, 3) +
                           make::little_endian(0, 3) + make::Bytes(4, '\0') + make::webp_picture(1, 1, true);
        const auto bytes =
            make::webp_file(make::webp_chunk("VP8X", make::webp_canvas(3, 1, 0x12)) +
                            make::webp_chunk("ANIM", make::Bytes(6, '\0')) + make::webp_chunk("ANMF", frame));
        CHECK(levels(bytes, colour) == Levels{10, 20, 30, 10, 20, 30, 0, 0, 0});
        CHECK(levels(bytes, {}) == Levels(9, 0));
    }
}

TEST_CASE("grey of 16 bits is scaled instead of cut off, if that is wanted", "[options]") {
    const auto bytes = make::png(4, 1, 16, 0, {"\x00\x00\x00\x81\x80\x00\xFF\xFF"s});
    CHECK(levels(bytes, {.scale_16_bit = true}) == Levels{0, 0, 0, 1, 1, 1, 128, 128, 128, 255, 255, 255});
}

TEST_CASE("a JPEG picture can be decoded at a fraction of its size", "[options]") {
    const auto bytes = make::jpeg(61, 33);
    const auto whole = decode_image(make::view(bytes));
    for (const int scale : {2, 4, 8}) {
        const auto image = decode_image(make::view(bytes), "picture", {.jpeg_scale = scale});
        CHECK(image.width == (61 + scale - 1) / scale);
        CHECK(image.height == (33 + scale - 1) / scale);
        CHECK(image.pixels.size() == static_cast<std::size_t>(image.width * image.height * 3));
    }
    const auto png = make::png(2, 1, 8, 0, {"\1\2"s});
    CHECK(decode_image(make::view(png), "picture", {.jpeg_scale = 8}).width == 2);
    CHECK(whole.width == 61);
}

TEST_CASE("options have a name for fingerprints, and refuse what they cannot mean", "[options]") {
    CHECK(DecodeOptions{}.name() == "reference");
    CHECK(DecodeOptions{.limits = {.max_side = 9}}.name() == "reference");
    const DecodeOptions all{
        .jpeg_scale = 2, .apply_orientation = true, .background = {{255, 0, 10}}, .scale_16_bit = true};
    CHECK(all.name() == "jpeg_scale=2 apply_orientation background=ff000a scale_16_bit");
    CHECK(DecodeOptions::named(all.name()) == all);
    CHECK(DecodeOptions::named("reference") == DecodeOptions{});
    CHECK(DecodeOptions::named("background=00ff0a").background == std::array<std::uint8_t, 3>{0, 255, 10});
    for (const char* name : {"", "references", "jpeg_scale=", "jpeg_scale=2x", "jpeg_scale=02", "jpeg_scale=1",
                             "jpeg_scale=99999999999", "background=fff", "background=1ffffff", "background=GG0000", "scale_16_bit jpeg_scale=2",
                             "scale_16_bit scale_16_bit", "scale_16_bit ", "apply_orientation\x1B"})
        expect_error(ErrorCode::invalid_argument, {"no name of DecodeOptions"}, [&] { (void)DecodeOptions::named(name); });
    expect_error(ErrorCode::invalid_argument, {"DecodeOptions::jpeg_scale", "3"},
                 [] { (void)DecodeOptions::named("jpeg_scale=3"); });
    expect_error(ErrorCode::invalid_argument, {"DecodeOptions::jpeg_scale", "3", "1, 2, 4 or 8"},
                 [] { (void)read_images(".", {.decode = {.jpeg_scale = 3}}); });
}

TEST_CASE("a folder is read with these options", "[options]") {
    const make::TemporaryFolder folder;
    folder.write("a.png", make::png(1, 1, 8, 6, {"\x09\x08\x07\x00"s}));
    auto pictures = read_images(folder.path(), {.decode = {.background = {{1, 2, 3}}}});
    for (const auto& picture : pictures) {
        CHECK(picture.item.image()->pixels == std::vector<std::uint8_t>{1, 2, 3});
        CHECK_THAT(picture.payload, ContainsSubstring("a.png\", \"decode\": \"background=010203\"}"));
    }
}
