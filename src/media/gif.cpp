// The first picture of a GIF file, through giflib. Source of what it is laid on and which palette counts: Pillow,
// src/PIL/GifImagePlugin.py.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>

#include <gif_lib.h>

#include "media/decode.hpp"

namespace sextant::media {
namespace {

constexpr std::size_t colours = 256;
/// A code of 12 bits, the longest, stands for at most so many pixels.
constexpr std::uint64_t pixels_in_3_bytes = 2 * 4096;

struct Input {
    const std::uint8_t* at;
    std::size_t left;
};

int read(GifFileType* file, GifByteType* target, int wanted) {
    auto& input = *static_cast<Input*>(file->UserData);
    const auto count = std::min(static_cast<std::size_t>(std::max(wanted, 0)), input.left);
    std::copy_n(input.at, count, target);
    input.at += count;
    input.left -= count;
    return static_cast<int>(count);
}

struct Close {
    void operator()(GifFileType* file) const {
        int ignored = 0;
        DGifCloseFile(file, &ignored);
    }
};

class Gif {
public:
    explicit Gif(const Source& source) : source_(source), input_{source.data(), source.size()} {
        int reason = 0;
        file_.reset(DGifOpen(&input_, read, &reason));
        if (!file_) throw damaged(reason);
        find_picture();
    }

    [[nodiscard]] const GifImageDesc& frame() const { return file_->Image; }
    [[nodiscard]] std::optional<std::uint8_t> transparent() const { return transparent_; }

    /// The screen grows with a picture that does not lie within it.
    [[nodiscard]] std::uint64_t width() const { return side(file_->SWidth, frame().Left, frame().Width); }
    [[nodiscard]] std::uint64_t height() const { return side(file_->SHeight, frame().Top, frame().Height); }

    /// The palette that counts, nullptr if it is grey. Pillow holds that one which only counts grey levels for none, and
    /// falls back on the other.
    [[nodiscard]] const ColorMapObject* palette() const {
        for (const ColorMapObject* map : {frame().ColorMap, file_->SColorMap})
            if (map != nullptr && !is_grey(*map)) return map;
        return nullptr;
    }

    /// The next row in the order of the file.
    void read_row(std::uint8_t* indices) {
        check(DGifGetLine(file_.get(), indices, frame().Width));
    }

private:
    static std::uint64_t side(int screen, int before, int length) {
        return std::max(static_cast<std::uint64_t>(screen), static_cast<std::uint64_t>(before) + static_cast<std::uint64_t>(length));
    }

    static bool is_grey(const ColorMapObject& map) {
        for (int i = 0; i < map.ColorCount; ++i)
            if (map.Colors[i].Red != i || map.Colors[i].Green != i || map.Colors[i].Blue != i) return false;
        return true;
    }

    /// Reads on to the pixels of the first picture.
    void find_picture() {
        for (GifRecordType record = UNDEFINED_RECORD_TYPE; record != IMAGE_DESC_RECORD_TYPE;) {
            check(DGifGetRecordType(file_.get(), &record));
            if (record == TERMINATE_RECORD_TYPE) throw source_.error(ErrorCode::corrupt, "the GIF file holds no picture");
            if (record == EXTENSION_RECORD_TYPE) pass_extension();
        }
        check(DGifGetImageDesc(file_.get()));
    }

    void pass_extension() {
        int label = 0;
        GifByteType* block = nullptr;  // its length, and as many bytes
        check(DGifGetExtension(file_.get(), &label, &block));
        constexpr int length = 4, transparency_flag = 1;
        if (label == GRAPHICS_EXT_FUNC_CODE && block != nullptr) {
            if (block[0] < length) throw damaged(D_GIF_ERR_IMAGE_DEFECT);
            if ((block[1] & transparency_flag) != 0) transparent_ = block[length];
        }
        while (block != nullptr) check(DGifGetExtensionNext(file_.get(), &block));
    }

    void check(int result) {
        if (result == GIF_ERROR) throw damaged(file_->Error);
    }

    [[nodiscard]] Error damaged(int reason) const {
        const char* text = GifErrorString(reason);
        return source_.error(ErrorCode::corrupt, "the GIF file is damaged or truncated (near byte " +
                                                     std::to_string(source_.size() - input_.left) +
                                                     "): " + (text == nullptr ? "no reason given" : text));
    }

    const Source& source_;
    Input input_;
    std::unique_ptr<GifFileType, Close> file_;
    std::optional<std::uint8_t> transparent_;
};

void check_sizes(const Source& source, const Gif& gif) {
    const auto width = static_cast<std::uint64_t>(gif.frame().Width), height = static_cast<std::uint64_t>(gif.frame().Height);
    source.check_size(width, height);
    source.check_size(gif.width(), gif.height());
    source.check_length(3 * width * height / pixels_in_3_bytes, width, height);
    // A small picture on a large screen costs what the screen costs.
    if (gif.width() * gif.height() > pixels_in_3_bytes * source.size())
        throw source.error(ErrorCode::limit, "the GIF file has " + std::to_string(source.size()) + " bytes, and a screen of " +
                                                 std::to_string(gif.width()) + " x " + std::to_string(gif.height()) +
                                                 " pixels, more than so few bytes should cost");
}

/// The RGB of each index: black where the palette has none.
std::vector<std::uint8_t> table_of(const ColorMapObject* palette) {
    std::vector<std::uint8_t> table(colours * 3, 0);
    for (std::size_t i = 0; i < colours; ++i) {
        if (palette == nullptr)
            std::fill_n(table.data() + 3 * i, 3, static_cast<std::uint8_t>(i));
        else if (i < static_cast<std::size_t>(palette->ColorCount))
            std::ranges::copy(std::array{palette->Colors[i].Red, palette->Colors[i].Green, palette->Colors[i].Blue},
                              table.data() + 3 * i);
    }
    return table;
}

/// The rows of the picture from the top.
class Rows {
public:
    explicit Rows(Gif& gif)
        : gif_(gif),
          width_(static_cast<std::size_t>(gif.frame().Width)),
          height_(static_cast<std::size_t>(gif.frame().Height)),
          unordered_(gif.frame().Interlace ? height_ : 0, width_) {
        if (!gif.frame().Interlace) return;
        struct Pass {
            std::size_t first, step;
        };
        for (const auto& [first, step] : {Pass{0, 8}, Pass{4, 8}, Pass{2, 4}, Pass{1, 2}})
            for (std::size_t y = first; y < height_; y += step) gif.read_row(unordered_.rows[y]);
    }

    void next(std::uint8_t* to) {
        if (gif_.frame().Interlace)
            std::copy_n(unordered_.rows[y_++], width_, to);
        else
            gif_.read_row(to);
    }

private:
    Gif& gif_;
    std::size_t width_, height_, y_ = 0;
    UnorderedRows unordered_;
};

}  // namespace

Image decode_gif(const Source& source) {
    Gif gif(source);
    check_sizes(source, gif);
    const auto* palette = gif.palette();
    auto table = table_of(palette);
    Image image = empty_image(gif.width(), gif.height());
    if (palette != nullptr) {
        set_mode(image, NativeMode::palette);
        image.native = table;
    }
    if (const auto& background = source.options.background; background && gif.transparent())
        std::ranges::copy(*background, table.data() + std::size_t{3} * *gif.transparent());

    const auto top = static_cast<std::uint64_t>(gif.frame().Top), height = static_cast<std::uint64_t>(gif.frame().Height);
    // The screen is transparent if anything is, else of colour 0.
    std::vector<std::uint8_t> indices(static_cast<std::size_t>(gif.width()), gif.transparent().value_or(0));
    const std::vector<std::uint8_t> empty = indices;
    std::vector<std::uint8_t> row(indices.size() * 3);
    Rows rows(gif);
    for (std::uint64_t y = 0; y < gif.height(); ++y) {
        const bool within = y >= top && y < top + height;
        if (within) rows.next(indices.data() + gif.frame().Left);
        const auto& shown = within ? indices : empty;
        for (std::size_t x = 0; x < shown.size(); ++x) std::copy_n(table.data() + std::size_t{3} * shown[x], 3, row.data() + 3 * x);
        append_row(image, row.data());
    }
    return image;
}

}  // namespace sextant::media
