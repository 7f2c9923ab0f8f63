// Checksums of rows and of named values.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "store/checksum.hpp"
#include "store/record_view.hpp"

namespace sextant::store {

/// XXH3-128 (xxHash 0.8) over the row's number, the length of each field, and the fields. `row.checksum` is not read.
[[nodiscard]] Checksum checksum_of(const Row& row) noexcept;

/// The same over the length and the bytes of every key and value, in the order of the keys.
[[nodiscard]] Checksum checksum_of(const std::map<std::string, std::string>& values) noexcept;

/// 32 hex digits, the high half first; and back: false if `text` is anything else.
[[nodiscard]] std::string to_hex(const Checksum& checksum);
[[nodiscard]] bool from_hex(std::string_view text, Checksum& checksum) noexcept;

}  // namespace sextant::store
