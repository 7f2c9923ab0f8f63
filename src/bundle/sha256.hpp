#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace sextant::bundle_detail {

/// 64 lower-case hex digits.
[[nodiscard]] std::string sha256(std::span<const std::byte> bytes);

}  // namespace sextant::bundle_detail
