#include "index/rows.hpp"

#include <algorithm>
#include <cstring>

#include "index/large_memory.hpp"

namespace sextant::index {
namespace {

using kernels::block_rows;
static_assert(block_rows == word_bits);

constexpr std::size_t group_bytes = 4;  // of one row's 4-bit codes

}  // namespace

kernels::Approximation weighted(const kernels::Approximation& of, double weight) {
    return {static_cast<float>(of.scale * weight), kernels::rounded_up(of.error * weight)};
}

RowLayout::RowLayout(std::size_t dimensions, Metric metric, bool keeps_vectors)
    : dimensions_(dimensions),
      metric_(metric),
      quantizer_(std::max<std::size_t>(1, dimensions)),
      groups_((dimensions + kernels::nibble_group - 1) / kernels::nibble_group),
      stride_((dimensions + kernels::byte_group - 1) / kernels::byte_group * kernels::byte_group),
      floats_(keeps_vectors ? dimensions : 0),
      signs_(words_for(dimensions)),
      row_bytes_(floats_ * sizeof(float) + signs_ * sizeof(std::uint64_t) + groups_ * group_bytes + stride_ + sizeof(kernels::Approximation) + 3 * sizeof(float) +
                 sizeof(RowInfo) + sizeof(Named*)),
      rows_per_piece_(std::max(block_rows, huge_page / row_bytes_ / block_rows * block_rows)) {}

/// A piece holds, for all its rows: vectors, signs, 4-bit codes, byte codes, what belongs to byte codes, then to 4-bit codes,
/// then to the rows themselves. Each of these takes a multiple of 64 bytes.
RowLayout::Place RowLayout::at(std::span<std::byte* const> pieces, std::size_t slot) const noexcept {
    const std::size_t n = rows_per_piece_, row = slot % n, in_block = row % block_rows;
    std::byte* part = pieces[slot / n];
    Place place{};
    place.vector = reinterpret_cast<float*>(part) + row * floats_;
    part += n * floats_ * sizeof(float);
    place.signs = reinterpret_cast<std::uint64_t*>(part) + row * signs_;
    part += n * signs_ * sizeof(std::uint64_t);
    place.nibbles = reinterpret_cast<std::uint8_t*>(part) + ((row - in_block) * groups_ + in_block) * group_bytes;
    part += n * groups_ * group_bytes;
    place.bytes = reinterpret_cast<std::uint8_t*>(part) + row * stride_;
    part += n * stride_;
    place.by_bytes = reinterpret_cast<kernels::Approximation*>(part) + row;
    part += n * sizeof(kernels::Approximation);
    place.scale = reinterpret_cast<float*>(part) + row;
    place.error = place.scale + n;
    place.weight = place.error + n;
    part += 3 * n * sizeof(float);
    place.info = reinterpret_cast<RowInfo*>(part) + row;
    part += n * sizeof(RowInfo);
    place.named = reinterpret_cast<Named**>(part) + row;
    return place;
}

void RowLayout::write(const Place& place, std::span<const float> vector, double norm, const kernels::Codes& codes) const noexcept {
    const double weight = metric_ == Metric::cosine ? 1 : norm;
    if (floats_ > 0) std::copy(vector.begin(), vector.end(), place.vector);
    set_signs(vector, place.signs);
    std::copy_n(codes.bytes.begin(), stride_, place.bytes);
    *place.by_bytes = weighted(codes.by_bytes, weight);
    const auto by_nibbles = weighted(codes.by_nibbles, weight);
    *place.scale = by_nibbles.scale;
    *place.error = by_nibbles.error;
    *place.weight = static_cast<float>(weight);
    for (std::size_t g = 0; g < groups_; ++g) {
        const std::uint8_t* from = codes.nibbles.data() + g * kernels::nibble_group;
        std::uint8_t* to = place.nibbles + g * group_bytes * block_rows;
        for (std::size_t j = 0; j < group_bytes; ++j)
            to[j] = static_cast<std::uint8_t>(from[j] | from[j + group_bytes] << 4);
    }
}

void RowLayout::copy(const Place& from, const Place& to) const noexcept {
    std::copy_n(from.vector, floats_, to.vector);
    std::copy_n(from.signs, signs_, to.signs);
    std::copy_n(from.bytes, stride_, to.bytes);
    *to.by_bytes = *from.by_bytes;
    *to.scale = *from.scale;
    *to.error = *from.error;
    *to.weight = *from.weight;
    *to.info = *from.info;
    *to.named = *from.named;
    for (std::size_t at = 0; at < groups_ * group_bytes * block_rows; at += group_bytes * block_rows)
        std::memcpy(to.nibbles + at, from.nibbles + at, group_bytes);
}

Block Rows::block(std::size_t b) const noexcept {
    const std::size_t first = b * block_rows;
    const auto place = at(first);
    return {first, parts_.live[b], b == parts_.filling ? nullptr : place.nibbles, {place.scale, place.error, place.weight},
            place.bytes, place.by_bytes, place.signs};
}

}  // namespace sextant::index
