// Sound pictures become the pixels that Pillow's convert("RGB") gives; unsound files and calls are refused with a
// reason.
#include <sextant/media/image.hpp>

#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include "make.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace sextant;
using namespace std::string_literals;

namespace {

using Levels = std::vector<int>;

Image decode(const make::Bytes& bytes) { return decode_image(make::view(bytes)); }

/// The levels of the pixels, in order.
Levels levels(const make::Bytes& bytes) {
    const auto image = decode(bytes);
    return {image.pixels.begin(), image.pixels.end()};
}

}  // namespace

TEST_CASE("a PNG picture of every colour type becomes RGB", "[png]") {
    SECTION("RGB") {
        const auto image = decode(make::png(2, 1, 8, 2, {"\x01\x02\x03\xFF\x80\x7F"s}));
        CHECK(image.width == 2);
        CHECK(image.height == 1);
        CHECK(image.pixels == std::vector<std::uint8_t>{1, 2, 3, 255, 128, 127});
    }
    SECTION("grey of 8 bits is repeated") {
        CHECK(levels(make::png(2, 1, 8, 0, {"\x05\xFE"s})) == Levels{5, 5, 5, 254, 254, 254});
    }
    SECTION("grey of fewer bits is stretched") {
        CHECK(levels(make::png(2, 1, 1, 0, {"\x40"s})) == Levels{0, 0, 0, 255, 255, 255});
        CHECK(levels(make::png(4, 1, 2, 0, {"\x1B"s})) == Levels{0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255});
        CHECK(levels(make::png(2, 1, 4, 0, {"\x1F"s})) == Levels{17, 17, 17, 255, 255, 255});
    }
    SECTION("grey of 16 bits is cut off at 255, not scaled") {
        CHECK(levels(make::png(3, 1, 16, 0, {"\x00\x07\x00\xFF\x01\x00"s})) ==
              Levels{7, 7, 7, 255, 255, 255, 255, 255, 255});
    }
    SECTION("RGB of 16 bits keeps its high bytes") {
        CHECK(levels(make::png(1, 1, 16, 2, {"\x12\xFF\x34\xFF\x56\xFF"s})) == Levels{0x12, 0x34, 0x56});
    }
    SECTION("a palette is looked up") {
        const auto palette = make::png_chunk("PLTE", "\x0A\x0B\x0C\xFA\xFB\xFC"s);
        CHECK(levels(make::png(2, 1, 1, 3, {"\x40"s}, palette)) == Levels{10, 11, 12, 250, 251, 252});
        CHECK(levels(make::png(2, 1, 8, 3, {"\x01\x00"s}, palette)) == Levels{250, 251, 252, 10, 11, 12});
    }
    SECTION("alpha is dropped, and not blended") {
        CHECK(levels(make::png(1, 1, 8, 6, {"\x09\x08\x07\x00"s})) == Levels{9, 8, 7});
        CHECK(levels(make::png(1, 1, 8, 4, {"\x09\x00"s})) == Levels{9, 9, 9});
        CHECK(levels(make::png(1, 1, 16, 4, {"\x09\xFF\x00\x00"s})) == Levels{9, 9, 9});
        const auto transparent = make::png_chunk("PLTE", "\x0A\x0B\x0C"s) + make::png_chunk("tRNS", "\x00"s);
        CHECK(levels(make::png(1, 1, 8, 3, {"\x00"s}, transparent)) == Levels{10, 11, 12});
    }
    SECTION("gamma changes nothing") {
        const auto gamma = make::png_chunk("gAMA", make::big_endian(200'000, 4));
        CHECK(levels(make::png(1, 1, 8, 0, {"\x64"s}, gamma)) == Levels{100, 100, 100});
    }
}

TEST_CASE("a JPEG picture becomes RGB", "[jpeg]") {
    SECTION("grey is repeated") {
        const auto image = decode(make::jpeg(20, 10, {.channels = 1}));
        REQUIRE(image.pixels.size() == 600);
        for (std::size_t i = 0; i < 600; i += 3) {
            REQUIRE(image.pixels[i] == image.pixels[i + 1]);
            REQUIRE(image.pixels[i] == image.pixels[i + 2]);
        }
    }
    SECTION("colours come out close to what went in") {
        const auto image = decode(make::jpeg(16, 16, {.quality = 100}));
        CHECK(image.width == 16);
        CHECK(std::abs(image.pixels[0] - 0) <= 8);
        CHECK(std::abs(image.pixels[1] - 40) <= 8);
        CHECK(std::abs(image.pixels[2] - 80) <= 8);
    }
    SECTION("CMYK is taken as Adobe writes it: 255 is no ink") {
        // The inks of the first pixel are 0, 40, 80, and 0 for black: full black ink, so the pixel is black.
        const auto image = decode(make::jpeg(16, 16, {.quality = 100, .channels = 4}));
        CHECK(int{image.pixels[0]} <= 4);
        CHECK(int{image.pixels[1]} <= 4);
        CHECK(int{image.pixels[2]} <= 4);
    }
    SECTION("a progressive file gives the same pixels as a plain one") {
        CHECK(decode(make::jpeg(33, 21)).pixels == decode(make::jpeg(33, 21, {.progressive = true})).pixels);
    }
}

TEST_CASE("a WebP picture becomes RGB", "[webp]") {
    SECTION("lossless, with and without alpha, which is dropped") {
        for (const bool alpha : {false, true}) {
            const auto image = decode(make::webp_file(make::webp_picture(5, 4, true, alpha)));
            REQUIRE(image.width == 5);
            REQUIRE(image.height == 4);
            // x = 3, y = 2: libwebp's encoder clears the colour of pixels that alpha hides, and 11 x 3 hides nothing.
            CHECK(std::vector<int>(image.pixels.end() - 21, image.pixels.end() - 18) == Levels{27, 14, 21});
        }
    }
    SECTION("lossy") {
        const auto image = decode(make::webp_file(make::webp_picture(64, 48, false)));
        CHECK(image.width == 64);
        CHECK(image.pixels.size() == 64 * 48 * 3);
        CHECK(std::abs(image.pixels[0] - 0) <= 16);
    }
    SECTION("notes beside the picture change nothing") {
        const auto picture = make::webp_picture(5, 4, true);
        const auto notes = make::webp_chunk("ICCP", "abc") + picture + make::webp_chunk("EXIF", make::exif(6)) +
                           make::webp_chunk("XMP ", "<x/>");
        const auto file = make::webp_file(make::webp_chunk("VP8X", make::webp_canvas(5, 4, 0x2C)) + notes);
        CHECK(levels(file) == levels(make::webp_file(picture)));
    }
    SECTION("an animation gives its first frame") {
        const auto frame = [](int width) {
            return make::webp_chunk(
                "ANMF", make::Bytes(6, '\0') + make::little_endian(static_cast<std::uint32_t>(width - 1), 3) +
                            make::little_endian(2, 3) + make::Bytes(4, '\0') + make::webp_picture(width, 3, true));
        };
        const auto file = make::webp_file(make::webp_chunk("VP8X", make::webp_canvas(4, 3, 2)) +
                                          make::webp_chunk("ANIM", make::Bytes(6, '\0')) + frame(4) + frame(2));
        CHECK(levels(file) == levels(make::webp_file(make::webp_picture(4, 3, true))));
    }
}

TEST_CASE("BMP, TGA and PSD pictures become RGB", "[stb]") {
    SECTION("BMP, from the bottom up or from the top down") {
        const make::Bytes rows = "\x03\x02\x01\x00\x06\x05\x04\x00"s;
        CHECK(levels(make::bmp(1, 2, rows)) == Levels{4, 5, 6, 1, 2, 3});
        CHECK(levels(make::bmp(1, -2, rows)) == Levels{1, 2, 3, 4, 5, 6});
    }
    SECTION("TGA, plain and run-length coded") {
        CHECK(levels(make::tga_header(2, 1, 1, 24) + "\x03\x02\x01") == Levels{1, 2, 3});
        CHECK(levels(make::tga_header(10, 2, 1, 24) + "\x81\x03\x02\x01") == Levels{1, 2, 3, 1, 2, 3});
    }
    SECTION("PSD") {
        const make::Bytes head = "8BPS"s + make::big_endian(1, 2) + make::Bytes(6, '\0') + make::big_endian(3, 2) +
                                 make::big_endian(1, 4) + make::big_endian(2, 4) + make::big_endian(8, 2) +
                                 make::big_endian(3, 2) + make::Bytes(12, '\0') + make::big_endian(0, 2);
        CHECK(levels(head + "\x01\x02\x03\x04\x05\x06") == Levels{1, 3, 5, 2, 4, 6});
    }
}

TEST_CASE("PNM pictures become RGB, in bytes and in digits", "[pnm]") {
    CHECK(levels("P6\n# a note\n1 1\n255\n\x01\x02\x03"s) == Levels{1, 2, 3});
    CHECK(levels("P5 2 1 255\n\x01\x02"s) == Levels{1, 1, 1, 2, 2, 2});
    CHECK(levels("P3\n1 2\n255\n1 2 3\n4 5 6"s) == Levels{1, 2, 3, 4, 5, 6});
    CHECK(levels("P2 2 1 255\n7 # in the middle\n8\n"s) == Levels{7, 7, 7, 8, 8, 8});
    CHECK(levels("P4 9 1\n\x7F\x80"s) == levels("P1 9 1 0111 11111"s));
    CHECK(levels("P1 2 1\n01"s) == Levels{255, 255, 255, 0, 0, 0});
    SECTION("levels are scaled, halves to the even one, and no level is over the highest") {
        CHECK(levels("P5 3 1 2\n\x00\x01\x03"s) == Levels{0, 0, 0, 128, 128, 128, 255, 255, 255});
        CHECK(levels("P6 1 1 1023\n\x00\x00\x03\xFF\x02\x00"s) == Levels{0, 255, 128});
        CHECK(levels("P5 2 1 510\n\x00\x01\x00\x02"s) == Levels{128, 128, 128, 255, 255, 255});  // of 65,535
    }
    SECTION("what is wrong with one is said") {
        const auto refused = [](const std::string& what, const make::Bytes& bytes) {
            expect_error(ErrorCode::corrupt, {"PNM", what}, [&] { (void)decode(bytes); });
        };
        refused("its highest level is 65536", "P5 1 1 65536\n\x01\x02");
        refused("its highest level is 0", "P5 1 1 0\n\x01");
        refused("its width is no number", "P5 1x 1 255\n\x01");
        refused("ends before its height", "P5 1");
        refused("a level is 256; at most 255", "P2 1 1 255 256");
        refused("a level is no number of at most 10 digits", "P2 1 1 255 00000000001");
        refused("a pixel is no number", "P1 1 1 2");
        refused("ends before a level", "P2 2 1 255 1       ");
    }
}

TEST_CASE("GIF pictures become RGB", "[gif]") {
    const Levels red{250, 10, 20}, blue{10, 20, 250}, black{0, 0, 0};
    const auto joined = [](std::initializer_list<Levels> parts) {
        Levels all;
        for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
        return all;
    };
    const auto palette = "\xFA\x0A\x14\x0A\x14\xFA"s;
    CHECK(levels(make::gif(2, 1, palette, make::gif_frame(0, 0, 2, 1, {1, 0}))) == joined({blue, red}));
    SECTION("the first of several") {
        const auto first = make::gif_frame(0, 0, 1, 1, {1}), second = make::gif_frame(0, 0, 1, 1, {0});
        CHECK(levels(make::gif(1, 1, palette, first + second)) == blue);
    }
    SECTION("on a screen of colour 0, or of what is transparent, which grows with it") {
        CHECK(levels(make::gif(3, 1, palette, make::gif_frame(1, 0, 1, 1, {1}))) == joined({red, blue, red}));
        CHECK(levels(make::gif(3, 1, palette, make::gif_frame(1, 0, 1, 1, {0}, 1))) == joined({blue, red, blue}));
        CHECK(levels(make::gif(1, 1, palette, make::gif_frame(1, 0, 1, 1, {1}))) == joined({red, blue}));
    }
    SECTION("rows in four passes") {
        // Of five rows the file has row 0, then 4, then 2, then 1 and 3.
        CHECK(levels(make::gif(1, 5, palette, make::gif_frame(0, 0, 1, 5, {0, 1, 0, 0, 1}, -1, true))) ==
              joined({red, red, red, blue, blue}));
    }
    SECTION("without a palette, indices are levels; colours that a palette lacks are black") {
        CHECK(levels(make::gif(2, 1, "", make::gif_frame(0, 0, 2, 1, {3, 1}))) == Levels{3, 3, 3, 1, 1, 1});
        CHECK(levels(make::gif(2, 1, palette, make::gif_frame(0, 0, 2, 1, {3, 1}))) == joined({black, blue}));
    }
    SECTION("a background shows where it is transparent") {
        const auto file = make::gif(2, 1, palette, make::gif_frame(0, 0, 2, 1, {1, 0}, 0));
        CHECK(decode_image(make::view(file), "a", {.background = {{1, 2, 3}}}).pixels == std::vector<std::uint8_t>{10, 20, 250, 1, 2, 3});
    }
    SECTION("nothing is needed after the last pixel, and bytes between blocks are passed over") {
        const auto frame = make::gif_frame(0, 0, 2, 1, {1, 0});
        const auto whole = make::gif(2, 1, palette, "\0x!\xFE\x01x\0\0"s + frame);
        CHECK(levels(whole) == joined({blue, red}));
        CHECK(levels(whole.substr(0, whole.size() - 2)) == joined({blue, red}));
    }
    SECTION("what is wrong with one is said") {
        expect_error(ErrorCode::corrupt, {"GIF", "holds no picture"}, [&] { (void)decode(make::gif(1, 1, palette, "")); });
        const auto refused = [&](const std::string& what, const make::Bytes& bytes) {
            expect_error(ErrorCode::corrupt, {"GIF", what}, [&] { (void)decode(bytes); });
        };
        const auto frame = make::gif_frame(0, 0, 2, 1, {1, 0});
        const auto codes = frame.size() - 3;  // two codes, which say colour 1, and a part of the third
        auto other = frame;
        other[codes] = '\xCC';  // code 7
        refused("a code of its first picture does not exist", make::gif(2, 1, palette, other));
        other[codes] = '\x4C';  // code 5, the end
        refused("ends before its last pixel", make::gif(2, 1, palette, other));
        refused("ends before its last pixel", make::gif(3, 1, palette, make::gif_frame(0, 0, 3, 1, {1})));
        refused("does not say which", make::gif(2, 1, palette, "!\xF9\x01\x01\0"s + frame));
        expect_error(ErrorCode::corrupt, {"GIF", "truncated"}, [&] {
            (void)decode(make::gif(1, 1, palette, make::gif_frame(0, 0, 1, 1, {1})).substr(0, 30));
        });
        expect_error(ErrorCode::limit, {"GIF", "9000 x 7000"}, [&] {
            (void)decode(make::gif(9000, 7000, palette, make::gif_frame(0, 0, 1, 1, {1})));
        });
    }
}

TEST_CASE("forms that stb_image decodes unlike Pillow are refused by name", "[stb]") {
    expect_error(ErrorCode::unsupported, {"BMP", "16 bits per pixel"}, [] {
        auto bytes = make::bmp(1, 1, "\x01\x02\x03\x04");
        bytes[28] = 16;
        (void)decode(bytes);
    });
    expect_error(ErrorCode::unsupported, {"run-length coded BMP"}, [] {
        auto bytes = make::bmp(1, 1, "\x01\x02\x03\x04");
        bytes[30] = 1;
        (void)decode(bytes);
    });
    expect_error(ErrorCode::unsupported, {"TGA", "right to left"}, [] {
        auto bytes = make::tga_header(2, 1, 1, 24) + "\x03\x02\x01";
        bytes[17] = 0x30;
        (void)decode(bytes);
    });
}

TEST_CASE("the kind is found from the bytes, never from the name", "[kind]") {
    const make::TemporaryFolder folder;
    const auto file = folder.write("really-a-png.jpg", make::png(1, 1, 8, 2, {"\x01\x02\x03"s}));
    CHECK(read_image(file).pixels == std::vector<std::uint8_t>{1, 2, 3});
    CHECK(read_image(folder.write("no-extension", make::jpeg(3, 4))).height == 4);
}

TEST_CASE("kinds that are not read are named, with those that are", "[kind]") {
    const std::vector<std::pair<make::Bytes, std::string>> kinds{
        {"II*\0\x08\x00\x00\x00"s, "TIFF"},
        {"\0\0\0\x20"
         "ftypavif\0\0\0\0"s,
         "AVIF"},
        {"\0\0\0\x18"
         "ftypheic\0\0\0\0"s,
         "HEIC"},
        {"\0\0\x01\0\x01\0"s, "ICO"},
        {"P7\nWIDTH 1\n"s, "PAM"},
        {"Pf 1 1 1.0\n"s, "PFM"},
        {"\x53\x80\xF6\x34"s, "Softimage PIC"},
        {"<svg xmlns="s, "SVG"},
        {"<?xml version="s, "SVG"},
        {"%PDF-1.7"s, "PDF"},
    };
    for (const auto& [bytes, name] : kinds) {
        CAPTURE(name);
        expect_error(ErrorCode::unsupported, {"photo", name, "JPEG, PNG, WebP, GIF, BMP"},
                     [&] { (void)decode_image(make::view(bytes), "photo"); });
    }
    expect_error(ErrorCode::unsupported, {"photo", "not a picture", "68 65 6c 6c 6f"},
                 [] { (void)decode_image(make::view("hello"), "photo"); });
}

TEST_CASE("sizes beyond a limit are refused, with the limit's name", "[limits]") {
    const auto picture = make::png(4, 3, 8, 0, {"1234"s, "1234"s, "1234"s});
    const auto with = [&](const ImageLimits& limits) {
        return [&picture, limits] { (void)decode_image(make::view(picture), "photo", {.limits = limits}); };
    };
    CHECK_NOTHROW(with({.max_file_bytes = picture.size(), .max_pixels = 12, .max_side = 4})());
    expect_error(ErrorCode::limit, {"photo", "4 x 3", "11", "max_pixels"}, with({.max_pixels = 11}));
    expect_error(ErrorCode::limit, {"photo", "4 x 3", "max_side"}, with({.max_side = 3}));
    expect_error(ErrorCode::limit, {"photo", "max_file_bytes"}, with({.max_file_bytes = picture.size() - 1}));
    expect_error(ErrorCode::invalid_argument, {"max_side"}, with({.max_side = 0}));
    expect_error(ErrorCode::invalid_argument, {"max_jpeg_scans"}, with({.max_jpeg_scans = -1}));

    const auto scans = make::jpeg(8, 8, {.channels = 1, .many_scans = true});
    expect_error(ErrorCode::limit, {"more than 100 scans", "max_jpeg_scans"}, [&] { (void)decode(scans); });
    CHECK(decode_image(make::view(scans), "photo", {.limits = {.max_jpeg_scans = 127}}).width == 8);
}

TEST_CASE("files that cannot be read say why", "[files]") {
    const make::TemporaryFolder folder;
    expect_error(ErrorCode::not_found, {"nowhere.png", "No such file"},
                 [&] { (void)read_image(folder.path() / "nowhere.png"); });
    expect_error(ErrorCode::io, {"is a folder"}, [&] { (void)read_image(folder.path()); });
    const auto empty = folder.write("empty.jpg", "");
    expect_error(ErrorCode::corrupt, {"empty.jpg", "0 bytes"}, [&] { (void)read_image(empty); });
    const auto large = folder.write("large.png", make::Bytes(2000, 'x'));
    expect_error(ErrorCode::limit, {"large.png", "2000 bytes", "max_file_bytes"},
                 [&] { (void)read_image(large, {.limits = {.max_file_bytes = 1999}}); });

    const auto pipe = folder.path() / "pipe.png";
    REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
    expect_error(ErrorCode::io, {"pipe.png", "not a regular file"}, [&] { (void)read_image(pipe); });

    if (geteuid() == 0) return;  // root may read everything
    const auto locked = folder.write("locked.png", "x");
    std::filesystem::permissions(locked, std::filesystem::perms::none);
    expect_error(ErrorCode::io, {"locked.png", "Permission denied"}, [&] { (void)read_image(locked); });
}
