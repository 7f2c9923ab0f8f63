#include "index/rows.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace sextant::index {
namespace {

using kernels::block_rows;

constexpr std::size_t vector_bytes_per_piece = 1 << 20;
constexpr std::size_t group_bytes = 4;  // of one row's 4-bit codes

/// At least a block of rows, and about so many bytes of vectors.
std::size_t rows_of_piece(std::size_t dimensions) {
    const std::size_t rows = vector_bytes_per_piece / (dimensions * sizeof(float));
    return std::max(block_rows, rows / block_rows * block_rows);
}

float rounded_up(double value) {
    return std::nextafter(static_cast<float>(value), std::numeric_limits<float>::infinity());
}

}  // namespace

Rows::Rows(std::size_t dimensions, Metric metric)
    : dimensions_(dimensions),
      metric_(metric),
      quantizer_(dimensions),
      groups_((dimensions + kernels::nibble_group - 1) / kernels::nibble_group),
      stride_((dimensions + kernels::byte_group - 1) / kernels::byte_group * kernels::byte_group),
      rows_per_piece_(rows_of_piece(dimensions)) {}

std::optional<std::size_t> Rows::find(std::string_view id) const {
    const auto found = slots_.find(id);
    if (found == slots_.end()) return std::nullopt;
    return found->second;
}

/// A piece holds, for all its rows: vectors, 4-bit codes, byte codes, what belongs to byte codes, then to 4-bit codes.
/// Each of these takes a multiple of 64 bytes.
Rows::Place Rows::at(std::size_t slot) const noexcept {
    const std::size_t n = rows_per_piece_, row = slot % n, in_block = row % block_rows;
    std::byte* part = pieces_[slot / n].get();
    Place place{};
    place.vector = reinterpret_cast<float*>(part) + row * dimensions_;
    part += n * dimensions_ * sizeof(float);
    place.nibbles = reinterpret_cast<std::uint8_t*>(part) + ((row - in_block) * groups_ + in_block) * group_bytes;
    part += n * groups_ * group_bytes;
    place.bytes = reinterpret_cast<std::uint8_t*>(part) + row * stride_;
    part += n * stride_;
    place.by_bytes = reinterpret_cast<kernels::Approximation*>(part) + row;
    part += n * sizeof(kernels::Approximation);
    place.scale = reinterpret_cast<float*>(part) + row;
    place.error = place.scale + n;
    place.weight = place.error + n;
    return place;
}

std::span<const float> Rows::vector(std::size_t slot) const noexcept { return {at(slot).vector, dimensions_}; }

Block Rows::block(std::size_t b) const noexcept {
    const std::size_t first = b * block_rows, count = std::min(block_rows, size() - first);
    const Place place = at(first);
    return {first, ~std::uint64_t{0} >> (block_rows - count), place.nibbles, {place.scale, place.error, place.weight},
            place.bytes, place.by_bytes};
}

void Rows::reserve(const Additions& additions) {
    const std::size_t wanted = size() + additions.size();
    // At least doubling: making room for exactly what is wanted each time would copy everything each time.
    if (wanted > info_.capacity()) {
        const std::size_t room = std::max(wanted, 2 * info_.capacity());
        slots_.reserve(room);
        ids_.reserve(room);
        info_.reserve(room);  // last: its capacity stands for all three
    }
    const std::size_t row_bytes = dimensions_ * sizeof(float) + groups_ * group_bytes + stride_ +
                                  sizeof(kernels::Approximation) + 3 * sizeof(float);
    while (pieces_.size() * rows_per_piece_ < wanted)
        pieces_.emplace_back(static_cast<std::byte*>(::operator new(rows_per_piece_ * row_bytes, alignment)));
}

void Rows::add(Additions&& additions) noexcept {
    const std::size_t first = size();
    info_.resize(first + additions.size());
    ids_.resize(info_.size());
    for (auto& [id, position] : additions.ids_) {
        position += first;
        ids_[position] = &id;
    }
    slots_.merge(additions.ids_);  // moves the nodes: the ids stay where they are
}

void Rows::replace(std::size_t slot, const RowInfo& info, std::span<const float> vector,
                   const kernels::Codes& codes) noexcept {
    info_[slot] = info;
    const Place place = at(slot);
    const double weight = metric_ == Metric::cosine ? 1 : info.norm;
    const auto weighted = [weight](const kernels::Approximation& of) {
        return kernels::Approximation{static_cast<float>(of.scale * weight), rounded_up(of.error * weight)};
    };
    std::copy(vector.begin(), vector.end(), place.vector);
    std::copy_n(codes.bytes.begin(), stride_, place.bytes);
    *place.by_bytes = weighted(codes.by_bytes);
    const auto by_nibbles = weighted(codes.by_nibbles);
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

bool Rows::append(std::string_view id, const RowInfo& info, std::span<const float> vector) {
    if (find(id)) return false;
    kernels::Codes codes;
    encode(vector, info.norm, codes);
    Additions one;
    one.add(id);
    reserve(one);
    add(std::move(one));
    replace(size() - 1, info, vector, codes);
    return true;
}

void Rows::copy(std::size_t from, std::size_t to) noexcept {
    const Place source = at(from), target = at(to);
    std::copy_n(source.vector, dimensions_, target.vector);
    std::copy_n(source.bytes, stride_, target.bytes);
    *target.by_bytes = *source.by_bytes;
    *target.scale = *source.scale;
    *target.error = *source.error;
    *target.weight = *source.weight;
    for (std::size_t at = 0; at < groups_ * group_bytes * block_rows; at += group_bytes * block_rows)
        std::memcpy(target.nibbles + at, source.nibbles + at, group_bytes);
}

void Rows::remove(std::size_t slot) noexcept {
    const std::size_t last = size() - 1;
    slots_.erase(slots_.find(std::string_view(*ids_[slot])));
    if (slot != last) {
        copy(last, slot);
        info_[slot] = info_[last];
        ids_[slot] = ids_[last];
        slots_.find(std::string_view(*ids_[slot]))->second = slot;
    }
    info_.pop_back();
    ids_.pop_back();
    const std::size_t pieces = (size() + rows_per_piece_ - 1) / rows_per_piece_;
    if (pieces_.size() > pieces + 1) pieces_.pop_back();
}

}  // namespace sextant::index
