// Makes picture files in memory, sound and unsound ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace make {

/// The contents of a file.
using Bytes = std::string;

[[nodiscard]] inline std::span<const std::byte> view(const Bytes& bytes) { return std::as_bytes(std::span(bytes)); }

[[nodiscard]] Bytes big_endian(std::uint32_t value, int bytes);
[[nodiscard]] Bytes little_endian(std::uint32_t value, int bytes);

/// A chunk of a PNG file, its checksum included.
[[nodiscard]] Bytes png_chunk(const Bytes& name, const Bytes& body);

/// The signature and the header chunk.
[[nodiscard]] Bytes png_start(std::uint32_t width, std::uint32_t height, int depth, int colour_type);

/// A stream of zlib format that unpacks to this many zeros, some 160 times as many as its bytes.
[[nodiscard]] Bytes deflated_zeros(std::size_t count);

/// A whole PNG file. `rows` holds the packed rows without their filter bytes; `extra` are chunks before the pixels.
[[nodiscard]] Bytes png(std::uint32_t width, std::uint32_t height, int depth, int colour_type,
                        const std::vector<Bytes>& rows, const Bytes& extra = "");

/// A stream of zlib format that stores `raw` as it is.
[[nodiscard]] Bytes stored(const Bytes& raw);

struct JpegOptions {
    int quality = 90;
    int channels = 3;         ///< 1 grey, 3 RGB, 4 CMYK
    bool many_scans = false;  ///< progressive, each coefficient in two scans of its own: 127 in all; grey only
    bool progressive = false;
    bool arithmetic = false;
    bool rgb = false;             ///< keep RGB, instead of YCbCr
    bool ycck = false;            ///< YCCK, instead of CMYK
    bool bare = false;            ///< without JFIF and Adobe markers
    int restart_interval = 0;     ///< in MCUs
    std::vector<int> sampling{};  ///< of each component: 22 for 2 x 2; libjpeg's own if empty
};

/// A JPEG file of a smooth picture.
[[nodiscard]] Bytes jpeg(int width, int height, const JpegOptions& options = {});

/// A JPEG file of these pixels. Throws std::runtime_error if libjpeg refuses to write it.
[[nodiscard]] Bytes jpeg_of(int width, int height, const Bytes& pixels, const JpegOptions& options);

/// A JPEG file with a segment more behind its first two bytes.
[[nodiscard]] Bytes with_segment(const Bytes& jpeg, int marker, const Bytes& body);

/// An EXIF block, without "Exif\0\0", that states an orientation.
[[nodiscard]] Bytes exif(int orientation);

/// A chunk of a WebP file, with the byte that fills it up.
[[nodiscard]] Bytes webp_chunk(const Bytes& name, const Bytes& body);

/// A WebP file of these chunks.
[[nodiscard]] Bytes webp_file(const Bytes& chunks);

/// The body of a "VP8X" chunk.
[[nodiscard]] Bytes webp_canvas(std::uint32_t width, std::uint32_t height, int flags);

/// The "VP8L" or "VP8 " chunk of a smooth picture.
[[nodiscard]] Bytes webp_picture(int width, int height, bool lossless, bool alpha = false);

/// One picture of a GIF file, without a palette, of colours 0 to 3. `transparent` is a colour, or -1.
[[nodiscard]] Bytes gif_frame(int left, int top, int width, int height, const std::vector<int>& colours, int transparent = -1,
                              bool interlaced = false);

/// A GIF file of these pictures. The palette holds 2 ** n colours, or is empty.
[[nodiscard]] Bytes gif(int width, int height, const Bytes& palette, const Bytes& frames);

/// A 24-bit BMP file; `pixels` are its rows from the bottom, blue first, each padded to 4 bytes.
[[nodiscard]] Bytes bmp(std::int32_t width, std::int32_t height, const Bytes& pixels);

/// The 18 bytes of a TGA header.
[[nodiscard]] Bytes tga_header(int type, int width, int height, int depth);

/// A folder that is gone after the test.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    /// Writes a file, and the folders above it, and returns where it is.
    std::filesystem::path write(const std::string& name, const Bytes& bytes) const;

private:
    std::filesystem::path path_;
};

}  // namespace make
