// Sources: Pillow, src/_imaging.c (_resize: when to crop instead), src/libImaging/Resample.c (ImagingResample) and
// src/libImaging/Geometry.c (ImagingScaleAffine, which is nearest); the order of the passes was read from the program of
// Pillow 13.0. Compiled with -ffp-contract=off, as filters.cpp.
#include "preprocess/resample.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include <sextant/core/error.hpp>
#include <sextant/kernels/cpu.hpp>

namespace sextant::resample_detail {
namespace {

bool is_whole(float value) { return value == static_cast<float>(static_cast<int>(value)); }

/// The box is as large as the result and begins on a pixel: nothing is to be resampled.
bool only_crops(const Job& job) {
    return is_whole(job.box.left) && job.box.right - job.box.left == static_cast<float>(job.width) &&
           is_whole(job.box.top) && job.box.bottom - job.box.top == static_cast<float>(job.height);
}

void copy(const View& in, int left, int top, const Window& window, std::uint8_t* out, std::size_t stride) {
    const std::size_t bytes = static_cast<std::size_t>(window.width) * channels;
    for (int y = 0; y < window.height; ++y, out += stride)
        std::memcpy(out, in.at(left + window.left, top + window.top + y), bytes);
}

// ---- nearest

/// Calls `use(i, input)` for the positions `begin` to `begin + count` of an axis, with -1 for those that lie outside of the
/// input, as the last may: their centres are stepped, not multiplied.
template <class Use>
void nearest_positions(const AxisRange& axis, Use&& use) {
    const double scale = static_cast<double>(axis.last - axis.first) / axis.outputs;
    double center = axis.first + scale * 0.5;
    for (int i = 0; i < axis.begin + axis.count; ++i, center += scale) {
        const int position = center < 0.0 ? -1 : static_cast<int>(center);
        if (i >= axis.begin) use(i - axis.begin, position < axis.length ? position : -1);
    }
}

void nearest(const View& in, const Job& job, Workspace& workspace, std::uint8_t* out, std::size_t stride) {
    const Window& window = job.window;
    const std::size_t bytes = static_cast<std::size_t>(window.width) * sizeof(int);
    std::uint8_t* columns = workspace.between.reserve(bytes);
    nearest_positions({in.width, job.box.left, job.box.right, job.width, window.left, window.width, false},
                      [&](int i, int x) { std::memcpy(columns + static_cast<std::size_t>(i) * sizeof(int), &x, sizeof x); });
    nearest_positions({in.height, job.box.top, job.box.bottom, job.height, window.top, window.height, false}, [&](int i, int y) {
        std::uint8_t* pixel = out + static_cast<std::size_t>(i) * stride;
        std::memset(pixel, 0, static_cast<std::size_t>(window.width) * channels);  // Pillow leaves what lies outside black
        for (std::size_t at = 0; y >= 0 && at < bytes; at += sizeof(int), pixel += channels) {
            int x = 0;
            std::memcpy(&x, columns + at, sizeof x);
            if (x >= 0) std::memcpy(pixel, in.at(x, y), channels);
        }
    });
}

// ---- two passes

/// One resampling with its axes filled.
class Passes {
public:
    Passes(const View& in, const Job& job, const Kernels& with, Workspace& workspace)
        : in_(in), job_(job), kernels_(with), workspace_(workspace) {
        const Box& box = job.box;
        across_ = job.width != in.width || box.left != 0 || box.right != static_cast<float>(job.width);
        down_ = job.height != in.height || box.top != 0 || box.bottom != static_cast<float>(job.height);
        const bool both = across_ && down_;
        if (across_)
            workspace.across.fill(job.filter, {in.width, box.left, box.right, job.width, job.window.left, job.window.width,
                                               both && down_first(), job.arithmetic});
        if (down_)
            workspace.down.fill(job.filter, {in.height, box.top, box.bottom, job.height, job.window.top, job.window.height,
                                             both && !down_first(), job.arithmetic});
    }

    void run(std::uint8_t* out, std::size_t stride) {
        if (across_ && down_) return down_first() ? run_down_first(out, stride) : run_across_first(out, stride);
        if (across_) return rows(in_, job_.window.top, job_.window.height, out, stride);
        if (down_) return columns(in_, job_.window.left, out, stride);
        copy(in_, 0, 0, job_.window, out, stride);
    }

private:
    [[nodiscard]] bool down_first() const { return columns_first(in_.width, in_.height, job_); }

    void run_across_first(std::uint8_t* out, std::size_t stride) {
        const int first = workspace_.down.begin(), height = workspace_.down.end() - first;
        const View between = reserve(job_.window.width, height);
        rows(in_, first, height, buffer_, between.stride());
        columns(between, 0, out, stride);
    }

    void run_down_first(std::uint8_t* out, std::size_t stride) {
        const int first = workspace_.across.begin();
        const View between = reserve(workspace_.across.end() - first, job_.window.height);
        columns(in_, first, buffer_, between.stride(), between.width);
        rows(between, 0, between.height, out, stride);
    }

    View reserve(int width, int height) {
        check_area(width, height);
        readable_ = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * channels;
        buffer_ = workspace_.between.reserve(readable_ + overread);
        std::memset(buffer_ + readable_, 0, overread);
        readable_ += overread;
        return {width, height, buffer_};
    }

    void rows(const View& from, int first, int count, std::uint8_t* out, std::size_t stride) const {
        const std::uint8_t* start = from.at(0, first);
        const std::size_t end = from.pixels == buffer_ ? readable_ : from.bytes();
        kernels_.rows(start, from.stride(), end - static_cast<std::size_t>(start - from.pixels), out, stride, count,
                      workspace_.across.view());
    }

    void columns(const View& from, int first, std::uint8_t* out, std::size_t stride, int width = -1) const {
        const AxisView axis = workspace_.down.view();
        const std::size_t bytes = static_cast<std::size_t>(width < 0 ? job_.window.width : width) * channels;
        for (int y = 0; y < axis.outputs; ++y, out += stride)
            kernels_.columns(from.at(first, 0), from.stride(), out, bytes, axis.taps[y], axis);
    }

    const View& in_;
    const Job& job_;
    const Kernels& kernels_;
    Workspace& workspace_;
    bool across_ = false, down_ = false;
    std::uint8_t* buffer_ = nullptr;
    std::size_t readable_ = 0;
};

}  // namespace

void check_area(std::int64_t width, std::int64_t height) {
    // The sides are positive ints, so their product fits 64 bits.
    if (static_cast<std::uint64_t>(width * height) > max_resized_pixels)
        throw Error(ErrorCode::limit, "resize would make a picture of " + std::to_string(width) + " x " +
                                          std::to_string(height) + " pixels; the limit is " +
                                          std::to_string(max_resized_pixels) +
                                          " in all: its sides are too unequal or the size asked for too large");
}

const Kernels& kernels() {
#if defined(__x86_64__)
    switch (cpu_level()) {
        case CpuLevel::avx512:
            return avx512_kernels;
        case CpuLevel::avx2:
            return avx2_kernels;
        default:
            break;
    }
#endif
    return baseline_kernels;
}

/// Pillow 13's rule; see resize.hpp.
bool columns_first(int width, int height, const Job& job) {
    if (job.arithmetic == Arithmetic::torch) return false;
    const std::int64_t rows_lost = std::int64_t{height} - job.height;
    const std::int64_t columns_lost = std::int64_t{width} - job.width;
    return rows_lost > 0 && rows_lost > 2 * columns_lost;
}

void resample(const View& in, const Job& job, const Kernels& with, Workspace& workspace, std::uint8_t* out,
              std::size_t stride) {
    if (job.window.width < 1 || job.window.height < 1) return;
    if (only_crops(job))
        return copy(in, static_cast<int>(job.box.left), static_cast<int>(job.box.top), job.window, out, stride);
    if (job.filter == Resampling::nearest) return nearest(in, job, workspace, out, stride);
    Passes(in, job, with, workspace).run(out, stride);
}

}  // namespace sextant::resample_detail
