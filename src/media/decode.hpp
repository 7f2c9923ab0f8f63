// What the decoders of this room share. One decoder per library; each is given bytes that begin like its kind.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/core/error.hpp>
#include <sextant/core/item.hpp>
#include <sextant/media/image.hpp>

namespace sextant::media {

/// One picture on its way in.
struct Source {
    std::span<const std::byte> bytes;
    std::string_view name;  ///< for messages
    std::string_view kind;  ///< as `kind_of` names it
    const DecodeOptions& options;
    const NeededRegion& needed;

    [[nodiscard]] const std::uint8_t* data() const { return reinterpret_cast<const std::uint8_t*>(bytes.data()); }
    [[nodiscard]] const ImageLimits& limits() const { return options.limits; }
    [[nodiscard]] std::size_t size() const { return bytes.size(); }

    /// An error about this picture: "<name>: <what>".
    [[nodiscard]] Error error(ErrorCode code, const std::string& what) const {
        return {code, std::string(name) + ": " + what};
    }

    /// The same, `corrupt`, about its file: "<name>: the <kind> file is damaged: <what>".
    [[nodiscard]] Error damaged(const std::string& what) const {
        return error(ErrorCode::corrupt, "the " + std::string(kind) + " file is damaged: " + what);
    }

    /// Throws `limit` if a picture of this size may not be decoded, `corrupt` if a side is 0. Call it before pixels are
    /// allocated.
    void check_size(std::uint64_t width, std::uint64_t height) const;

    /// Throws `corrupt` if the file is shorter than the fewest bytes that can hold its pixels, so that a short file
    /// that claims a large picture costs nothing.
    void check_length(std::uint64_t fewest_bytes, std::uint64_t width, std::uint64_t height) const;
};

/// An image of this size without pixels yet, and room for them. Decoders append rows as they come, so that a damaged
/// picture takes no more memory than what of it could be decoded. The size must have been checked.
[[nodiscard]] Image empty_image(std::uint64_t width, std::uint64_t height);

/// Appends a row of RGB to an image that has room for it. Throws nothing.
inline void append_row(Image& image, const std::uint8_t* row) {
    image.pixels.insert(image.pixels.end(), row, row + static_cast<std::size_t>(image.width) * 3);
}

/// Gives an image without pixels yet a mode, and room for what that takes. The size must have been checked.
void set_mode(Image& image, NativeMode mode);

/// Appends a row of RGBA to an image of mode alpha that has room for it. The row is lost. Throws nothing.
void append_row_with_alpha(Image& image, std::uint8_t* row);

/// The table of a picture that is black and white: colour 0 is black, all others are white.
[[nodiscard]] std::vector<std::uint8_t> black_and_white();

/// Lays RGBA over a background, in place: the RGB lies at the beginning afterwards.
void blend(std::uint8_t* pixels, std::size_t count, const std::array<std::uint8_t, 3>& background);

/// `read_image` with a name of the caller's in its messages.
[[nodiscard]] Image read_image_as(const std::filesystem::path& file, const std::string& name,
                                  const DecodeOptions& options, const NeededRegion& needed = {});

/// Room for rows that come out of order. It comes from the system as zeros that take no memory until they are written, so
/// that a damaged picture is not paid for whole.
struct UnorderedRows {
    std::unique_ptr<std::uint8_t, decltype(&std::free)> memory;
    std::vector<std::uint8_t*> rows;

    /// None of both if `height` is 0.
    UnorderedRows(std::size_t height, std::size_t row_bytes);
};

[[nodiscard]] Image decode_gif(const Source& source);
[[nodiscard]] Image decode_jpeg(const Source& source);
[[nodiscard]] Image decode_png(const Source& source);
[[nodiscard]] Image decode_pnm(const Source& source);
[[nodiscard]] Image decode_webp(const Source& source);

/// Throws `unsupported` for a form of a stb kind that must not reach stb, or that it would decode unlike Pillow, and
/// `limit` or `corrupt` for one that is too large or ends before its last pixel.
void check_form(const Source& source);

/// The mode of a picture that has passed `check_form`, as Pillow sees it: rgb, alpha or palette.
[[nodiscard]] NativeMode mode_of_form(const Source& source);

/// The colours of one whose mode is palette.
[[nodiscard]] std::vector<std::uint8_t> palette_of_form(const Source& source);

/// A little-endian field of the file; 0 beyond its end, where no kind for stb keeps a field.
[[nodiscard]] std::uint32_t field(const Source& source, std::size_t at, std::size_t bytes);

[[nodiscard]] Image decode_with_stb(const Source& source);

}  // namespace sextant::media
