// Turns the bytes of a picture into pixels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include <sextant/core/item.hpp>

namespace sextant {

/// What a picture may cost. Each is checked before memory for pixels is allocated.
struct ImageLimits {
    std::uint64_t max_file_bytes = 64ULL << 20;
    std::uint64_t max_pixels = 64'000'000;  ///< width x height; decoding takes 3 to 12 bytes for each
    int max_side = 32'768;                  ///< no camera or scanner makes more, and JPEG itself ends at 65,500
    int max_jpeg_scans = 100;    ///< of a progressive JPEG; each costs a pass over the picture, encoders write 10 or so
    int max_png_chunks = 1'000;  ///< besides those that hold pixels

    /// Throws `invalid_argument`, naming the field, if one is not positive.
    void validate() const;
};

/// The picture that `bytes` hold: JPEG, PNG, BMP, PNM (P5, P6), TGA or PSD, told apart by the bytes themselves. `name`
/// is used in messages only.
///
/// The pixels equal those of Pillow's `Image.open(f).convert("RGB")`: grey levels are repeated, palettes looked up,
/// alpha is dropped and not blended, 16-bit grey is cut off at 255, other 16-bit levels keep their high byte, CMYK is
/// multiplied out. The orientation in a camera's EXIF block and colour profiles are not applied, as no reference
/// pipeline applies them.
///
/// Throws `corrupt` for bytes that are damaged or end early, `unsupported` for a kind that is not read (the message
/// says which it is), `limit` for a picture over a limit. May run in many threads.
[[nodiscard]] Image decode_image(std::span<const std::byte> bytes, std::string_view name = "picture",
                                 const ImageLimits& limits = {});

/// The picture in a file. Throws as `decode_image`, `not_found` if there is no such file, `io` if it cannot be read.
[[nodiscard]] Image read_image(const std::filesystem::path& file, const ImageLimits& limits = {});

}  // namespace sextant
