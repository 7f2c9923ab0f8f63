// Arrays of a program's own become pictures: orders, strides, floats, and what is refused.
#include <sextant/preprocess/pixels.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace sextant;

namespace {

using Bytes = std::vector<std::uint8_t>;

PixelLayout layout(int width, int height, PixelOrder order = PixelOrder::rgb) {
    PixelLayout made;
    made.width = width;
    made.height = height;
    made.order = order;
    return made;
}

}  // namespace

TEST_CASE("each order of channels becomes RGB", "[pixels]") {
    CHECK(to_image(Bytes{1, 2, 3, 4, 5, 6}, layout(2, 1)).pixels == Bytes{1, 2, 3, 4, 5, 6});
    CHECK(to_image(Bytes{1, 2, 3, 4, 5, 6}, layout(2, 1, PixelOrder::bgr)).pixels == Bytes{3, 2, 1, 6, 5, 4});
    CHECK(to_image(Bytes{1, 2, 3, 9, 4, 5, 6, 9}, layout(1, 2, PixelOrder::rgba)).pixels == Bytes{1, 2, 3, 4, 5, 6});
    CHECK(to_image(Bytes{1, 2, 3, 0, 4, 5, 6, 0}, layout(2, 1, PixelOrder::bgra)).pixels == Bytes{3, 2, 1, 6, 5, 4});
    const auto grey = to_image(Bytes{7, 8}, layout(1, 2, PixelOrder::grey));
    CHECK(grey.pixels == Bytes{7, 7, 7, 8, 8, 8});
    CHECK(grey.width == 1);
    CHECK(grey.height == 2);
}

TEST_CASE("strides skip padding, cut out parts and read planes", "[pixels]") {
    SECTION("rows with padding, of which the last may lack it") {
        auto padded = layout(1, 2);
        padded.row_stride = 4;
        CHECK(to_image(Bytes{1, 2, 3, 99, 4, 5, 6}, padded).pixels == Bytes{1, 2, 3, 4, 5, 6});
    }
    SECTION("every other pixel") {
        auto sparse = layout(2, 1);
        sparse.pixel_stride = 6;
        CHECK(to_image(Bytes{1, 2, 3, 0, 0, 0, 4, 5, 6}, sparse).pixels == Bytes{1, 2, 3, 4, 5, 6});
    }
    SECTION("one plane per channel") {
        auto planar = layout(2, 1);
        planar.pixel_stride = 1;
        planar.row_stride = 2;
        planar.channel_stride = 2;
        CHECK(to_image(Bytes{1, 4, 2, 5, 3, 6}, planar).pixels == Bytes{1, 2, 3, 4, 5, 6});
    }
}

TEST_CASE("floats are rounded to the nearest level", "[pixels]") {
    const std::vector<float> units{0.0F, 1.0F, 0.5F, 127.4F / 255, 127.6F / 255, 1.001F};
    CHECK(to_image(units, layout(2, 1), 1.0F).pixels == Bytes{0, 255, 128, 127, 128, 255});
    CHECK(to_image(std::vector<float>{0.0F, 254.6F, 12.0F}, layout(1, 1), 255.0F).pixels == Bytes{0, 255, 12});
    CHECK(to_image(std::vector<float>{65535.0F}, layout(1, 1, PixelOrder::grey), 65535.0F).pixels == Bytes{255, 255, 255});

    SECTION("every level survives the way to floats and back") {
        std::vector<float> levels;
        for (int level = 0; level < 256; ++level) levels.push_back(static_cast<float>(level) / 255.0F);
        const auto image = to_image(levels, layout(256, 1, PixelOrder::grey), 1.0F);
        for (std::size_t level = 0; level < 256; ++level) CHECK(image.pixels[level * 3] == level);
    }
}

TEST_CASE("arrays that cannot be pictures are refused", "[pixels]") {
    const Bytes six(6);
    const auto refused = [&](std::initializer_list<std::string> parts, const PixelLayout& wrong) {
        expect_error(ErrorCode::invalid_argument, parts, [&] { (void)to_image(six, wrong); });
    };
    refused({"6 values", "3 x 1"}, layout(3, 1));
    refused({"0 x 2"}, layout(0, 2));
    refused({"-1 x 2"}, layout(-1, 2));
    refused({"no such order"}, layout(1, 1, static_cast<PixelOrder>(9)));
    auto wrong = layout(2, 1);
    wrong.pixel_stride = -3;
    refused({"stride is negative"}, wrong);
    wrong.pixel_stride = std::numeric_limits<std::int64_t>::max();
    refused({"too small"}, wrong);
    wrong = layout(1, 2);
    wrong.row_stride = std::numeric_limits<std::int64_t>::max() / 2 + 2;
    refused({"too small"}, wrong);
    wrong.row_stride = 4;
    refused({"6 values", "strides of 4, 3 and 1"}, wrong);
    expect_error(ErrorCode::limit, {"100000 x 100000"}, [&] { (void)to_image(six, layout(100'000, 100'000)); });

    const auto refused_float = [](float value, const std::string& part) {
        expect_error(ErrorCode::invalid_argument, {part, "row 1, column 0"}, [&] {
            (void)to_image(std::vector<float>{0, 0, value, 0}, layout(2, 2, PixelOrder::grey), 1.0F);
        });
    };
    refused_float(1.5F, "1.5");
    refused_float(-0.1F, "-0.1");
    refused_float(std::nanf(""), "nan");
    refused_float(std::numeric_limits<float>::infinity(), "inf");
    expect_error(ErrorCode::invalid_argument, {"white"}, [] { (void)to_image(std::vector<float>(3), layout(1, 1), 0.0F); });
}
