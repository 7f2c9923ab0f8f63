// Which way up a camera was held.
#pragma once

#include <cstdint>
#include <span>

#include <sextant/core/item.hpp>

namespace sextant::media {

/// The orientation, 1 to 8, that an EXIF block states in its first directory: a TIFF header, perhaps behind
/// "Exif\0\0". 1, "as it is", if it states none or is damaged. Source: Exif 2.32, sections 4.6.2 and 4.6.4.
[[nodiscard]] int orientation_of(std::span<const std::uint8_t> block);

/// The picture as it should be seen if its EXIF block states this orientation.
[[nodiscard]] Image upright(Image image, int orientation);

}  // namespace sextant::media
