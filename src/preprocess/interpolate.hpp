#pragma once

#include <cstddef>
#include <vector>

#include <sextant/preprocess/resize.hpp>

namespace sextant::preprocess_detail {

/// Memory for one interpolation after another.
struct InterpolateWorkspace {
    struct Tap {
        int first;
        int count;
        std::size_t at;
    };
    struct Axis {
        std::vector<Tap> taps;
        std::vector<float> weights;
    };
    Axis across;
    Axis down;
    std::vector<float> between;
};

/// `in` positions of an axis become `out`, of which `count` are wanted from `begin` on.
struct InterpolatedAxis {
    int in, out, begin, count;
};

/// `planes` times `down.in` x `across.in` values become `down.count` x `across.count`, computed of what those need. Sizes
/// are checked by the caller.
void interpolate(const float* in, std::size_t planes, float* out, const InterpolatedAxis& down, const InterpolatedAxis& across,
                 Resampling filter, bool antialias, InterpolateWorkspace& workspace);

}  // namespace sextant::preprocess_detail
