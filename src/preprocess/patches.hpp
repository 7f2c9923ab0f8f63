#pragma once

#include <vector>

#include <sextant/preprocess/image.hpp>

namespace sextant::preprocess_detail {

/// Patches of a picture of that size: its grid, and the rows of the tensor with padding.
struct PatchGrid {
    int rows;
    int columns;
    std::int64_t padded_rows;
    std::int64_t values;  ///< of one patch
};

/// Throws `limit` for more patches than there is room for.
[[nodiscard]] PatchGrid patch_grid(const ImageSpec::Patches& spec, const ImageSize& size);

/// `planes` hold three channels of rows x columns x size x size values; `out` padded_rows x values.
void cut_into_patches(const ImageSpec::Patches& spec, const PatchGrid& grid, const float* planes, float* out);

/// The tensors that go with the patches, as StandardImageTransform::inputs names them.
void add_patch_tensors(const ImageSpec::Patches& spec, const PatchGrid& grid, std::vector<NamedTensor>& tensors);

}  // namespace sextant::preprocess_detail
