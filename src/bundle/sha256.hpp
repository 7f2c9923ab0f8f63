#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace sextant::bundle_detail {

/// 64 lower-case hex digits.
[[nodiscard]] std::string sha256(std::span<const std::byte> bytes);

/// The file beside a manifest, and what is in it: what `sha256sum manifest.json` prints for these bytes.
inline constexpr const char* seal_file = "manifest.sha256";
[[nodiscard]] inline std::string seal_of(std::span<const std::byte> manifest) { return sha256(manifest) + "  manifest.json\n"; }

}  // namespace sextant::bundle_detail
