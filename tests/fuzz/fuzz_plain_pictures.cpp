// BMP, TGA and PSD, which stb_image decodes, GIF and PNM.
#include "fuzz/pictures.hpp"

using namespace std::string_literals;

std::vector<fuzz::Bytes> fuzz::seeds() {
    auto indexed = make::bmp(4, 1, "");
    indexed.replace(10, 4, make::little_endian(54 + 8, 4));
    indexed.replace(28, 2, make::little_endian(8, 2));
    auto mapped = make::tga_header(9, 4, 2, 8) + "abcdef\x83\0\x03\1\0\1\0"s;
    mapped.replace(1, 1, "\1"s);
    mapped.replace(5, 3, "\2\0\x18"s);
    const Bytes psd = "8BPS"s + make::big_endian(1, 2) + Bytes(6, '\0') + make::big_endian(3, 2) +
                      make::big_endian(1, 4) + make::big_endian(2, 4) + make::big_endian(8, 2) +
                      make::big_endian(3, 2) + Bytes(12, '\0');
    return {make::bmp(2, 2, "abcdef\0\0ghijkl\0\0"s),
            make::bmp(2, -2, "abcdef\0\0ghijkl\0\0"s),
            indexed + "\1\2\3\0\4\5\6\0\0\1\1\0"s,
            "P6\n2 2\n255\nabcdefghijkl"s,
            "P5\n# note\n2 2 255\nabcd"s,
            "P5 1 2 1023\n\1\2\3\4"s,
            "P4 9 2\nabcd"s,
            "P1 3 2\n011 # note\n0 0 1"s,
            "P2 2 2 100 1 2 3 100 "s,
            "P3 1 2 999 1 2 3 4 5 999"s,
            make::gif(4, 2, "abcdefghijkl", make::gif_frame(0, 0, 4, 2, {0, 1, 2, 3, 3, 2, 1, 0})),
            make::gif(5, 9, "abcdef", make::gif_frame(1, 1, 2, 5, {0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, 1, true)),
            make::gif(1, 1, "", make::gif_frame(0, 0, 2, 1, {3, 0}) + make::gif_frame(0, 0, 1, 1, {1})),
            make::tga_header(2, 2, 1, 32) + "abcdefgh",
            make::tga_header(3, 2, 2, 8) + "abcd",
            make::tga_header(10, 4, 2, 24) +
                "\x83"
                "abc"
                "\x03"
                "defghijklmno",
            mapped,
            psd + make::big_endian(0, 2) + "abcdef",
            psd + make::big_endian(1, 2) + "\0\3\0\3\0\3"s + "\1ab\1cd\xFFz"s};
}

std::vector<fuzz::Bytes> fuzz::tokens() {
    return {"GIF89a", "!\xF9\x04"s, ",", "P1", "P2", "P3", "P4", "BM", "P5", "P6", "8BPS", "255", " ", "\n", "#", "\xFF\xFF", "TRUEVISION-XFILE.\0"s};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::decode({reinterpret_cast<const char*>(data), size});
    return 0;
}
