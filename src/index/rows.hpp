// The vectors of an index, in memory: as they were given, and as codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sextant/core/space.hpp>

#include "kernels/quantize.hpp"
#include "store/checksum.hpp"

namespace sextant::index {

/// What is kept of a row apart from its vector.
struct RowInfo {
    std::uint64_t number = 0;  ///< in the file; also the order of insertion
    store::Checksum checksum;
    double norm = 0;  ///< of the vector, in double precision
};

/// `kernels::block_rows` slots, or fewer if it is the last block. Arrays have an element for each slot.
///
/// A row x is w times a unit vector, and codes stand for that: with w = |x|, or 1 if the metric is cosine, which does
/// not look at lengths.
struct Block {
    std::size_t first = 0;                    ///< slot
    std::uint64_t rows = 0;                   ///< a bit for each slot that holds a row
    const std::uint8_t* nibbles = nullptr;    ///< as `CodeKernels::nibble_dots` takes them
    kernels::BlockView by_nibbles{};          ///< scales and errors of these times w, and w
    const std::uint8_t* bytes = nullptr;      ///< as `CodeKernels::byte_dots` takes them
    const kernels::Approximation* by_bytes = nullptr;  ///< scale and error times w
};

/// Rows in slots 0 to size - 1, in no particular order. They lie in pieces of one size, so that growing moves none of
/// them. Per dimension a row takes 4 bytes as it was given, 1 as a byte code and half a one as a 4-bit code. Threads:
/// as a standard container.
class Rows {
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };
    using Ids = std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>>;

public:
    Rows(std::size_t dimensions, Metric metric);

    [[nodiscard]] std::size_t dimensions() const noexcept { return dimensions_; }
    [[nodiscard]] Metric metric() const noexcept { return metric_; }
    [[nodiscard]] std::size_t size() const noexcept { return info_.size(); }
    [[nodiscard]] std::optional<std::size_t> find(std::string_view id) const;
    [[nodiscard]] const std::string& id(std::size_t slot) const noexcept { return *ids_[slot]; }
    [[nodiscard]] const RowInfo& info(std::size_t slot) const noexcept { return info_[slot]; }
    [[nodiscard]] std::span<const float> vector(std::size_t slot) const noexcept;

    [[nodiscard]] std::size_t blocks() const noexcept {
        return (size() + kernels::block_rows - 1) / kernels::block_rows;
    }
    [[nodiscard]] Block block(std::size_t b) const noexcept;
    /// Groups of a row of 4-bit codes, and bytes of a row of byte codes.
    [[nodiscard]] std::size_t nibble_groups() const noexcept { return groups_; }
    [[nodiscard]] std::size_t byte_stride() const noexcept { return stride_; }

    /// Of vectors that are to become rows or to be searched for. Any threads at once.
    void encode(std::span<const float> vector, double norm, kernels::Codes& codes) const {
        quantizer_.encode(vector, norm, codes);
    }

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
    /// `codes` are those of `vector`, by `encode`.
    void replace(std::size_t slot, const RowInfo& info, std::span<const float> vector,
                 const kernels::Codes& codes) noexcept;
    /// Adds one row; false, and nothing has changed, if its id is there already. May throw `bad_alloc`.
    bool append(std::string_view id, const RowInfo& info, std::span<const float> vector);
    /// Removes a row; the last one takes its slot.
    void remove(std::size_t slot) noexcept;

private:
    struct Free {
        void operator()(std::byte* bytes) const noexcept { ::operator delete(bytes, alignment); }
    };
    static constexpr std::align_val_t alignment{64};
    using Piece = std::unique_ptr<std::byte[], Free>;

    /// Where one slot's numbers are.
    struct Place {
        float* vector;
        std::uint8_t* bytes;
        kernels::Approximation* by_bytes;
        std::uint8_t* nibbles;  ///< four of each group; groups lie `4 * block_rows` apart
        float *scale, *error, *weight;
    };
    [[nodiscard]] Place at(std::size_t slot) const noexcept;
    void copy(std::size_t from, std::size_t to) noexcept;

    std::size_t dimensions_;
    Metric metric_;
    kernels::Quantizer quantizer_;
    std::size_t groups_;
    std::size_t stride_;
    std::size_t rows_per_piece_;
    std::vector<Piece> pieces_;
    std::vector<RowInfo> info_;
    std::vector<const std::string*> ids_;  // keys of slots_, which stay where they are
    Ids slots_;
};

}  // namespace sextant::index
