// The first picture of a GIF file. Sources: CompuServe, "Graphics Interchange Format, Version 89a", 1990; what the picture is
// laid on, which palette counts and which odd files are read: Pillow, src/PIL/GifImagePlugin.py and src/libImaging/GifDecode.c.
// giflib is not used: it empties its whole table at each clear code, which a small file can ask for a million times, makes up
// pixels for codes that do not exist, and refuses pictures that lack nothing but their end.
#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>

#include "media/decode.hpp"

namespace sextant::media {
namespace {

constexpr std::size_t colours = 256;
constexpr unsigned most_code_bits = 12;
constexpr std::size_t table_size = 1U << most_code_bits;

using Bytes = std::span<const std::uint8_t>;

class Reader {
public:
    explicit Reader(const Source& source) : source_(source) {}

    [[nodiscard]] const Source& source() const { return source_; }

    Bytes take(std::size_t count) {
        if (source_.size() - at_ < count)
            throw source_.error(ErrorCode::corrupt, "the GIF file is truncated: it ends at byte " +
                                                        std::to_string(source_.size()) + ", before its first picture does");
        at_ += count;
        return {source_.data() + at_ - count, count};
    }
    std::uint8_t byte() { return take(1)[0]; }
    std::uint64_t word() {
        const auto bytes = take(2);
        return bytes[0] + 256U * bytes[1];
    }

    /// One part of a chain; the last is empty.
    Bytes block() { return take(byte()); }

    /// The colours that the flags of a screen or a picture announce, three levels each; empty if they do not.
    Bytes palette(std::uint8_t flags) {
        return (flags & 0x80) != 0 ? take(std::size_t{3} << ((flags & 7) + 1)) : Bytes{};
    }

private:
    const Source& source_;
    std::size_t at_ = 0;
};

/// Whether a palette only counts grey levels. Pillow holds such a one for none, and falls back on the other.
bool is_grey(Bytes palette) {
    for (std::size_t i = 0; i < palette.size(); ++i)
        if (palette[i] != i / 3) return false;
    return true;
}

/// What stands before the pixels of the first picture.
struct Header {
    std::uint64_t width = 0, height = 0;  ///< of the screen, which grows with a picture that does not lie within it
    std::uint64_t left = 0, top = 0, picture_width = 0, picture_height = 0;
    Bytes palette{};  ///< empty if it is grey
    std::optional<std::uint8_t> transparent{};
    bool interlaced = false;
    unsigned code_bits = 0;
};

void pass_extension(Reader& reader, Header& header) {
    constexpr std::uint8_t graphic_control = 0xF9;
    const auto label = reader.byte();
    auto block = reader.block();
    if (label == graphic_control && !block.empty() && (block[0] & 1) != 0) {
        if (block.size() < 4) throw reader.source().damaged("it announces a transparent colour and does not say which");
        header.transparent = block[3];
    }
    while (!block.empty()) block = reader.block();
}

Header read_header(Reader& reader) {
    Header header;
    reader.take(6);  // the signature, which `kind_of` has seen
    header.width = reader.word();
    header.height = reader.word();
    const auto screen_flags = reader.byte();
    reader.take(2);
    const auto global = reader.palette(screen_flags);
    for (std::uint8_t mark = 0; mark != ',';) {
        mark = reader.byte();
        if (mark == ';') throw reader.source().damaged("it holds no picture");
        if (mark == '!') pass_extension(reader, header);  // other bytes are passed over
    }
    for (auto* field : {&header.left, &header.top, &header.picture_width, &header.picture_height}) *field = reader.word();
    header.width = std::max(header.width, header.left + header.picture_width);
    header.height = std::max(header.height, header.top + header.picture_height);
    const auto flags = reader.byte();
    header.interlaced = (flags & 0x40) != 0;
    for (const auto palette : {reader.palette(flags), global})
        if (header.palette.empty() && !is_grey(palette)) header.palette = palette;
    header.code_bits = reader.byte();
    if (header.code_bits > most_code_bits)
        throw reader.source().damaged("its codes have " + std::to_string(header.code_bits) + " bits; at most 12 were expected");
    return header;
}

void check_sizes(const Source& source, const Header& header) {
    source.check_size(header.picture_width, header.picture_height);
    source.check_size(header.width, header.height);
    // A code of 12 bits, the longest, stands for less than 4096 pixels.
    const auto fewest_bytes = [](std::uint64_t pixels) { return pixels / table_size * most_code_bits / 8; };
    source.check_length(fewest_bytes(header.picture_width * header.picture_height), header.picture_width, header.picture_height);
    // A small picture on a large screen costs what the screen costs.
    constexpr std::uint64_t always_allowed = 4'000'000;
    const auto screen = header.width * header.height;
    if (screen > always_allowed && fewest_bytes(screen) > source.size())
        throw source.error(ErrorCode::limit, "the GIF file has " + std::to_string(source.size()) + " bytes, and a screen of " +
                                                 std::to_string(header.width) + " x " + std::to_string(header.height) +
                                                 " pixels, more than so few bytes may cost");
}

/// Makes indices out of codes of variable length: LZW.
class Indices {
public:
    Indices(Reader& reader, unsigned bits) : reader_(reader), bits_(bits), clear_(1U << bits) { empty_table(); }

    std::uint8_t next() {
        if (string_at_ == string_.size()) read_string();
        return string_[string_at_++];
    }

private:
    void empty_table() {
        free_ = clear_ + 2;
        width_ = bits_ + 1;
        begun_ = false;
    }

    unsigned read_code() {
        while (waiting_ < width_) {
            if (block_.empty()) block_ = reader_.block();
            if (block_.empty()) throw reader_.source().damaged("its first picture ends before its last pixel");
            bit_buffer_ |= unsigned{block_.front()} << waiting_;
            block_ = block_.subspan(1);
            waiting_ += 8;
        }
        const unsigned code = bit_buffer_ & ((1U << width_) - 1);
        bit_buffer_ >>= width_;
        waiting_ -= width_;
        return code;
    }

    void put(std::size_t index) {
        if (string_at_ == 0) throw broken();
        string_[--string_at_] = static_cast<std::uint8_t>(index);
    }

    /// The indices that the next code stands for.
    void read_string() {
        unsigned code = read_code();
        for (; code == clear_; code = read_code()) empty_table();
        if (code == clear_ + 1) throw reader_.source().damaged("its first picture ends before its last pixel");
        if (code > (begun_ ? free_ : clear_)) throw broken();
        unsigned part = code;
        if (begun_ && part == free_) {  // the code that is about to be made: the last string and its first index
            put(first_);
            part = last_;
        }
        while (part >= clear_) {
            if (part >= table_size) throw broken();
            put(ends_[part]);
            part = rests_[part];
        }
        first_ = part;
        put(first_);
        if (begun_ && free_ < table_size) {
            ends_[free_] = static_cast<std::uint8_t>(first_);
            rests_[free_] = static_cast<std::uint16_t>(last_);
            if (free_ == (1U << width_) - 1 && width_ < most_code_bits) ++width_;
            ++free_;
        }
        last_ = code;
        begun_ = true;
    }

    [[nodiscard]] Error broken() const { return reader_.source().damaged("a code of its first picture does not exist"); }

    Reader& reader_;
    unsigned bits_, clear_;
    unsigned free_ = 0, width_ = 0;  ///< the next code to be made; how many bits a code has
    unsigned last_ = 0, first_ = 0;  ///< the last code, and the first index of its string
    bool begun_ = false;             ///< since the table was emptied
    unsigned bit_buffer_ = 0, waiting_ = 0;
    Bytes block_{};
    std::array<std::uint8_t, table_size> ends_{};    ///< a code's string ends with this,
    std::array<std::uint16_t, table_size> rests_{};  ///< after the string of that code
    std::array<std::uint8_t, table_size + 1> string_{};
    std::size_t string_at_ = string_.size();
};

/// The picture's rows, each where it belongs.
UnorderedRows read_rows(Reader& reader, const Header& header) {
    const auto width = static_cast<std::size_t>(header.picture_width), height = static_cast<std::size_t>(header.picture_height);
    UnorderedRows picture(height, width);
    Indices indices(reader, header.code_bits);
    struct Pass {
        std::size_t first, step;
    };
    constexpr std::array<Pass, 4> interlaced{{{0, 8}, {4, 8}, {2, 4}, {1, 2}}};
    constexpr std::array<Pass, 1> plain{{{0, 1}}};
    for (const auto& [first, step] : header.interlaced ? std::span<const Pass>(interlaced) : plain)
        for (std::size_t y = first; y < height; y += step)
            for (std::size_t x = 0; x < width; ++x) picture.rows[y][x] = indices.next();
    return picture;
}

/// The RGB of each index: black where the palette has none, grey where there is none.
std::vector<std::uint8_t> table_of(Bytes palette) {
    std::vector<std::uint8_t> table(colours * 3, 0);
    std::ranges::copy(palette, table.begin());
    if (palette.empty())
        for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<std::uint8_t>(i / 3);
    return table;
}

}  // namespace

Image decode_gif(const Source& source) {
    Reader reader(source);
    const Header header = read_header(reader);
    check_sizes(source, header);
    const auto picture = read_rows(reader, header);

    auto table = table_of(header.palette);
    Image image = empty_image(header.width, header.height);
    if (!header.palette.empty()) {
        set_mode(image, NativeMode::palette);
        image.native = table;
    }
    if (const auto& background = source.options.background; background && header.transparent)
        std::ranges::copy(*background, table.data() + std::size_t{3} * *header.transparent);
    // The screen is transparent if anything is, else of colour 0.
    const std::vector<std::uint8_t> empty(static_cast<std::size_t>(header.width), header.transparent.value_or(0));
    auto indices = empty;
    std::vector<std::uint8_t> row(empty.size() * 3);
    for (std::uint64_t y = 0; y < header.height; ++y) {
        const bool within = y >= header.top && y < header.top + header.picture_height;
        if (within) std::copy_n(picture.rows[y - header.top], header.picture_width, indices.data() + header.left);
        const auto& shown = within ? indices : empty;
        for (std::size_t x = 0; x < shown.size(); ++x) std::copy_n(table.data() + std::size_t{3} * shown[x], 3, row.data() + 3 * x);
        append_row(image, row.data());
    }
    return image;
}

}  // namespace sextant::media
