// Sources of the orders: transformers, image_processing_siglip2.py (convert_image_to_patches, pad_along_first_dim) and
// image_processing_qwen2_vl.py (_preprocess).
#include "preprocess/patches.hpp"

#include <algorithm>
#include <string>

#include <sextant/core/error.hpp>

namespace sextant::preprocess_detail {
namespace {

constexpr int channels = 3;

/// Calls `use(row, column)` for the patches of the grid in their order: by squares of merge x merge.
template <class Use>
void each_patch(const ImageSpec::Patches& spec, const PatchGrid& grid, Use&& use) {
    for (int block_row = 0; block_row < grid.rows; block_row += spec.merge)
        for (int block_column = 0; block_column < grid.columns; block_column += spec.merge)
            for (int row = block_row; row < block_row + spec.merge; ++row)
                for (int column = block_column; column < block_column + spec.merge; ++column) use(row, column);
}

}  // namespace

PatchGrid patch_grid(const ImageSpec::Patches& spec, const ImageSize& size) {
    const int rows = size.height / spec.size, columns = size.width / spec.size;
    const std::int64_t count = std::int64_t{rows} * columns;
    if (spec.pad_to != 0 && count > spec.pad_to)
        throw Error(ErrorCode::limit, "a picture of " + std::to_string(size.width) + " x " + std::to_string(size.height) +
                                          " pixels has " + std::to_string(count) + " patches; image.patches.pad_to is " +
                                          std::to_string(spec.pad_to));
    return {rows, columns, std::max(count, std::int64_t{spec.pad_to}),
            std::int64_t{spec.size} * spec.size * channels * spec.repeat};
}

void cut_into_patches(const ImageSpec::Patches& spec, const PatchGrid& grid, const float* planes, float* out) {
    const auto width = static_cast<std::size_t>(grid.columns) * static_cast<std::size_t>(spec.size);
    const auto area = width * static_cast<std::size_t>(grid.rows) * static_cast<std::size_t>(spec.size);
    float* const end = out + grid.padded_rows * grid.values;
    each_patch(spec, grid, [&](int row, int column) {
        const float* corner = planes + static_cast<std::size_t>(row * spec.size) * width +
                              static_cast<std::size_t>(column) * static_cast<std::size_t>(spec.size);
        if (spec.order == PatchOrder::row_column_channel) {
            for (int y = 0; y < spec.size; ++y)
                for (int x = 0; x < spec.size; ++x)
                    for (std::size_t c = 0; c < channels; ++c)
                        *out++ = corner[c * area + static_cast<std::size_t>(y) * width + static_cast<std::size_t>(x)];
            return;
        }
        for (std::size_t c = 0; c < channels; ++c)
            for (int frame = 0; frame < spec.repeat; ++frame)
                for (int y = 0; y < spec.size; ++y)
                    out = std::copy_n(corner + c * area + static_cast<std::size_t>(y) * width, spec.size, out);
    });
    std::fill(out, end, 0.0F);
}

void add_patch_tensors(const ImageSpec::Patches& spec, const PatchGrid& grid, std::vector<NamedTensor>& tensors) {
    const auto rows = static_cast<std::size_t>(grid.padded_rows);
    std::vector<std::int64_t> mask(rows, 0), positions(2 * rows, 0);
    std::size_t i = 0;
    each_patch(spec, grid, [&](int row, int column) {
        mask[i] = 1;
        positions[2 * i] = row;
        positions[2 * i + 1] = column;
        ++i;
    });
    tensors.push_back({"pixel_attention_mask", {{grid.padded_rows}, std::move(mask)}});
    tensors.push_back({"pixel_positions", {{grid.padded_rows, 2}, std::move(positions)}});
    tensors.push_back({"spatial_shapes", {{2}, std::vector<std::int64_t>{grid.rows, grid.columns}}});
    tensors.push_back({"image_grid_thw", {{3}, std::vector<std::int64_t>{1, grid.rows, grid.columns}}});
}

}  // namespace sextant::preprocess_detail
