#include "bundle/files.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include <sextant/core/error.hpp>

namespace sextant::bundle_detail {

std::uint64_t size_of(const std::filesystem::path& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        throw Error(ErrorCode::not_found, path.string() + " is missing or is not a file: restore the bundle from where it came from");
    const auto size = std::filesystem::file_size(path, error);
    if (error) throw Error(ErrorCode::io, "cannot read the size of " + path.string() + ": " + error.message());
    return size;
}

std::vector<std::byte> read_bytes(const std::filesystem::path& path, std::uint64_t size) {
    std::ifstream stream(path, std::ios::binary);
    std::vector<std::byte> bytes(size);
    if (!stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
        throw Error(ErrorCode::io, "cannot read " + path.string() + ": " + std::strerror(errno));
    return bytes;
}

}  // namespace sextant::bundle_detail
