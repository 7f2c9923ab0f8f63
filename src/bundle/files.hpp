// Reads the files of a bundle's folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace sextant::bundle_detail {

/// Throws `not_found` if there is no such file, `io` if its size cannot be read.
[[nodiscard]] std::uint64_t size_of(const std::filesystem::path& path);

/// The first `size` bytes. Throws `io`.
[[nodiscard]] std::vector<std::byte> read_bytes(const std::filesystem::path& path, std::uint64_t size);

}  // namespace sextant::bundle_detail
