// The vectors of an index, in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sextant/kernels/similarity.hpp>

#include "store/checksum.hpp"

namespace sextant::index {

/// What is kept of a row apart from its vector.
struct RowInfo {
    std::uint64_t number = 0;  ///< in the file; also the order of insertion
    store::Checksum checksum;
    double norm = 0;  ///< of the vector, in double precision
};

/// Rows in slots 0 to size - 1, in no particular order. Vectors lie row-major in blocks of one size, so that growing
/// moves none of them. Threads: as a standard container.
class Rows {
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };
    using Ids = std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>>;

public:
    explicit Rows(std::size_t dimensions);

    [[nodiscard]] std::size_t dimensions() const noexcept { return dimensions_; }
    [[nodiscard]] std::size_t size() const noexcept { return info_.size(); }
    [[nodiscard]] std::optional<std::size_t> find(std::string_view id) const;
    [[nodiscard]] const std::string& id(std::size_t slot) const noexcept { return *ids_[slot]; }
    [[nodiscard]] const RowInfo& info(std::size_t slot) const noexcept { return info_[slot]; }
    [[nodiscard]] std::span<const float> vector(std::size_t slot) const noexcept { return {at(slot), dimensions_}; }

    /// Slots `b * rows_per_block()` and on, as a matrix.
    [[nodiscard]] std::size_t rows_per_block() const noexcept { return rows_per_block_; }
    [[nodiscard]] std::size_t blocks() const noexcept { return (size() + rows_per_block_ - 1) / rows_per_block_; }
    [[nodiscard]] kernels::RowsView block(std::size_t b) const noexcept;

    /// Rows that are to be added: their ids are here already, so that adding them cannot fail.
    class Additions {
    public:
        /// False if the id is among the additions already.
        bool add(std::string_view id) { return ids_.emplace(id, ids_.size()).second; }
        [[nodiscard]] std::size_t size() const noexcept { return ids_.size(); }

    private:
        friend class Rows;
        Ids ids_;
    };

    /// Makes room for these; may throw `bad_alloc`, and then nothing has changed.
    void reserve(const Additions& additions);
    /// Takes over the ids of `additions`, for which there must be room, in slots from the old size on in the order in
    /// which they were added; `replace` then fills them.
    void add(Additions&& additions) noexcept;
    void replace(std::size_t slot, const RowInfo& info, std::span<const float> vector) noexcept;
    /// Adds one row; false, and nothing has changed, if its id is there already. May throw `bad_alloc`.
    bool append(std::string_view id, const RowInfo& info, std::span<const float> vector);
    /// Removes a row; the last one takes its slot.
    void remove(std::size_t slot) noexcept;

private:
    [[nodiscard]] float* at(std::size_t slot) const noexcept {
        return blocks_[slot / rows_per_block_].get() + (slot % rows_per_block_) * dimensions_;
    }

    std::size_t dimensions_;
    std::size_t rows_per_block_;
    std::vector<std::unique_ptr<float[]>> blocks_;
    std::vector<RowInfo> info_;
    std::vector<const std::string*> ids_;  // keys of slots_, which stay where they are
    Ids slots_;
};

}  // namespace sextant::index
