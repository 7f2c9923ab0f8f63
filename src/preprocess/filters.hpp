// What each filter weighs, and the weights of one axis of a resampling.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <sextant/preprocess/resize.hpp>

#include "preprocess/resample_kernels.hpp"

namespace sextant::resample_detail {

/// Half the width of a filter at scale 1, in pixels. Throws `invalid_argument` for a filter that has none.
[[nodiscard]] double support_of(Resampling filter);

/// How exact the weights are, which shows in the result, and which pass comes first.
enum class Arithmetic {
    pillow,  ///< 22 bits behind the point; see `resize` for the order
    torch,   ///< torch's on 8-bit tensors: as many bits as keep every weight of the axis within 16; rows first
};

/// Which part of an axis is scaled to how many positions, and which of those are wanted.
struct AxisRange {
    int length;      ///< of the input
    float first;     ///< the part begins here
    float last;      ///< and ends here
    int outputs;     ///< positions that the part is scaled to
    int begin;       ///< the wanted positions: from `begin`
    int count;       ///< so many
    bool relative;   ///< taps count input positions from the first that is read
    Arithmetic arithmetic = Arithmetic::pillow;

    [[nodiscard]] bool operator==(const AxisRange&) const = default;
};

/// Taps and weights of one axis. Filled again and again, it allocates only to grow, and keeps what it has for the same range.
class Axis {
public:
    /// Fixed-point weights. Throws `invalid_argument` for a filter that has none, `limit` for too many weights.
    void fill(Resampling filter, const AxisRange& range);

    /// The weights of one position in double precision, and the input position of the first. They last until the next call;
    /// what `fill` made stays as it is. Throws `invalid_argument` for a filter that has none.
    [[nodiscard]] std::pair<int, std::span<const double>> exact(Resampling filter, const AxisRange& range, int position);

    /// Input positions that any tap reads: from `begin()` to before `end()`.
    [[nodiscard]] int begin() const { return begin_; }
    [[nodiscard]] int end() const { return end_; }
    [[nodiscard]] AxisView view() const;
    [[nodiscard]] std::size_t bytes() const;

private:
    struct Scale;

    Tap weigh(const Scale& scale, const AxisRange& range, int position);
    [[nodiscard]] int bits_for(const Scale& scale, const AxisRange& range);
    void add(const Tap& tap);

    std::vector<Tap> taps_;
    std::vector<std::int32_t> weights_;
    std::vector<std::int16_t> packed_;
    std::vector<double> row_;
    int begin_ = 0;
    int end_ = 0;
    int bits_ = 0;  ///< of a weight behind the point
    std::optional<std::pair<Resampling, AxisRange>> filled_;
};

}  // namespace sextant::resample_detail
