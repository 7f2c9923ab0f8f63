// PNM: black and white (P1, P4), grey (P2, P5) and RGB (P3, P6), in decimal digits or in bytes, of any highest level.
// Source: Pillow, src/PIL/PpmImagePlugin.py, whose ways with levels, comments and odd headers these are.
#include <algorithm>
#include <cmath>
#include <string>

#include "media/decode.hpp"
#include "media/text.hpp"

namespace sextant::media {
namespace {

constexpr std::size_t longest_token = 10;
constexpr std::uint32_t highest_8 = 255, highest_16 = 65'535;

/// Reads what is written in letters.
class Text {
public:
    Text(const Source& source, std::size_t at)
        : source_(source), text_(reinterpret_cast<const char*>(source.data()), source.size()), at_(at) {}

    [[nodiscard]] std::size_t at() const { return std::min(at_, text_.size()); }

    /// The next number, of at most `most`. One space after it is passed over.
    std::uint32_t number(std::string_view what, std::uint32_t most) {
        int c = next();
        while (is_space(c)) c = next();
        std::uint64_t value = 0;
        std::size_t digits = 0;
        for (; c != end && !is_space(c); c = next()) {
            if (c < '0' || c > '9' || ++digits > longest_token) throw no_number(what);
            value = 10 * value + static_cast<std::uint64_t>(c - '0');
        }
        if (digits == 0) throw source_.damaged("it ends before " + std::string(what));
        if (value > most)
            throw source_.damaged(std::string(what) + " is " + std::to_string(value) + "; at most " + std::to_string(most) +
                                       " was expected");
        return static_cast<std::uint32_t>(value);
    }

    /// The next digit 0 or 1, which needs no space before another.
    std::uint32_t bit() {
        int c = next();
        while (is_space(c)) c = next();
        if (c == end) throw source_.damaged("it ends before its last pixel");
        if (c != '0' && c != '1') throw no_number("a pixel");
        return static_cast<std::uint32_t>(c - '0');
    }

private:
    static constexpr int end = -1;

    /// The next character. A comment, which ends with its line, is as if it were not there: it ends no number.
    int next() {
        while (at_ < text_.size()) {
            const char c = text_[at_++];
            if (c != '#') return static_cast<unsigned char>(c);
            while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') ++at_;
            ++at_;
        }
        return end;
    }

    [[nodiscard]] Error no_number(std::string_view what) const {
        return source_.damaged(std::string(what) + " is no number of at most " + std::to_string(longest_token) +
                                    " digits (near byte " + std::to_string(at()) + ")");
    }

    const Source& source_;
    std::string_view text_;
    std::size_t at_;
};

struct Header {
    bool digits = false;  ///< and not bytes
    bool bits = false;    ///< and not levels
    std::size_t channels = 1;
    std::uint64_t width = 0, height = 0;
    std::uint32_t top = 1;  ///< the highest level
    std::size_t pixels_at = 0;

    [[nodiscard]] bool grey_16() const { return channels == 1 && top > highest_8; }
    [[nodiscard]] std::size_t row_bytes() const {
        const auto levels = static_cast<std::size_t>(width) * channels;
        return bits ? (levels + 7) / 8 : levels * (top > highest_8 ? 2 : 1);
    }
    [[nodiscard]] std::uint64_t fewest_bytes() const {
        return height * (!digits ? row_bytes() : width * channels * (bits ? 1 : 2)) - (digits && !bits ? 1 : 0);
    }
};

Header read_header(const Source& source) {
    Header header;
    const char kind = static_cast<char>(source.data()[1]);
    header.digits = kind <= '3';
    header.bits = kind == '1' || kind == '4';
    header.channels = kind == '3' || kind == '6' ? 3 : 1;
    Text text(source, 3);
    constexpr std::uint32_t any = 0x7FFFFFFF;
    header.width = text.number("its width", any);
    header.height = text.number("its height", any);
    if (!header.bits) header.top = text.number("its highest level", highest_16);
    if (header.top == 0) throw source.damaged("its highest level is 0");
    header.pixels_at = text.at();
    return header;
}

/// What becomes of each level: Pillow's round(level / top * highest), which rounds halves to even.
std::vector<std::uint16_t> scale_of(const Header& header) {
    const double highest = header.grey_16() ? highest_16 : highest_8;
    std::vector<std::uint16_t> scale(header.top > highest_8 ? highest_16 + 1 : highest_8 + 1);
    for (std::size_t level = 0; level < scale.size(); ++level)
        scale[level] = static_cast<std::uint16_t>(
            std::min(std::nearbyint(static_cast<double>(level) / header.top * highest), highest));
    return scale;
}

/// The levels of one row in bytes.
void read_bytes(const Header& header, const std::uint8_t* from, std::vector<std::uint32_t>& levels) {
    for (std::size_t i = 0; i < levels.size(); ++i) {
        if (header.bits)
            levels[i] = from[i / 8] >> (7 - i % 8) & 1U;
        else
            levels[i] = header.top > highest_8 ? from[2 * i] * 256U + from[2 * i + 1] : from[i];
    }
}

}  // namespace

Image decode_pnm(const Source& source) {
    const Header header = read_header(source);
    source.check_size(header.width, header.height);
    source.check_length(header.pixels_at + header.fewest_bytes(), header.width, header.height);

    Image image = empty_image(header.width, header.height);
    const bool keeps_16 = header.grey_16() && !source.options.scale_16_bit;
    set_mode(image, header.bits ? NativeMode::palette : keeps_16 ? NativeMode::grey_32 : NativeMode::rgb);
    if (header.bits) image.native = black_and_white();
    const auto scale = scale_of(header);
    std::vector<std::uint32_t> levels(static_cast<std::size_t>(header.width) * header.channels);
    std::vector<std::uint8_t> row(static_cast<std::size_t>(header.width) * 3);
    Text text(source, header.pixels_at);
    for (std::uint64_t y = 0; y < header.height; ++y) {
        if (header.digits)
            for (auto& level : levels) level = header.bits ? text.bit() : text.number("a level", header.top);
        else
            read_bytes(header, source.data() + header.pixels_at + y * header.row_bytes(), levels);
        const std::size_t copies = 3 / header.channels;
        for (std::size_t i = 0; i < levels.size(); ++i) {
            const std::uint32_t level = header.bits ? (levels[i] == 0 ? highest_8 : 0) : scale[levels[i]];
            if (keeps_16)
                for (const auto byte : {level >> 8, level & 255U}) image.native.push_back(static_cast<std::uint8_t>(byte));
            const std::uint32_t shown = header.grey_16() && !keeps_16 ? (level + 128) / 257 : std::min(level, highest_8);
            std::fill_n(row.data() + i * copies, copies, static_cast<std::uint8_t>(shown));
        }
        append_row(image, row.data());
    }
    return image;
}

}  // namespace sextant::media
