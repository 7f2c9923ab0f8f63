#include <algorithm>

#include "hostile/bombs.hpp"

using namespace std::string_literals;

namespace hostile {
namespace {

using make::Bytes;

const std::vector<std::pair<int, int>> forms{{0, 1}, {0, 2}, {0, 4}, {0, 8}, {0, 16}, {2, 8}, {2, 16}, {3, 1},
                                             {3, 2}, {3, 4}, {3, 8}, {4, 8}, {4, 16}, {6, 8}, {6, 16}};

const Bytes end = make::png_chunk("IEND", "");

Bytes pixels(const Bytes& raw) { return make::png_chunk("IDAT", make::stored(raw)); }

std::string form(int colour, int depth) {
    return "colour type " + std::to_string(colour) + ", depth " + std::to_string(depth);
}

void sizes(const Try& attempt) {
    for (const auto& [colour, depth] : forms) {
        for (const auto& size : absurd_sizes)
            attempt("PNG of " + text(size) + ", " + form(colour, depth),
                    make::png_start(size.first, size.second, depth, colour) + pixels("abc") + end, Fate::refused);
        attempt("PNG of 8000 x 8000 and no data, " + form(colour, depth),
                make::png_start(8'000, 8'000, depth, colour) + pixels("abc") + end, Fate::refused);
    }
    for (const char interlaced : {'\0', '\1'}) {
        auto header = make::big_endian(8'000, 4) + make::big_endian(8'000, 4) + "\x08\x02\0\0"s + interlaced;
        const auto start = make::png_start(1, 1, 8, 2).substr(0, 8) + make::png_chunk("IHDR", header);
        attempt("PNG of 8000 x 8000 and noise"s + (interlaced != 0 ? ", interlaced" : ""),
                start + make::png_chunk("IDAT", "\x78\x01"s + Bytes(200'000, '\x55')) + end, Fate::refused);
        attempt("PNG of 8000 x 8000 and 3000 rows too few bytes"s + (interlaced != 0 ? ", interlaced" : ""),
                start + make::png_chunk("IDAT", "\x78\x01"s) + make::png_chunk("IDAT", Bytes(200'000, '\xFF')) + end,
                Fate::refused);
    }
}

void headers(const Try& attempt) {
    for (int colour = 0; colour < 8; ++colour)
        for (const int depth : {0, 1, 2, 3, 4, 8, 16, 32, 255}) {
            if (std::find(forms.begin(), forms.end(), std::pair{colour, depth}) != forms.end()) continue;
            attempt("PNG of " + form(colour, depth), make::png(1, 1, depth, colour, {"abcdefgh"}), Fate::refused);
        }
    const Bytes signature = make::png_start(1, 1, 8, 0).substr(0, 8);
    for (const auto& tail : {"\1\0\0"s, "\0\1\0"s, "\0\0\2"s, "\xFF\xFF\xFF"s})
        attempt("PNG with an unknown method",
                signature +
                    make::png_chunk("IHDR", make::big_endian(1, 4) + make::big_endian(1, 4) + "\x08\0"s + tail) +
                    pixels("\0a"s) + end,
                Fate::refused);
    attempt("PNG whose header is short", signature + make::png_chunk("IHDR", "abc") + pixels("\0a"s) + end,
            Fate::refused);
    attempt("PNG without a header", signature + pixels("\0a"s) + end, Fate::refused);
    attempt("PNG with a header only", signature, Fate::refused);
}

/// The chunks of a sound file with a palette: cut, of wrong length, of wrong checksum.
void chunks(const Try& attempt) {
    const auto notes = make::png_chunk("gAMA", make::big_endian(45'455, 4)) + make::png_chunk("PLTE", "abcdefghijkl") +
                       make::png_chunk("tRNS", "\1\2") + make::png_chunk("tEXt", "a\0b"s);
    const auto bytes = make::png(4, 2, 2, 3, {"\x1B"s, "\x2C"s}, notes);
    for (std::size_t at = 8; at < bytes.size();) {
        std::uint32_t length = 0;
        for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<std::uint8_t>(bytes[at + i]);
        const auto name = bytes.substr(at + 4, 4);
        for (const std::size_t more : {0, 3, 6, 9})
            if (at + more < bytes.size())
                attempt("PNG cut " + std::to_string(more) + " bytes into " + name, bytes.substr(0, at + more),
                        Fate::refused);
        for (const std::uint32_t wrong : {length + 1, length - 1, length + 12, 0x7FFFFFFFU, 0x80000000U, 0xFFFFFFFFU})
            attempt("PNG whose " + name + " claims " + std::to_string(wrong) + " bytes",
                    overwritten(bytes, at, make::big_endian(wrong, 4)), Fate::refused);
        auto damaged = bytes;
        damaged[at + 8 + length] = static_cast<char>(damaged[at + 8 + length] ^ 1);
        attempt("PNG whose " + name + " has a wrong checksum", damaged, Fate::refused);
        at += 12 + length;
    }
}

void orders(const Try& attempt) {
    const auto start = make::png_start(1, 1, 8, 0), data = pixels("\0a"s);
    const auto mapped = make::png_start(1, 1, 8, 3);
    const auto palette = make::png_chunk("PLTE", "abc");
    attempt("PNG without pixels", start + end, Fate::refused);
    attempt("PNG without a palette", mapped + data + end, Fate::refused);
    attempt("PNG with an empty palette", mapped + make::png_chunk("PLTE", "") + data + end, Fate::refused);
    attempt("PNG with a palette of 257", mapped + make::png_chunk("PLTE", Bytes(771, 'p')) + data + end, Fate::refused);
    attempt("PNG with a palette of 4 bytes", mapped + make::png_chunk("PLTE", "abcd") + data + end, Fate::refused);
    attempt("PNG with its palette last", mapped + data + palette + end, Fate::refused);
    attempt("PNG with two headers", start + start.substr(8) + data + end, Fate::refused);
    attempt("PNG with a critical chunk that no one knows", start + make::png_chunk("ABCD", "x") + data + end,
            Fate::refused);
    attempt("PNG with an index beyond its palette", mapped + palette + pixels("\0\x07"s) + end, Fate::either);
    for (int filter = 5; filter < 256; filter += 50)
        attempt("PNG with filter " + std::to_string(filter),
                start + pixels(Bytes(1, static_cast<char>(filter)) + "a") + end, Fate::refused);
    attempt("PNG of a row too few", make::png_start(1, 2, 8, 0) + data + end, Fate::refused);
    for (const auto& stream : {""s, "\x78"s, "\x78\x01"s, "\x79\x01"s, "\x78\x01\x07"s, "\x78\x01\x01\x02\x00\x00\x00"s,
                               "\x78\x01\x63\x00\x02\x00"s, "\x78\xBB\x01\x02\x03\x04"s, "\x18\x19\x03\x00"s})
        attempt("PNG with a broken stream", start + make::png_chunk("IDAT", stream) + end, Fate::refused);
    auto wrong_sum = make::stored("\0a"s);
    wrong_sum.back() = static_cast<char>(wrong_sum.back() ^ 1);
    attempt("PNG with a wrong Adler sum", start + make::png_chunk("IDAT", wrong_sum) + end, Fate::either);
}

void compressed(const Try& attempt) {
    const auto start = make::png_start(1, 1, 8, 0), data = pixels("\0a"s);
    const auto zeros = make::deflated_zeros(300'000'000);
    attempt("PNG with a profile that unpacks to 300 MB", start + make::png_chunk("iCCP", "p\0\0"s + zeros) + data + end,
            Fate::either);
    attempt("PNG with a text that unpacks to 300 MB", start + make::png_chunk("zTXt", "t\0\0"s + zeros) + data + end,
            Fate::either);
    attempt("PNG with a note that unpacks to 300 MB",
            start + make::png_chunk("iTXt", "t\0\1\0\0\0"s + zeros) + data + end, Fate::either);
    attempt("PNG of one pixel that unpacks to 300 MB", start + make::png_chunk("IDAT", zeros) + end, Fate::either);
    attempt("PNG of 256 x 32768 that ends after 300 KB of 8 MB",
            make::png_start(256, 32'768, 8, 0) + make::png_chunk("IDAT", make::deflated_zeros(300'000)) + end,
            Fate::refused);
}

void many(const Try& attempt) {
    const auto start = make::png_start(1, 1, 8, 0), data = pixels("\0a"s);
    for (const auto& name : {"tEXt", "zTXt", "iCCP", "tIME", "eXIf", "abCd", "IDAT"})
        for (const int count : {1'001, 100'000}) {
            const auto chunk = make::png_chunk(name, "");
            Bytes chunks;
            for (int i = 0; i < count; ++i) chunks += chunk;
            attempt("PNG with " + std::to_string(count) + " empty chunks " + name, start + chunks + data + end,
                    Fate::refused);
        }
    Bytes chunks;
    for (int i = 0; i < 1'000'000; ++i) chunks += make::png_chunk("tEXt", "a\0"s);
    attempt("PNG with a million texts", start + chunks + data + end, Fate::refused);
}

}  // namespace

void png_bombs(const Try& attempt) {
    sizes(attempt);
    headers(attempt);
    chunks(attempt);
    orders(attempt);
    compressed(attempt);
    many(attempt);
}

}  // namespace hostile
