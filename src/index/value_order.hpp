// Which values come before which.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "filter/node.hpp"

namespace sextant::index {

/// The values of a field that are a number or a text, each kind sorted, so that what lies between two of them need not be
/// looked for one by one. Values have the numbers 0, 1, ... in the order in which they came.
class ValueOrder {
public:
    using Values = std::vector<const filter::Held*>;  // null: the missing one

    /// Whether so few of the values are not sorted yet that they may be looked at one by one.
    [[nodiscard]] bool sorted(const Values& values) const noexcept { return values.size() - listed_ <= few + values.size() / 64; }
    void sort(const Values& values);

    /// The numbers of the values that meet a condition on their order: nothing if it is another one.
    [[nodiscard]] std::optional<std::vector<std::uint32_t>> meeting(const Values& values, const filter::Condition& condition) const;

    /// Whether it is such a condition.
    [[nodiscard]] static bool about_order(const filter::Condition& condition);

private:
    static constexpr std::size_t few = 256;
    std::vector<std::uint32_t> numbers_, texts_;
    std::size_t listed_ = 0;  // of the values
};

}  // namespace sextant::index
