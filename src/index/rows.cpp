#include "index/rows.hpp"

#include <algorithm>
#include <utility>

namespace sextant::index {
namespace {

// A block and the scores of a batch against it fit in a second-level cache.
constexpr std::size_t block_bytes = 256 << 10;

}  // namespace

Rows::Rows(std::size_t dimensions)
    : dimensions_(dimensions), rows_per_block_(std::max<std::size_t>(1, block_bytes / (dimensions * sizeof(float)))) {}

std::optional<std::size_t> Rows::find(std::string_view id) const {
    const auto found = slots_.find(id);
    if (found == slots_.end()) return std::nullopt;
    return found->second;
}

kernels::RowsView Rows::block(std::size_t b) const noexcept {
    const std::size_t first = b * rows_per_block_;
    return {at(first), static_cast<Eigen::Index>(std::min(rows_per_block_, size() - first)),
            static_cast<Eigen::Index>(dimensions_)};
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
    while (blocks_.size() * rows_per_block_ < wanted)
        blocks_.push_back(std::make_unique_for_overwrite<float[]>(rows_per_block_ * dimensions_));
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

void Rows::replace(std::size_t slot, const RowInfo& info, std::span<const float> vector) noexcept {
    info_[slot] = info;
    std::copy(vector.begin(), vector.end(), at(slot));
}

bool Rows::append(std::string_view id, const RowInfo& info, std::span<const float> vector) {
    if (find(id)) return false;
    Additions one;
    one.add(id);
    reserve(one);
    add(std::move(one));
    replace(size() - 1, info, vector);
    return true;
}

void Rows::remove(std::size_t slot) noexcept {
    const std::size_t last = size() - 1;
    slots_.erase(slots_.find(std::string_view(*ids_[slot])));
    if (slot != last) {
        std::copy_n(at(last), dimensions_, at(slot));
        info_[slot] = info_[last];
        ids_[slot] = ids_[last];
        slots_.find(std::string_view(*ids_[slot]))->second = slot;
    }
    info_.pop_back();
    ids_.pop_back();
    if (blocks_.size() > blocks() + 1) blocks_.pop_back();
}

}  // namespace sextant::index
