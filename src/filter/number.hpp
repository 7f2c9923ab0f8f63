// Numbers as JSON writes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sextant/filter/filter.hpp>

namespace sextant::filter {

/// A 64-bit integer, or a finite double; nothing if it is neither.
[[nodiscard]] std::optional<FieldValue> read_number(std::string_view text);

/// What `read_number` reads as this.
[[nodiscard]] std::string write_number(std::int64_t value);
[[nodiscard]] std::string write_number(double value);

[[nodiscard]] double as_double(const FieldValue& number);

}  // namespace sextant::filter
