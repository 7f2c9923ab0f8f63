// Files that the program writes: whole or not at all, and never over a file of another kind.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace cli {

/// `content` begins with `magic`; a file of this name is replaced only if it does too. Throws `sextant::Error`:
/// `invalid_argument` if another kind of file has the name, `io` if it cannot be written.
void write_file(const std::filesystem::path& file, std::string_view magic, std::string_view content);

/// An array as `numpy.load` reads it, float32 or int64 in C order. Throws as `write_file`.
void write_npy(const std::filesystem::path& file, const std::vector<std::int64_t>& shape, std::span<const float> values);
void write_npy(const std::filesystem::path& file, const std::vector<std::int64_t>& shape, std::span<const std::int64_t> values);

}  // namespace cli
