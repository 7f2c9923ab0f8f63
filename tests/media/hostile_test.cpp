// Damaged pictures: each is refused with a reason. What refusing may cost is measured by tests/hostile/media_bombs.cpp.
#include <sextant/media/image.hpp>

#include <random>

#include "make.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace sextant;
using namespace std::string_literals;

namespace {

/// What decoding gives: the pixels, or nothing if it throws sextant::Error. Anything else fails the test.
std::vector<std::uint8_t> outcome(const make::Bytes& bytes) {
    try {
        return decode_image(make::view(bytes), "picture", {.limits = {.max_pixels = 100'000}}).pixels;
    } catch (const Error&) {
        return {};
    }
}

std::vector<std::pair<std::string, make::Bytes>> sound_pictures() {
    const make::Bytes head = "8BPS"s + make::big_endian(1, 2) + make::Bytes(6, '\0') + make::big_endian(3, 2) +
                             make::big_endian(1, 4) + make::big_endian(2, 4) + make::big_endian(8, 2) +
                             make::big_endian(3, 2) + make::Bytes(12, '\0') + make::big_endian(0, 2);
    return {
        {"JPEG", make::jpeg(19, 11)},
        {"grey JPEG", make::jpeg(9, 9, {.channels = 1})},
        {"CMYK JPEG", make::jpeg(9, 9, {.channels = 4})},
        {"progressive JPEG", make::jpeg(19, 11, {.progressive = true})},
        {"PNG", make::png(3, 2, 8, 2, {"abcdefghi"s, "jklmnopqr"s})},
        {"palette PNG",
         make::png(4, 1, 2, 3, {"\x1B"s}, make::png_chunk("PLTE", "abcdefghijkl") + make::png_chunk("tEXt", "a\0b"s))},
        {"WebP", make::webp_file(make::webp_picture(19, 11, false))},
        {"lossless WebP", make::webp_file(make::webp_picture(19, 11, true, true))},
        {"WebP with alpha", make::webp_file(make::webp_chunk("VP8X", make::webp_canvas(19, 11, 0x10)) +
                                            make::webp_picture(19, 11, true, true))},
        {"BMP", make::bmp(2, 2, "abcdef\0\0ghijkl\0\0"s)},
        {"PNM", "P6\n2 2\n255\nabcdefghijkl"s},
        {"TGA", make::tga_header(10, 4, 2, 24) + "\x83"
                                                 "abc"
                                                 "\x03"
                                                 "defghijklmno"},
        {"PSD", head + "abcdef"},
    };
}

}  // namespace

TEST_CASE("a picture that is cut short is refused, never filled up", "[truncated]") {
    for (const auto& [kind, bytes] : sound_pictures()) {
        const auto whole = outcome(bytes);
        REQUIRE_FALSE(whole.empty());
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            CAPTURE(kind, length, bytes.size());
            const auto pixels = outcome(bytes.substr(0, length));
            // A JPEG's last bytes may be missing after the last pixel is complete.
            if (!pixels.empty())
                REQUIRE((kind.find("JPEG") != std::string::npos && length + 2 >= bytes.size() && pixels == whole));
        }
    }
    expect_error(ErrorCode::corrupt, {"JPEG", "truncated", "byte 400"},
                 [] { (void)decode_image(make::view(make::jpeg(60, 60).substr(0, 400))); });
    expect_error(ErrorCode::corrupt, {"PNG", "truncated"},
                 [] { (void)decode_image(make::view(make::png(1, 1, 8, 0, {"a"s}).substr(0, 60))); });
    expect_error(ErrorCode::corrupt, {"TGA", "truncated"},
                 [] { (void)decode_image(make::view(make::tga_header(2, 9, 9, 24) + "abc")); });
    expect_error(ErrorCode::corrupt, {"BMP", "truncated"},
                 [] { (void)decode_image(make::view(make::bmp(2, 2, "abcdef"))); });
    expect_error(ErrorCode::corrupt, {"PNM", "truncated"}, [] { (void)decode_image(make::view("P5 9 9 255\nabc")); });
}

TEST_CASE("flipped bits are refused or decoded, and nothing worse", "[flips]") {
    for (const auto& [kind, bytes] : sound_pictures()) {
        std::size_t refused = 0;
        for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
            auto damaged = bytes;
            damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
            if (outcome(damaged).empty()) ++refused;
        }
        CAPTURE(kind, refused, 8 * bytes.size());
        CHECK(refused > 0);
        // Every byte of a PNG file is under a checksum, or is one, or is the signature or a length.
        if (kind.find("PNG") != std::string::npos) CHECK(refused == 8 * bytes.size());
    }
}

TEST_CASE("random bytes behind a sound beginning are refused or decoded, and nothing worse", "[random]") {
    std::mt19937 random(7);
    for (const auto& [kind, bytes] : sound_pictures()) {
        for (int round = 0; round < 200; ++round) {
            CAPTURE(kind, round);
            auto damaged = bytes;
            const std::size_t from = random() % damaged.size();
            const std::size_t to = std::min(damaged.size(), from + 1 + random() % 64);
            for (std::size_t at = from; at < to; ++at) damaged[at] = static_cast<char>(random());
            (void)outcome(damaged);
        }
    }
    for (int round = 0; round < 500; ++round) {
        make::Bytes noise(random() % 300, '\0');
        for (char& c : noise) c = static_cast<char>(random());
        (void)outcome(noise);
    }
}

TEST_CASE("a PNG file cannot hide work in its chunks", "[bombs]") {
    const auto start = make::png_start(1, 1, 8, 0);
    const auto pixels = make::png_chunk("IDAT", make::stored("\0a"s));
    const auto end = make::png_chunk("IEND", "");
    SECTION("a profile and a text are never unpacked") {
        const auto profile = make::png_chunk("iCCP", "p\0\0"s + make::stored(make::Bytes(1'000'000, 'x')));
        const auto text = make::png_chunk("zTXt", "t\0\0"s + make::stored(make::Bytes(1'000'000, 'x')));
        CHECK(outcome(start + profile + text + pixels + end) == std::vector<std::uint8_t>{'a', 'a', 'a'});
    }
    SECTION("more pixels than the header says") {
        const auto more = make::png_chunk("IDAT", make::stored("\0a"s + make::Bytes(1'000'000, 'x')));
        expect_error(ErrorCode::corrupt, {"PNG", "after the last pixel"},
                     [&] { (void)decode_image(make::view(start + more + end)); });
    }
    SECTION("fewer pixels than the header says") {
        const auto fewer = make::png_chunk("IDAT", make::stored("\0"s));
        expect_error(ErrorCode::corrupt, {"PNG", "damaged"},
                     [&] { (void)decode_image(make::view(start + fewer + end)); });
    }
    SECTION("a wrong checksum, wherever it stands") {
        for (const auto& chunk : {make::png_chunk("tEXt", "a\0b"s), make::png_chunk("gAMA", "\0\0\1\0"s)}) {
            auto wrong = chunk;
            wrong.back() = static_cast<char>(wrong.back() ^ 1);
            expect_error(ErrorCode::corrupt, {"PNG", "CRC"},
                         [&] { (void)decode_image(make::view(start + wrong + pixels + end)); });
        }
        auto wrong = pixels;
        wrong.back() = static_cast<char>(wrong.back() ^ 1);
        expect_error(ErrorCode::corrupt, {"PNG", "CRC"}, [&] { (void)decode_image(make::view(start + wrong + end)); });
    }
    SECTION("a chunk longer than the file") {
        const auto lying = make::big_endian(0xFFFFFFFF, 4) + "tEXt" + "abc";
        expect_error(ErrorCode::corrupt, {"PNG", "truncated"}, [&] { (void)decode_image(make::view(start + lying)); });
    }
}

TEST_CASE("a palette index beyond the palette of a BMP file is refused", "[bmp]") {
    auto bytes = make::bmp(4, 1, "");
    bytes.replace(10, 4, make::little_endian(54 + 8, 4));
    bytes.replace(28, 2, make::little_endian(8, 2));
    bytes += "\1\2\3\0\4\5\6\0"s;
    CHECK(outcome(bytes + "\0\1\1\0"s) == std::vector<std::uint8_t>{3, 2, 1, 6, 5, 4, 6, 5, 4, 3, 2, 1});
    expect_error(ErrorCode::corrupt, {"row 0", "palette"},
                 [&] { (void)decode_image(make::view(bytes + "\0\1\2\0"s)); });
}
