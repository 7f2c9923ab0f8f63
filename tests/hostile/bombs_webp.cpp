#include "hostile/bombs.hpp"

using namespace std::string_literals;

namespace hostile {
namespace {

using make::Bytes;

Bytes lossy() { return make::webp_picture(40, 24, false); }
Bytes lossless() { return make::webp_picture(40, 24, true); }

Bytes canvas(std::uint32_t width, std::uint32_t height, int flags = 0) {
    return make::webp_chunk("VP8X", make::webp_canvas(width, height, flags));
}

Bytes frame(std::uint32_t x, std::uint32_t y, std::uint32_t width, std::uint32_t height, const Bytes& picture) {
    return make::webp_chunk("ANMF", make::little_endian(x, 3) + make::little_endian(y, 3) +
                                        make::little_endian(width - 1, 3) + make::little_endian(height - 1, 3) +
                                        Bytes(4, '\0') + picture);
}

/// The size of a lossy picture stands 14 bytes into its chunk, that of a lossless one 9 bytes, 14 bits each.
Bytes resized_lossy(std::uint32_t width, std::uint32_t height) {
    return overwritten(lossy(), 14, make::little_endian(width, 2) + make::little_endian(height, 2));
}
Bytes resized_lossless(std::uint32_t width, std::uint32_t height) {
    return overwritten(lossless(), 9, make::little_endian((width - 1) | (height - 1) << 14, 4));
}

void cut(const Try& attempt) {
    const std::vector<std::pair<std::string, Bytes>> files{
        {"lossy", make::webp_file(lossy())},
        {"lossless", make::webp_file(lossless())},
        {"animated",
         make::webp_file(canvas(40, 24, 2) + make::webp_chunk("ANIM", Bytes(6, '\0')) + frame(0, 0, 40, 24, lossy()))}};
    for (const auto& [name, bytes] : files)
        for (std::size_t length = 12; length < bytes.size(); length += length < 64 ? 3 : 37) {
            attempt("WebP " + name + " of " + std::to_string(length) + " bytes", bytes.substr(0, length),
                    Fate::refused);
            auto honest = bytes.substr(0, length);
            honest = overwritten(honest, 4, make::little_endian(static_cast<std::uint32_t>(length) - 8, 4));
            attempt("WebP " + name + " of " + std::to_string(length) + " bytes that says so", honest, Fate::refused);
            if (length < 20) continue;
            honest = overwritten(honest, 16, make::little_endian(static_cast<std::uint32_t>(length) - 20, 4));
            attempt("WebP " + name + " of " + std::to_string(length) + " bytes that says so twice", honest,
                    Fate::refused);
        }
}

void sizes(const Try& attempt) {
    for (const auto& [width, height] : {std::pair{0U, 0U},
                                        {0U, 9U},
                                        {9U, 0U},
                                        {16'383U, 16'383U},
                                        {16'383U, 9'000U},
                                        {8'000U, 8'000U},
                                        {0x7FFFU, 0x7FFFU}})
        attempt("WebP lossy of " + text({width, height}), make::webp_file(resized_lossy(width, height)), Fate::refused);
    for (const auto& [width, height] :
         {std::pair{16'384U, 16'384U}, {16'384U, 1'000U}, {8'000U, 8'000U}, {41U, 2'400U}})
        attempt("WebP lossless of " + text({width, height}), make::webp_file(resized_lossless(width, height)),
                Fate::refused);
    for (const auto& [width, height] :
         {std::pair{1U << 24, 1U << 24}, {1U << 24, 1U}, {16'384U, 16'384U}, {41U, 24U}, {39U, 24U}}) {
        attempt("WebP canvas of " + text({width, height}), make::webp_file(canvas(width, height) + lossy()),
                Fate::refused);
        attempt("WebP animated canvas of " + text({width, height}),
                make::webp_file(canvas(width, height, 2) + frame(2, 0, 40, 24, lossy())), Fate::refused);
    }
}

void chunks(const Try& attempt) {
    for (const std::uint32_t size : {0U, 1U, 3U, 4U, 0x7FFFFFFFU, 0xFFFFFFF6U, 0xFFFFFFFFU}) {
        attempt("WebP whose file claims " + std::to_string(size) + " bytes",
                overwritten(make::webp_file(lossy()), 4, make::little_endian(size, 4)), Fate::refused);
        attempt("WebP whose picture claims " + std::to_string(size) + " bytes",
                overwritten(make::webp_file(lossy()), 16, make::little_endian(size, 4)), Fate::refused);
        attempt("WebP whose canvas claims " + std::to_string(size) + " bytes",
                overwritten(make::webp_file(canvas(40, 24) + lossy()), 16, make::little_endian(size, 4)),
                Fate::refused);
        attempt("WebP whose frame claims " + std::to_string(size) + " bytes",
                overwritten(make::webp_file(canvas(40, 24, 2) + frame(0, 0, 40, 24, lossy())), 34,
                            make::little_endian(size, 4)),
                Fate::refused);
    }
    attempt("WebP of nothing", make::webp_file(""), Fate::refused);
    attempt("WebP of a canvas only", make::webp_file(canvas(40, 24)), Fate::refused);
    attempt("WebP of an animation without frames", make::webp_file(canvas(40, 24, 2)), Fate::refused);
    attempt("WebP of an animation with a still picture", make::webp_file(canvas(40, 24, 2) + lossy()), Fate::refused);
    attempt("WebP of a frame that is no animation", make::webp_file(canvas(40, 24) + frame(0, 0, 40, 24, lossy())),
            Fate::refused);
    attempt("WebP that begins with a note", make::webp_file(make::webp_chunk("EXIF", make::exif(6)) + lossy()),
            Fate::refused);
    attempt("WebP of alpha only", make::webp_file(canvas(40, 24, 0x10) + make::webp_chunk("ALPH", "\0abc"s)),
            Fate::refused);
    attempt("WebP with broken alpha",
            make::webp_file(canvas(40, 24, 0x10) + make::webp_chunk("ALPH", "\x01\xFF"s) + lossy()), Fate::refused);
    attempt("WebP of a frame of a wrong size", make::webp_file(canvas(90, 90, 2) + frame(0, 0, 41, 24, lossy())),
            Fate::refused);
    attempt("WebP of a frame far outside",
            make::webp_file(canvas(90, 90, 2) + frame(0xFFFFFF, 0xFFFFFF, 40, 24, lossy())), Fate::refused);
    attempt("WebP of an empty frame", make::webp_file(canvas(90, 90, 2) + make::webp_chunk("ANMF", "")), Fate::refused);
    attempt("WebP of a frame in a frame",
            make::webp_file(canvas(40, 24, 2) + frame(0, 0, 40, 24, frame(0, 0, 40, 24, lossy()))), Fate::refused);
    attempt("WebP lossless with a wrong signature", make::webp_file(overwritten(lossless(), 8, "\x2E")), Fate::refused);
    attempt("WebP lossless of version 7", make::webp_file(overwritten(lossless(), 12, "\xFF")), Fate::refused);
    attempt("WebP lossy without its start code", make::webp_file(overwritten(lossy(), 11, "abc")), Fate::refused);
    attempt("WebP lossy that is no key frame", make::webp_file(overwritten(lossy(), 8, "\x01")), Fate::refused);
    attempt("WebP lossy with a first partition too long", make::webp_file(overwritten(lossy(), 9, "\xFF\xFF")),
            Fate::refused);
}

void many(const Try& attempt) {
    Bytes unknown, frames;
    for (int i = 0; i < 500'000; ++i) unknown += make::webp_chunk("ABCD", "");
    const auto small = frame(0, 0, 40, 24, lossless());
    for (int i = 0; i < 5'000; ++i) frames += small;
    attempt("WebP with half a million chunks", make::webp_file(canvas(40, 24) + unknown + lossy()), Fate::either);
    attempt("WebP with half a million chunks and no picture", make::webp_file(canvas(40, 24) + unknown), Fate::refused);
    attempt("WebP with 5000 frames", make::webp_file(canvas(40, 24, 2) + frames), Fate::either);
    attempt("WebP with a profile of 8 MB",
            make::webp_file(canvas(40, 24, 0x20) + make::webp_chunk("ICCP", Bytes(8'000'000, 'p')) + lossy()),
            Fate::either);
}

}  // namespace

void webp_bombs(const Try& attempt) {
    cut(attempt);
    sizes(attempt);
    chunks(attempt);
    many(attempt);
}

}  // namespace hostile
