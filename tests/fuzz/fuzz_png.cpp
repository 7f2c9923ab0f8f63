#include "fuzz/pictures.hpp"

using namespace std::string_literals;

namespace {

std::size_t big_endian(const fuzz::Bytes& bytes, std::size_t at) {
    std::size_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
    return value;
}

/// With sound checksums, as far as the chunks go: what is behind them would hardly ever be reached otherwise.
fuzz::Bytes repaired(fuzz::Bytes bytes) {
    for (std::size_t at = 8; at + 12 <= bytes.size();) {
        const std::size_t length = big_endian(bytes, at);
        if (length > bytes.size() - at - 12) break;
        bytes.replace(at, length + 12, make::png_chunk(bytes.substr(at + 4, 4), bytes.substr(at + 8, length)));
        at += length + 12;
    }
    return bytes;
}

}  // namespace

std::vector<fuzz::Bytes> fuzz::seeds() {
    std::vector<Bytes> pictures;
    const auto palette = make::png_chunk("PLTE", "abcdefghijkl") + make::png_chunk("tRNS", "\1\2\3");
    for (const auto& [colour, depth] : {std::pair{0, 1},
                                        {0, 2},
                                        {0, 4},
                                        {0, 8},
                                        {0, 16},
                                        {2, 8},
                                        {2, 16},
                                        {3, 1},
                                        {3, 2},
                                        {3, 4},
                                        {3, 8},
                                        {4, 8},
                                        {4, 16},
                                        {6, 8},
                                        {6, 16}}) {
        const int channels = colour == 2 ? 3 : colour == 4 ? 2 : colour == 6 ? 4 : 1;
        const Bytes row(static_cast<std::size_t>((3 * channels * depth + 7) / 8), '\x12');
        pictures.push_back(make::png(3, 2, depth, colour, {row, row},
                                     colour == 3 ? palette : make::png_chunk("gAMA", "\0\0\xB1\x8F"s)));
    }
    const auto header = make::big_endian(3, 4) + make::big_endian(2, 4) + "\x08\x00\x00\x00\x01"s;
    pictures.push_back(pictures[3].substr(0, 8) + make::png_chunk("IHDR", header) + make::png_chunk("tRNS", "\0\x12"s) +
                       make::png_chunk("eXIf", make::exif(6)) +
                       make::png_chunk("IDAT", make::stored("\0a\0b\0cd\0efg"s)) + make::png_chunk("IEND", ""));
    pictures.push_back(make::png_start(40, 40, 8, 0) + make::png_chunk("IDAT", make::deflated_zeros(41 * 40)) +
                       make::png_chunk("IEND", ""));
    return pictures;
}

std::vector<fuzz::Bytes> fuzz::tokens() {
    std::vector<Bytes> chunks;
    for (const auto* name : {"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "tEXt", "zTXt",
                             "iTXt", "bKGD", "pHYs", "sBIT", "sPLT", "hIST", "tIME", "eXIf", "acTL", "fcTL", "fdAT"}) {
        chunks.emplace_back(name);
        chunks.push_back(make::png_chunk(name, "abcdef"));
    }
    return chunks;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::Bytes bytes(reinterpret_cast<const char*>(data), size);
    fuzz::decode(bytes);
    fuzz::decode(repaired(bytes));
    return 0;
}
