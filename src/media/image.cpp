#include <sextant/media/image.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "media/decode.hpp"
#include "media/kind.hpp"
#include "media/text.hpp"

namespace sextant {
namespace media {

void Source::check_size(std::uint64_t width, std::uint64_t height) const {
    const std::string size = std::to_string(width) + " x " + std::to_string(height) + " pixels";
    if (width == 0 || height == 0) throw error(ErrorCode::corrupt, "the picture says it has " + size);
    const auto side = std::max(width, height);
    if (side > static_cast<std::uint64_t>(limits().max_side))
        throw error(ErrorCode::limit, "the picture has " + size + "; a side may have " +
                                          std::to_string(limits().max_side) + " (ImageLimits::max_side)");
    if (width * height > limits().max_pixels)  // neither is over 2^31 here
        throw error(ErrorCode::limit, "the picture has " + size + "; " + std::to_string(limits().max_pixels) +
                                          " in all are allowed (ImageLimits::max_pixels)");
}

void Source::check_length(std::uint64_t fewest_bytes, std::uint64_t width, std::uint64_t height) const {
    if (size() >= fewest_bytes) return;
    throw error(ErrorCode::corrupt, "the " + std::string(kind) + " file is truncated: it has " +
                                        std::to_string(size()) + " bytes, and a picture of " + std::to_string(width) +
                                        " x " + std::to_string(height) + " pixels takes at least " +
                                        std::to_string(fewest_bytes));
}

Image empty_image(std::uint64_t width, std::uint64_t height) {
    Image image{static_cast<int>(width), static_cast<int>(height), {}};
    image.pixels.reserve(static_cast<std::size_t>(width * height * 3));
    return image;
}

void set_mode(Image& image, NativeMode mode) {
    image.mode = mode;
    image.native.reserve(native_bytes(mode, static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height)));
}

void append_row_with_alpha(Image& image, std::uint8_t* row) {
    const auto width = static_cast<std::size_t>(image.width);
    image.native.resize(image.native.size() + width);
    std::uint8_t* alpha = image.native.data() + image.native.size() - width;
    for (std::size_t x = 0; x < width; ++x) {
        alpha[x] = row[4 * x + 3];
        for (std::size_t c = 0; c < 3; ++c) row[3 * x + c] = row[4 * x + c];
    }
    append_row(image, row);
}

UnorderedRows::UnorderedRows(std::size_t height, std::size_t row_bytes)
    : memory(static_cast<std::uint8_t*>(height == 0 ? nullptr : std::calloc(height, row_bytes)), &std::free), rows(height) {
    if (height > 0 && !memory) throw std::bad_alloc();
    for (std::size_t y = 0; y < height; ++y) rows[y] = memory.get() + y * row_bytes;
}

std::vector<std::uint8_t> black_and_white() {
    std::vector<std::uint8_t> colours(native_bytes(NativeMode::palette, 0), 255);
    std::fill_n(colours.begin(), 3, std::uint8_t{0});
    return colours;
}

void blend(std::uint8_t* pixels, std::size_t count, const std::array<std::uint8_t, 3>& background) {
    const std::uint8_t* rgba = pixels;
    for (std::uint8_t* rgb = pixels; count-- > 0; rgba += 4, rgb += 3) {
        const int alpha = rgba[3];
        for (std::size_t i = 0; i < 3; ++i)
            rgb[i] = static_cast<std::uint8_t>((rgba[i] * alpha + background[i] * (255 - alpha) + 127) / 255);
    }
}

}  // namespace media

namespace {

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

[[noreturn]] void cannot_read(const std::string& name, int reason) {
    throw Error(reason == ENOENT || reason == ENOTDIR ? ErrorCode::not_found : ErrorCode::io,
                name + ": cannot read the picture: " + std::generic_category().message(reason));
}

void check_file_size(std::uint64_t bytes, const std::string& name, const ImageLimits& limits) {
    if (bytes > limits.max_file_bytes)
        throw Error(ErrorCode::limit, name + ": the file has " + std::to_string(bytes) + " bytes; " +
                                          std::to_string(limits.max_file_bytes) +
                                          " are allowed (ImageLimits::max_file_bytes)");
}

/// Reads until the end of the file and not up to a size asked beforehand, because the file may change meanwhile.
std::vector<std::byte> read_bytes(const std::filesystem::path& path, const std::string& name,
                                  const ImageLimits& limits) {
    std::error_code failed;
    const auto status = std::filesystem::status(path, failed);
    if (failed) cannot_read(name, failed.value());
    if (!std::filesystem::is_regular_file(status))
        throw Error(std::filesystem::exists(status) ? ErrorCode::io : ErrorCode::not_found,
                    name + (std::filesystem::is_directory(status)
                                ? ": is a folder; a picture file was expected (read_images reads folders)"
                                : ": is not a regular file; a picture file was expected"));
    const auto expected = std::filesystem::file_size(path, failed);
    if (failed) cannot_read(name, failed.value());
    check_file_size(expected, name, limits);

    const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
    if (!file) cannot_read(name, errno);
    std::vector<std::byte> bytes(static_cast<std::size_t>(expected) + 1);
    std::size_t used = 0;
    while (const auto count = std::fread(bytes.data() + used, 1, bytes.size() - used, file.get())) {
        used += count;
        check_file_size(used, name, limits);
        if (used == bytes.size()) bytes.resize(2 * bytes.size());
    }
    if (std::ferror(file.get())) cannot_read(name, errno);
    bytes.resize(used);
    return bytes;
}

/// By what decodes its kind.
Image decode(const media::Source& source, media::Decoder decoder) {
    switch (decoder) {
        case media::Decoder::gif:
            return media::decode_gif(source);
        case media::Decoder::libjpeg:
            return media::decode_jpeg(source);
        case media::Decoder::libpng:
            return media::decode_png(source);
        case media::Decoder::libwebp:
            return media::decode_webp(source);
        case media::Decoder::pnm:
            return media::decode_pnm(source);
        case media::Decoder::stb:
            return media::decode_with_stb(source);
        case media::Decoder::none:
            break;
    }
    if (!source.kind.empty())
        throw source.error(ErrorCode::unsupported, "the picture is " + std::string(source.kind) +
                                                       ", which is not read; read are " +
                                                       std::string(media::kinds_read) + ": convert it to one of those");
    throw source.error(ErrorCode::unsupported, "not a picture of a known kind (it begins with the bytes " +
                                                   media::first_bytes(source.bytes) + "); read are " +
                                                   std::string(media::kinds_read));
}

}  // namespace

void ImageLimits::validate() const {
    const auto positive = [](const char* field, auto value) {
        if (value <= 0)
            throw Error(ErrorCode::invalid_argument, std::string("ImageLimits::") + field + " must be at least 1");
    };
    positive("max_file_bytes", max_file_bytes);
    positive("max_pixels", max_pixels);
    positive("max_side", max_side);
    positive("max_jpeg_scans", max_jpeg_scans);
    positive("max_png_chunks", max_png_chunks);
}

void DecodeOptions::validate() const {
    limits.validate();
    if (jpeg_scale != 1 && jpeg_scale != 2 && jpeg_scale != 4 && jpeg_scale != 8)
        throw Error(ErrorCode::invalid_argument,
                    "DecodeOptions::jpeg_scale is " + std::to_string(jpeg_scale) + "; it may be 1, 2, 4 or 8");
}

std::string DecodeOptions::name() const {
    std::string text;
    const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : " ") + part; };
    if (jpeg_scale != 1) add("jpeg_scale=" + std::to_string(jpeg_scale));
    if (apply_orientation) add("apply_orientation");
    if (background) add("background=" + media::hex(*background));
    if (scale_16_bit) add("scale_16_bit");
    return text.empty() ? "reference" : text;
}

DecodeOptions DecodeOptions::named(std::string_view name) {
    DecodeOptions options;
    std::istringstream words{std::string(name)};
    for (std::string word; words >> word;) {
        const auto number = [&word](int base) {
            std::uint32_t value = 0;
            std::from_chars(word.data() + word.find('=') + 1, word.data() + word.size(), value, base);
            return value;
        };
        if (word.starts_with("jpeg_scale=")) options.jpeg_scale = static_cast<int>(number(10));
        if (word == "apply_orientation") options.apply_orientation = true;
        if (word.starts_with("background=")) {
            const auto colour = number(16);
            options.background = {static_cast<std::uint8_t>(colour >> 16), static_cast<std::uint8_t>(colour >> 8),
                                  static_cast<std::uint8_t>(colour)};
        }
        if (word == "scale_16_bit") options.scale_16_bit = true;
    }
    if (options.name() != name)
        throw Error(ErrorCode::invalid_argument,
                    "\"" + media::ascii(name) + "\" is no name of DecodeOptions; one is \"jpeg_scale=2 apply_orientation " +
                        "background=ffffff scale_16_bit\"");
    options.validate();
    return options;
}

Image decode_image(std::span<const std::byte> bytes, std::string_view name, const DecodeOptions& options,
                   const NeededRegion& needed) {
    options.validate();
    const auto kind = media::kind_of(bytes);
    const media::Source source{bytes, name, kind.name, options, needed};
    if (bytes.empty()) throw source.error(ErrorCode::corrupt, "the picture is empty (0 bytes)");
    check_file_size(bytes.size(), std::string(name), options.limits);
    Image image = decode(source, kind.decoder);
    const auto opaque = [](std::uint8_t alpha) { return alpha == 255; };
    if (image.mode == NativeMode::alpha && std::all_of(image.native.begin(), image.native.end(), opaque)) {
        image.mode = NativeMode::rgb;
        image.native = {};
    }
    return image;
}

Image media::read_image_as(const std::filesystem::path& file, const std::string& name, const DecodeOptions& options,
                           const NeededRegion& needed) {
    options.validate();
    const auto bytes = read_bytes(file, name, options.limits);
    return decode_image(bytes, name, options, needed);
}

Image read_image(const std::filesystem::path& file, const DecodeOptions& options, const NeededRegion& needed) {
    return media::read_image_as(file, file.string(), options, needed);
}

}  // namespace sextant
