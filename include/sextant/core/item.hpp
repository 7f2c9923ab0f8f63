// What a program searches with and searches for: a text, a picture or both, and documents made of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <sextant/core/modality.hpp>

namespace sextant {

/// The longest text that is encoded or kept, in bytes.
inline constexpr std::size_t max_text_bytes = std::size_t{64} << 10;

/// UTF-8 text. Checked where it is used: at most `max_text_bytes`, every byte valid.
struct Text {
    std::string value;
};

/// What a picture was before it became 8-bit RGB. Grey of 8 bits counts as RGB.
enum class NativeMode {
    rgb,      ///< what it is
    alpha,    ///< RGB or grey with alpha
    palette,  ///< colours of a table, or black and white
    cmyk,     ///< four inks
    grey_16,  ///< grey of 16 bits
    grey_32,  ///< the same, in 32 bits, of which resizing cuts nothing off: what Pillow makes of a PNM file
};

/// A decoded picture: 8-bit RGB, rows from the top, no padding between rows.
///
/// Some networks were trained on pictures that were resized before they became RGB, which shows in those of another mode.
/// For their sake `decode_image` keeps what the RGB lacks; see `ImageSpec::convert`. Whoever writes to `pixels` sets
/// `mode` to rgb and clears `native`, or keeps both in step.
struct Image {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> pixels;  ///< height x width x 3
    NativeMode mode = NativeMode::rgb;
    std::vector<std::uint8_t> native{};  ///< see `native_bytes`
};

/// How many bytes `Image::native` holds: nothing for rgb; height x width levels of alpha; the 256 colours of a palette,
/// three levels each; height x width x 4 levels of cyan, magenta, yellow and black, 255 for full ink; height x width grey
/// levels of two bytes, the high one first.
[[nodiscard]] constexpr std::size_t native_bytes(NativeMode mode, std::size_t area) noexcept {
    switch (mode) {
        case NativeMode::rgb:
            return 0;
        case NativeMode::alpha:
            return area;
        case NativeMode::palette:
            return std::size_t{256} * 3;
        case NativeMode::cmyk:
            return area * 4;
        case NativeMode::grey_16:
        case NativeMode::grey_32:
            return area * 2;
    }
    return 0;
}

/// A rectangle of whole pixels within a picture.
struct PixelRegion {
    int left = 0;
    int top = 0;
    int width = 0;
    int height = 0;

    [[nodiscard]] bool operator==(const PixelRegion&) const = default;
};

/// A text and a picture that mean one thing together: "in blue", said of the picture of a chair.
struct TextImage {
    Text text;
    Image image;
};

/// One thing to encode.
class Item {
public:
    Item(Text text) : value_(std::move(text)) {}       // NOLINT: a Text is an Item
    Item(Image image) : value_(std::move(image)) {}    // NOLINT: an Image is an Item
    Item(TextImage both) : value_(std::move(both)) {}  // NOLINT: and so are both together

    [[nodiscard]] Modality modality() const noexcept {
        if (std::holds_alternative<TextImage>(value_)) return Modality::text_image;
        return std::holds_alternative<Text>(value_) ? Modality::text : Modality::image;
    }
    /// Its text, nullptr if it has none.
    [[nodiscard]] const Text* text() const noexcept {
        const auto* both = std::get_if<TextImage>(&value_);
        return both ? &both->text : std::get_if<Text>(&value_);
    }
    /// Its picture, nullptr if it has none.
    [[nodiscard]] const Image* image() const noexcept {
        const auto* both = std::get_if<TextImage>(&value_);
        return both ? &both->image : std::get_if<Image>(&value_);
    }

private:
    std::variant<Text, Image, TextImage> value_;
};

/// An item with a name, ready to be remembered by an index.
struct Document {
    std::string id;
    Item item;
    std::string payload = "{}";  ///< a JSON object of the caller's
};

}  // namespace sextant
