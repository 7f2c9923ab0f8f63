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

/// `planes` times `in_height` x `in_width` values become `height` x `width`. Sizes are checked by the caller.
void interpolate(const float* in, std::size_t planes, int in_height, int in_width, float* out, int height, int width,
                 Filter filter, bool antialias, InterpolateWorkspace& workspace);

}  // namespace sextant::preprocess_detail
