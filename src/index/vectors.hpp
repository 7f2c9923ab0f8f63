// Where the dense vectors of a state are.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "index/rows.hpp"
#include "store/record_view.hpp"

namespace sextant::index {

/// Rows, and their vectors as they were given: in memory, or in the file, from which each is read when it is wanted.
///
/// Threads: any, at once; those that read from one file take turns.
class Vectors {
public:
    /// What is given must outlive this. There must be a file unless the layout keeps vectors.
    Vectors(const Rows& rows, const store::RecordView* file = nullptr, std::size_t space = 0) noexcept : rows_(&rows), file_(file), space_(space) {}

    [[nodiscard]] const Rows& rows() const noexcept { return *rows_; }

    /// Valid until `room` is used again. Throws `io`, or `corrupt` if it is not the vector that was written.
    [[nodiscard]] std::span<const float> at(std::size_t slot, std::vector<float>& room) const {
        if (rows_->layout().keeps_vectors()) return rows_->vector(slot);
        const auto& info = rows_->info(slot);
        room.resize(rows_->layout().dimensions());
        file_->read_vector(space_, info.number, info.vector_checksum, std::as_writable_bytes(std::span(room)));
        return room;
    }

private:
    const Rows* rows_;
    const store::RecordView* file_;
    std::size_t space_;
};

}  // namespace sextant::index
