// Source of the arithmetic: PyTorch, aten/src/ATen/native/cpu/UpSampleKernel.cpp and UpSample.h. Positions and weights are
// computed in single precision as there, because a position's last bit shows in the result; multiplications and additions are
// fused where the compiler fuses them in torch's builds for AVX2 and AVX-512.
#include <sextant/preprocess/interpolate.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include <sextant/core/error.hpp>

#include "preprocess/interpolate.hpp"

namespace sextant {
namespace preprocess_detail {
namespace {

using Axis = InterpolateWorkspace::Axis;

float cubic_near(float x, float a) { return std::fma(std::fma(a + 2, x, -(a + 3)) * x, x, 1.0F); }
float cubic_far(float x, float a) { return std::fma(std::fma(std::fma(a, x, -5 * a), x, 8 * a), x, -4 * a); }

float triangle(float x) {
    x = std::abs(x);
    return x < 1.0F ? 1.0F - x : 0.0F;
}

float cubic(float x) {
    constexpr float a = -0.5F;
    x = std::abs(x);
    if (x < 1.0F) return cubic_near(x, a);
    return x < 2.0F ? cubic_far(x, a) : 0.0F;
}

/// Averages over as many inputs as fall under the widened filter.
void fill_antialiased(Axis& axis, const InterpolatedAxis& range, Resampling filter) {
    const float scale = static_cast<float>(range.in) / static_cast<float>(range.out);
    const float half_size = filter == Resampling::bilinear ? 1.0F : 2.0F;
    const float support = scale >= 1.0F ? half_size * scale : half_size;
    const float inverse = scale >= 1.0F ? 1.0F / scale : 1.0F;
    const auto value = filter == Resampling::bilinear ? triangle : cubic;
    for (int i = range.begin; i < range.begin + range.count; ++i) {
        const float center = scale * (static_cast<float>(i) + 0.5F);
        const int first = std::max(static_cast<int>(center - support + 0.5F), 0);
        const int last = std::min(static_cast<int>(center + support + 0.5F), range.in);
        axis.taps.push_back({first, last - first, axis.weights.size()});
        float sum = 0;
        for (int j = first; j < last; ++j) {
            axis.weights.push_back(value((static_cast<float>(j) - center + 0.5F) * inverse));
            sum += axis.weights.back();
        }
        for (std::size_t at = axis.taps.back().at; at < axis.weights.size(); ++at) axis.weights[at] /= sum;
    }
}

/// Looks at two or four inputs, however much the picture shrinks; those beyond an edge count for the edge.
void fill_sampled(Axis& axis, const InterpolatedAxis& range, Resampling filter) {
    const float scale = static_cast<float>(range.in) / static_cast<float>(range.out);
    constexpr float a = -0.75F;
    for (int i = range.begin; i < range.begin + range.count; ++i) {
        float center = std::fma(scale, static_cast<float>(i) + 0.5F, -0.5F);
        const bool linear = filter == Resampling::bilinear;
        if (linear) center = std::max(center, 0.0F);
        const int index = std::min(static_cast<int>(std::floor(center)), range.in - 1);
        const float t = std::clamp(center - static_cast<float>(index), 0.0F, 1.0F);
        const float weights[4] = {linear ? 0.0F : cubic_far(t + 1, a), linear ? 1.0F - t : cubic_near(t, a),
                                  linear ? t : cubic_near(1 - t, a), linear ? 0.0F : cubic_far((1 - t) + 1, a)};
        const int first = std::max(index - (linear ? 0 : 1), 0);
        const int last = std::min(index + (linear ? 1 : 2), range.in - 1);
        axis.taps.push_back({first, last - first + 1, axis.weights.size()});
        axis.weights.resize(axis.weights.size() + static_cast<std::size_t>(last - first + 1));
        for (int k = linear ? 1 : 0; k < (linear ? 3 : 4); ++k) {
            const int at = std::clamp(index + k - 1, first, last) - first;
            axis.weights[axis.taps.back().at + static_cast<std::size_t>(at)] += weights[k];
        }
    }
}

void fill_unchanged(Axis& axis, const InterpolatedAxis& range) {
    for (int i = range.begin; i < range.begin + range.count; ++i) {
        axis.taps.push_back({i, 1, axis.weights.size()});
        axis.weights.push_back(1);
    }
}

void fill(Axis& axis, const InterpolatedAxis& range, Resampling filter, bool antialias) {
    axis.taps.clear();
    axis.weights.clear();
    if (range.in == range.out) return fill_unchanged(axis, range);
    if (antialias) return fill_antialiased(axis, range, filter);
    fill_sampled(axis, range, filter);
}

/// The input positions that any tap reads, first and behind the last.
std::pair<int, int> seen(const Axis& axis) {
    std::pair<int, int> ends{axis.taps.front().first, 0};
    for (const auto& tap : axis.taps) {
        ends.first = std::min(ends.first, tap.first);
        ends.second = std::max(ends.second, tap.first + tap.count);
    }
    return ends;
}

void along_rows(const float* in, std::size_t rows, std::size_t width, const Axis& axis, float* out) {
    for (std::size_t y = 0; y < rows; ++y, in += width)
        for (const auto& tap : axis.taps) {
            const float* weight = axis.weights.data() + tap.at;
            const float* value = in + tap.first;
            float sum = value[0] * weight[0];
            for (int i = 1; i < tap.count; ++i) sum += value[i] * weight[i];
            *out++ = sum;
        }
}

/// Row 0 of `in` is what the taps call `first_row`.
void along_columns(const float* in, std::size_t width, int first_row, const Axis& axis, float* out) {
    for (const auto& tap : axis.taps) {
        const float* weight = axis.weights.data() + tap.at;
        const float* row = in + static_cast<std::size_t>(tap.first - first_row) * width;
        for (std::size_t x = 0; x < width; ++x) out[x] = row[x] * weight[0];
        for (int i = 1; i < tap.count; ++i) {
            row += width;
            for (std::size_t x = 0; x < width; ++x) out[x] += row[x] * weight[i];
        }
        out += width;
    }
}

}  // namespace

void interpolate(const float* in, std::size_t planes, float* out, const InterpolatedAxis& down, const InterpolatedAxis& across,
                 Resampling filter, bool antialias, InterpolateWorkspace& workspace) {
    if (down.count < 1 || across.count < 1) return;
    fill(workspace.across, across, filter, antialias);
    fill(workspace.down, down, filter, antialias);
    const auto [first, end] = seen(workspace.down);
    const auto rows = static_cast<std::size_t>(end - first), columns = static_cast<std::size_t>(across.in);
    const auto new_columns = static_cast<std::size_t>(across.count);
    workspace.between.resize(rows * new_columns);
    for (std::size_t plane = 0; plane < planes; ++plane) {
        along_rows(in + static_cast<std::size_t>(first) * columns, rows, columns, workspace.across, workspace.between.data());
        along_columns(workspace.between.data(), new_columns, first, workspace.down, out);
        in += static_cast<std::size_t>(down.in) * columns;
        out += static_cast<std::size_t>(down.count) * new_columns;
    }
}

}  // namespace preprocess_detail

Tensor interpolate(const Tensor& planes, int height, int width, Resampling filter, bool antialias) {
    const auto refuse = [](const std::string& why) { throw Error(ErrorCode::invalid_argument, "interpolate: " + why); };
    Tensor::Shape shape = planes.shape();
    if (shape.size() < 2 || planes.floats().empty())
        refuse("a tensor of shape " + Tensor::describe(shape) + " holds no planes of rows and columns");
    if (filter != Resampling::bilinear && filter != Resampling::bicubic)
        refuse("the filter is " + std::string(to_string(filter)) + "; torch has bilinear and bicubic");
    std::int64_t& rows = shape[shape.size() - 2];
    std::int64_t& columns = shape.back();
    for (const std::int64_t side : {std::int64_t{height}, std::int64_t{width}, rows, columns})
        if (side < 1 || side > max_resized_side)
            refuse("from " + Tensor::describe({rows, columns}) + " to " + Tensor::describe({height, width}) +
                   "; each side must be 1 to " + std::to_string(max_resized_side));
    const auto count = planes.floats().size() / static_cast<std::size_t>(rows * columns);
    const auto area = static_cast<std::uint64_t>(std::int64_t{width} * std::max<std::int64_t>(height, rows));
    if (area > max_resized_pixels / count)
        throw Error(ErrorCode::limit, "interpolate: " + std::to_string(count) + " planes of " +
                                          Tensor::describe({height, width}) + " are more than " +
                                          std::to_string(max_resized_pixels) + " values");
    std::vector<float> values(count * static_cast<std::size_t>(std::int64_t{height} * width));
    preprocess_detail::InterpolateWorkspace workspace;
    preprocess_detail::interpolate(planes.floats().data(), count, values.data(), {static_cast<int>(rows), height, 0, height},
                                   {static_cast<int>(columns), width, 0, width}, filter, antialias, workspace);
    rows = height;
    columns = width;
    return {std::move(shape), std::move(values)};
}

}  // namespace sextant
