// How a span is written down.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sextant/core/span.hpp>

namespace sextant::store {

/// Nothing, or "bytes BEGIN END", "seconds BEGIN END", "box LEFT TOP RIGHT BOTTOM": the shortest decimals that read as
/// the same numbers.
[[nodiscard]] std::string to_text(const Span& span);

/// Nothing if `to_text` does not write that.
[[nodiscard]] std::optional<Span> span_from(std::string_view text);

/// What is wrong with a span; null if nothing: an end before its beginning, a number that is not finite.
[[nodiscard]] const char* fault_of(const Span& span) noexcept;

}  // namespace sextant::store
