// JPEG through the libjpeg interface of libjpeg-turbo, with its defaults: accurate integer DCT and smooth chroma
// upsampling, which are Pillow's too.
#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

// clang-format off: each needs what the one before it declares
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include "media/decode.hpp"
#include "media/exif.hpp"

namespace sextant::media {
namespace {

/// libjpeg reports an error by a call that must not return, and C++ exceptions may not pass through its frames. So
/// every call of libjpeg is made inside `attempt`, and the error jumps back there. Nothing that has a destructor may
/// live in a frame that is jumped over: this struct is plain, and the steps below hold pointers and numbers only.
struct Decoder {
    jpeg_decompress_struct jpeg;
    jpeg_error_mgr errors;
    jpeg_source_mgr input;
    std::jmp_buf escape;
    bool ended_early;
    std::array<char, JMSG_LENGTH_MAX> message;

    Image* image;        ///< to which rows are appended
    std::uint8_t* row;   ///< room for one row
    PixelRegion region;  ///< what of the picture is decoded; the rest is black
};

Decoder& decoder_of(j_common_ptr jpeg) { return *static_cast<Decoder*>(jpeg->client_data); }

[[noreturn]] void on_error(j_common_ptr jpeg) {
    Decoder& decoder = decoder_of(jpeg);
    decoder.errors.format_message(jpeg, decoder.message.data());
    std::longjmp(decoder.escape, 1);
}

/// Warnings after which libjpeg goes on with pixels that it made up.
bool means_damage(int code) {
#ifdef D_ARITH_CODING_SUPPORTED
    if (code == JWRN_ARITH_BAD_CODE) return true;
#endif
    return code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE || code == JWRN_MUST_RESYNC || code == JWRN_JPEG_EOF;
}

void on_message(j_common_ptr jpeg, int level) {
    if (level < 0 && means_damage(jpeg->err->msg_code)) on_error(jpeg);
}

boolean on_input_used_up(j_decompress_ptr jpeg) {
    Decoder& decoder = *static_cast<Decoder*>(jpeg->client_data);
    decoder.ended_early = true;
    std::longjmp(decoder.escape, 1);
}

void skip_input(j_decompress_ptr jpeg, long count) {
    if (count <= 0) return;
    const auto bytes = static_cast<std::size_t>(count);
    if (bytes > jpeg->src->bytes_in_buffer) on_input_used_up(jpeg);
    jpeg->src->next_input_byte += bytes;
    jpeg->src->bytes_in_buffer -= bytes;
}

void no_action(j_decompress_ptr) {}

/// Runs one step. False if libjpeg gave up.
bool attempt(Decoder& decoder, void (*step)(Decoder&)) {
    if (setjmp(decoder.escape) != 0) return false;
    step(decoder);
    return true;
}

void read_header(Decoder& decoder) {
    jpeg_create_decompress(&decoder.jpeg);
    decoder.jpeg.src = &decoder.input;
    jpeg_read_header(&decoder.jpeg, TRUE);
}

/// a * b / 255, rounded; Pillow's MULDIV255.
int muldiv_255(int a, int b) {
    const int product = a * b + 128;
    return ((product >> 8) + product) >> 8;
}

/// Four inks as Adobe writes them, 255 for none, to RGB in place; Pillow, src/libImaging/Convert.c (cmyk2rgb).
void multiply_out(std::uint8_t* row, JDIMENSION width) {
    const std::uint8_t* cmyk = row;
    std::uint8_t* rgb = row;
    for (JDIMENSION x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
        const int light = cmyk[3];
        for (int ink = 0; ink < 3; ++ink) {
            const int level = light - muldiv_255(255 - cmyk[ink], light);
            rgb[ink] = static_cast<std::uint8_t>(level < 0 ? 0 : level);
        }
    }
}

/// What Pillow's CMYK mode holds: 255 for full ink.
void append_inks(Image& image, const std::uint8_t* row, JDIMENSION width) {
    for (const std::uint8_t* level = row; level != row + std::size_t{width} * 4; ++level)
        image.native.push_back(static_cast<std::uint8_t>(255 - *level));
}

/// Appends pixels that are not needed.
void append_black(Image& image, std::size_t count) {
    image.pixels.insert(image.pixels.end(), count * 3, 0);
    if (image.mode == NativeMode::cmyk) image.native.insert(image.native.end(), count * 4, 0);
}

/// Stops after the last row that is needed: what follows it cannot change a pixel above.
void read_pixels(Decoder& decoder) {
    auto& jpeg = decoder.jpeg;
    Image& image = *decoder.image;
    const auto all = static_cast<JDIMENSION>(decoder.image->width);
    auto left = static_cast<JDIMENSION>(decoder.region.left), width = static_cast<JDIMENSION>(decoder.region.width);
    const auto top = static_cast<JDIMENSION>(decoder.region.top);
    jpeg_start_decompress(&jpeg);
    if (width < all) jpeg_crop_scanline(&jpeg, &left, &width);  // begins further left, at a whole block
    if (top > 0) jpeg_skip_scanlines(&jpeg, top);
    append_black(image, std::size_t{top} * all);
    while (jpeg.output_scanline < top + static_cast<JDIMENSION>(decoder.region.height)) {
        if (jpeg_read_scanlines(&jpeg, &decoder.row, 1) != 1) continue;
        append_black(image, left);
        if (image.mode == NativeMode::cmyk) {
            append_inks(image, decoder.row, width);
            multiply_out(decoder.row, width);
        }
        image.pixels.insert(image.pixels.end(), decoder.row, decoder.row + std::size_t{width} * 3);
        append_black(image, all - left - width);
    }
    append_black(image, std::size_t{jpeg.output_height - jpeg.output_scanline} * all);
}

/// Releases what libjpeg holds, whatever happens.
struct Release {
    jpeg_decompress_struct& jpeg;
    ~Release() { jpeg_destroy_decompress(&jpeg); }
};

void prepare(Decoder& decoder, const Source& source) {
    decoder.jpeg.err = jpeg_std_error(&decoder.errors);
    decoder.errors.error_exit = on_error;
    decoder.errors.emit_message = on_message;
    decoder.jpeg.client_data = &decoder;
    decoder.input.next_input_byte = source.data();
    decoder.input.bytes_in_buffer = source.size();
    decoder.input.init_source = no_action;
    decoder.input.fill_input_buffer = on_input_used_up;
    decoder.input.skip_input_data = skip_input;
    decoder.input.resync_to_restart = jpeg_resync_to_restart;
    decoder.input.term_source = no_action;
}

ErrorCode code_of(int message) {
    switch (message) {
#if JPEG_LIB_VERSION < 70
        case JERR_ARITH_NOTIMPL:
#endif
        case JERR_BAD_PRECISION:
        case JERR_CCIR601_NOTIMPL:
        case JERR_CONVERSION_NOTIMPL:
        case JERR_FRACT_SAMPLE_NOTIMPL:
        case JERR_SOF_UNSUPPORTED:
            return ErrorCode::unsupported;
        case JERR_IMAGE_TOO_BIG:
        case JERR_OUT_OF_MEMORY:
            return ErrorCode::limit;
        default:
            return ErrorCode::corrupt;
    }
}

Error failure(const Decoder& decoder, const Source& source) {
    if (decoder.ended_early)
        return source.error(ErrorCode::corrupt, "the JPEG file is truncated: it ends at byte " +
                                                    std::to_string(source.size()) + ", before its last pixel");
    const auto code = code_of(decoder.errors.msg_code);
    const auto at = source.size() - decoder.input.bytes_in_buffer;
    return source.error(
        code, std::string(code == ErrorCode::corrupt ? "the JPEG file is damaged" : "cannot decode this JPEG file") +
                  " (near byte " + std::to_string(at) + "): " + decoder.message.data());
}

constexpr std::uint8_t scan_marker = 0xDA;
constexpr std::uint8_t exif_marker = 0xE1;

/// Markers that stand alone, and 0xFF bytes that are no marker at all: stuffed, or filling.
bool has_no_segment(std::uint8_t code) { return code <= 0x01 || (code >= 0xD0 && code <= 0xD9) || code == 0xFF; }

/// Calls `visit` with the code and the bytes of each segment, the marker included, until it returns false.
template <typename Visit>
void for_each_segment(const Source& source, Visit visit) {
    const std::uint8_t* at = source.data();
    const std::uint8_t* const end = at + source.size();
    while (end - at >= 4) {
        at = static_cast<const std::uint8_t*>(std::memchr(at, 0xFF, static_cast<std::size_t>(end - at)));
        if (at == nullptr || end - at < 4) return;
        const std::uint8_t code = at[1];
        if (code == JPEG_EOI) return;
        if (has_no_segment(code)) {
            at += code == 0xFF ? 1 : 2;
            continue;
        }
        const auto length = std::min<std::ptrdiff_t>(2 + (at[2] << 8 | at[3]), end - at);
        if (!visit(code, std::span(at, static_cast<std::size_t>(length)))) return;
        at += length;
    }
}

/// Each scan costs a pass over the picture, however short it is, so they are counted before the first is decoded. Of a
/// picture that is complete after one, no second is looked at.
void check_scans(const Source& source) {
    int scans = 0;
    for_each_segment(source, [&](std::uint8_t code, std::span<const std::uint8_t>) {
        if (code == scan_marker && ++scans > source.limits().max_jpeg_scans)
            throw source.error(ErrorCode::limit,
                               "the progressive JPEG file has more than " +
                                   std::to_string(source.limits().max_jpeg_scans) +
                                   " scans; raise ImageLimits::max_jpeg_scans if it is to be trusted");
        return true;
    });
}

/// What the first EXIF block says.
int orientation(const Source& source) {
    int found = 1;
    for_each_segment(source, [&found](std::uint8_t code, std::span<const std::uint8_t> segment) {
        constexpr std::array<std::uint8_t, 6> name{'E', 'x', 'i', 'f', 0, 0};
        const auto body = segment.subspan(std::min<std::size_t>(segment.size(), 4));
        const bool exif =
            code == exif_marker && body.size() >= name.size() && std::equal(name.begin(), name.end(), body.begin());
        if (exif) found = orientation_of(body);
        return !exif && code != scan_marker;
    });
    return found;
}

/// Every block of every component takes at least one bit, unless it is coded arithmetically.
std::uint64_t fewest_bytes(const jpeg_decompress_struct& jpeg) {
    if (jpeg.arith_code) return 0;
    std::uint64_t blocks = 0;
    for (int i = 0; i < jpeg.num_components; ++i)
        blocks += std::uint64_t{jpeg.comp_info[i].width_in_blocks} * jpeg.comp_info[i].height_in_blocks;
    return blocks / 8;
}

/// What is to be decoded: everything, or the needed region and what upsampling at its edges looks at.
PixelRegion region_of(jpeg_decompress_struct& jpeg, const Source& source) {
    const auto width = static_cast<int>(jpeg.output_width), height = static_cast<int>(jpeg.output_height);
    const PixelRegion all{0, 0, width, height};
    if (!source.needed || source.options.jpeg_scale != 1 || source.options.apply_orientation || jpeg_has_multiple_scans(&jpeg))
        return all;
    const PixelRegion needed = source.needed(width, height);
    if (needed.left < 0 || needed.top < 0 || needed.width < 1 || needed.height < 1 || needed.width > width - needed.left ||
        needed.height > height - needed.top)
        throw source.error(ErrorCode::invalid_argument,
                           "the needed region of " + std::to_string(needed.width) + " x " + std::to_string(needed.height) +
                               " pixels at " + std::to_string(needed.left) + ", " + std::to_string(needed.top) +
                               " does not lie within the picture of " + std::to_string(width) + " x " + std::to_string(height));
    constexpr int margin = 2;
    const int left = std::max(needed.left - margin, 0), top = std::max(needed.top - margin, 0);
    return {left, top, std::min(needed.left + needed.width + margin, width) - left,
            std::min(needed.top + needed.height + margin, height) - top};
}

}  // namespace

Image decode_jpeg(const Source& source) {
    Decoder decoder{};
    prepare(decoder, source);
    const Release release{decoder.jpeg};
    if (!attempt(decoder, read_header)) throw failure(decoder, source);

    auto& jpeg = decoder.jpeg;
    source.check_size(jpeg.image_width, jpeg.image_height);
    source.check_length(fewest_bytes(jpeg), jpeg.image_width, jpeg.image_height);
    if (jpeg_has_multiple_scans(&jpeg)) check_scans(source);
    const bool four_inks = jpeg.num_components == 4;
    if (!four_inks && jpeg.num_components != 3 && jpeg.num_components != 1)
        throw source.error(ErrorCode::unsupported, "a JPEG file with " + std::to_string(jpeg.num_components) +
                                                       " colour components; 1 (grey), 3 (RGB) and 4 (CMYK) are read");

    jpeg.out_color_space = four_inks ? JCS_CMYK : JCS_RGB;
    jpeg.scale_denom = static_cast<unsigned>(source.options.jpeg_scale);
    if (!attempt(decoder, [](Decoder& it) { jpeg_calc_output_dimensions(&it.jpeg); })) throw failure(decoder, source);
    decoder.region = region_of(jpeg, source);
    Image image = empty_image(jpeg.output_width, jpeg.output_height);
    if (four_inks) set_mode(image, NativeMode::cmyk);
    // One byte beside alignment: to aligned rows libjpeg-turbo writes past the cache, and this row is read at once.
    std::vector<std::uint8_t> row(1 + std::size_t{jpeg.output_width} * 4);
    decoder.image = &image;
    decoder.row = row.data() + 1;
    if (!attempt(decoder, read_pixels)) throw failure(decoder, source);
    if (source.options.apply_orientation) return upright(std::move(image), orientation(source));
    return image;
}

}  // namespace sextant::media
