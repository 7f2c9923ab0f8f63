// What a bundle says of its model: the `manifest.json` of src/bundle/FORMAT.md as plain values.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/core/embeddings.hpp>
#include <sextant/core/fingerprint.hpp>
#include <sextant/core/item.hpp>
#include <sextant/core/space.hpp>
#include <sextant/preprocess/image.hpp>
#include <sextant/preprocess/text.hpp>

namespace sextant {

/// The version of the format that this library reads and its exporters write.
inline constexpr int bundle_version = 1;

enum class BundleKind { dual_encoder, cross_encoder };
[[nodiscard]] std::string_view to_string(BundleKind kind) noexcept;

/// How a network's dense output becomes one vector.
enum class Pooling {
    none,        ///< the network returns [batch, dimensions]
    mean,        ///< [batch, tokens, dimensions], averaged where the attention mask is 1
    cls,         ///< [batch, tokens, dimensions], the first token's
    last_token,  ///< [batch, tokens, dimensions], the last one's whose attention mask is 1
};

struct NetworkSpec {
    std::string file;
    std::vector<std::string> inputs;             ///< the names of its arguments, in order
    std::vector<Output> outputs{Output::dense};  ///< in order
    bool multi_mask = false;                     ///< behind `multi` stands a mask of its rows
    Pooling pooling = Pooling::none;

    [[nodiscard]] bool returns(Output output) const { return std::ranges::find(outputs, output) != outputs.end(); }
};

/// What the `sparse` output of networks means.
struct SparseSpec {
    enum class Form {
        token_weights,  ///< [batch, tokens]: of each token; an id that occurs again keeps its largest
        vocabulary,     ///< [batch, size]: of each id
    };
    Form form = Form::token_weights;
    std::size_t size = 0;  ///< ids are below it
    std::vector<std::int64_t> ignore_ids;
};

/// What the `multi` output of networks, [batch, rows, dimensions], means.
struct MultiSpec {
    enum class Keep { attended, all };

    std::size_t dimensions = 0;
    bool normalize = true;
    Keep keep = Keep::attended;        ///< of texts: the rows of tokens whose attention mask is 1, or all
    Keep keep_query = Keep::attended;  ///< the same of queries
    std::size_t skip_first = 0;        ///< of the rows kept, so many at the beginning are dropped
    std::vector<std::int64_t> drop_ids;  ///< tokens of documents whose rows are dropped
    MultiScore score = MultiScore::max_sim_sum;
};

/// What becomes of logit_scale * score + logit_bias.
enum class Activation {
    identity,
    sigmoid,  ///< the probability that the pair belongs together
    softmax,  ///< the probability of each document among those that the query is compared with
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
    std::size_t dimensions = 0;  ///< of the dense vector; 0 if no network returns one
    bool normalize = false;      ///< the dense vector
    Metric metric = Metric::cosine;  ///< of a dual encoder's dense vectors
    double logit_scale = 1;          ///< of a dual encoder
    double logit_bias = 0;           ///< of a dual encoder
    Activation activation = Activation::identity;
    std::optional<TextSpec> text;
    std::optional<TextSpec> text_query;  ///< of queries, if they are fed otherwise than documents; not without `text`
    std::optional<ImageSpec> image;
    std::optional<SparseSpec> sparse;
    std::optional<MultiSpec> multi;
    PairSpec pair;
    std::map<std::string, NetworkSpec> networks;  ///< "text", "text_query", "image" and "text_image", or "pair"
    std::string golden;                           ///< file name; empty if the bundle has no goldens
    std::map<std::string, FileEntry> files;
    std::string figures = "{}";              ///< JSON: what the author measured
    std::map<std::string, std::string> parts;  ///< all that changes a vector, for the fingerprint

    /// True if this bundle can encode items of this kind, as queries or as documents.
    [[nodiscard]] bool supports(Modality modality) const {
        return !network_for(modality, Role::document).empty() || !network_for(modality, Role::query).empty();
    }
    /// True if some network returns this.
    [[nodiscard]] bool supports(Output output) const {
        return kind == BundleKind::dual_encoder && std::ranges::any_of(networks, [&](const auto& network) { return network.second.returns(output); });
    }
    /// The name of the network that such items run through; empty if there is none.
    [[nodiscard]] std::string network_for(Modality modality, Role role) const;

    /// How texts are fed; there must be a section `text`.
    [[nodiscard]] const TextSpec& text_for(Role role) const { return role == Role::query && text_query ? *text_query : text.value(); }
};

/// Reads a manifest. Throws `corrupt` for what is not JSON or lacks a field, `incompatible` for another version,
/// `invalid_argument` for a value out of its range; each names `where` and the field.
[[nodiscard]] Manifest parse_manifest(std::string_view json, const std::string& where);

/// The fingerprint of these parts: SHA-256 over them in the order of their names.
[[nodiscard]] Fingerprint make_fingerprint(std::map<std::string, std::string> parts);

}  // namespace sextant
