#include <sextant/bundle/bundle.hpp>

#include <system_error>

#include "bundle/files.hpp"
#include "bundle/sha256.hpp"

namespace sextant {

using bundle_detail::read_bytes;
using bundle_detail::seal_file;
using bundle_detail::size_of;

namespace {

constexpr std::uint64_t largest_manifest = 1 << 20;

std::string as_text(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A symbolic link must not lead out of the folder.
void check_inside(const std::filesystem::path& folder, const std::filesystem::path& path) {
    std::error_code error;
    const auto relative = std::filesystem::canonical(path, error).lexically_relative(std::filesystem::canonical(folder, error));
    if (!error && !relative.empty() && *relative.begin() == "..")
        throw Error(ErrorCode::invalid_argument, path.string() + " is a link that leaves the bundle's folder: copy the file into it");
}

/// The manifest vouches for every other file; this is what vouches for the manifest.
void check_seal(const std::filesystem::path& folder, const std::vector<std::byte>& manifest) {
    const auto path = folder / seal_file, changed = folder / "manifest.json";
    const auto expected = bundle_detail::seal_of(manifest);
    const auto size = size_of(path);
    if (size == expected.size() && as_text(read_bytes(path, size)) == expected) return;
    throw Error(ErrorCode::corrupt, changed.string() + " has SHA-256 " + expected.substr(0, 64) + "; " + path.string() +
                                        " does not say so: restore the bundle; or, if you changed the manifest yourself, run in its folder:  "
                                        "sha256sum manifest.json > " + seal_file);
}

}  // namespace

Bundle Bundle::open(const std::filesystem::path& folder) {
    const auto path = folder / "manifest.json";
    const auto size = size_of(path);
    if (size > largest_manifest)
        throw Error(ErrorCode::limit, path.string() + " has " + std::to_string(size) + " bytes; a manifest has at most " + std::to_string(largest_manifest));
    const auto bytes = read_bytes(path, size);
    check_seal(folder, bytes);
    return {folder, parse_manifest(as_text(bytes), path.string())};
}

std::vector<std::byte> Bundle::read(const std::string& file) const {
    const auto entry = manifest_.files.find(file);
    if (entry == manifest_.files.end())
        throw Error(ErrorCode::not_found, (folder_ / file).string() + " is not listed in the manifest, so nothing vouches for it");
    const auto path = folder_ / file;
    const auto size = size_of(path);
    check_inside(folder_, path);
    const auto refuse = [&path](const std::string& seen, const std::string& expected) {
        throw Error(ErrorCode::corrupt, path.string() + " has " + seen + "; its manifest says " + expected + ": restore the file, or export the model again");
    };
    if (size != entry->second.size) refuse(std::to_string(size) + " bytes", std::to_string(entry->second.size));
    auto bytes = read_bytes(path, size);
    if (const auto hash = bundle_detail::sha256(bytes); hash != entry->second.sha256) refuse("SHA-256 " + hash, entry->second.sha256);
    return bytes;
}

std::string Bundle::read_text(const std::string& file) const { return as_text(read(file)); }

}  // namespace sextant
