// Grey of 16 bits is weighed in double precision and rounded after each of the two passes, as Pillow 13 was seen to do; an
// excess is cut off, but for grey_32. Compiled with -ffp-contract=off, as filters.cpp.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "preprocess/native.hpp"

namespace sextant::preprocess_detail {
namespace {

using resample_detail::Axis;
using resample_detail::AxisRange;
using resample_detail::channels;
using resample_detail::Job;
using resample_detail::Window;

std::int32_t rounded(double sum) { return static_cast<std::int32_t>(sum < 0 ? -std::floor(0.5 - sum) : std::floor(sum + 0.5)); }

/// The levels of a part of the picture.
struct Plane {
    const std::int32_t* levels;
    Window part;

    [[nodiscard]] const std::int32_t* at(int x, int y) const {
        return levels + static_cast<std::size_t>(y - part.top) * static_cast<std::size_t>(part.width) +
               static_cast<std::size_t>(x - part.left);
    }
};

/// One resampling of one plane, axis by axis.
class Passes {
public:
    Passes(const Image& image, const Job& job, Axis& axis)
        : job_(job),
          most_(image.mode == NativeMode::grey_16 ? 65'535 : std::numeric_limits<std::int32_t>::max()),
          least_(image.mode == NativeMode::grey_16 ? 0 : std::numeric_limits<std::int32_t>::min()),
          axis_(axis),
          across_{image.width, 0, static_cast<float>(image.width), job.width, job.window.left, job.window.width, false},
          down_{image.height, 0, static_cast<float>(image.height), job.height, job.window.top, job.window.height, false} {}

    /// Of an axis that keeps its length only the wanted positions are read.
    [[nodiscard]] std::pair<int, int> read_by(const AxisRange& range) const {
        if (range.length == range.outputs) return {range.begin, range.count};
        const int first = axis_.exact(job_.filter, range, range.begin).first;
        const auto [last, weights] = axis_.exact(job_.filter, range, range.begin + range.count - 1);
        return {first, last + static_cast<int>(weights.size()) - first};
    }

    [[nodiscard]] const AxisRange& across() const { return across_; }
    [[nodiscard]] const AxisRange& down() const { return down_; }

    /// The rows from `top` on, resampled across.
    Plane rows(const Plane& in, int top, int height, std::vector<std::int32_t>& to) const {
        const Plane out = reserve({across_.begin, top, across_.count, height}, to);
        for (int i = 0; i < across_.count; ++i) {
            const auto [first, weights] = axis_.exact(job_.filter, across_, across_.begin + i);
            for (int y = 0; y < height; ++y) {
                const std::int32_t* level = in.at(first, top + y);
                double sum = 0;
                for (const double weight : weights) sum += *level++ * weight;
                to[static_cast<std::size_t>(y) * static_cast<std::size_t>(across_.count) + static_cast<std::size_t>(i)] = cut_off(rounded(sum));
            }
        }
        return out;
    }

    /// The columns from `left` on, resampled down.
    Plane columns(const Plane& in, int left, int width, std::vector<std::int32_t>& to) const {
        const Plane out = reserve({left, down_.begin, width, down_.count}, to);
        std::int32_t* level = to.data();
        for (int i = 0; i < down_.count; ++i) {
            const auto [first, weights] = axis_.exact(job_.filter, down_, down_.begin + i);
            for (int x = 0; x < width; ++x) {
                double sum = 0;
                int y = first;
                for (const double weight : weights) sum += *in.at(left + x, y++) * weight;
                *level++ = cut_off(rounded(sum));
            }
        }
        return out;
    }

private:
    [[nodiscard]] std::int32_t cut_off(std::int32_t level) const { return std::clamp(level, least_, most_); }

    static Plane reserve(const Window& part, std::vector<std::int32_t>& to) {
        resample_detail::check_area(part.width, part.height);
        to.resize(static_cast<std::size_t>(part.width) * static_cast<std::size_t>(part.height));
        return {to.data(), part};
    }

    const Job& job_;
    std::int32_t most_, least_;
    Axis& axis_;
    AxisRange across_, down_;
};

/// The nearest level: as of other pictures, but that each centre is multiplied and not stepped, which differs by a pixel now
/// and then. What lies outside is black. Source: Pillow, src/libImaging/Geometry.c (ImagingGenericTransform).
void pick(const Image& image, const Job& job, std::uint8_t* out, std::size_t stride) {
    const auto nearest = [](int i, int length, int outputs) { return static_cast<int>(static_cast<double>(length) / outputs * (i + 0.5)); };
    for (int row = 0; row < job.window.height; ++row, out += stride) {
        const int y = nearest(job.window.top + row, image.height, job.height);
        for (int column = 0; column < job.window.width; ++column) {
            const int x = nearest(job.window.left + column, image.width, job.width);
            const std::size_t at = channels * (static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x));
            const std::uint8_t level = x < image.width && y < image.height ? image.pixels[at] : std::uint8_t{0};
            std::fill_n(out + channels * static_cast<std::size_t>(column), channels, level);
        }
    }
}

/// The picture's levels as numbers.
Plane levels_of(const Image& image, std::vector<std::int32_t>& to) {
    to.resize(image.native.size() / 2);
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = image.native[2 * i] * 256 + image.native[2 * i + 1];
    return {to.data(), {0, 0, image.width, image.height}};
}

}  // namespace

void resample_grey_16(const Image& image, const Job& job, NativeWorkspace& workspace, Axis& axis, std::uint8_t* out, std::size_t stride) {
    if (job.filter == Resampling::nearest) return pick(image, job, out, stride);
    const Passes passes(image, job, axis);
    const AxisRange &across = passes.across(), &down = passes.down();
    Plane plane = levels_of(image, workspace.levels);
    const bool both = across.length != across.outputs && down.length != down.outputs;
    if (both && columns_first(image.width, image.height, job)) {
        const auto [left, width] = passes.read_by(across);
        plane = passes.columns(plane, left, width, workspace.between);
        plane = passes.rows(plane, down.begin, down.count, workspace.scaled);
    } else {
        const auto [top, height] = passes.read_by(down);
        if (across.length != across.outputs) plane = passes.rows(plane, top, height, workspace.between);
        if (down.length != down.outputs) plane = passes.columns(plane, across.begin, across.count, workspace.scaled);
    }
    for (int y = 0; y < job.window.height; ++y, out += stride) {
        const std::int32_t* level = plane.at(job.window.left, job.window.top + y);
        for (int x = 0; x < job.window.width; ++x, ++level)
            std::fill_n(out + static_cast<std::size_t>(x) * channels, channels,
                        static_cast<std::uint8_t>(std::clamp(*level, 0, 255)));
    }
}

}  // namespace sextant::preprocess_detail
