// Turns the bytes of a picture into pixels.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <sextant/core/item.hpp>

namespace sextant {

/// What a picture may cost. Each is checked before memory for pixels is allocated.
struct ImageLimits {
    std::uint64_t max_file_bytes = 64ULL << 20;
    std::uint64_t max_pixels = 64'000'000;  ///< width x height; decoding takes 3 to 16 bytes for each
    int max_side = 32'768;                  ///< no camera or scanner makes more, and JPEG itself ends at 65,500
    int max_jpeg_scans = 100;    ///< of a progressive JPEG; each costs a pass over the picture, encoders write 10 or so
    int max_png_chunks = 1'000;  ///< besides those that hold pixels

    /// Throws `invalid_argument`, naming the field, if one is not positive.
    void validate() const;

    [[nodiscard]] bool operator==(const ImageLimits&) const = default;
};

/// How a picture becomes pixels. Left as it is, pixels equal those of the reference pipelines, all of which open
/// pictures with Pillow; every other member than `limits` departs from them, for better pictures or for speed, and
/// changes vectors: `name()` belongs into whatever identifies them.
struct DecodeOptions {
    ImageLimits limits{};

    /// 1, 2, 4 or 8: JPEG pictures are decoded at 1/n of their width and height, rounded up, in the frequency domain.
    /// Other kinds are decoded whole.
    /// What that costs: levels of the 224 x 224 pixels that CLIP sees (bicubic), against whole decoding, over the two
    /// photographs of scikit-learn, a circuit board full of fine print, and mosaics of each, wherever the scaled
    /// picture keeps 224 pixels each way: at 1/2 off by 2.1 of 255 on average and 133 at most (the photographs alone:
    /// 0.5 and 16), at 1/4 by 4.0 and 141 (0.8 and 13), at 1/8 by 14 and 126. For other pictures: python
    /// tests/parity/parity_decode.py --probe build/dev/tests/parity/decode_probe --scaled FOLDER
    int jpeg_scale = 1;

    /// Turn and mirror the picture as its EXIF block says (JPEG, PNG, WebP). References leave it as the sensor saw it.
    bool apply_orientation = false;

    /// Lay the picture over this colour (red, green, blue) by its alpha (PNG, WebP, GIF, TGA), rounded to the nearest level.
    /// References drop the alpha, and show whatever colour transparent pixels happen to have.
    std::optional<std::array<std::uint8_t, 3>> background{};

    /// Divide the levels of a 16-bit grey PNG or PNM by 257, rounded. References cut them off at 255, which leaves most such
    /// pictures white.
    bool scale_16_bit = false;

    /// Throws `invalid_argument`, naming the field.
    void validate() const;

    /// What departs from the references, for fingerprints: "reference" if nothing does, else for example
    /// "jpeg_scale=2 apply_orientation background=ffffff scale_16_bit".
    [[nodiscard]] std::string name() const;

    /// The options of that name, with the default limits. Throws `invalid_argument` for what `name()` never says.
    [[nodiscard]] static DecodeOptions named(std::string_view name);

    [[nodiscard]] bool operator==(const DecodeOptions&) const = default;
};

/// Answers which part of a picture of that width and height a caller is going to look at.
using NeededRegion = std::function<PixelRegion(int width, int height)>;

/// The picture that `bytes` hold: JPEG, PNG, WebP, GIF, BMP, PNM (P1 to P6), TGA or PSD, told apart by the bytes themselves.
/// `name` is used in messages only.
///
/// The pixels equal those of Pillow's `Image.open(f).convert("RGB")`: grey levels are repeated, palettes looked up,
/// alpha is dropped and not blended, 16-bit grey is cut off at 255, other 16-bit levels keep their high byte, CMYK is
/// multiplied out, an animation gives its first frame. What that loses, and a network may have been trained on, is kept
/// beside them, see `Image::mode`: alpha that is not 255 everywhere, unless there is a background; palettes, black and
/// white; inks; 16-bit grey, unless it is scaled. (Not the one bit of alpha in TGA files with colours of 16 bits.) The
/// orientation in a camera's EXIF block is not applied; see `DecodeOptions`. Colour profiles never are, as no reference
/// pipeline applies them.
///
/// With `needed` the picture has its full size still, but pixels outside of that region may be black and damage there may
/// go unnoticed, which saves a part of the work for JPEG pictures of one scan that are neither scaled nor turned; others
/// are decoded whole. `[&](int width, int height) { return transform.needed({height, width}); }` is all that `transform`
/// looks at.
///
/// Of what Pillow reads these are refused: PNG files without an end chunk, BMP, TGA and PSD files of forms that stb_image
/// reads otherwise or not at all, and GIF files of little data on a screen of more than 4 million pixels.
///
/// Throws `corrupt` for bytes that are damaged or end early, `unsupported` for a kind that is not read (the message
/// says which it is), `limit` for a picture over a limit, `invalid_argument` for a needed region that is empty or does not
/// lie within the picture. May run in many threads.
[[nodiscard]] Image decode_image(std::span<const std::byte> bytes, std::string_view name = "picture",
                                 const DecodeOptions& options = {}, const NeededRegion& needed = {});

/// The picture in a file. Throws as `decode_image`, `not_found` if there is no such file, `io` if it cannot be read.
[[nodiscard]] Image read_image(const std::filesystem::path& file, const DecodeOptions& options = {},
                               const NeededRegion& needed = {});

}  // namespace sextant
