// A folder that holds a model and the proof that it runs as its author meant it. Format: src/bundle/FORMAT.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/bundle/manifest.hpp>

namespace sextant {

/// An input, and what the reference pipeline made of it. Members that the golden does not state are empty.
struct Golden {
    std::string text;                    ///< a text to encode, or the query of a pair
    bool query = false;                  ///< encoded as a query, else as a document
    std::optional<std::string> document;  ///< the second text of a pair
    std::string file;                    ///< a picture within the bundle
    std::vector<std::int64_t> input_ids;
    std::vector<float> pixels;  ///< the values of pixel_values
    std::vector<float> vector;  ///< dense
    std::map<std::int64_t, float> sparse;
    std::vector<std::vector<float>> multi;
    float score = 0;  ///< of a pair
};

struct Goldens {
    std::string reference;  ///< the programs that made them, with versions
    std::vector<Golden> text;
    std::vector<Golden> image;
    std::vector<Golden> text_image;
    std::vector<Golden> pair;

    [[nodiscard]] std::size_t size() const noexcept { return text.size() + image.size() + text_image.size() + pair.size(); }
};

/// Threads: const methods may run together from any threads.
class Bundle {
public:
    /// Reads `folder`/manifest.json and manifest.sha256, which holds its hash, and nothing else. Throws `not_found` if
    /// either is missing, `corrupt` if the hash is another one, else as `parse_manifest`.
    [[nodiscard]] static Bundle open(const std::filesystem::path& folder);

    [[nodiscard]] const Manifest& manifest() const noexcept { return manifest_; }
    [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

    /// The bytes of a file that the manifest names, checked against its size and SHA-256: what is returned is what was
    /// hashed. Throws `not_found` if it is missing, `corrupt` if it is not the file that the manifest describes.
    [[nodiscard]] std::vector<std::byte> read(const std::string& file) const;

    /// The same as text.
    [[nodiscard]] std::string read_text(const std::string& file) const;

    /// The first `at_most` goldens of each kind and role, with the pixel files read; empty if the bundle has none. Throws as `read`.
    [[nodiscard]] Goldens goldens(std::size_t at_most = std::numeric_limits<std::size_t>::max()) const;

private:
    Bundle(std::filesystem::path folder, Manifest manifest) : folder_(std::move(folder)), manifest_(std::move(manifest)) {}

    std::filesystem::path folder_;
    Manifest manifest_;
};

/// Makes a bundle of a folder that holds all its files but the manifest: writes manifest.json, which is `manifest`, a JSON
/// object, with the format, the version and the hash and size of every file in the folder, and the seal beside it. Throws
/// `invalid_argument` if `manifest` is no JSON object, `io` if the folder cannot be read or written, else as
/// `parse_manifest`, and nothing is written then.
Bundle seal_bundle(const std::filesystem::path& folder, std::string_view manifest);

}  // namespace sextant
