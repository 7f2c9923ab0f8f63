#include <algorithm>
#include <array>
#include <string_view>

#include "bundle/sections.hpp"

namespace sextant::bundle_detail {
namespace {

constexpr std::array<std::string_view, 3> text_inputs{"input_ids", "attention_mask", "token_type_ids"};
constexpr std::array<std::string_view, 5> image_inputs{"pixel_values", "pixel_attention_mask", "pixel_positions", "spatial_shapes", "image_grid_thw"};

/// What a network of some name is fed.
struct NetworkKind {
    std::string_view name;
    bool reads_text, reads_images;
};
constexpr std::array<NetworkKind, 4> dual_networks{{{"text", true, false}, {"text_query", true, false}, {"image", false, true}, {"text_image", true, true}}};
constexpr std::array<NetworkKind, 1> cross_networks{{{"pair", true, true}}};

const NetworkKind& kind_of(const std::string& name, const Fields& networks, BundleKind bundle) {
    const std::span<const NetworkKind> kinds = bundle == BundleKind::dual_encoder ? std::span<const NetworkKind>(dual_networks) : cross_networks;
    const auto kind = std::ranges::find(kinds, name, &NetworkKind::name);
    if (kind != kinds.end()) return *kind;
    std::string expected;
    for (const auto& known : kinds) expected += (expected.empty() ? "" : ", ") + std::string(known.name);
    networks.fail(ErrorCode::unsupported, name, "is not a network of a " + std::string(to_string(bundle)) + "; there are: " + expected);
}

void check_input(const Fields& fields, const std::string& input, const Manifest& manifest, const NetworkKind& kind) {
    const bool text = std::ranges::find(text_inputs, input) != text_inputs.end();
    const bool image = std::ranges::find(image_inputs, input) != image_inputs.end();
    if (!text && !image) {
        std::string known;
        for (const auto& name : text_inputs) known += std::string(name) + ", ";
        for (const auto& name : image_inputs) known += std::string(name) + (name == image_inputs.back() ? "" : ", ");
        fields.fail(ErrorCode::unsupported, "inputs", "asks for \"" + input + "\"; there are: " + known);
    }
    if (text ? !(kind.reads_text && manifest.text) : !(kind.reads_images && manifest.image))
        fields.fail(ErrorCode::corrupt, "inputs", "asks for \"" + input + "\", but the manifest has no section " + (text ? "text" : "image") + " for this network");
    if (image && input != image_inputs.front() && !manifest.image->patches)
        fields.fail(ErrorCode::corrupt, "inputs", "asks for \"" + input + "\", which only pictures that are cut into patches have: image.patches is missing");
}

void read_outputs(Fields& fields, NetworkSpec& spec) {
    spec.outputs.clear();
    for (const auto& name : fields.strings("outputs")) {
        if (name == "multi_mask" && !spec.multi_mask && !spec.outputs.empty() && spec.outputs.back() == Output::multi) {
            spec.multi_mask = true;
            continue;
        }
        constexpr std::array outputs{Output::dense, Output::sparse, Output::multi};
        const auto output = std::ranges::find(outputs, name, [](Output known) { return to_string(known); });
        if (output == outputs.end() || spec.returns(*output))
            fields.fail(ErrorCode::invalid_argument, "outputs", "holds \"" + name + "\"; expected each at most once of: dense, sparse, multi and behind it multi_mask");
        spec.outputs.push_back(*output);
    }
    if (spec.outputs.empty()) fields.fail(ErrorCode::corrupt, "outputs", "is empty");
}

NetworkSpec read_network(Fields fields, const Manifest& manifest, const NetworkKind& kind) {
    NetworkSpec spec;
    spec.file = listed_file(fields, "file", manifest.files);
    spec.inputs = fields.strings("inputs");
    if (spec.inputs.empty()) fields.fail(ErrorCode::corrupt, "inputs", "is empty");
    for (const auto& input : spec.inputs) check_input(fields, input, manifest, kind);
    if (manifest.kind == BundleKind::dual_encoder && fields.has("outputs")) read_outputs(fields, spec);
    spec.pooling = fields.choice<Pooling>(
        "pooling", {{"none", Pooling::none}, {"mean", Pooling::mean}, {"cls", Pooling::cls}, {"last_token", Pooling::last_token}}, "none");
    if (spec.pooling != Pooling::none && !(kind.reads_text && manifest.text && spec.returns(Output::dense)))
        fields.fail(ErrorCode::invalid_argument, "pooling", "needs a dense output and text: only tokens are pooled");
    for (const auto* text : {&manifest.text, &manifest.text_query})
        if (spec.pooling == Pooling::cls && *text && (*text)->padding_side == Padding::Side::left)
            fields.fail(ErrorCode::invalid_argument, "pooling", "is \"cls\", but padding_side is \"left\": a shorter text's first row is padding; pad on the right");
    fields.expect_nothing_else();
    return spec;
}

/// What networks return must be described, and nothing else.
void check_outputs(Fields& root, const Manifest& manifest) {
    const auto check = [&](Output output, const std::string& section, bool described) {
        if (manifest.supports(output) == described) return;
        if (described) root.fail(ErrorCode::invalid_argument, section, "is given, but no network returns " + std::string(to_string(output)));
        root.fail(ErrorCode::invalid_argument, section, "is 0 or missing, but a network returns " + std::string(to_string(output)));
    };
    check(Output::dense, "dimensions", manifest.dimensions > 0);
    check(Output::sparse, "sparse", manifest.sparse.has_value());
    check(Output::multi, "multi", manifest.multi.has_value());
}

}  // namespace

void read_networks(Fields& root, Manifest& manifest) {
    Fields networks = root.object("networks");
    for (const auto& [name, unused] : root.members("networks"))
        manifest.networks.emplace(name, read_network(networks.object(name), manifest, kind_of(name, networks, manifest.kind)));
    if (manifest.networks.empty()) root.fail(ErrorCode::corrupt, "networks", "is empty");
    if (manifest.kind == BundleKind::dual_encoder) check_outputs(root, manifest);
}

}  // namespace sextant::bundle_detail
