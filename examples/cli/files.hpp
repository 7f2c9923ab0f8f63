// Files that the program writes: whole or not at all, and never over a file of another kind.
#pragma once

#include <cstdint>
#include <fstream>
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

/// Rows of float32 that are written as they come, to a file beside `file` which takes its name at the end and is gone if
/// there is no end.
class NpyRows {
public:
    /// Throws as `write_file`, before there is anything to write.
    explicit NpyRows(std::filesystem::path file);
    ~NpyRows();
    NpyRows(const NpyRows&) = delete;
    NpyRows& operator=(const NpyRows&) = delete;

    /// Throws `io` if there is no room.
    void add(std::span<const float> values);
    /// The array is whole: what was added is `shape`.
    void keep(const std::vector<std::int64_t>& shape);

private:
    std::filesystem::path file_, draft_;
    std::ofstream out_;
};

}  // namespace cli
