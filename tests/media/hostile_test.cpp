// Damaged and malicious pictures: each is refused with a reason, at once, and without the memory that it asks for.
#include <sextant/media/image.hpp>

#include <functional>
#include <random>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "make.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace sextant;
using namespace std::string_literals;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double slowness = 20;
#else
constexpr double slowness = 1;
#endif

struct Cost {
    int status = 0;      ///< of the process: 0 if the call threw sextant::Error with the expected code
    double seconds = 0;  ///< of processor time
    long kilobytes = 0;  ///< at most in memory
};

/// Runs `call` in a process of its own, so that what it takes can be measured.
Cost cost_of(const std::function<bool()>& call) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(call() ? 0 : 1);
    Cost cost;
    rusage usage{};
    REQUIRE(wait4(child, &cost.status, 0, &usage) == child);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    cost.seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    cost.kilobytes = usage.ru_maxrss;
    return cost;
}

/// The picture is refused with this code, within 50 ms and 16 MB more than a process that does nothing.
void refused_cheaply(ErrorCode code, const make::Bytes& bytes) {
    const Cost idle = cost_of([] { return true; });
    const Cost cost = cost_of([&] {
        try {
            (void)decode_image(make::view(bytes));
        } catch (const Error& error) {
            return error.code() == code;
        }
        return false;
    });
    CHECK(cost.status == 0);
    CHECK(cost.seconds - idle.seconds < 0.050 * slowness);
    CHECK(cost.kilobytes - idle.kilobytes < 16 * 1024);
    expect_error(code, {"picture"}, [&] { (void)decode_image(make::view(bytes)); });
}

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

TEST_CASE("a picture of 65,000 x 65,000 pixels is refused before memory is taken", "[bombs]") {
    SECTION("PNG") { refused_cheaply(ErrorCode::limit, make::png(65'000, 65'000, 8, 2, {"abc"s})); }
    SECTION("PNG of one bit") { refused_cheaply(ErrorCode::limit, make::png(65'000, 65'000, 1, 0, {"abc"s})); }
    SECTION("BMP") { refused_cheaply(ErrorCode::limit, make::bmp(65'000, 65'000, "abc")); }
    SECTION("PNM") { refused_cheaply(ErrorCode::limit, "P6 65000 65000 255\nabc"); }
    SECTION("TGA") { refused_cheaply(ErrorCode::limit, make::tga_header(2, 65'000, 65'000, 24) + "abc"); }
    SECTION("JPEG, plain and progressive") {
        for (const bool progressive : {false, true}) {
            auto bytes = make::jpeg(16, 16, {.progressive = progressive});
            const auto frame = bytes.find(progressive ? "\xFF\xC2" : "\xFF\xC0");
            bytes.replace(frame + 5, 4, make::big_endian(65'000, 2) + make::big_endian(65'000, 2));
            refused_cheaply(ErrorCode::limit, bytes);
        }
    }
}

TEST_CASE("a short file that claims a large picture is refused before memory is taken", "[bombs]") {
    SECTION("PNG") { refused_cheaply(ErrorCode::corrupt, make::png(8'000, 8'000, 8, 2, {"abc"s})); }
    SECTION("BMP") { refused_cheaply(ErrorCode::corrupt, make::bmp(8'000, 8'000, "abc")); }
    SECTION("PNM") { refused_cheaply(ErrorCode::corrupt, "P6 8000 8000 255\nabc"); }
    SECTION("TGA") { refused_cheaply(ErrorCode::corrupt, make::tga_header(10, 8'000, 8'000, 24) + "abc"); }
    SECTION("the TGA header of 18 bytes that takes stb_image 2 GB") {
        refused_cheaply(ErrorCode::limit, make::tga_header(10, 23'169, 23'169, 32));
    }
    SECTION("JPEG, plain and progressive") {
        for (const bool progressive : {false, true}) {
            auto bytes = make::jpeg(16, 16, {.progressive = progressive});
            const auto frame = bytes.find(progressive ? "\xFF\xC2" : "\xFF\xC0");
            bytes.replace(frame + 5, 4, make::big_endian(8'000, 2) + make::big_endian(8'000, 2));
            refused_cheaply(ErrorCode::corrupt, bytes);
        }
    }
    SECTION("a number of many digits") { refused_cheaply(ErrorCode::corrupt, "P6 1 99999999999999999999 255\nabc"); }
    SECTION("one pixel high and 2^24 wide") {
        refused_cheaply(ErrorCode::limit, make::png(1 << 24, 1, 8, 0, {"abc"s}));
    }
    SECTION("no pixels at all") {
        refused_cheaply(ErrorCode::corrupt, make::png(0, 5, 8, 0, {"abc"s}));
        refused_cheaply(ErrorCode::corrupt, make::bmp(5, 0, "abc"));
    }
    SECTION("a height of -2^31") { refused_cheaply(ErrorCode::limit, make::bmp(5, INT32_MIN, "abc")); }
}

TEST_CASE("a progressive JPEG file with very many scans is refused before the first is decoded", "[bombs]") {
    auto bytes = make::jpeg(16, 16, {.channels = 1, .many_scans = true});
    const auto frame = bytes.find("\xFF\xC2");
    bytes.replace(frame + 5, 4, make::big_endian(8'000, 2) + make::big_endian(8'000, 2));
    const auto last = bytes.rfind("\xFF\xDA");
    const auto scan = bytes.substr(last, bytes.size() - 2 - last);
    make::Bytes scans;
    for (int i = 0; i < 100'000; ++i) scans += scan;
    refused_cheaply(ErrorCode::limit, bytes.substr(0, last) + scans + "\xFF\xD9");
}

TEST_CASE("a PNG file cannot hide work in its chunks", "[bombs]") {
    const auto start = make::png_start(1, 1, 8, 0);
    const auto pixels = make::png_chunk("IDAT", make::stored("\0a"s));
    const auto end = make::png_chunk("IEND", "");
    SECTION("a million tiny chunks") {
        const auto tiny = make::png_chunk("tEXt", "a\0"s);
        make::Bytes chunks;
        for (int i = 0; i < 1'000'000; ++i) chunks += tiny;
        refused_cheaply(ErrorCode::limit, start + chunks + pixels + end);
    }
    SECTION("a million empty pixel chunks") {
        const auto tiny = make::png_chunk("IDAT", "");
        make::Bytes chunks;
        for (int i = 0; i < 1'000'000; ++i) chunks += tiny;
        refused_cheaply(ErrorCode::limit, start + chunks + pixels + end);
    }
    SECTION("a profile and a text are never unpacked") {
        const auto profile = make::png_chunk("iCCP", "p\0\0"s + make::stored(make::Bytes(1'000'000, 'x')));
        const auto text = make::png_chunk("zTXt", "t\0\0"s + make::stored(make::Bytes(1'000'000, 'x')));
        CHECK(outcome(start + profile + text + pixels + end) == std::vector<std::uint8_t>{'a', 'a', 'a'});
    }
    SECTION("more pixels than the header says") {
        const auto more = make::png_chunk("IDAT", make::stored("\0a"s + make::Bytes(1'000'000, 'x')));
        const auto image = outcome(start + more + end);
        CHECK((image.empty() || image == std::vector<std::uint8_t>{'a', 'a', 'a'}));
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
