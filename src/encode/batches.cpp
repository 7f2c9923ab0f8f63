#include "encode/batches.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

namespace sextant::encode_detail {

std::size_t rounded_length(std::size_t length, std::size_t longest) {
    const std::size_t step = std::max<std::size_t>(8, std::bit_floor(length) / 8);
    return std::max(length, std::min((length + step - 1) / step * step, longest));
}

std::vector<Batch> plan_batches(std::span<const std::size_t> lengths, const BatchLimits& limits) {
    Batch order(lengths.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater(), [&](std::size_t item) { return lengths[item]; });
    std::vector<Batch> batches;
    std::size_t width = 0, room = 0;
    for (const auto item : order) {
        if (room == 0 || (limits.equal_lengths && lengths[item] != width)) {
            width = limits.equal_lengths ? lengths[item] : rounded_length(lengths[item], limits.longest);
            room = std::clamp<std::size_t>(limits.tokens / std::max<std::size_t>(width, 1), 1, limits.items);
            batches.emplace_back();
        }
        batches.back().push_back(item);
        --room;
    }
    return batches;
}

}  // namespace sextant::encode_detail
