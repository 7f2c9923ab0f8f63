// What a bundle says of its model: the `manifest.json` of src/bundle/FORMAT.md as plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/core/fingerprint.hpp>
#include <sextant/core/hit.hpp>
#include <sextant/core/modality.hpp>
#include <sextant/core/space.hpp>
#include <sextant/preprocess/image.hpp>
#include <sextant/preprocess/text.hpp>

namespace sextant {

/// The version of the format that this library reads and its exporters write.
inline constexpr int bundle_version = 1;

enum class BundleKind { dual_encoder, cross_encoder };
[[nodiscard]] std::string_view to_string(BundleKind kind) noexcept;

/// How a network's output becomes one vector.
enum class Pooling {
    none,  ///< the network returns [batch, dimensions]
    mean,  ///< [batch, tokens, dimensions], averaged where the attention mask is 1
    cls,   ///< [batch, tokens, dimensions], the first token's
};

struct NetworkSpec {
    std::string file;
    std::vector<std::string> inputs;  ///< input_ids attention_mask token_type_ids pixel_values, in order
    Pooling pooling = Pooling::none;
};

struct FileEntry {
    std::string sha256;  ///< 64 lower-case hex digits
    std::uint64_t size = 0;
};

struct Manifest {
    std::string name;
    BundleKind kind = BundleKind::dual_encoder;
    std::string family;
    std::string source;
    std::string licence;
    std::size_t dimensions = 0;
    bool normalize = false;
    Metric metric = Metric::cosine;                ///< of a dual encoder
    ScoreType activation_score = ScoreType::logit;  ///< of a cross-encoder: logit, or probability through a sigmoid
    std::optional<TextSpec> text;
    std::optional<ImageSpec> image;
    std::map<std::string, NetworkSpec> networks;  ///< "text" and "image", or "pair"
    std::string golden;                           ///< file name; empty if the bundle has no goldens
    std::map<std::string, FileEntry> files;
    std::string figures = "{}";              ///< JSON: what the author measured
    std::map<std::string, std::string> parts;  ///< all that changes a vector, for the fingerprint

    /// True if this bundle can encode items of this kind.
    [[nodiscard]] bool supports(Modality modality) const {
        return kind == BundleKind::dual_encoder && networks.contains(std::string(to_string(modality)));
    }
};

/// Reads a manifest. Throws `corrupt` for what is not JSON or lacks a field, `incompatible` for another version,
/// `invalid_argument` for a value out of its range; each names `where` and the field.
[[nodiscard]] Manifest parse_manifest(std::string_view json, const std::string& where);

/// The fingerprint of these parts: SHA-256 over them in the order of their names.
[[nodiscard]] Fingerprint make_fingerprint(std::map<std::string, std::string> parts);

}  // namespace sextant
