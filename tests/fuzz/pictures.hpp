// What the fuzzers of the decoders share.
#pragma once

#include <string>

#include <sextant/core/error.hpp>
#include <sextant/media/image.hpp>

#include "fuzz/target.hpp"
#include "media/make.hpp"

namespace fuzz {

/// Decodes once, and holds the library to what it promises: whole pixels within the limits, or sextant::Error.
inline void decode(const Bytes& bytes, const sextant::DecodeOptions& options, const sextant::NeededRegion& needed = {}) {
    try {
        const auto image = sextant::decode_image(make::view(bytes), "input", options, needed);
        const auto area = static_cast<std::uint64_t>(image.width) * static_cast<std::uint64_t>(image.height);
        if (image.width < 1 || image.height < 1 || area > options.limits.max_pixels || image.pixels.size() != 3 * area)
            broken("a picture of " + std::to_string(image.width) + " x " + std::to_string(image.height) + " has " +
                   std::to_string(image.pixels.size()) + " bytes");
        if (image.native.size() != sextant::native_bytes(image.mode, static_cast<std::size_t>(area)))
            broken("a picture of mode " + std::to_string(static_cast<int>(image.mode)) + " has " + std::to_string(image.native.size()) +
                   " bytes of it");
        outcome("decoded " + std::string(image.pixels.size() % 2 == 0 ? "even" : "odd") + options.name());
    } catch (const sextant::Error& error) {
        if (!std::string_view(error.what()).starts_with("input: ")) broken(std::string("unnamed: ") + error.what());
        outcome(error.what());
    }
}

/// As the references do it, and for every fourth input with all that departs from them too, for another the middle alone.
inline void decode(const Bytes& bytes) {
    sextant::DecodeOptions options{.limits = {.max_pixels = 1 << 16}};
    decode(bytes, options);
    if (bytes.size() % 4 == 1) {
        decode(bytes, options, [](int width, int height) {
            return sextant::PixelRegion{width / 3, height / 3, (width + 2) / 3, (height + 2) / 3};
        });
    }
    if (bytes.size() % 4 != 0) return;
    options.jpeg_scale = 2;
    options.apply_orientation = true;
    options.background = {{1, 2, 3}};
    options.scale_16_bit = true;
    decode(bytes, options);
}

}  // namespace fuzz
