// Which rows of a space of sparse vectors have a weight for an id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "index/bits.hpp"
#include "index/rows.hpp"

namespace sextant::index {

/// A list for each id that some rows have. Never changes. Takes 8 bytes for each weight.
class SparseSegment {
public:
    /// What the segment calls a row: its place in `slots`.
    struct Weight {
        std::uint32_t row;
        float weight;
    };

    /// Of rows that have blobs, ids below `vocabulary`. The slots ascend.
    SparseSegment(const Rows& rows, std::vector<std::size_t> slots, std::size_t vocabulary);

    [[nodiscard]] std::span<const std::size_t> slots() const noexcept { return slots_; }
    /// The weights of an id, in the order of the rows; empty if none has it.
    [[nodiscard]] std::span<const Weight> list(std::uint32_t id) const noexcept;

private:
    std::vector<std::size_t> slots_;
    std::vector<std::uint32_t> ids_;    // that have lists, ascending
    std::vector<std::size_t> begins_;   // of their lists, and where the last one ends
    std::vector<Weight> weights_;
};

/// The lists of one state. Rows that were written last are in none until there are enough for a segment of their own; segments
/// of like size become one, so that n weights are listed O(log n) times each, and there are O(log n) segments. A change also
/// copies a bit for every slot and segment.
class SparseLists {
public:
    explicit SparseLists(std::size_t vocabulary) : vocabulary_(vocabulary) {}

    struct Listed {
        std::shared_ptr<const SparseSegment> segment;
        Bits rows;  ///< slots that still hold what the segment lists
    };
    [[nodiscard]] std::span<const Listed> listed() const noexcept { return listed_; }
    /// Slots of rows that are in no list.
    [[nodiscard]] const Bits& unlisted() const noexcept { return unlisted_; }

    /// The same for a later state, for which these slots were written.
    [[nodiscard]] std::shared_ptr<const SparseLists> after(const Rows& rows, std::span<const std::size_t> written) const;

private:
    void settle(const Rows& rows);

    std::size_t vocabulary_;
    std::vector<Listed> listed_;  // about the largest first
    Bits unlisted_;
};

}  // namespace sextant::index
