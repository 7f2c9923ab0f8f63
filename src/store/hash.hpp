// Checksums of rows and of named values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "store/checksum.hpp"
#include "store/row.hpp"

namespace sextant::store {

/// XXH3-128 (xxHash 0.8) over the row's number, the length of each field, and the fields. `row.checksum` is not read.
[[nodiscard]] Checksum checksum_of(const Row& row) noexcept;

/// As format 1 has it: over the row's number, the length of each field, and the fields; the vector is one of these.
[[nodiscard]] Checksum checksum_of_version_1(const Row& row, std::span<const std::byte> vector) noexcept;

/// The same over the numbers of space and row, the length of a vector in bytes, and the vector.
[[nodiscard]] Checksum checksum_of(std::size_t space, std::uint64_t row, std::span<const std::byte> vector) noexcept;

/// The same over the length and the bytes of every key and value, in the order of the keys.
[[nodiscard]] Checksum checksum_of(const std::map<std::string, std::string>& values) noexcept;

/// 32 hex digits, the high half first; and back: false if `text` is anything else.
[[nodiscard]] std::string to_hex(const Checksum& checksum);
[[nodiscard]] bool from_hex(std::string_view text, Checksum& checksum) noexcept;

}  // namespace sextant::store
