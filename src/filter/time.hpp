// Moments as texts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sextant::filter {

/// Microseconds since 1970-01-01T00:00:00Z, or nothing if `text` is no moment as `Time` describes it. Digits behind the
/// sixth of a second's fraction are cut off.
[[nodiscard]] std::optional<std::int64_t> read_time(std::string_view text);

/// A text that `read_time` reads as this.
[[nodiscard]] std::string write_time(std::int64_t microseconds);

}  // namespace sextant::filter
