// The checks before a decoder is let loose: with a limit of one pixel nearly all of the time is spent in them.
#include "fuzz/pictures.hpp"

using namespace std::string_literals;

std::vector<fuzz::Bytes> fuzz::seeds() {
    return {make::jpeg(19, 11),
            make::jpeg(16, 16, {.channels = 1, .many_scans = true}),
            make::png(3, 2, 8, 2, {"abcdefghi"s, "jklmnopqr"s}, make::png_chunk("eXIf", make::exif(3))),
            make::webp_file(make::webp_picture(19, 11, false)),
            make::webp_file(make::webp_chunk("VP8X", make::webp_canvas(19, 11, 2)) + make::webp_picture(19, 11, true)),
            make::bmp(2, -2, "abcdef\0\0ghijkl\0\0"s),
            "P6\n2 2\n255\nabcdefghijkl"s,
            make::tga_header(10, 4, 2, 24) +
                "\x83"
                "abc",
            "8BPS"s + make::big_endian(1, 2) + Bytes(6, '\0') + make::big_endian(3, 2) + make::big_endian(1, 4) +
                make::big_endian(2, 4) + make::big_endian(8, 2) + make::big_endian(3, 2) + Bytes(14, '\0'),
            make::gif(1, 1, "abcdef", make::gif_frame(0, 0, 1, 1, {1}, 0)),
            "II*\0\x08\0\0\0"s};
}

std::vector<fuzz::Bytes> fuzz::tokens() {
    return {"\xFF\xD8\xFF", "\x89PNG\r\n\x1A\n",
            "IHDR",         "IEND",
            "RIFF",         "WEBP",
            "VP8X",         "ANMF",
            "BM",           "P5",
            "P6",           "P7",
            "8BPS",         "GIF89a",
            "II*\0"s,       "ftypavif",
            "ftypheic",     "Exif\0\0"s,
            "MM\0*"s,       "\xFF\xDA",
            "\xFF\xC0"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::Bytes bytes(reinterpret_cast<const char*>(data), size);
    const sextant::ImageLimits limits{.max_pixels = 1, .max_jpeg_scans = 5, .max_png_chunks = 5};
    fuzz::decode(bytes, {.limits = limits});
    fuzz::decode(bytes, {.limits = limits, .jpeg_scale = 8, .apply_orientation = true});
    return 0;
}
