// What the decoders of this room share. One decoder per library; each is given bytes that begin like its kind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include <sextant/core/error.hpp>
#include <sextant/core/item.hpp>
#include <sextant/media/image.hpp>

namespace sextant::media {

/// One picture on its way in.
struct Source {
    std::span<const std::byte> bytes;
    std::string_view name;  ///< for messages
    const ImageLimits& limits;

    [[nodiscard]] const std::uint8_t* data() const { return reinterpret_cast<const std::uint8_t*>(bytes.data()); }
    [[nodiscard]] std::size_t size() const { return bytes.size(); }

    /// An error about this picture: "<name>: <what>".
    [[nodiscard]] Error error(ErrorCode code, const std::string& what) const {
        return {code, std::string(name) + ": " + what};
    }

    /// Throws `limit` if a picture of this size may not be decoded, `corrupt` if a side is 0. Call it before pixels are
    /// allocated.
    void check_size(std::uint64_t width, std::uint64_t height) const;

    /// Throws `corrupt` if the file is shorter than the fewest bytes that can hold its pixels, so that a short file
    /// that claims a large picture costs nothing.
    void check_length(std::uint64_t fewest_bytes, std::uint64_t width, std::uint64_t height) const;
};

/// An image of this size, black. The size must have been checked.
[[nodiscard]] Image make_image(std::uint64_t width, std::uint64_t height);

/// `read_image` with a name of the caller's in its messages.
[[nodiscard]] Image read_image_as(const std::filesystem::path& file, const std::string& name,
                                  const ImageLimits& limits);

[[nodiscard]] Image decode_jpeg(const Source& source);
[[nodiscard]] Image decode_png(const Source& source);
/// Throws `unsupported` for a form of a stb kind that must not reach stb, or that it would decode unlike Pillow.
void check_form(const Source& source, std::string_view kind);

[[nodiscard]] Image decode_with_stb(const Source& source, std::string_view kind);

}  // namespace sextant::media
