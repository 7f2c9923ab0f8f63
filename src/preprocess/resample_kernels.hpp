// The inner loops of resampling and of what follows it, one set per level of CPU. Files that are compiled for one level
// include this and no header of the standard library but these two, so that no function shared with the rest of the
// program is compiled for that level.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sextant::resample_detail {

/// Weights come in groups of this many, filled up with zeros.
inline constexpr int group = 4;
/// A packed group: the high parts of its weights, then the low parts; weight = high * 4096 + low, |low| <= 2048. With
/// both parts in 16 bits, one multiply-add of 16-bit pairs takes two taps, and the sum of both is exact modulo 2^32.
inline constexpr int packed_group = 2 * group;
inline constexpr int low_bits = 12;
/// Bytes that a kernel for rows may read behind the last pixel of a row.
inline constexpr std::size_t overread = 16;

/// Where one output position looks.
struct Tap {
    std::int32_t first;  ///< input position
    std::int32_t count;  ///< of inputs
    std::size_t at;      ///< its first group of weights
};

/// One axis of a resampling, as the kernels see it.
struct AxisView {
    const Tap* taps;
    int outputs;
    const std::int32_t* weights;
    const std::int16_t* packed;
    int shift;  ///< bits of a weight behind the point
};

/// Pixels are three bytes. Sums start at one half and are shifted and clipped to 8 bits.
struct Kernels {
    /// Makes `rows` rows of `axis.outputs` pixels, each out of one row of `in`. `readable` bytes may be read from `in`.
    void (*rows)(const std::uint8_t* in, std::size_t in_stride, std::size_t readable, std::uint8_t* out,
                 std::size_t out_stride, int rows, const AxisView& axis);
    /// Makes one row of `bytes` bytes out of `tap.count` rows, of which the first is row `tap.first` of `in`.
    void (*columns)(const std::uint8_t* in, std::size_t in_stride, std::uint8_t* out, std::size_t bytes, const Tap& tap,
                    const AxisView& axis);
    /// Makes of `count` pixels a plane of floats for each channel, `stride` floats apart: what the channel's table of
    /// 256 values has for each level.
    void (*look_up)(const std::uint8_t* pixels, std::size_t count, const float* const tables[3], float* out,
                    std::size_t stride);
};

/// The slow and obvious form.
void look_up(const std::uint8_t* pixels, std::size_t count, const float* const tables[3], float* out,
             std::size_t stride);

extern const Kernels baseline_kernels;
extern const Kernels avx2_kernels;
extern const Kernels avx512_kernels;

}  // namespace sextant::resample_detail
