// Tells what a file is by its first bytes.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace sextant::media {

/// What decodes a kind.
enum class Decoder { none, gif, libjpeg, libpng, libwebp, pnm, stb };

struct Kind {
    std::string_view name;  ///< "JPEG"; empty if the bytes are of no kind that is known
    Decoder decoder = Decoder::none;
};

/// The kinds that are read, for messages.
inline constexpr std::string_view kinds_read = "JPEG, PNG, WebP, GIF, BMP, PNM (P1 to P6), TGA, PSD";

/// The bytes that `kind_of` looks at.
inline constexpr std::size_t kind_bytes = 32;

/// The kind of the file that begins with these bytes. Kinds of pictures that are not read are named too.
[[nodiscard]] Kind kind_of(std::span<const std::byte> bytes);

/// The first bytes in hexadecimal, "47 49 46 38", for messages.
[[nodiscard]] std::string first_bytes(std::span<const std::byte> bytes);

}  // namespace sextant::media
