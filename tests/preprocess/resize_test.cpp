// Resizing equals Pillow's, bit for bit. tests/parity/parity_preprocess.py compares thousands of cases; here are some by hand.
#include <sextant/preprocess/resize.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace sextant;

namespace {

constexpr std::array filters{Resampling::nearest, Resampling::box,     Resampling::bilinear, Resampling::hamming,
                             Resampling::bicubic, Resampling::lanczos, Resampling::mks2013,  Resampling::mks2021};

/// A picture in which each level follows from its place.
Image pattern(int width, int height) {
    Image image{width, height, {}};
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < 3; ++c)
                image.pixels.push_back(static_cast<std::uint8_t>((x * 37 + y * 91 + c * 53 + (x * y) % 7 * 29) % 256));
    return image;
}

/// One row of grey.
Image grey_row(const std::vector<int>& levels) {
    Image image{static_cast<int>(levels.size()), 1, {}};
    for (const int level : levels) image.pixels.insert(image.pixels.end(), 3, static_cast<std::uint8_t>(level));
    return image;
}

std::vector<int> resized_row(const std::vector<int>& levels, int width, Resampling filter) {
    const auto image = resize(grey_row(levels), width, 1, filter);
    std::vector<int> out;
    for (std::size_t i = 0; i < image.pixels.size(); i += 3) out.push_back(image.pixels[i]);
    return out;
}

/// The slow and obvious form of one pass along the rows: each output level is a weighted mean over every input, in
/// exact weights of double precision, rounded once.
Image reference_rows(const Image& in, int width, double support, double (*value)(double)) {
    Image out{width, in.height, std::vector<std::uint8_t>(static_cast<std::size_t>(width * in.height * 3))};
    const double scale = static_cast<double>(in.width) / width, stretch = std::max(scale, 1.0);
    for (int y = 0; y < in.height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < 3; ++c) {
                double sum = 0, weights = 0;
                for (int i = 0; i < in.width; ++i) {
                    const double distance = (i + 0.5 - (x + 0.5) * scale) / stretch;
                    if (std::abs(distance) >= support) continue;
                    sum += value(distance) * in.pixels[static_cast<std::size_t>((y * in.width + i) * 3 + c)];
                    weights += value(distance);
                }
                out.pixels[static_cast<std::size_t>((y * width + x) * 3 + c)] =
                    static_cast<std::uint8_t>(std::clamp(std::floor(sum / weights + 0.5), 0.0, 255.0));
            }
    return out;
}

Image transposed(const Image& in) {
    Image out{in.height, in.width, {}};
    for (int x = 0; x < in.width; ++x)
        for (int y = 0; y < in.height; ++y)
            for (int c = 0; c < 3; ++c)
                out.pixels.push_back(in.pixels[static_cast<std::size_t>((y * in.width + x) * 3 + c)]);
    return out;
}

}  // namespace

TEST_CASE("small cases by hand", "[resize]") {
    CHECK(resized_row({0, 255}, 1, Resampling::box) == std::vector<int>{128});  // 127.5 rounds up
    CHECK(resized_row({10, 20, 30, 40}, 2, Resampling::nearest) == std::vector<int>{20, 40});
    CHECK(resized_row({10, 20}, 5, Resampling::nearest) == std::vector<int>{10, 10, 20, 20, 20});
    CHECK(resized_row({0, 100}, 4, Resampling::bilinear) == std::vector<int>{0, 25, 75, 100});
    CHECK(resized_row({9}, 3, Resampling::lanczos) == std::vector<int>{9, 9, 9});
    // A bicubic edge overshoots below 0 and above 255, and is cut off there.
    CHECK(resized_row({0, 0, 255, 255}, 8, Resampling::bicubic) == std::vector<int>{0, 0, 0, 52, 203, 255, 255, 255});
}

TEST_CASE("results of Pillow 13.0", "[resize]") {
    // Image.fromarray(pattern).resize((new_width, new_height), filter)
    struct Golden {
        Resampling filter;
        int width, height, new_width, new_height;
        std::vector<std::uint8_t> pixels;
    };
    std::vector<Golden> goldens{
        {Resampling::nearest, 5, 4, 3, 2, {91, 144, 197, 223, 20, 73, 99, 152, 205, 17, 70, 123, 9, 62, 115, 54, 107, 160}},
        {Resampling::nearest, 4, 9, 3, 2, {182, 235, 32, 116, 169, 222, 211, 8, 61, 34, 87, 140, 253, 50, 103, 5, 58, 111}},
        {Resampling::nearest, 2, 2, 5, 3, {0,  53,  106, 0,  53,  106, 37,  90,  143, 37,  90,  143, 37,  90,  143,
                                       91, 144, 197, 91, 144, 197, 157, 210, 7,   157, 210, 7,   157, 210, 7,
                                       91, 144, 197, 91, 144, 197, 157, 210, 7,   157, 210, 7,   157, 210, 7}},
        {Resampling::box,
         5,
         4,
         3,
         2,
         {72, 125, 114, 149, 74, 127, 98, 151, 204, 91, 144, 133, 63, 116, 169, 139, 128, 117}},
        {Resampling::box,
         4,
         9,
         3,
         2,
         {80, 133, 134, 100, 101, 129, 130, 132, 133, 144, 133, 122, 151, 140, 129, 121, 110, 99}},
        {Resampling::box, 2, 2, 5, 3, {0,  53,  106, 0,  53,  106, 37,  90,  143, 37,  90,  143, 37,  90,  143,
                                   91, 144, 197, 91, 144, 197, 157, 210, 7,   157, 210, 7,   157, 210, 7,
                                   91, 144, 197, 91, 144, 197, 157, 210, 7,   157, 210, 7,   157, 210, 7}},
        {Resampling::bilinear,
         5,
         4,
         3,
         2,
         {74, 127, 112, 119, 103, 132, 108, 146, 199, 95, 148, 123, 107, 115, 136, 122, 128, 134}},
        {Resampling::bilinear,
         4,
         9,
         3,
         2,
         {91, 143, 124, 105, 110, 136, 127, 110, 130, 125, 131, 133, 148, 123, 122, 133, 118, 115}},
        {Resampling::bilinear, 2, 2, 5, 3, {0,  53,  106, 4,  57,  110, 19,  72,  125, 33,  86,  139, 37,  90,  143,
                                        46, 99,  152, 51, 104, 144, 72,  125, 114, 92,  145, 83,  97,  150, 75,
                                        91, 144, 197, 98, 151, 178, 124, 177, 102, 150, 203, 26,  157, 210, 7}},
        {Resampling::hamming,
         5,
         4,
         3,
         2,
         {67, 120, 120, 129, 94, 129, 106, 155, 208, 93, 146, 119, 89, 117, 151, 122, 128, 135}},
        {Resampling::hamming,
         4,
         9,
         3,
         2,
         {90, 143, 122, 104, 112, 133, 132, 112, 120, 127, 137, 136, 158, 129, 118, 125, 109, 114}},
        {Resampling::hamming, 2, 2, 5, 3, {0,  53,  106, 0,  53,  106, 19,  72,  125, 37,  90,  143, 37,  90,  143,
                                       46, 99,  152, 46, 99,  151, 72,  125, 114, 97,  150, 76,  97,  150, 75,
                                       91, 144, 197, 92, 145, 195, 124, 177, 102, 156, 209, 9,   157, 210, 7}},
        {Resampling::bicubic,
         5,
         4,
         3,
         2,
         {72, 126, 109, 122, 100, 127, 107, 147, 208, 95, 152, 126, 108, 114, 135, 124, 124, 126}},
        {Resampling::bicubic,
         4,
         9,
         3,
         2,
         {84, 146, 124, 103, 106, 137, 129, 110, 132, 126, 134, 133, 150, 125, 123, 135, 119, 114}},
        {Resampling::bicubic, 2, 2, 5, 3, {0,  43,  95,  0,   49,  103, 12,  65,  127, 27,  80,  149, 33,  86,  157,
                                       42, 93,  159, 49,  102, 147, 72,  125, 114, 94,  147, 80,  103, 156, 74,
                                       90, 143, 223, 101, 154, 190, 131, 184, 100, 161, 214, 11,  172, 225, 0}},
        {Resampling::lanczos,
         5,
         4,
         3,
         2,
         {74, 130, 105, 123, 96, 124, 108, 144, 213, 94, 156, 131, 113, 112, 130, 124, 122, 120}},
        {Resampling::lanczos,
         4,
         9,
         3,
         2,
         {81, 150, 125, 103, 103, 139, 128, 108, 135, 126, 134, 134, 149, 125, 125, 138, 121, 112}},
        {Resampling::lanczos, 2, 2, 5, 3, {0,  34,  81,  0,   44,  100, 6,   59,  128, 19,  72,  154, 29,  82,  170,
                                       39, 88,  167, 50,  103, 145, 72,  125, 114, 93,  146, 82,  108, 161, 76,
                                       88, 142, 253, 109, 162, 189, 137, 190, 99,  166, 219, 10,  186, 239, 0}},
    };
    const std::vector<Golden> magic_kernel{
        {Resampling::mks2013, 5, 4, 3, 2, {73, 128, 104, 124, 97, 124, 107, 146, 214, 95, 155, 129, 110, 113, 134, 126, 122, 122}},
        {Resampling::mks2013, 2, 2, 3, 2, {0, 49, 102, 19, 72, 125, 41, 94, 147, 84, 137, 217, 124, 177, 102, 164, 217, 0}},
        {Resampling::mks2021, 5, 4, 3, 2, {73, 128, 107, 124, 97, 125, 107, 146, 211, 95, 153, 129, 110, 113, 134, 125, 123, 122}},
        {Resampling::mks2021, 2, 2, 3, 2, {0, 49, 102, 19, 72, 125, 41, 94, 147, 84, 137, 216, 124, 177, 102, 164, 217, 0}},
    };
    goldens.insert(goldens.end(), magic_kernel.begin(), magic_kernel.end());
    for (const auto& golden : goldens) {
        CAPTURE(to_string(golden.filter), golden.width, golden.height);
        const auto image =
            resize(pattern(golden.width, golden.height), golden.new_width, golden.new_height, golden.filter);
        CHECK(image.width == golden.new_width);
        CHECK(image.height == golden.new_height);
        CHECK(image.pixels == golden.pixels);
    }
}

TEST_CASE("results of Pillow 13.0 with a box, with reducing_gap, and of reduce", "[resize]") {
    // Image.fromarray(pattern(9, 7)).resize((3, 2), filter, (0.5, 1.25, 7.75, 6))
    const PixelBox box{0.5, 1.25, 7.75, 6};
    CHECK(resize(pattern(9, 7), 3, 2, {.filter = Resampling::bicubic, .box = box, .reducing_gap = {}}).pixels ==
          std::vector<std::uint8_t>{103, 123, 124, 137, 130, 129, 131, 139, 109, 113, 121, 152, 102, 94, 134, 149, 110, 104});
    CHECK(resize(pattern(9, 7), 3, 2, {.filter = Resampling::nearest, .box = box, .reducing_gap = {}}).pixels ==
          std::vector<std::uint8_t>{21, 74, 127, 103, 156, 209, 37, 90, 143, 5, 58, 111, 58, 111, 164, 161, 214, 11});
    CHECK(resize(pattern(40, 30), 3, 2, {.filter = Resampling::bicubic, .box = {}, .reducing_gap = 1.5}).pixels ==
          std::vector<std::uint8_t>{124, 121, 129, 126, 119, 129, 128, 124, 129, 130, 122, 135, 129, 124, 136, 130, 129, 132});
    CHECK(resize(pattern(40, 30), 3, 2,
                 {.filter = Resampling::bicubic, .box = PixelBox{2.5, 1, 38, 29.5}, .reducing_gap = 2.0}).pixels ==
          std::vector<std::uint8_t>{127, 122, 132, 126, 121, 129, 128, 125, 130, 130, 121, 132, 128, 124, 132, 131, 124, 130});
    const auto reduced = reduce(pattern(9, 7), 4, 3);
    CHECK(reduced.width == 3);
    CHECK(reduced.height == 3);
    CHECK(reduced.pixels == std::vector<std::uint8_t>{105, 115, 125, 139, 149, 117, 74,  127, 95,  108, 140, 150, 135, 103,
                                                      113, 93,  146, 199, 134, 59,  112, 25,  78,  131, 248, 45,  98});
    CHECK(reduce(pattern(9, 7), 1, 1).pixels == pattern(9, 7).pixels);
}

TEST_CASE("a box of the size asked for is cut out", "[resize]") {
    const auto picture = pattern(9, 7);
    for (const auto filter : filters) {
        const auto cut = resize(picture, 2, 3, {.filter = filter, .box = PixelBox{4, 1, 6, 4}, .reducing_gap = {}});
        for (int y = 0; y < 3; ++y)
            CHECK(std::equal(cut.pixels.begin() + y * 6, cut.pixels.begin() + (y + 1) * 6,
                             picture.pixels.begin() + ((y + 1) * 9 + 4) * 3));
    }
}

TEST_CASE("each pass agrees with a slow and obvious one", "[resize]") {
    const auto triangle = [](double x) { return 1 - std::abs(x); };
    const auto cubic = [](double x) {
        x = std::abs(x);
        return x < 1 ? 1.5 * x * x * x - 2.5 * x * x + 1 : -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2;
    };
    for (const int from : {1, 2, 3, 7, 16, 33, 100, 531})
        for (const int to : {1, 2, 5, 8, 31, 64, 257}) {
            if (from == to) continue;
            CAPTURE(from, to);
            const auto picture = pattern(from, 3);
            const auto close = [](const Image& a, const Image& b) {
                return std::equal(a.pixels.begin(), a.pixels.end(), b.pixels.begin(), b.pixels.end(),
                                  [](int x, int y) { return std::abs(x - y) <= 1; });
            };
            CHECK(close(resize(picture, to, 3, Resampling::bilinear), reference_rows(picture, to, 1, triangle)));
            CHECK(close(resize(picture, to, 3, Resampling::bicubic), reference_rows(picture, to, 2, cubic)));
            // Columns are weighted as rows are, in another loop: here not one bit may differ.
            for (const auto filter : filters)
                CHECK(resize(transposed(picture), 3, to, filter).pixels ==
                      transposed(resize(picture, to, 3, filter)).pixels);
        }
}

TEST_CASE("two passes are one after the other, in the order that Pillow chooses", "[resize]") {
    for (const auto filter : {Resampling::box, Resampling::bilinear, Resampling::hamming, Resampling::bicubic, Resampling::lanczos}) {
        CAPTURE(to_string(filter));
        const auto wide = pattern(90, 60);  // 60 columns and 40 rows are lost: rows first
        CHECK(resize(wide, 30, 20, filter).pixels == resize(resize(wide, 30, 60, filter), 30, 20, filter).pixels);
        const auto tall = pattern(40, 200);  // 10 columns and 180 rows are lost: columns first
        CHECK(resize(tall, 30, 20, filter).pixels == resize(resize(tall, 40, 20, filter), 30, 20, filter).pixels);
        const auto even = pattern(40, 60);  // 10 columns and 20 rows are lost: not more than twice as many
        CHECK(resize(even, 30, 40, filter).pixels == resize(resize(even, 30, 60, filter), 30, 40, filter).pixels);
    }
}

TEST_CASE("a picture of the size asked for is copied, whatever the filter", "[resize]") {
    const auto picture = pattern(7, 9);
    for (const auto filter : filters) CHECK(resize(picture, 7, 9, filter).pixels == picture.pixels);
}

TEST_CASE("a flat picture stays flat", "[resize]") {
    for (const auto filter : filters)
        for (const int level : {0, 1, 127, 254, 255}) {
            const Image flat{13, 11, std::vector<std::uint8_t>(13 * 11 * 3, static_cast<std::uint8_t>(level))};
            const auto image = resize(flat, 29, 5, filter);
            CHECK(std::all_of(image.pixels.begin(), image.pixels.end(), [&](int seen) { return seen == level; }));
        }
}

TEST_CASE("sizes that make no sense are refused", "[resize]") {
    const auto picture = pattern(4, 4);
    expect_error(ErrorCode::invalid_argument, {"0 x 5"}, [&] { (void)resize(picture, 0, 5, Resampling::box); });
    expect_error(ErrorCode::invalid_argument, {"5 x -1"}, [&] { (void)resize(picture, 5, -1, Resampling::box); });
    expect_error(ErrorCode::invalid_argument, {"65537 x 1"}, [&] { (void)resize(picture, 65'537, 1, Resampling::box); });
    expect_error(ErrorCode::limit, {"60000 x 60000", "64000000"},
                 [&] { (void)resize(picture, 60'000, 60'000, Resampling::nearest); });
    expect_error(ErrorCode::limit, {"2000 x 39999"},
                 [&] { (void)resize(pattern(1, 40'000), 2'000, 39'999, Resampling::bicubic); });
    expect_error(ErrorCode::invalid_argument, {"no such filter"},
                 [&] { (void)resize(picture, 2, 2, static_cast<Resampling>(99)); });

    const auto box = [&](double left, double top, double right, double bottom) {
        expect_error(ErrorCode::invalid_argument, {"box", "4 x 4"}, [&] {
            (void)resize(picture, 2, 2, {.filter = Resampling::box, .box = PixelBox{left, top, right, bottom}, .reducing_gap = {}});
        });
    };
    box(-0.5, 0, 4, 4);
    box(0, 0, 4.1, 4);
    box(3, 0, 2, 4);
    box(0, std::nan(""), 4, 4);
    box(0, 0, 4, std::numeric_limits<double>::infinity());
    for (const double gap : {0.9, -1.0, std::nan("")})
        expect_error(ErrorCode::invalid_argument, {"reducing_gap"},
                     [&] { (void)resize(picture, 2, 2, {.filter = Resampling::box, .box = {}, .reducing_gap = gap}); });
    expect_error(ErrorCode::invalid_argument, {"reduce", "0 x 1"}, [&] { (void)reduce(picture, 0, 1); });
    expect_error(ErrorCode::limit, {"reduce", "8388607"}, [&] { (void)reduce(picture, 5000, 5000); });

    expect_error(ErrorCode::invalid_argument, {"4 x 4", "47 bytes"},
                 [&] { (void)resize({4, 4, std::vector<std::uint8_t>(47)}, 2, 2, Resampling::box); });
    expect_error(ErrorCode::invalid_argument, {"0 x 0"}, [&] { (void)resize({}, 2, 2, Resampling::box); });
    expect_error(ErrorCode::invalid_argument, {"-1 x -1"},
                 [&] { (void)resize({-1, -1, std::vector<std::uint8_t>(3)}, 2, 2, Resampling::box); });
}
