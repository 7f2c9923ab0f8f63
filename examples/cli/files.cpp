#include "files.hpp"

#include <bit>
#include <fstream>
#include <string>
#include <utility>

#include <unistd.h>

#include <sextant/core/error.hpp>

namespace cli {

namespace {

using namespace std::string_view_literals;
constexpr auto npy_magic = "\x93NUMPY\x01\x00"sv;

/// Throws unless `file` is free, or one that begins with `magic`.
void check_replaceable(const std::filesystem::path& file, std::string_view magic) {
    if (std::filesystem::exists(file)) {
        if (!std::filesystem::is_regular_file(file))
            throw sextant::Error(sextant::ErrorCode::invalid_argument, file.string() + " is a folder, a pipe or a device: give the name of a file");
        std::string begin(magic.size(), '\0');
        std::ifstream(file, std::ios::binary).read(begin.data(), static_cast<std::streamsize>(begin.size()));
        if (begin != magic)
            throw sextant::Error(sextant::ErrorCode::invalid_argument, file.string() + " exists and was not written by this command: choose another name");
    }
}

std::filesystem::path draft_of(const std::filesystem::path& file) { return file.string() + ".part-" + std::to_string(::getpid()); }

[[noreturn]] void refuse_to_write(const std::filesystem::path& file) {
    throw sextant::Error(sextant::ErrorCode::io, "cannot write " + file.string() + ": check that its folder exists and has room");
}

}  // namespace

void write_file(const std::filesystem::path& file, std::string_view magic, std::string_view content) {
    check_replaceable(file, magic);
    const auto draft = draft_of(file);
    std::ofstream out(draft, std::ios::binary | std::ios::trunc);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.close();
    std::error_code error;
    if (out) std::filesystem::rename(draft, file, error);
    if (!out || error) {
        std::filesystem::remove(draft, error);
        refuse_to_write(file);
    }
}

namespace {

// Version 1.0 of the format (numpy/lib/format.py): magic, version, the header's length, the header padded so that the
// values begin at a multiple of 128 bytes: at byte 128 for arrays of two sides, however long these are.
std::string npy_header(const std::string& kind, const std::vector<std::int64_t>& shape) {
    static_assert(std::endian::native == std::endian::little, "values are written as they lie in memory");
    std::string header = "{'descr': '" + kind + "', 'fortran_order': False, 'shape': (";
    for (const auto side : shape) header += std::to_string(side) + ",";
    header += "), }";
    header.resize((header.size() + npy_magic.size() + 2 + 1 + 127) / 128 * 128 - npy_magic.size() - 2 - 1, ' ');
    header += '\n';
    std::string content(npy_magic);
    content += static_cast<char>(header.size() & 0xFF);
    content += static_cast<char>(header.size() >> 8);
    content += header;
    return content;
}

void write_array(const std::filesystem::path& file, const std::string& kind, const std::vector<std::int64_t>& shape, std::string_view values) {
    write_file(file, npy_magic, npy_header(kind, shape).append(values));
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

NpyRows::NpyRows(std::filesystem::path file) : file_(std::move(file)), draft_(draft_of(file_)) {
    check_replaceable(file_, npy_magic);
    out_.open(draft_, std::ios::binary | std::ios::trunc);
    out_ << npy_header("<f4", {0, 0});
    if (!out_.flush()) refuse_to_write(file_);
}

NpyRows::~NpyRows() {
    std::error_code ignored;
    std::filesystem::remove(draft_, ignored);  // unless it was kept
}

void NpyRows::add(std::span<const float> values) {
    const auto bytes = bytes_of(values);
    if (!out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) refuse_to_write(file_);
}

void NpyRows::keep(const std::vector<std::int64_t>& shape) {
    out_.seekp(0);
    out_ << npy_header("<f4", shape);
    out_.close();
    std::error_code error;
    if (out_) std::filesystem::rename(draft_, file_, error);
    if (!out_ || error) refuse_to_write(file_);
}

}  // namespace cli
