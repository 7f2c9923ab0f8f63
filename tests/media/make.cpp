#include "make.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

// clang-format off: needs what cstdio declares
#include <jpeglib.h>
// clang-format on
#include <webp/encode.h>

namespace make {
namespace {

std::uint32_t crc32(const Bytes& bytes) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (const char c : bytes) {
        crc ^= static_cast<std::uint8_t>(c);
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

std::uint32_t adler32(const Bytes& bytes) {
    std::uint32_t a = 1, b = 0;
    for (const char c : bytes) {
        a = (a + static_cast<std::uint8_t>(c)) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

/// One scan for the DC coefficient, then two for each of the others: all bits but the last, and the last.
std::vector<jpeg_scan_info> one_scan_per_coefficient() {
    std::vector<jpeg_scan_info> scans{{1, {0}, 0, 0, 0, 0}};
    for (int k = 1; k < 64; ++k) scans.push_back({1, {0}, k, k, 0, 1});
    for (int k = 1; k < 64; ++k) scans.push_back({1, {0}, k, k, 1, 0});
    return scans;
}

void set_options(jpeg_compress_struct& writer, const JpegOptions& options, const std::vector<jpeg_scan_info>& scans) {
    if (options.rgb) jpeg_set_colorspace(&writer, JCS_RGB);
    if (options.ycck) jpeg_set_colorspace(&writer, JCS_YCCK);
    if (options.bare) writer.write_JFIF_header = writer.write_Adobe_marker = FALSE;
    jpeg_set_quality(&writer, options.quality, TRUE);
    if (options.progressive) jpeg_simple_progression(&writer);
    if (options.many_scans) {
        writer.scan_info = scans.data();
        writer.num_scans = static_cast<int>(scans.size());
    }
    writer.arith_code = options.arithmetic ? TRUE : FALSE;
    writer.restart_interval = static_cast<unsigned>(options.restart_interval);
    for (std::size_t i = 0; i < options.sampling.size(); ++i) {
        writer.comp_info[i].h_samp_factor = options.sampling[i] / 10;
        writer.comp_info[i].v_samp_factor = options.sampling[i] % 10;
    }
}

}  // namespace

Bytes big_endian(std::uint32_t value, int bytes) {
    Bytes text;
    for (int i = bytes; i-- > 0;) text += static_cast<char>(value >> (8 * i) & 0xFF);
    return text;
}

Bytes little_endian(std::uint32_t value, int bytes) {
    const Bytes text = big_endian(value, bytes);
    return {text.rbegin(), text.rend()};
}

Bytes png_chunk(const Bytes& name, const Bytes& body) {
    return big_endian(static_cast<std::uint32_t>(body.size()), 4) + name + body + big_endian(crc32(name + body), 4);
}

Bytes png_start(std::uint32_t width, std::uint32_t height, int depth, int colour_type) {
    return "\x89PNG\r\n\x1A\n" +
           png_chunk("IHDR", big_endian(width, 4) + big_endian(height, 4) + static_cast<char>(depth) +
                                 static_cast<char>(colour_type) + Bytes(3, '\0'));
}

Bytes stored(const Bytes& raw) {
    Bytes stream = "\x78\x01";
    for (std::size_t at = 0; at < raw.size() || at == 0; at += 65535) {
        const Bytes part = raw.substr(at, 65535);
        const auto length = static_cast<std::uint32_t>(part.size());
        stream += static_cast<char>(at + 65535 >= raw.size() ? 1 : 0);
        stream += little_endian(length, 2) + little_endian(~length & 0xFFFF, 2) + part;
    }
    return stream + big_endian(adler32(raw), 4);
}

Bytes deflated_zeros(std::size_t count) {
    // RFC 1951, 3.2.6: a block of fixed codes; a zero, copies of 258 bytes from one byte back, zeros for the rest.
    Bytes stream = "\x78\x01";
    unsigned bits = 0;
    int held = 0;
    const auto put = [&](const char* code) {
        for (; *code != '\0'; ++code) {
            bits |= static_cast<unsigned>(*code - '0') << held++;
            if (held < 8) continue;
            stream += static_cast<char>(bits);
            bits = 0;
            held = 0;
        }
    };
    put("110");  // the last block, of fixed codes
    const std::size_t copies = count == 0 ? 0 : (count - 1) / 258;
    for (std::size_t single = copies * 258; single < count; ++single) put("00110000");
    for (std::size_t i = 0; i < copies; ++i) put("1100010100000");
    put("0000000");
    while (held != 0) put("0");
    return stream + big_endian(static_cast<std::uint32_t>(count % 65521) << 16 | 1, 4);
}

Bytes png(std::uint32_t width, std::uint32_t height, int depth, int colour_type, const std::vector<Bytes>& rows,
          const Bytes& extra) {
    Bytes raw;
    for (const auto& row : rows) raw += '\0' + row;
    return png_start(width, height, depth, colour_type) + extra + png_chunk("IDAT", stored(raw)) +
           png_chunk("IEND", "");
}

Bytes jpeg(int width, int height, const JpegOptions& options) {
    Bytes pixels;
    const auto channels = static_cast<std::size_t>(options.channels);
    for (std::size_t y = 0; y < static_cast<std::size_t>(height); ++y)
        for (std::size_t i = 0; i < static_cast<std::size_t>(width) * channels; ++i)
            pixels += static_cast<char>((i * 7 / channels + 5 * y + 40 * (i % 3)) % 256);
    return jpeg_of(width, height, pixels, options);
}

Bytes jpeg_of(int width, int height, const Bytes& pixels, const JpegOptions& options) {
    jpeg_compress_struct writer;
    jpeg_error_mgr errors;
    writer.err = jpeg_std_error(&errors);
    errors.error_exit = [](j_common_ptr jpeg) {
        std::array<char, JMSG_LENGTH_MAX> message{};
        jpeg->err->format_message(jpeg, message.data());
        throw std::runtime_error(message.data());  // tests only: libjpeg's frames hold nothing to release
    };
    jpeg_create_compress(&writer);
    unsigned char* memory = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&writer, &memory, &size);
    writer.image_width = static_cast<JDIMENSION>(width);
    writer.image_height = static_cast<JDIMENSION>(height);
    writer.input_components = options.channels;
    writer.in_color_space = options.channels == 1 ? JCS_GRAYSCALE : options.channels == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&writer);
    const auto scans = one_scan_per_coefficient();
    set_options(writer, options, scans);
    jpeg_start_compress(&writer, TRUE);
    const auto row_bytes = static_cast<std::size_t>(width * options.channels);
    while (writer.next_scanline < writer.image_height) {
        auto* row =
            const_cast<JSAMPROW>(reinterpret_cast<const JSAMPLE*>(pixels.data())) + writer.next_scanline * row_bytes;
        jpeg_write_scanlines(&writer, &row, 1);
    }
    jpeg_finish_compress(&writer);
    jpeg_destroy_compress(&writer);
    const Bytes bytes(reinterpret_cast<const char*>(memory), size);
    std::free(memory);
    return bytes;
}

Bytes with_segment(const Bytes& jpeg, int marker, const Bytes& body) {
    return jpeg.substr(0, 2) + '\xFF' + static_cast<char>(marker) +
           big_endian(static_cast<std::uint32_t>(body.size()) + 2, 2) + body + jpeg.substr(2);
}

Bytes exif(int orientation) {
    return Bytes("II*\0", 4) + little_endian(8, 4) + little_endian(1, 2) + little_endian(0x0112, 2) +
           little_endian(3, 2) + little_endian(1, 4) + little_endian(static_cast<std::uint32_t>(orientation), 4) +
           little_endian(0, 4);
}

Bytes webp_chunk(const Bytes& name, const Bytes& body) {
    return name + little_endian(static_cast<std::uint32_t>(body.size()), 4) + body + Bytes(body.size() % 2, '\0');
}

Bytes webp_file(const Bytes& chunks) {
    return "RIFF" + little_endian(static_cast<std::uint32_t>(chunks.size()) + 4, 4) + "WEBP" + chunks;
}

Bytes webp_canvas(std::uint32_t width, std::uint32_t height, int flags) {
    return static_cast<char>(flags) + Bytes(3, '\0') + little_endian(width - 1, 3) + little_endian(height - 1, 3);
}

Bytes webp_picture(int width, int height, bool lossless, bool alpha) {
    std::vector<std::uint8_t> pixels;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (const int level : {9 * x, 7 * y, 5 * x + 3 * y, alpha ? 11 * x : 255})
                pixels.push_back(static_cast<std::uint8_t>(level));
    std::uint8_t* memory = nullptr;
    const std::size_t size = lossless ? WebPEncodeLosslessRGBA(pixels.data(), width, height, 4 * width, &memory)
                                      : WebPEncodeRGBA(pixels.data(), width, height, 4 * width, 80, &memory);
    const Bytes file(reinterpret_cast<const char*>(memory), size);
    WebPFree(memory);
    if (size == 0) throw std::runtime_error("libwebp wrote no picture");
    return file.substr(12);
}

Bytes gif_frame(int left, int top, int width, int height, const std::vector<int>& colours, int transparent, bool interlaced) {
    using namespace std::string_literals;
    const auto word = [](int value) { return little_endian(static_cast<std::uint32_t>(value), 2); };
    Bytes frame;
    if (transparent >= 0) frame.append("!\xF9\x04\x01\0\0"s).append({static_cast<char>(transparent), '\0'});
    frame.append(",").append(word(left)).append(word(top)).append(word(width)).append(word(height));
    frame += interlaced ? '\x40' : '\0';
    // Codes of three bits: 0 to 3 are colours, 4 empties the table before it makes codes longer, 5 ends the picture.
    std::vector<int> codes;
    for (const int colour : colours) codes.insert(codes.end(), {4, colour});
    codes.push_back(5);
    Bytes packed((3 * codes.size() + 7) / 8, '\0');
    for (std::size_t bit = 0; bit < 3 * codes.size(); ++bit)
        if ((codes[bit / 3] >> bit % 3 & 1) != 0) packed[bit / 8] = static_cast<char>(packed[bit / 8] | 1 << bit % 8);
    frame += '\x02';
    for (std::size_t at = 0; at < packed.size(); at += 255) {
        const auto block = std::min<std::size_t>(packed.size() - at, 255);
        frame += static_cast<char>(block);
        frame.append(packed, at, block);
    }
    return frame + '\0';
}

Bytes gif(int width, int height, const Bytes& palette, const Bytes& frames) {
    int size = -1;
    for (std::size_t count = palette.size() / 3; count > 1; count /= 2) ++size;
    const int flags = palette.empty() ? 0 : 0x80 | size;
    return "GIF89a" + little_endian(static_cast<std::uint32_t>(width), 2) + little_endian(static_cast<std::uint32_t>(height), 2) +
           static_cast<char>(flags) + Bytes(2, '\0') + palette + frames + ";";
}

Bytes bmp(std::int32_t width, std::int32_t height, const Bytes& pixels) {
    const auto length = static_cast<std::uint32_t>(pixels.size());
    return "BM" + little_endian(54 + length, 4) + little_endian(0, 4) + little_endian(54, 4) + little_endian(40, 4) +
           little_endian(static_cast<std::uint32_t>(width), 4) + little_endian(static_cast<std::uint32_t>(height), 4) +
           little_endian(1, 2) + little_endian(24, 2) + little_endian(0, 4) + little_endian(length, 4) +
           Bytes(16, '\0') + pixels;
}

Bytes tga_header(int type, int width, int height, int depth) {
    return Bytes(2, '\0') + static_cast<char>(type) + Bytes(9, '\0') +
           little_endian(static_cast<std::uint32_t>(width), 2) + little_endian(static_cast<std::uint32_t>(height), 2) +
           static_cast<char>(depth) + '\x20';
}

TemporaryFolder::TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sextant-media-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TemporaryFolder::write(const std::string& name, const Bytes& bytes) const {
    const auto path = path_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}

}  // namespace make
