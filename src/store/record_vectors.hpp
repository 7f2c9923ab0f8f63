// Which vector of a record belongs to which space.
#pragma once

#include <cstddef>
#include <span>

#include <sextant/core/space.hpp>
#include <sextant/store/record.hpp>

namespace sextant::store {

/// The record's vector in the space of this number; empty if it has none there. That of the first space may stand among the
/// named ones too.
[[nodiscard]] inline std::span<const float> vector_in(const Record& record, std::span<const NamedSpace> spaces, std::size_t space) {
    if (space == 0 && !record.vector.empty()) return record.vector;
    const auto found = record.vectors.find(spaces[space].name);
    return found == record.vectors.end() ? std::span<const float>() : std::span<const float>(found->second);
}

}  // namespace sextant::store
