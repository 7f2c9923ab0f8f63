// Vectors of every kind: in records, and as bytes in a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include <sextant/core/embeddings.hpp>
#include <sextant/core/space.hpp>
#include <sextant/store/record.hpp>

namespace sextant::store {

/// A vector of any kind, wherever it lies; the first: none.
using AnyVector = std::variant<std::monostate, std::span<const float>, SparseRow, MultiRow>;

[[nodiscard]] inline bool is_none(const AnyVector& vector) noexcept { return vector.index() == 0; }

/// The record's vector in the space of this number, of that space's kind; none if it has none there. A dense one of the first
/// space may stand among the named ones too. What is listed without any element counts, for those who check.
[[nodiscard]] AnyVector vector_in(const Record& record, std::span<const NamedSpace> spaces, std::size_t space);

/// Gives the record a vector in a space; `first`: it is the first space.
void put_vector(Record& record, const NamedSpace& space, bool first, const AnyVector& vector);

/// The bytes that a file has of a vector: of a dense or multi one its floats; of a sparse one its ids, 32 bits each, then its
/// weights. They lie where the vector does, or in `room`.
[[nodiscard]] std::span<const std::byte> pack(const AnyVector& vector, std::vector<std::byte>& room);

/// Whether a vector of the space can have so many bytes.
[[nodiscard]] bool can_have(const Space& space, std::size_t bytes) noexcept;

/// A sparse vector as a file has it. The bytes must be aligned as 32-bit numbers are.
struct PackedRow {
    std::span<const std::uint32_t> ids;
    std::span<const float> weights;
};
[[nodiscard]] PackedRow packed_row(std::span<const std::byte> bytes) noexcept;

/// Makes vectors of bytes, which need not be aligned.
class Unpacking {
public:
    /// Of as many bytes as a vector of the space can have. Valid until the next call.
    [[nodiscard]] AnyVector unpack(const Space& space, std::span<const std::byte> bytes);

private:
    std::vector<std::int64_t> ids_;
    std::vector<float> floats_;
};

}  // namespace sextant::store
