// Resizing a picture as what it was before it became RGB, for `Convert::after`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <sextant/core/item.hpp>

#include "preprocess/resample.hpp"

namespace sextant::preprocess_detail {

/// Memory that is reused. One thread at a time.
struct NativeWorkspace {
    resample_detail::Buffer colours;       ///< three of four channels
    resample_detail::Buffer fourth;        ///< the other, three times
    resample_detail::Buffer fourth_scaled;
    std::vector<std::int32_t> levels;      ///< grey of 16 bits
    std::vector<std::int32_t> between;     ///< after the first pass
    std::vector<std::int32_t> scaled;      ///< and after both

    [[nodiscard]] std::size_t bytes() const {
        return colours.bytes() + fourth.bytes() + fourth_scaled.bytes() +
               sizeof(std::int32_t) * (levels.capacity() + between.capacity() + scaled.capacity());
    }
};

/// The RGB of padding with `level` in each channel, or colour `level` of a palette.
[[nodiscard]] std::array<std::uint8_t, 3> native_fill(const Image& image, std::uint8_t level);

/// As `resample`, of the picture's native form, as Pillow resizes it; the window is converted to RGB.
void resample_native(const Image& image, const resample_detail::Job& job, NativeWorkspace& workspace,
                     resample_detail::Workspace& resample, std::uint8_t* out, std::size_t stride);

/// The same for grey of 16 bits that is to change its size.
void resample_grey_16(const Image& image, const resample_detail::Job& job, NativeWorkspace& workspace, resample_detail::Axis& axis,
                      std::uint8_t* out, std::size_t stride);

}  // namespace sextant::preprocess_detail
