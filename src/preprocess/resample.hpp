// Scaling a part of a picture into a buffer of the caller's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <sextant/preprocess/resize.hpp>

#include "preprocess/filters.hpp"

namespace sextant::resample_detail {

inline constexpr std::size_t channels = 3;

/// Memory that is written before it is read; it only grows.
class Buffer {
public:
    [[nodiscard]] std::uint8_t* reserve(std::size_t bytes) {
        if (bytes > size_) {
            data_ = std::make_unique_for_overwrite<std::uint8_t[]>(bytes);
            size_ = bytes;
        }
        return data_.get();
    }
    [[nodiscard]] std::size_t bytes() const { return size_; }

private:
    std::unique_ptr<std::uint8_t[]> data_;
    std::size_t size_ = 0;
};

/// What a resampling needs beside its input and output; reused, it soon allocates no more. One thread at a time.
struct Workspace {
    Axis across;
    Axis down;
    Buffer between;

    [[nodiscard]] std::size_t bytes() const { return across.bytes() + down.bytes() + between.bytes(); }
};

/// A picture that is only looked at: RGB, no padding between rows.
struct View {
    int width;
    int height;
    const std::uint8_t* pixels;

    [[nodiscard]] std::size_t stride() const { return static_cast<std::size_t>(width) * channels; }
    [[nodiscard]] std::size_t bytes() const { return stride() * static_cast<std::size_t>(height); }
    [[nodiscard]] const std::uint8_t* at(int x, int y) const {
        return pixels + static_cast<std::size_t>(y) * stride() + static_cast<std::size_t>(x) * channels;
    }
};

/// A rectangle of whole pixels.
struct Window {
    int left;
    int top;
    int width;
    int height;
};

/// Pillow keeps the edges of a box in single precision.
struct Box {
    float left;
    float top;
    float right;
    float bottom;
};

/// What to make: the part `box` of the picture, scaled to `width` x `height`; of the result only `window`.
struct Job {
    Box box;
    int width;
    int height;
    Resampling filter;
    Window window;
    Arithmetic arithmetic = Arithmetic::pillow;
};

/// Throws `limit` for more than `max_resized_pixels`.
void check_area(std::int64_t width, std::int64_t height);

/// Whether the columns are resampled before the rows, which shows in the result, because each pass rounds.
[[nodiscard]] bool columns_first(int width, int height, const Job& job);

/// Writes the window to `out`, whose rows are `stride` bytes apart. Only what the window needs is computed. Throws
/// `invalid_argument` for a filter that does not exist, `limit` for more than `max_resized_pixels` between the passes.
void resample(const View& in, const Job& job, const Kernels& kernels, Workspace& workspace, std::uint8_t* out,
              std::size_t stride);

/// The kernels of `cpu_level()`.
[[nodiscard]] const Kernels& kernels();

}  // namespace sextant::resample_detail
