// torch's resampling of floats.
#pragma once

#include <sextant/core/tensor.hpp>
#include <sextant/preprocess/resize.hpp>

namespace sextant {

/// Each plane of float32 [..., rows, columns] resampled to `height` x `width`, as torch.nn.functional.interpolate(size,
/// mode, align_corners=False, antialias) does, within a few units in the last place: `Resampling::bilinear`, or
/// `Resampling::bicubic` with a = -0.75, with `antialias` a = -0.5. Without `antialias` a picture that shrinks is sampled, not
/// averaged. Throws `invalid_argument` for fewer than two dimensions, an empty plane, integers, another filter or a side
/// outside 1 to `max_resized_side`, `limit` for more than `max_resized_pixels` values. May run in many threads.
[[nodiscard]] Tensor interpolate(const Tensor& planes, int height, int width, Resampling filter, bool antialias);

}  // namespace sextant
