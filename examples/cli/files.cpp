#include "files.hpp"

#include <bit>
#include <fstream>
#include <string>

#include <unistd.h>

#include <sextant/core/error.hpp>

namespace cli {

void write_file(const std::filesystem::path& file, std::string_view magic, std::string_view content) {
    if (std::filesystem::exists(file)) {
        if (!std::filesystem::is_regular_file(file))
            throw sextant::Error(sextant::ErrorCode::invalid_argument, file.string() + " is a folder, a pipe or a device: give the name of a file");
        std::string begin(magic.size(), '\0');
        std::ifstream(file, std::ios::binary).read(begin.data(), static_cast<std::streamsize>(begin.size()));
        if (begin != magic)
            throw sextant::Error(sextant::ErrorCode::invalid_argument, file.string() + " exists and was not written by this command: choose another name");
    }
    const std::filesystem::path draft = file.string() + ".part-" + std::to_string(::getpid());
    std::ofstream out(draft, std::ios::binary | std::ios::trunc);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.close();
    std::error_code error;
    if (out) std::filesystem::rename(draft, file, error);
    if (!out || error) {
        std::filesystem::remove(draft, error);
        throw sextant::Error(sextant::ErrorCode::io, "cannot write " + file.string() + ": check that its folder exists and has room");
    }
}

namespace {

// Version 1.0 of the format (numpy/lib/format.py): magic, version, the header's length, the header padded so that the
// values begin at a multiple of 64 bytes.
void write_array(const std::filesystem::path& file, const std::string& kind, const std::vector<std::int64_t>& shape, std::string_view values) {
    static_assert(std::endian::native == std::endian::little, "values are written as they lie in memory");
    using namespace std::string_view_literals;
    constexpr auto magic = "\x93NUMPY\x01\x00"sv;
    std::string header = "{'descr': '" + kind + "', 'fortran_order': False, 'shape': (";
    for (const auto side : shape) header += std::to_string(side) + ",";
    header += "), }";
    header.resize((header.size() + magic.size() + 2 + 1 + 63) / 64 * 64 - magic.size() - 2 - 1, ' ');
    header += '\n';
    std::string content(magic);
    content += static_cast<char>(header.size() & 0xFF);
    content += static_cast<char>(header.size() >> 8);
    content += header;
    content += values;
    write_file(file, magic, content);
}

template <class Value>
std::string_view bytes_of(std::span<const Value> values) {
    return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

}  // namespace

void write_npy(const std::filesystem::path& file, const std::vector<std::int64_t>& shape, std::span<const float> values) {
    write_array(file, "<f4", shape, bytes_of(values));
}

void write_npy(const std::filesystem::path& file, const std::vector<std::int64_t>& shape, std::span<const std::int64_t> values) {
    write_array(file, "<i8", shape, bytes_of(values));
}

}  // namespace cli
