#include <algorithm>
#include <array>
#include <cstdint>

#include "media/kind.hpp"
#include "media/text.hpp"

namespace sextant::media {
namespace {

using namespace std::string_view_literals;

struct Signature {
    std::size_t at;
    std::string_view bytes;
    Kind kind;
};

constexpr std::array signatures{
    Signature{0, "\xFF\xD8\xFF"sv, {"JPEG", Decoder::libjpeg}},
    Signature{0, "\x89PNG\r\n\x1A\n"sv, {"PNG", Decoder::libpng}},
    Signature{0, "8BPS"sv, {"PSD", Decoder::stb}},
    Signature{0, "GIF87a"sv, {"GIF", Decoder::gif}},
    Signature{0, "GIF89a"sv, {"GIF", Decoder::gif}},
    Signature{0, "II*\0"sv, {"TIFF"}},
    Signature{0, "MM\0*"sv, {"TIFF"}},
    Signature{0, "II+\0"sv, {"TIFF"}},
    Signature{0, "MM\0+"sv, {"TIFF"}},
    Signature{4, "ftypavif"sv, {"AVIF"}},
    Signature{4, "ftypavis"sv, {"AVIF"}},
    Signature{4, "ftyphei"sv, {"HEIC"}},
    Signature{4, "ftyphev"sv, {"HEIC"}},
    Signature{4, "ftypmif1"sv, {"HEIF"}},
    Signature{4, "ftypmsf1"sv, {"HEIF"}},
    Signature{0, "\0\0\0\x0CjP  "sv, {"JPEG 2000"}},
    Signature{0, "\xFF\x4F\xFF\x51"sv, {"JPEG 2000"}},
    Signature{0, "\0\0\0\x0CJXL "sv, {"JPEG XL"}},
    Signature{0, "\xFF\x0A"sv, {"JPEG XL"}},
    Signature{0, "\0\0\1\0"sv, {"an icon (ICO)"}},
    Signature{0, "\x53\x80\xF6\x34"sv, {"Softimage PIC"}},
    Signature{0, "#?RADIANCE"sv, {"Radiance HDR"}},
    Signature{0, "#?RGBE"sv, {"Radiance HDR"}},
    Signature{0, "\x76\x2F\x31\x01"sv, {"OpenEXR"}},
    Signature{0, "qoif"sv, {"QOI"}},
    Signature{0, "DDS "sv, {"DDS"}},
    Signature{0, "%PDF"sv, {"PDF"}},
    Signature{0, "<svg"sv, {"SVG"}},
    Signature{0, "<?xml"sv, {"XML (SVG)"}},
    Signature{0, "\x1F\x8B"sv, {"compressed by gzip (SVGZ)"}},
};

Kind webp(std::string_view bytes) {
    return bytes.starts_with("RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP"
               ? Kind{"WebP", Decoder::libwebp}
               : Kind{};
}

/// P1 to P7, Pf or PF, a space, and a number or a comment. A text may begin with the first two.
Kind netpbm(std::string_view bytes) {
    if (bytes.size() < 4 || bytes[0] != 'P' || !is_space(bytes[2])) return {};
    if (!is_space(bytes[3]) && bytes[3] != '#' && (bytes[3] < '0' || bytes[3] > '9') && bytes[1] != '7') return {};
    if (bytes[1] >= '1' && bytes[1] <= '6') return {"PNM", Decoder::pnm};
    if (bytes[1] == '7') return {"PAM (P7)"};
    if (bytes[1] == 'f' || bytes[1] == 'F') return {"PFM (floating point)"};
    return {};
}

/// "BM", four bytes of size, four of zero, the offset, and the length of a header that exists.
Kind bmp(std::string_view bytes) {
    if (!bytes.starts_with("BM") || bytes.size() < 18) return {};
    constexpr std::array<std::uint8_t, 7> headers{12, 40, 52, 56, 64, 108, 124};
    const bool known = std::find(headers.begin(), headers.end(), static_cast<std::uint8_t>(bytes[14])) != headers.end();
    return known && bytes.substr(15, 3) == "\0\0\0"sv ? Kind{"BMP", Decoder::stb} : Kind{};
}

/// TGA has no signature: all fields of its header must make sense together.
Kind tga(std::string_view bytes) {
    if (bytes.size() < 18) return {};
    const auto field = [&](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
    const int mapped = field(1), type = field(2), map_depth = field(7), depth = field(16);
    const bool has_map = mapped == 1 && (type == 1 || type == 9) &&
                         (map_depth == 15 || map_depth == 16 || map_depth == 24 || map_depth == 32) && depth == 8;
    const bool true_colour =
        mapped == 0 && (type == 2 || type == 10) && (depth == 15 || depth == 16 || depth == 24 || depth == 32);
    const bool grey = mapped == 0 && (type == 3 || type == 11) && (depth == 8 || depth == 16);
    const bool sized = (field(12) | field(13)) != 0 && (field(14) | field(15)) != 0;
    return (has_map || true_colour || grey) && sized && (field(17) & 0xC0) == 0 ? Kind{"TGA", Decoder::stb} : Kind{};
}

}  // namespace

Kind kind_of(std::span<const std::byte> bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kind_bytes));
    for (const auto& signature : signatures)
        if (text.size() >= signature.at && text.substr(signature.at).starts_with(signature.bytes))
            return signature.kind;
    for (const auto probe : {webp, netpbm, bmp, tga})
        if (const Kind kind = probe(text); !kind.name.empty()) return kind;
    return {};
}

std::string first_bytes(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const auto byte : bytes.first(std::min<std::size_t>(bytes.size(), 8))) {
        const auto value = std::to_integer<unsigned>(byte);
        text += text.empty() ? "" : " ";
        text += digits[value >> 4];
        text += digits[value & 15];
    }
    return text;
}

}  // namespace sextant::media
