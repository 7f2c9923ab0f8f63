// The vectors of an index as one commit left them, in memory: as they were given, and as codes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sextant/core/space.hpp>
#include <sextant/core/span.hpp>

#include "index/bits.hpp"
#include "index/multi_codes.hpp"
#include "kernels/quantize.hpp"
#include "store/checksum.hpp"

namespace sextant::index {

/// What is kept of a row apart from its vector.
struct RowInfo {
    std::uint64_t number = 0;  ///< in the file; also the order of insertion
    store::Checksum checksum = {};
    double norm = 0;  ///< of the vector, in double precision
    bool first = true;  ///< the record has no vector in an earlier space
    std::uint64_t vector_checksum = 0;  ///< the low half of the vector's, if only the file has that
    std::uint64_t stamp = 0;  ///< no two vectors that were put into a `RowTable` have the same
};

/// What is in no file.
struct Kept {
    std::string payload, text, parent;
    Span span;
};

/// A vector of a space that is not dense. Such rows differ in length, so that each has memory of its own.
struct Blob {
    std::vector<std::byte> bytes;  ///< as the file has them: store/record_vectors.hpp
    MultiCodes codes;              ///< if the space is multi
};

/// What an id stands for.
struct Entry {
    std::size_t slot = 0;
    std::shared_ptr<const Kept> kept;        ///< null if there is a file
    std::unique_ptr<const Blob> blob = {};  ///< null if the space is dense
};

struct IdHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};
using Ids = std::unordered_map<std::string, Entry, IdHash, std::equal_to<>>;
using Named = Ids::value_type;

/// `kernels::block_rows` slots. Arrays have an element for each slot, also for those that hold no row.
///
/// A row x is w times a unit vector, and codes stand for that: with w = |x|, or 1 if the metric is cosine, which does
/// not look at lengths.
struct Block {
    std::size_t first = 0;                    ///< slot
    std::uint64_t rows = 0;                   ///< a bit for each slot that holds a row
    const std::uint8_t* nibbles = nullptr;    ///< as `CodeKernels::nibble_dots` takes them; null while the block fills
    kernels::BlockView by_nibbles{};          ///< scales and errors of these times w, and w
    const std::uint8_t* bytes = nullptr;      ///< as `CodeKernels::byte_dots` takes them
    const kernels::Approximation* by_bytes = nullptr;  ///< scale and error times w
    const std::uint64_t* signs = nullptr;              ///< of components (`set_signs`), row by row
};

/// `of` times `weight`, its error rounded up.
[[nodiscard]] kernels::Approximation weighted(const kernels::Approximation& of, double weight);

/// How rows lie in pieces of memory, each of at most a huge page or of one block. Per dimension a row takes
/// 4 bytes as it was given, 1 as a byte code, half a one as a 4-bit code, and a bit for its sign. With no dimensions it takes none of these: its
/// vector is a `Blob`.
class RowLayout {
public:
    /// Without `keeps_vectors` a row takes only the codes: `Rows::vector` is not to be called then.
    RowLayout(std::size_t dimensions, Metric metric, bool keeps_vectors = true);

    [[nodiscard]] std::size_t dimensions() const noexcept { return dimensions_; }
    [[nodiscard]] bool keeps_vectors() const noexcept { return floats_ == dimensions_; }
    [[nodiscard]] Metric metric() const noexcept { return metric_; }
    [[nodiscard]] const kernels::Quantizer& quantizer() const noexcept { return quantizer_; }
    /// Groups of a row of 4-bit codes, and bytes of a row of byte codes.
    [[nodiscard]] std::size_t nibble_groups() const noexcept { return groups_; }
    [[nodiscard]] std::size_t byte_stride() const noexcept { return stride_; }
    [[nodiscard]] std::size_t blocks_per_piece() const noexcept { return rows_per_piece_ / kernels::block_rows; }
    [[nodiscard]] std::size_t piece_bytes() const noexcept { return rows_per_piece_ * row_bytes_; }

    /// Where what belongs to one row is.
    struct Place {
        float* vector;
        std::uint8_t* bytes;
        kernels::Approximation* by_bytes;
        std::uint64_t* signs;
        std::uint8_t* nibbles;  ///< four of each group; groups lie `4 * block_rows` apart
        float *scale, *error, *weight;
        RowInfo* info;
        Named** named;
    };
    [[nodiscard]] Place at(std::span<std::byte* const> pieces, std::size_t slot) const noexcept;

    void write(const Place& place, std::span<const float> vector, double norm, const kernels::Codes& codes) const noexcept;
    void copy(const Place& from, const Place& to) const noexcept;

private:
    std::size_t dimensions_;
    Metric metric_;
    kernels::Quantizer quantizer_;
    std::size_t groups_;
    std::size_t stride_;
    std::size_t floats_;  // of a row
    std::size_t signs_;   // words of a row
    std::size_t row_bytes_;
    std::size_t rows_per_piece_;
};

/// Rows in slots, in no particular order: what one commit left. Never changes, so any threads may look at it, at once
/// and while `RowTable` prepares the next. The table must outlive it.
class Rows {
public:
    static constexpr std::size_t none = ~std::size_t{0};

    struct Parts {
        std::vector<std::byte*> pieces = {};
        Bits live = {};              ///< a bit for each slot that holds a row
        std::size_t size = 0;        ///< how many of these there are
        std::size_t filling = none;  ///< the block of which some slots are still to be written, or none
        std::shared_ptr<std::atomic<bool>> gone = std::make_shared<std::atomic<bool>>(false);  ///< true after the end
    };
    Rows(const RowLayout& layout, Parts parts) : layout_(layout), parts_(std::move(parts)) {}
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;
    ~Rows() { parts_.gone->store(true, std::memory_order_release); }

    [[nodiscard]] const RowLayout& layout() const noexcept { return layout_; }
    [[nodiscard]] std::size_t size() const noexcept { return parts_.size; }
    [[nodiscard]] const Bits& live() const noexcept { return parts_.live; }
    [[nodiscard]] std::size_t blocks() const noexcept { return parts_.live.size(); }
    /// Of a block that has rows.
    [[nodiscard]] Block block(std::size_t b) const noexcept;
    /// Of slots that hold a row.
    [[nodiscard]] const RowInfo& info(std::size_t slot) const noexcept { return *at(slot).info; }
    [[nodiscard]] const Named& named(std::size_t slot) const noexcept { return **at(slot).named; }
    [[nodiscard]] std::span<const float> vector(std::size_t slot) const noexcept { return {at(slot).vector, layout_.dimensions()}; }
    /// Of a row that has one.
    [[nodiscard]] const Blob& blob(std::size_t slot) const noexcept { return *named(slot).second.blob; }
    /// The vector's, as a file has them.
    [[nodiscard]] std::span<const std::byte> bytes(std::size_t slot) const noexcept {
        const auto& blob = named(slot).second.blob;
        return blob ? std::span(blob->bytes) : std::as_bytes(vector(slot));
    }

private:
    friend class RowTable;
    [[nodiscard]] RowLayout::Place at(std::size_t slot) const noexcept { return layout_.at(parts_.pieces, slot); }

    const RowLayout& layout_;
    Parts parts_;
};

}  // namespace sextant::index
