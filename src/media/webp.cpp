// WebP through libwebp. Of an animation the first frame is decoded, laid on a canvas of transparent black, as
// WebPAnimDecoder does it, through which Pillow reads every WebP file.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <webp/decode.h>

#include "media/decode.hpp"
#include "media/exif.hpp"

namespace sextant::media {
namespace {

constexpr std::size_t riff_header_bytes = 12;  // "RIFF", size, "WEBP"
constexpr std::size_t chunk_header_bytes = 8;  // name, size
constexpr std::size_t frame_header_bytes = 16;
constexpr unsigned animation_flag = 0x02;

/// What may be taken before a picture has proved sound. Larger ones are decoded into memory that libwebp takes, which
/// costs nothing before it is written, and copied.
constexpr std::size_t cheap_bytes = 8 << 20;

std::size_t little_endian(const std::uint8_t* at, std::size_t bytes) {
    std::size_t value = 0;
    for (std::size_t i = bytes; i-- > 0;) value = value << 8 | at[i];
    return value;
}

struct Chunk {
    std::string_view name;
    std::span<const std::uint8_t> body;
};

/// One picture that libwebp is given, and where on the canvas it lies.
struct Frame {
    std::span<const std::uint8_t> bytes;
    std::size_t x = 0, y = 0;
    std::size_t width = 0, height = 0;
    std::size_t canvas_width = 0, canvas_height = 0;
    bool lossless = false;
    bool alpha = false;
    bool canvas_alpha = false;  ///< the file says that it has alpha, whatever this frame has
    int orientation = 1;

    [[nodiscard]] bool fills() const { return width == canvas_width && height == canvas_height; }
};

/// The chunk at `rest`, which moves behind it; nothing at the end.
std::optional<Chunk> next_chunk(const Source& source, std::span<const std::uint8_t>& rest) {
    if (rest.empty()) return std::nullopt;
    const auto at = static_cast<std::size_t>(rest.data() - source.data());
    if (rest.size() < chunk_header_bytes)
        throw source.damaged("it ends within the header of a chunk at byte " + std::to_string(at));
    const std::string_view name(reinterpret_cast<const char*>(rest.data()), 4);
    const std::size_t size = little_endian(rest.data() + 4, 4);
    if (size > rest.size() - chunk_header_bytes)
        throw source.damaged("the chunk at byte " + std::to_string(at) + " claims " + std::to_string(size) +
                             " bytes, and " + std::to_string(rest.size() - chunk_header_bytes) + " are left");
    const Chunk chunk{name, rest.subspan(chunk_header_bytes, size)};
    const std::size_t padded = size + size % 2;
    rest = rest.subspan(std::min(chunk_header_bytes + padded, rest.size()));
    return chunk;
}

/// What the RIFF header says belongs to the file, behind that header.
std::span<const std::uint8_t> chunks_of(const Source& source) {
    const std::uint64_t size = source.size() < riff_header_bytes ? 0 : little_endian(source.data() + 4, 4);
    if (size + 8 > source.size() || size < 4)
        throw source.error(ErrorCode::corrupt, "the WebP file is truncated: it has " + std::to_string(source.size()) +
                                                   " bytes, and its header says " + std::to_string(size + 8));
    return {source.data() + riff_header_bytes, static_cast<std::size_t>(size) - 4};
}

/// Sizes and kind of a "VP8 " or "VP8L" stream, perhaps with its ALPH chunk before it.
void read_features(const Source& source, Frame& frame) {
    WebPBitstreamFeatures features;
    if (WebPGetFeatures(frame.bytes.data(), frame.bytes.size(), &features) != VP8_STATUS_OK)
        throw source.damaged("the header of its picture cannot be read");
    frame.width = static_cast<std::size_t>(features.width);
    frame.height = static_cast<std::size_t>(features.height);
    frame.lossless = features.format == 2;
    frame.alpha = features.has_alpha != 0;
}

/// The first frame of an animation; `body` is that of its ANMF chunk.
void read_animation_frame(const Source& source, std::span<const std::uint8_t> body, Frame& frame) {
    if (body.size() < frame_header_bytes) throw source.damaged("its first frame is shorter than a header");
    frame.x = 2 * little_endian(body.data(), 3);
    frame.y = 2 * little_endian(body.data() + 3, 3);
    const std::size_t width = little_endian(body.data() + 6, 3) + 1, height = little_endian(body.data() + 9, 3) + 1;
    frame.bytes = body.subspan(frame_header_bytes);
    read_features(source, frame);
    if (frame.width != width || frame.height != height)
        throw source.damaged("the size of its first frame is not that of the picture in it");
}

/// VP8X: a canvas, and chunks of pictures and of notes about them.
void read_extended(const Source& source, std::span<const std::uint8_t> rest, const Chunk& header, Frame& frame) {
    if (header.body.size() < 10) throw source.damaged("its VP8X header has fewer than 10 bytes");
    frame.canvas_width = little_endian(header.body.data() + 4, 3) + 1;
    frame.canvas_height = little_endian(header.body.data() + 7, 3) + 1;
    source.check_size(frame.canvas_width, frame.canvas_height);
    const bool animated = (header.body[0] & animation_flag) != 0;
    bool found = false, exif = false;
    while (const auto chunk = next_chunk(source, rest)) {
        if (chunk->name == "EXIF" && !exif) {
            exif = true;
            frame.orientation = orientation_of(chunk->body);
        }
        if (found) continue;
        found = animated ? chunk->name == "ANMF" : chunk->name == "VP8 " || chunk->name == "VP8L";
        if (!found) continue;
        if (animated)
            read_animation_frame(source, chunk->body, frame);
        else
            read_features(source, frame);  // of the whole file, in which libwebp finds the chunks itself
    }
    if (!found) throw source.damaged("it holds no picture");
    const bool fits = frame.x + frame.width <= frame.canvas_width && frame.y + frame.height <= frame.canvas_height;
    if (!fits || (!animated && !frame.fills()))
        throw source.damaged("its canvas has " + std::to_string(frame.canvas_width) + " x " +
                             std::to_string(frame.canvas_height) + " pixels, which is not the size of the picture");
}

Frame read_frame(const Source& source) {
    auto rest = chunks_of(source);
    Frame frame;
    frame.bytes = {source.data(), rest.size() + riff_header_bytes};
    const auto first = next_chunk(source, rest);
    if (first && first->name == "VP8X") {
        read_extended(source, rest, *first, frame);
    } else if (first && (first->name == "VP8 " || first->name == "VP8L")) {
        read_features(source, frame);
        frame.canvas_width = frame.width;
        frame.canvas_height = frame.height;
    } else {
        throw source.damaged("it does not begin with a picture (VP8, VP8L) or a header (VP8X)");
    }
    source.check_size(frame.canvas_width, frame.canvas_height);
    WebPBitstreamFeatures file;
    if (WebPGetFeatures(source.data(), source.size(), &file) == VP8_STATUS_OK) frame.canvas_alpha = file.has_alpha != 0;
    return frame;
}

/// The modes of a macroblock of 16 x 16 pixels have fixed probabilities, of which the likeliest take 3.4 bits (RFC
/// 6386, section 11). A lossless picture of one colour takes no bits at all.
std::uint64_t fewest_bytes(const Frame& frame) {
    if (frame.lossless) return 0;
    return std::uint64_t{(frame.width + 15) / 16} * ((frame.height + 15) / 16) * 3 / 8;
}

/// libwebp's memory, released whatever happens.
struct Output {
    WebPDecoderConfig config;

    explicit Output(bool alpha) {
        WebPInitDecoderConfig(&config);
        config.output.colorspace = alpha ? MODE_RGBA : MODE_RGB;
    }
    ~Output() { WebPFreeDecBuffer(&config.output); }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    /// Decodes straight into `image`, which must be of the frame's size.
    void write_to(Image& image) {
        auto& buffer = config.output;
        buffer.is_external_memory = 1;
        buffer.u.RGBA.rgba = image.pixels.data();
        buffer.u.RGBA.stride = image.width * 3;
        buffer.u.RGBA.size = image.pixels.size();
    }
};

void decode_frame(const Source& source, const Frame& frame, Output& output) {
    const auto status = WebPDecode(frame.bytes.data(), frame.bytes.size(), &output.config);
    if (status == VP8_STATUS_OK) return;
    if (status == VP8_STATUS_OUT_OF_MEMORY) throw source.error(ErrorCode::limit, "libwebp ran out of memory");
    if (status == VP8_STATUS_UNSUPPORTED_FEATURE)
        throw source.error(ErrorCode::unsupported, "libwebp does not read this form of WebP");
    throw source.damaged(status == VP8_STATUS_NOT_ENOUGH_DATA ? "its pixels end early" : "its pixels cannot be decoded");
}

/// Row `y` of a canvas that the frame does not fill, written to `row`.
std::uint8_t* lay_row(const Frame& frame, const WebPRGBABuffer& decoded, std::size_t channels, std::size_t y,
                      std::vector<std::uint8_t>& row) {
    std::fill(row.begin(), row.end(), std::uint8_t{0});
    if (y >= frame.y && y < frame.y + frame.height)
        std::copy_n(decoded.rgba + (y - frame.y) * static_cast<std::size_t>(decoded.stride), frame.width * channels,
                    row.data() + frame.x * channels);
    return row.data();
}

/// The whole canvas, over the background if the frame was decoded with its alpha.
void lay_out(const Frame& frame, const WebPRGBABuffer& decoded, bool alpha, const Source& source, Image& image) {
    const std::size_t channels = alpha ? 4 : 3;
    std::vector<std::uint8_t> canvas_row(frame.fills() ? 0 : frame.canvas_width * channels);
    for (std::size_t y = 0; y < frame.canvas_height; ++y) {
        std::uint8_t* row = frame.fills() ? decoded.rgba + y * static_cast<std::size_t>(decoded.stride)
                                          : lay_row(frame, decoded, channels, y, canvas_row);
        if (image.mode == NativeMode::alpha) {
            append_row_with_alpha(image, row);
            continue;
        }
        if (alpha) blend(row, frame.canvas_width, *source.options.background);
        append_row(image, row);
    }
}

}  // namespace

Image decode_webp(const Source& source) {
    const Frame frame = read_frame(source);
    source.check_length(fewest_bytes(frame), frame.width, frame.height);
    const bool alpha = source.options.background ? frame.alpha || !frame.fills() : frame.canvas_alpha;
    Output output(alpha);
    Image image = empty_image(frame.canvas_width, frame.canvas_height);
    if (alpha && !source.options.background) set_mode(image, NativeMode::alpha);
    const bool direct = frame.fills() && !alpha && image.pixels.capacity() <= cheap_bytes;
    if (direct) {
        image.pixels.resize(frame.canvas_width * frame.canvas_height * 3);
        output.write_to(image);
    }
    decode_frame(source, frame, output);
    if (!direct) lay_out(frame, output.config.output.u.RGBA, alpha, source, image);
    if (source.options.apply_orientation) return upright(std::move(image), frame.orientation);
    return image;
}

}  // namespace sextant::media
