// PNG through libpng.
#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <png.h>

#include "media/decode.hpp"
#include "media/exif.hpp"

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
    bool interlaced = false;
    int orientation = 1;

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
                throw source.damaged("it does not begin with a header (IHDR) chunk");
            const std::uint8_t* fields = source.data() + at + 8;
            header.width = big_endian(fields);
            header.height = big_endian(fields + 4);
            header.depth = fields[8];
            header.colour_type = fields[9];
            header.interlaced = fields[12] != 0;
        }
        if (name == "eXIf")
            header.orientation = orientation_of({source.data() + at + 8, static_cast<std::size_t>(length)});
        if (name == "IEND") return header;
        const bool has_pixels = name == "IDAT" && length > 0;
        if (!has_pixels && ++others > static_cast<std::uint64_t>(source.limits().max_png_chunks)) {
            throw source.error(ErrorCode::limit,
                               "the PNG file has more than " + std::to_string(source.limits().max_png_chunks) +
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
    bool cut_off_grey_16 = false;
    const std::array<std::uint8_t, 3>* background = nullptr;
    Image* image = nullptr;     ///< to which rows are appended
    png_bytep row = nullptr;    ///< room for one row
    png_bytepp rows = nullptr;  ///< room for all rows, if they are interlaced
    std::size_t row_bytes = 0;  ///< there is room for in each row
    bool reading_rows = false;
    std::size_t excess = 0;  ///< bytes read after the last row, while reading rows
    std::jmp_buf escape;
    std::array<char, 128> message{};
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
    auto& decoder = *static_cast<Decoder*>(png_get_error_ptr(png));
    std::snprintf(decoder.message.data(), decoder.message.size(), "%s", message);
    std::longjmp(decoder.escape, 1);
}

void on_warning(png_structp, png_const_charp) {}

/// With the last row, libpng inflates what may be left of the stream, to see that it is nothing. A picture of one pixel
/// could hide gigabytes there: no more is read than the end of a stream takes, and then some.
void count_excess(Decoder& decoder, std::size_t count) {
    constexpr std::size_t allowed = 4096;
    constexpr int interlace_passes = 7;
    const bool past_last_row =
        png_get_current_row_number(decoder.png) >= static_cast<png_uint_32>(decoder.image->height) ||
        png_get_current_pass_number(decoder.png) >= interlace_passes;
    if (past_last_row && (decoder.excess += count) > allowed)
        png_error(decoder.png, "compressed data goes on after the last pixel");
}

void on_read(png_structp png, png_bytep target, std::size_t count) {
    auto& decoder = *static_cast<Decoder*>(png_get_io_ptr(png));
    if (count > decoder.left) png_error(png, "the file ends early");
    if (decoder.reading_rows) count_excess(decoder, count);
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

/// Makes RGB or RGBA of big-endian 16-bit grey levels, perhaps with alpha, that lie at the row's start, cutting off at
/// 255 as Pillow does.
void spread_grey_16(std::uint8_t* row, std::size_t width, bool alpha) {
    const std::size_t from = alpha ? 4 : 2, to = alpha ? 4 : 3;
    for (std::size_t x = width; x-- > 0;) {
        const std::uint8_t* grey = row + from * x;
        const std::uint8_t level = grey[0] != 0 ? 255 : grey[1], opaque = alpha ? grey[2] : 255;
        std::uint8_t* pixel = row + to * x;
        pixel[0] = pixel[1] = pixel[2] = level;
        if (alpha) pixel[3] = opaque;
    }
}

void finish_row(Decoder& decoder, std::uint8_t* row, bool alpha) {
    Image& image = *decoder.image;
    const auto width = static_cast<std::size_t>(image.width);
    if (image.mode == NativeMode::alpha) return append_row_with_alpha(image, row);
    if (image.mode == NativeMode::grey_16) image.native.insert(image.native.end(), row, row + 2 * width);
    if (decoder.cut_off_grey_16) spread_grey_16(row, width, alpha);
    if (alpha) blend(row, width, *decoder.background);
    append_row(image, row);
}

/// Fills the table of a picture with a palette.
void copy_palette(Decoder& decoder) {
    png_colorp colours = nullptr;
    int count = 0;
    if (png_get_PLTE(decoder.png, decoder.info, &colours, &count) == 0) return;
    std::uint8_t* level = decoder.image->native.data();
    for (const png_color& colour : std::span(colours, static_cast<std::size_t>(count)))
        for (const png_byte part : {colour.red, colour.green, colour.blue}) *level++ = part;
}

void choose_form(Decoder& decoder) {
    png_structp png = decoder.png;
    if (png_get_color_type(png, decoder.info) == PNG_COLOR_TYPE_PALETTE) copy_palette(decoder);
    png_set_palette_to_rgb(png);
    png_set_expand_gray_1_2_4_to_8(png);
    if (decoder.background == nullptr && decoder.image->mode != NativeMode::alpha) png_set_strip_alpha(png);
    if (!decoder.cut_off_grey_16) {
        // Both of 16 bits: grey levels are scaled if they are not cut off, colours keep their high byte.
        if (png_get_color_type(png, decoder.info) == PNG_COLOR_TYPE_GRAY)
            png_set_scale_16(png);
        else
            png_set_strip_16(png);
        png_set_gray_to_rgb(png);
    }
}

void read_pixels(Decoder& decoder) {
    png_structp png = decoder.png;
    choose_form(decoder);
    const int passes = png_set_interlace_handling(png);
    png_read_update_info(png, decoder.info);
    if (png_get_rowbytes(png, decoder.info) > decoder.row_bytes) png_error(png, "rows are longer than expected");
    const bool alpha = (png_get_color_type(png, decoder.info) & PNG_COLOR_MASK_ALPHA) != 0;
    const auto height = static_cast<std::size_t>(decoder.image->height);
    decoder.reading_rows = true;
    if (passes > 1) png_read_image(png, decoder.rows);
    for (std::size_t y = 0; y < height; ++y) {
        if (passes == 1) png_read_row(png, decoder.row, nullptr);
        finish_row(decoder, passes == 1 ? decoder.row : decoder.rows[y], alpha);
    }
    decoder.reading_rows = false;
    png_read_end(png, nullptr);
}

/// Releases what libpng holds, whatever happens.
struct Release {
    Decoder& decoder;
    ~Release() { png_destroy_read_struct(&decoder.png, &decoder.info, nullptr); }
};

/// Pillow's mode. A colour that is transparent makes no alpha.
NativeMode mode_of(const Header& header, const DecodeOptions& options) {
    if (header.colour_type == PNG_COLOR_TYPE_PALETTE || (header.colour_type == PNG_COLOR_TYPE_GRAY && header.depth == 1))
        return NativeMode::palette;
    if (options.background) return NativeMode::rgb;
    if ((header.colour_type & PNG_COLOR_MASK_ALPHA) != 0) return NativeMode::alpha;
    return header.grey_16() && !options.scale_16_bit ? NativeMode::grey_16 : NativeMode::rgb;
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
    decoder.max_side = static_cast<std::uint32_t>(source.limits().max_side);
    decoder.cut_off_grey_16 = header.grey_16() && !source.options.scale_16_bit;
    if (source.options.background) decoder.background = &*source.options.background;
    const Release release{decoder};
    if (!attempt(decoder, open)) throw failure(decoder, source);

    Image image = empty_image(header.width, header.height);
    set_mode(image, mode_of(header, source.options));
    if (image.mode == NativeMode::palette) {
        image.native = black_and_white();
        if (header.colour_type == PNG_COLOR_TYPE_PALETTE) std::ranges::fill(image.native, std::uint8_t{0});
    }
    decoder.row_bytes = std::size_t{header.width} * 4;
    UnorderedRows passes(header.interlaced ? header.height : 0, decoder.row_bytes);
    std::vector<std::uint8_t> row(decoder.row_bytes);
    decoder.image = &image;
    decoder.row = row.data();
    decoder.rows = passes.rows.data();
    if (!attempt(decoder, read_pixels)) throw failure(decoder, source);
    if (source.options.apply_orientation) return upright(std::move(image), header.orientation);
    return image;
}

}  // namespace sextant::media
