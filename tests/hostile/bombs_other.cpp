#include "hostile/bombs.hpp"

using namespace std::string_literals;

namespace hostile {
namespace {

using make::Bytes;

Bytes bmp(std::uint32_t width, std::uint32_t height, std::uint32_t depth, std::uint32_t compression,
          std::uint32_t header = 40, std::uint32_t pixels_at = 54) {
    auto bytes = make::bmp(0, 0, "abcdefghijklmnop");
    bytes = overwritten(bytes, 10,
                        make::little_endian(pixels_at, 4) + make::little_endian(header, 4) +
                            make::little_endian(width, 4) + make::little_endian(height, 4));
    return overwritten(bytes, 28, make::little_endian(depth, 2) + make::little_endian(compression, 4));
}

void bmps(const Try& attempt) {
    for (const auto& size : absurd_sizes)
        for (const std::uint32_t depth : {1, 8, 24, 32})
            attempt("BMP of " + text(size) + ", " + std::to_string(depth) + " bits",
                    bmp(size.first, size.second, depth, 0, 40, depth <= 8 ? 58 : 54),
                    size.second == 0xFFFFFFFF ? Fate::either : Fate::refused);  // one row, from the top
    for (const std::uint32_t height : {0xFFFFFFFFU, 0xFFFF0000U, 0x80000001U, static_cast<std::uint32_t>(-8'000)})
        attempt("BMP of height " + std::to_string(static_cast<std::int32_t>(height)), bmp(8'000, height, 24, 0),
                Fate::refused);
    for (const std::uint32_t depth : {0, 2, 3, 5, 15, 16, 25, 48, 64, 65'535})
        attempt("BMP of " + std::to_string(depth) + " bits", bmp(1, 1, depth, 0), Fate::refused);
    for (const std::uint32_t compression : {1U, 2U, 4U, 5U, 6U, 11U, 12U, 13U, 0xFFFFFFFFU})
        attempt("BMP of compression " + std::to_string(compression), bmp(2, 2, compression == 2 ? 4 : 8, compression),
                Fate::refused);
    attempt("BMP with colour masks of zero", bmp(1, 1, 32, 3), Fate::refused);
    for (const std::uint32_t header : {12U, 16U, 52U, 56U, 64U, 0U, 41U, 0xFFFFFFFFU})
        attempt("BMP with a header of " + std::to_string(header) + " bytes", bmp(1, 1, 24, 0, header), Fate::refused);
    for (const std::uint32_t at : {0U, 13U, 54U, 57U, 2'000U, 0x7FFFFFFFU, 0xFFFFFFFFU})
        attempt("BMP whose pixels begin at " + std::to_string(at), bmp(4, 4, 8, 0, 40, at), Fate::refused);
}

void pnms(const Try& attempt) {
    for (const auto& size : absurd_sizes)
        for (const char kind : {'1', '2', '3', '4', '5', '6'})
            attempt("PNM P"s + kind + " of " + text(size),
                    "P"s + kind + " " + std::to_string(size.first) + " " + std::to_string(size.second) + " 255\nabc",
                    Fate::refused);
    for (const auto& header :
         {"1 1 0"s, "1 1 255"s, "1 1 65535"s, "1 1 65536"s, "1 1 99999999999999999999"s, "1 1"s, "1"s, ""s, "-1 -1 255"s, "1 x 255"s,
          "99999999999999999999 1 255"s, "1e9 1 255"s, "8000 8000 255"s, "1,1 255"s})
        attempt("PNM with the header '" + header + "'", "P6 " + header + "\n", Fate::refused);
    for (const char kind : {'1', '2', '3'}) {
        const auto start = "P"s + kind + " 1000 800 " + (kind == '1' ? "" : "255 ");
        attempt("PNM P"s + kind + " of blanks", start + Bytes(5'000'000, ' '), Fate::refused);
        attempt("PNM P"s + kind + " of comments", start + Bytes(5'000'000, '#'), Fate::refused);
        attempt("PNM P"s + kind + " of letters", start + Bytes(5'000'000, 'x'), Fate::refused);
    }
    attempt("PNM that is all comment", "P6\n#" + Bytes(1'000'000, 'c'), Fate::refused);
    attempt("PNM that is all spaces", "P6 " + Bytes(1'000'000, ' '), Fate::refused);
    attempt("PNM that is one number", "P6 " + Bytes(1'000'000, '1'), Fate::refused);
}

void gifs(const Try& attempt) {
    const auto palette = "abcdef"s, frame = make::gif_frame(0, 0, 1, 1, {1});
    for (const auto& [width, height] : {std::pair{65'535, 65'535}, {65'535, 1}, {1, 65'535}, {32'768, 1'953}, {8'000, 8'000}}) {
        const auto size = std::to_string(width) + " x " + std::to_string(height);
        attempt("GIF with a screen of " + size, make::gif(width, height, palette, frame), Fate::refused);
        attempt("GIF with a picture of " + size, make::gif(1, 1, palette, make::gif_frame(0, 0, width, height, {1})), Fate::refused);
        attempt("GIF with a picture at " + size, make::gif(1, 1, palette, make::gif_frame(width, height, 1, 1, {1})), Fate::refused);
        for (const bool interlaced : {false, true})
            attempt("GIF of " + size + " that ends early" + (interlaced ? ", interlaced" : ""),
                    make::gif(1, 1, palette, make::gif_frame(0, 0, width, height, std::vector<int>(30'000, 1), -1, interlaced)),
                    Fate::refused);
    }
    for (const auto& [width, height] : {std::pair{0, 1}, {1, 0}, {0, 0}})
        attempt("GIF with a picture of nothing", make::gif(2, 2, palette, make::gif_frame(0, 0, width, height, {1})), Fate::refused);
    const auto whole = make::gif(1, 1, palette, make::gif_frame(0, 0, 1, 1, {1}, 1));
    for (std::size_t length = 6; length + 3 < whole.size(); ++length)
        attempt("GIF of " + std::to_string(length) + " bytes", whole.substr(0, length), Fate::refused);
    for (const char bits : {'\0', '\x09', '\x0C', '\x1F', '\xFF'})
        attempt("GIF with codes of " + std::to_string(bits) + " bits", overwritten(whole, whole.size() - 6, Bytes(1, bits)), Fate::either);
    Bytes notes;
    for (int i = 0; i < 200'000; ++i) notes += "!\xFE\x01x\0"s;
    attempt("GIF of notes", make::gif(1, 1, palette, notes), Fate::refused);
    // A table emptied by each code; a screen that is drawn for nothing.
    Bytes clears;
    for (int i = 0; i < 4'000 * 85; ++i) clears += i % 85 == 0 ? "\xFF\x24\x49\x92" : "\x24\x49\x92";
    attempt("GIF of a million codes that empty the table",
            make::gif(1, 1, palette, ",\0\0\0\0\1\0\1\0\0\2"s + clears), Fate::refused);
    attempt("GIF of a picture that ends at once on a large screen",
            make::gif(8'000, 7'999, palette, "!\xFE"s + clears + "\0"s + make::gif_frame(0, 7'998, 1, 1, {})), Fate::refused);
    attempt("GIF of blocks without end", make::gif(1, 1, palette, "!\xFE"s + Bytes(1'000'000, '\xFF')), Fate::refused);
    attempt("GIF whose transparency is cut short", make::gif(1, 1, palette, "!\xF9\x01\x01\0"s + frame), Fate::refused);
    attempt("GIF of bytes between blocks", make::gif(1, 1, palette, Bytes(1'000'000, '?')), Fate::refused);
    attempt("GIF without a picture", make::gif(1, 1, palette, ""), Fate::refused);
}

void tgas(const Try& attempt) {
    for (const int type : {2, 3, 10, 11})
        for (const auto& [width, height] :
             {std::pair{65'535, 65'535}, {23'169, 23'169}, {8'000, 8'000}, {65'535, 1}, {2, 2}})
            for (const int depth : {8, 16, 24, 32}) {
                if ((type % 8 == 3) != (depth == 8)) continue;
                attempt("TGA of type " + std::to_string(type) + ", " + std::to_string(width) + " x " +
                            std::to_string(height) + ", " + std::to_string(depth) + " bits",
                        make::tga_header(type, width, height, depth), Fate::refused);
            }
    for (int type = 0; type < 40; ++type)
        if (type != 2 && type != 10)
            attempt("TGA of type " + std::to_string(type), make::tga_header(type, 2, 2, 24), Fate::refused);
    for (const int colours : {0, 257, 65'535}) {
        auto bytes = make::tga_header(1, 2, 2, 8) + Bytes(100, 'x');
        bytes = overwritten(bytes, 1, "\1"s);
        bytes = overwritten(bytes, 5, make::little_endian(static_cast<std::uint32_t>(colours), 2) + "\x18");
        attempt("TGA with a palette of " + std::to_string(colours), bytes, Fate::refused);
    }
    attempt("TGA whose note is longer than the file", overwritten(make::tga_header(2, 1, 1, 24) + "abc", 0, "\xFF"),
            Fate::refused);
    attempt("TGA from right to left", overwritten(make::tga_header(2, 1, 1, 24) + "abc", 17, "\x10"), Fate::refused);
    attempt("TGA packets that end early", make::tga_header(10, 8'000, 8'000, 24) + Bytes(900'000, '\xFF'),
            Fate::refused);
    attempt("TGA packets of one pixel that end early",
            make::tga_header(10, 8'000, 8'000, 24) + Bytes(9'000'000, '\x80'), Fate::refused);
}

Bytes psd(std::uint32_t channels, std::uint32_t height, std::uint32_t width, std::uint32_t depth, std::uint32_t mode,
          std::uint32_t version = 1, std::uint32_t section = 0) {
    return "8BPS"s + make::big_endian(version, 2) + Bytes(6, '\0') + make::big_endian(channels, 2) +
           make::big_endian(height, 4) + make::big_endian(width, 4) + make::big_endian(depth, 2) +
           make::big_endian(mode, 2) + make::big_endian(section, 4) + Bytes(8, '\0');
}

void psds(const Try& attempt) {
    for (const auto& size : absurd_sizes)
        attempt("PSD of " + text(size), psd(3, size.second, size.first, 8, 3) + Bytes(20, '\0'), Fate::refused);
    for (const std::uint32_t channels : {0, 1, 2, 4, 56, 65'535})
        attempt("PSD of " + std::to_string(channels) + " channels", psd(channels, 1, 1, 8, 3) + Bytes(20, '\0'),
                Fate::refused);
    for (const std::uint32_t depth : {0, 1, 16, 32})
        attempt("PSD of " + std::to_string(depth) + " bits", psd(3, 1, 1, depth, 3) + Bytes(20, '\0'), Fate::refused);
    for (const std::uint32_t mode : {0, 1, 2, 4, 7, 9, 65'535})
        attempt("PSD of mode " + std::to_string(mode), psd(3, 1, 1, 8, mode) + Bytes(20, '\0'), Fate::refused);
    attempt("PSD of version 2", psd(3, 1, 1, 8, 3, 2) + Bytes(20, '\0'), Fate::refused);
    for (const std::uint32_t section : {9U, 1'000U, 0x7FFFFFFFU, 0xFFFFFFFFU})
        attempt("PSD with a section of " + std::to_string(section), psd(3, 1, 1, 8, 3, 1, section) + Bytes(5, '\0'),
                Fate::refused);
    const auto whole = psd(3, 4, 4, 8, 3);
    for (std::size_t length = 4; length < whole.size(); length += 3)
        attempt("PSD of " + std::to_string(length) + " bytes", whole.substr(0, length), Fate::refused);
    for (const std::uint32_t compression : {0U, 1U, 2U, 3U, 65'535U}) {
        attempt("PSD of compression " + std::to_string(compression) + " without pixels",
                whole + make::big_endian(compression, 2), Fate::refused);
        attempt("PSD of 8000 x 8000 and compression " + std::to_string(compression),
                psd(3, 8'000, 8'000, 8, 3) + make::big_endian(compression, 2) + Bytes(1'100'000, '\x81'),
                Fate::refused);
    }
    attempt("PSD with runs beyond a plane", whole + make::big_endian(1, 2) + Bytes(24, '\0') + Bytes(40, '\x81'),
            Fate::refused);
    attempt("PSD with packets that do nothing", whole + make::big_endian(1, 2) + Bytes(1'000'000, '\x80'),
            Fate::refused);
}

/// Beginnings of other kinds, each followed by what could be anything.
void kinds(const Try& attempt) {
    for (const auto& start : {"GIF87a\x01\0\x01\0"s,
                              "GIF89a\xFF\xFF\xFF\xFF"s,
                              "II*\0\x08\0\0\0"s,
                              "MM\0*\0\0\0\x08"s,
                              "II+\0\x08\0\0\0"s,
                              "MM\0+\0\x08\0\0"s,
                              "\0\0\0\x20"s
                              "ftypavif"s,
                              "\0\0\0\x20"s
                              "ftypavis"s,
                              "\0\0\0\x18"s
                              "ftypheic"s,
                              "\0\0\0\x18"s
                              "ftypheix"s,
                              "\0\0\0\x18"s
                              "ftyphevc"s,
                              "\0\0\0\x18"s
                              "ftypmif1"s,
                              "\0\0\0\x18"s
                              "ftypmsf1"s,
                              "\0\0\0\x18"s
                              "ftypisom"s,
                              "\0\0\0\x0CjP  \r\n\x87\n"s,
                              "\xFF\x4F\xFF\x51"s,
                              "\0\0\0\x0CJXL \r\n\x87\n"s,
                              "\xFF\x0A"s,
                              "\0\0\x01\0\x01\0"s,
                              "\0\0\x02\0\x01\0"s,
                              "#?RADIANCE\n"s,
                              "#?RGBE\n"s,
                              "\x76\x2F\x31\x01"s,
                              "qoif"s,
                              "DDS "s,
                              "%PDF-1.7"s,
                              "<svg xmlns="s,
                              "<?xml version="s,
                              "\x1F\x8B\x08"s,
                              "P1 1 1 2"s,
                              "P2 1 1 "s,
                              "P3 1 1 "s,
                              "P4 1 0 "s,
                              "P7\nWIDTH 1\n"s,
                              "PF 1 1 "s,
                              "RIFF\x24\0\0\0WAVE"s,
                              "RIFF\x24\0\0\0AVI "s,
                              "\x7F"
                              "ELF"s,
                              "PK\x03\x04"s,
                              "\x8BJNG\r\n\x1A\n"s,
                              "\x8AMNG\r\n\x1A\n"s,
                              "<html>"s,
                              "hello"s,
                              "\0"s,
                              "\xFF"s,
                              "\xFF\xD8"s,
                              "\x89PNG"s,
                              "BM"s,
                              "8BP"s,
                              "RIFF"s,
                              ""s})
        for (const std::size_t more : {std::size_t{0}, std::size_t{100'000}}) {
            if (more > 0 && start.size() < 2) continue;
            attempt("bytes that begin like '" + start + "'", start + Bytes(more, 'x'), Fate::refused);
        }
}

}  // namespace

void other_bombs(const Try& attempt) {
    bmps(attempt);
    gifs(attempt);
    pnms(attempt);
    tgas(attempt);
    psds(attempt);
    kinds(attempt);
}

}  // namespace hostile
