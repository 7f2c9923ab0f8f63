// PNG through libpng.
#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <string>
#include <vector>

#include <png.h>

#include "media/decode.hpp"

namespace sextant::media {
namespace {

constexpr std::size_t signature_bytes = 8;
constexpr std::size_t chunk_frame_bytes = 12;  // length, name, checksum
constexpr std::size_t header_chunk_bytes = 13;

std::uint32_t big_endian(const std::uint8_t* at) {
    return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | at[3];
}

struct Header {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    int depth = 0;
    int colour_type = 0;

    [[nodiscard]] bool grey_16() const { return depth == 16 && colour_type == PNG_COLOR_TYPE_GRAY; }

    /// Deflate makes at most 1,032 bytes out of one (zlib.net/zlib_tech.html).
    [[nodiscard]] std::uint64_t fewest_bytes() const {
        constexpr std::array<std::uint64_t, 7> channels{1, 0, 3, 1, 2, 0, 4};
        const auto bits = static_cast<std::uint64_t>(depth) * channels[static_cast<std::size_t>(colour_type) % 7];
        return (std::uint64_t{width} * bits / 8) * height / 1032;
    }
};

/// Walks the frames of the chunks, which costs nothing, before libpng allocates or inflates anything.
Header read_header(const Source& source) {
    Header header;
    std::uint64_t others = 0;
    std::size_t at = signature_bytes;
    const auto truncated = [&] {
        return source.error(ErrorCode::corrupt, "the PNG file is truncated: it has " + std::to_string(source.size()) +
                                                    " bytes and no end (IEND) chunk");
    };
    for (;;) {
        if (source.size() - at < chunk_frame_bytes) throw truncated();
        const std::uint64_t length = big_endian(source.data() + at);
        const std::string_view name(reinterpret_cast<const char*>(source.data()) + at + 4, 4);
        if (length > source.size() - at - chunk_frame_bytes) throw truncated();
        if (at == signature_bytes) {
            if (name != "IHDR" || length != header_chunk_bytes)
                throw source.error(ErrorCode::corrupt,
                                   "the PNG file is damaged: it does not begin with a header (IHDR) chunk");
            const std::uint8_t* fields = source.data() + at + 8;
            header.width = big_endian(fields);
            header.height = big_endian(fields + 4);
            header.depth = fields[8];
            header.colour_type = fields[9];
        }
        if (name == "IEND") return header;
        const bool has_pixels = name == "IDAT" && length > 0;
        if (!has_pixels && ++others > static_cast<std::uint64_t>(source.limits.max_png_chunks)) {
            throw source.error(ErrorCode::limit,
                               "the PNG file has more than " + std::to_string(source.limits.max_png_chunks) +
                                   " chunks without pixels; raise ImageLimits::max_png_chunks if it is to be trusted");
        }
        at += chunk_frame_bytes + static_cast<std::size_t>(length);
    }
}

/// libpng reports an error by a call that must not return, and C++ exceptions may not pass through its frames. So every
/// call of libpng is made inside `attempt`, and the error jumps back there. Nothing that has a destructor may live in a
/// frame that is jumped over: this struct is plain, and the steps below hold pointers and numbers only.
struct Decoder {
    png_structp png = nullptr;
    png_infop info = nullptr;
    const std::uint8_t* input = nullptr;
    std::size_t left = 0;
    std::uint32_t max_side = 0;
    bool grey_16 = false;
    png_bytepp rows = nullptr;
    std::size_t row_bytes = 0;  ///< there is room for in each row
    std::jmp_buf escape;
    std::array<char, 128> message{};
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
    auto& decoder = *static_cast<Decoder*>(png_get_error_ptr(png));
    std::snprintf(decoder.message.data(), decoder.message.size(), "%s", message);
    std::longjmp(decoder.escape, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep target, std::size_t count) {
    auto& decoder = *static_cast<Decoder*>(png_get_io_ptr(png));
    if (count > decoder.left) png_error(png, "the file ends early");
    std::copy_n(decoder.input, count, target);
    decoder.input += count;
    decoder.left -= count;
}

/// Runs one step. False if libpng gave up.
bool attempt(Decoder& decoder, void (*step)(Decoder&)) {
    if (setjmp(decoder.escape) != 0) return false;
    step(decoder);
    return true;
}

void open(Decoder& decoder) {
    decoder.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder, on_error, on_warning);
    if (decoder.png == nullptr) std::longjmp(decoder.escape, 1);
    decoder.info = png_create_info_struct(decoder.png);
    if (decoder.info == nullptr) png_error(decoder.png, "out of memory");
    png_set_read_fn(decoder.png, &decoder, on_read);
    png_set_user_limits(decoder.png, decoder.max_side, decoder.max_side);
    png_set_crc_action(decoder.png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    // Text, profiles, gamma and the like change no pixel: their checksums are verified, their contents never unpacked.
    png_set_keep_unknown_chunks(decoder.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
    png_read_info(decoder.png, decoder.info);
}

void read_pixels(Decoder& decoder) {
    png_structp png = decoder.png;
    png_set_palette_to_rgb(png);
    png_set_expand_gray_1_2_4_to_8(png);
    png_set_strip_alpha(png);
    if (!decoder.grey_16) {
        png_set_strip_16(png);
        png_set_gray_to_rgb(png);
    }
    png_set_interlace_handling(png);
    png_read_update_info(png, decoder.info);
    if (png_get_rowbytes(png, decoder.info) > decoder.row_bytes) png_error(png, "rows are longer than expected");
    png_read_image(png, decoder.rows);
    png_read_end(png, nullptr);
}

/// Releases what libpng holds, whatever happens.
struct Release {
    Decoder& decoder;
    ~Release() { png_destroy_read_struct(&decoder.png, &decoder.info, nullptr); }
};

/// Makes RGB of big-endian 16-bit grey levels that lie at the row's start, cutting off at 255 as Pillow does.
void spread_grey_16(std::uint8_t* row, std::size_t width) {
    for (std::size_t x = width; x-- > 0;) {
        const std::uint8_t level = row[2 * x] != 0 ? 255 : row[2 * x + 1];
        row[3 * x] = row[3 * x + 1] = row[3 * x + 2] = level;
    }
}

Error failure(const Decoder& decoder, const Source& source) {
    return source.error(ErrorCode::corrupt, "the PNG file is damaged (near byte " +
                                                std::to_string(source.size() - decoder.left) +
                                                "): " + decoder.message.data());
}

}  // namespace

Image decode_png(const Source& source) {
    const Header header = read_header(source);
    source.check_size(header.width, header.height);
    source.check_length(header.fewest_bytes(), header.width, header.height);

    Decoder decoder;
    decoder.input = source.data();
    decoder.left = source.size();
    decoder.max_side = static_cast<std::uint32_t>(source.limits.max_side);
    decoder.grey_16 = header.grey_16();
    const Release release{decoder};
    if (!attempt(decoder, open)) throw failure(decoder, source);

    Image image = make_image(header.width, header.height);
    decoder.row_bytes = std::size_t{header.width} * 3;
    std::vector<png_bytep> rows(header.height);
    for (std::size_t y = 0; y < rows.size(); ++y) rows[y] = image.pixels.data() + y * decoder.row_bytes;
    decoder.rows = rows.data();
    if (!attempt(decoder, read_pixels)) throw failure(decoder, source);

    if (decoder.grey_16)
        for (png_bytep row : rows) spread_grey_16(row, header.width);
    return image;
}

}  // namespace sextant::media
