// Which forms of BMP, TGA and PSD reach stb_image: those where it agrees with Pillow in every byte and cannot read
// memory that it never wrote. The others are refused by name. tests/parity/parity_decode.py compares them all.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "media/decode.hpp"

namespace sextant::media {
namespace {

[[noreturn]] void refuse(const Source& source, const std::string& form) {
    throw source.error(ErrorCode::unsupported, form + " is not read: save it as PNG");
}

/// stb looks every index up in a table of 256 colours, of which it filled only those that the file has.
void check_bmp_indices(const Source& source, std::uint32_t pixels_at, std::uint32_t depth, std::uint32_t colours) {
    const std::size_t width = field(source, 18, 4);
    const auto height =
        static_cast<std::size_t>(std::abs(static_cast<std::int64_t>(static_cast<std::int32_t>(field(source, 22, 4)))));
    source.check_size(width, height);
    const std::size_t stride = (width * depth + 31) / 32 * 4;
    source.check_length(pixels_at + stride * height, width, height);
    const std::uint32_t mask = (1U << depth) - 1;
    for (std::size_t y = 0; y < height; ++y) {
        const std::uint8_t* row = source.data() + pixels_at + y * stride;
        for (std::size_t x = 0; x < width; ++x) {
            const std::size_t bit = x * depth;
            if ((row[bit / 8] >> (8 - depth - bit % 8) & mask) >= colours)
                throw source.damaged("a pixel in row " + std::to_string(y) + " has a colour beyond the " +
                                     std::to_string(colours) + " of the palette");
        }
    }
}

void check_bmp(const Source& source) {
    const auto pixels_at = field(source, 10, 4), header = field(source, 14, 4);
    const auto depth = field(source, 28, 2), compression = field(source, 30, 4);
    if (header != 40 && header != 108 && header != 124)
        refuse(source, "a BMP file with a header of " + std::to_string(header) + " bytes");
    if (compression == 1 || compression == 2) refuse(source, "a run-length coded BMP file");
    if (compression != 0 && compression != 3)
        refuse(source, "a BMP file with compression " + std::to_string(compression));
    if (depth != 1 && depth != 4 && depth != 8 && depth != 24 && depth != 32)
        refuse(source, "a BMP file with " + std::to_string(depth) + " bits per pixel");
    if (compression == 3 && (depth != 32 || field(source, 54, 4) != 0xFF0000 || field(source, 58, 4) != 0xFF00 ||
                             field(source, 62, 4) != 0xFF))
        refuse(source, "a BMP file with unusual colour masks");
    if (depth > 8) {
        const std::uint64_t width = field(source, 18, 4);
        const auto height = static_cast<std::uint64_t>(
            std::abs(static_cast<std::int64_t>(static_cast<std::int32_t>(field(source, 22, 4)))));
        source.check_size(width, height);
        source.check_length(pixels_at + (width * depth + 31) / 32 * 4 * height, width, height);
        return;
    }
    if (pixels_at < 14 + header + 4 || pixels_at > 14 + header + 4 * 256 + 3)
        throw source.damaged("its pixels begin at byte " + std::to_string(pixels_at) +
                             ", which leaves no room for a palette of 1 to 256 colours");
    check_bmp_indices(source, pixels_at, depth, (pixels_at - 14 - header) / 4);
}

/// What a run-length coded picture is made of: packets of a count byte, and of one pixel or as many as it counts.
struct Packet {
    std::size_t bytes;  ///< that follow the count
    std::size_t pixels;
};

/// Walks packets from byte `at` until they make up `pixels`, which costs little, and says where they end. stb would
/// fill what is missing with zeros, after it took memory for all.
template <typename ReadPacket>
std::size_t check_packets(const Source& source, std::size_t at, std::uint64_t pixels, ReadPacket read_packet) {
    while (pixels > 0) {
        if (at >= source.size())
            throw source.error(ErrorCode::corrupt, "the " + std::string(source.kind) +
                                                       " file is truncated: it ends at byte " +
                                                       std::to_string(source.size()) + ", before its last pixel");
        const Packet packet = read_packet(source.data()[at]);
        at += 1 + packet.bytes;
        pixels -= std::min<std::uint64_t>(pixels, packet.pixels);
    }
    if (at > source.size())
        throw source.error(ErrorCode::corrupt, "the " + std::string(source.kind) +
                                                   " file is truncated: it ends at byte " +
                                                   std::to_string(source.size()) + ", within its last pixels");
    return at;
}

void check_tga(const Source& source) {
    const auto type = field(source, 2, 1), first = field(source, 3, 2), colours = field(source, 5, 2),
               map_depth = field(source, 7, 1), depth = field(source, 16, 1), order = field(source, 17, 1);
    if (depth == 15 || map_depth == 15) refuse(source, "a TGA file with colours of 15 bits");
    if ((order & 0x10) != 0) refuse(source, "a TGA file written from right to left");
    const bool mapped = type == 1 || type == 9;
    if (mapped && (first != 0 || colours < 1 || colours > 256)) refuse(source, "a TGA file with an unusual palette");

    const std::uint64_t width = field(source, 12, 2), height = field(source, 14, 2);
    source.check_size(width, height);
    const std::size_t pixel_bytes = depth / 8;
    const std::size_t pixels_at = 18 + field(source, 0, 1) + (mapped ? colours * ((map_depth + 7) / 8) : 0);
    if (type < 8)
        source.check_length(pixels_at + width * height * pixel_bytes, width, height);
    else
        check_packets(source, pixels_at, width * height, [pixel_bytes](std::uint8_t count) {
            const std::size_t pixels = (count & 0x7FU) + 1;
            return Packet{(count & 0x80) != 0 ? pixel_bytes : pixels * pixel_bytes, pixels};
        });
}

/// Three planes, one after the other; stb trusts the packets and not the table of their lengths.
void check_psd(const Source& source) {
    const auto big_endian = [&](std::size_t at, std::size_t bytes) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | field(source, at + i, 1);
        return value;
    };
    const auto channels = big_endian(12, 2), depth = big_endian(22, 2), mode = big_endian(24, 2);
    if (channels != 3 || depth != 8 || mode != 3)
        refuse(source, "a PSD file with " + std::to_string(channels) + " channels of " + std::to_string(depth) +
                           " bits in colour mode " + std::to_string(mode) + " (and not plain RGB of 8 bits)");
    const std::uint64_t height = big_endian(14, 4), width = big_endian(18, 4);
    source.check_size(width, height);
    std::uint64_t at = 26;
    for (int section = 0; section < 3; ++section) {
        at += 4 + std::uint64_t{at < source.size() ? big_endian(static_cast<std::size_t>(at), 4) : 0};
        source.check_length(at + 2, width, height);
    }
    const auto compression = big_endian(static_cast<std::size_t>(at), 2);
    at += 2;
    if (compression > 1) refuse(source, "a PSD file with compression " + std::to_string(compression));
    if (compression == 0) return source.check_length(at + 3 * width * height, width, height);
    auto packets = static_cast<std::size_t>(at + 2 * 3 * height);
    for (int plane = 0; plane < 3; ++plane)
        packets = check_packets(source, packets, width * height, [](std::uint8_t count) {
            if (count == 128) return Packet{0, 0};
            return count < 128 ? Packet{count + std::size_t{1}, count + std::size_t{1}} : Packet{1, 257U - count};
        });
}

}  // namespace

std::uint32_t field(const Source& source, std::size_t at, std::size_t bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = bytes; i-- > 0;) value = value << 8 | (at + i < source.size() ? source.data()[at + i] : 0);
    return value;
}

void check_form(const Source& source) {
    if (source.kind == "BMP") check_bmp(source);
    if (source.kind == "TGA") check_tga(source);
    if (source.kind == "PSD") check_psd(source);
}

}  // namespace sextant::media
