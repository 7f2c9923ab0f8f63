#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <sextant/bundle/bundle.hpp>

#include "bundle/files.hpp"
#include "bundle/sha256.hpp"

namespace sextant {
namespace {

namespace fs = std::filesystem;

void write_whole(const fs::path& path, const std::string& bytes) {
    std::ofstream stream(path, std::ios::binary);
    if (!stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush())
        throw Error(ErrorCode::io, "cannot write " + path.string() + ": " + std::strerror(errno));
}

}  // namespace

Bundle seal_bundle(const fs::path& folder, std::string_view manifest) {
    auto json = nlohmann::ordered_json::parse(manifest, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) throw Error(ErrorCode::invalid_argument, "the manifest for " + folder.string() + " is not a JSON object");
    json["format"] = "sextant-bundle";
    json["version"] = 1;
    std::vector<fs::path> files;
    try {
        for (const auto& entry : fs::recursive_directory_iterator(folder))
            if (entry.is_regular_file() && entry.path() != folder / "manifest.json" && entry.path() != folder / bundle_detail::seal_file)
                files.push_back(entry.path());
    } catch (const fs::filesystem_error& error) {
        throw Error(ErrorCode::io, "cannot read the folder " + folder.string() + ": " + error.code().message());
    }
    std::ranges::sort(files);
    json["files"] = nlohmann::ordered_json::object();
    for (const auto& file : files) {
        const auto bytes = bundle_detail::read_bytes(file, bundle_detail::size_of(file));
        json["files"][file.lexically_relative(folder).generic_string()] = {{"sha256", bundle_detail::sha256(bytes)},
                                                                           {"size", bytes.size()}};
    }
    const auto text = json.dump(1) + "\n";
    (void)parse_manifest(text, "the manifest for " + folder.string());
    write_whole(folder / "manifest.json", text);
    write_whole(folder / bundle_detail::seal_file, bundle_detail::seal_of(std::as_bytes(std::span(text))));
    return Bundle::open(folder);
}

}  // namespace sextant
