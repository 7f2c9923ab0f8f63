#include "media/exif.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace sextant::media {
namespace {

using namespace std::string_view_literals;

/// Fields of either byte order; 0 beyond the end.
class Tiff {
public:
    explicit Tiff(std::string_view bytes) : bytes_(bytes), big_(bytes.starts_with("MM")) {}

    [[nodiscard]] std::uint32_t field(std::size_t at, std::size_t size) const {
        if (at > bytes_.size() || bytes_.size() - at < size) return 0;
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < size; ++i)
            value = value << 8 | static_cast<std::uint8_t>(bytes_[at + (big_ ? i : size - 1 - i)]);
        return value;
    }

private:
    std::string_view bytes_;
    bool big_;
};

}  // namespace

int orientation_of(std::span<const std::uint8_t> block) {
    std::string_view bytes(reinterpret_cast<const char*>(block.data()), block.size());
    if (bytes.starts_with("Exif\0\0"sv)) bytes.remove_prefix(6);
    if (!bytes.starts_with("II*\0"sv) && !bytes.starts_with("MM\0*"sv)) return 1;
    constexpr std::uint32_t orientation_tag = 0x0112, type_short = 3;
    constexpr std::size_t entry_bytes = 12;
    const Tiff tiff(bytes);
    const std::size_t directory = tiff.field(4, 4);
    const std::size_t entries = tiff.field(directory, 2);
    for (std::size_t i = 0; i < entries; ++i) {
        const std::size_t entry = directory + 2 + i * entry_bytes;
        if (tiff.field(entry, 2) != orientation_tag) continue;
        const auto value = tiff.field(entry + 8, 2);
        const bool sound = tiff.field(entry + 2, 2) == type_short && tiff.field(entry + 4, 4) == 1;
        return sound && value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    }
    return 1;
}

Image upright(Image image, int orientation) {
    if (orientation <= 1 || orientation > 8) return image;
    const bool swapped = orientation >= 5;
    const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const std::ptrdiff_t width = image.width, height = image.height;
    const std::ptrdiff_t first = (from_below ? height - 1 : 0) * width + (from_right ? width - 1 : 0);
    const std::ptrdiff_t along_x = from_right ? -1 : 1, along_y = from_below ? -width : width;
    const std::ptrdiff_t step = swapped ? along_y : along_x, row_step = swapped ? along_x : along_y;

    const auto turn = [&](std::vector<std::uint8_t>& values) {
        const std::size_t bytes = values.size() / static_cast<std::size_t>(width * height);  // of each pixel
        std::vector<std::uint8_t> turned(values.size());
        std::uint8_t* target = turned.data();
        for (std::ptrdiff_t y = 0; y < (swapped ? width : height); ++y)
            for (std::ptrdiff_t x = 0; x < (swapped ? height : width); ++x, target += bytes)
                std::memcpy(target, values.data() + bytes * static_cast<std::size_t>(first + x * step + y * row_step), bytes);
        values = std::move(turned);
    };
    turn(image.pixels);
    if (image.mode != NativeMode::palette && !image.native.empty()) turn(image.native);
    if (swapped) std::swap(image.width, image.height);
    return image;
}

}  // namespace sextant::media
