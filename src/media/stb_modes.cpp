// What Pillow makes of the colours that BMP and TGA files have, which decides how it resizes them. Sources: Pillow,
// src/PIL/BmpImagePlugin.py and src/PIL/TgaImagePlugin.py.
#include <algorithm>

#include "media/decode.hpp"

namespace sextant::media {
namespace {

constexpr std::size_t bmp_file_header = 14, tga_header = 18;

/// Colour `i` of a BMP palette: blue, green and red from the lowest byte on.
std::uint32_t bmp_colour(const Source& source, std::uint32_t i) {
    return field(source, bmp_file_header + field(source, 14, 4) + std::size_t{4} * i, 3);
}

std::uint32_t bmp_colours(const Source& source) {
    const auto stated = field(source, 46, 4);
    return stated == 0 ? 1U << field(source, 28, 2) : stated;
}

/// The palette says no more than grey levels do, or black and white.
bool bmp_is_grey(const Source& source) {
    const auto colours = bmp_colours(source);
    if (colours > 256) return false;
    for (std::uint32_t i = 0; i < colours; ++i)
        if (bmp_colour(source, i) != (colours == 2 ? 255 * i : i) * 0x010101) return false;
    return true;
}

NativeMode bmp_mode(const Source& source) {
    const auto depth = field(source, 28, 2);
    if (depth <= 8) return bmp_is_grey(source) && bmp_colours(source) > 2 ? NativeMode::rgb : NativeMode::palette;
    constexpr std::uint32_t masks = 3, alpha_mask = 0xFF000000;
    const bool has_alpha_mask = depth == 32 && field(source, 30, 4) == masks && field(source, 14, 4) >= 56;
    return has_alpha_mask && field(source, 66, 4) == alpha_mask ? NativeMode::alpha : NativeMode::rgb;
}

bool tga_has_palette(const Source& source) { return (field(source, 2, 1) & 7U) == 1; }

/// Of 16-bit colours the highest bit is not looked at, which Pillow takes for the absence of alpha.
NativeMode tga_mode(const Source& source) {
    if (tga_has_palette(source)) return NativeMode::palette;
    const auto depth = field(source, 16, 1);
    const bool grey = (field(source, 2, 1) & 7U) == 3;
    return depth == 32 || (grey && depth == 16) ? NativeMode::alpha : NativeMode::rgb;
}

/// Colour `i` of a TGA palette, as `bmp_colour`.
std::uint32_t tga_colour(const Source& source, std::uint32_t i) {
    const std::size_t bytes = (field(source, 7, 1) + 7) / 8;
    const auto value = field(source, tga_header + field(source, 0, 1) + bytes * i, std::min<std::size_t>(bytes, 3));
    if (bytes != 2) return value;
    const auto level = [value](unsigned shift) { return (value >> shift & 31U) * 255 / 31; };
    return level(10) << 16 | level(5) << 8 | level(0);
}

}  // namespace

NativeMode mode_of_form(const Source& source) {
    if (source.kind == "BMP") return bmp_mode(source);
    return source.kind == "TGA" ? tga_mode(source) : NativeMode::rgb;
}

std::vector<std::uint8_t> palette_of_form(const Source& source) {
    const bool bmp = source.kind == "BMP";
    if (bmp && bmp_is_grey(source)) return black_and_white();
    std::vector<std::uint8_t> levels(native_bytes(NativeMode::palette, 0), 0);
    const auto colours = std::min<std::uint32_t>(bmp ? bmp_colours(source) : field(source, 5, 2), 256);
    for (std::uint32_t i = 0; i < colours; ++i) {
        const auto colour = bmp ? bmp_colour(source, i) : tga_colour(source, i);
        for (std::uint32_t c = 0; c < 3; ++c) levels[3 * i + c] = static_cast<std::uint8_t>(colour >> (16 - 8 * c));
    }
    return levels;
}

}  // namespace sextant::media
