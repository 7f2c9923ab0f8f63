#include <sextant/bundle/manifest.hpp>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "bundle/fields.hpp"
#include "bundle/image_spec.hpp"
#include "bundle/sha256.hpp"

namespace sextant {

using bundle_detail::Fields;
using bundle_detail::Json;

std::string_view to_string(BundleKind kind) noexcept {
    return kind == BundleKind::dual_encoder ? "dual-encoder" : "cross-encoder";
}

Fingerprint make_fingerprint(std::map<std::string, std::string> parts) {
    // Lengths keep "a=b" + "c" from being mistaken for "a" + "b=c".
    std::string all;
    for (const auto& [name, value] : parts)
        all += std::to_string(name.size()) + ":" + name + "=" + std::to_string(value.size()) + ":" + value + "\n";
    return {bundle_detail::sha256(std::as_bytes(std::span(all))), std::move(parts)};
}

namespace {

/// Names stay inside the folder: relative, and without "..".
void check_file_name(const Fields& fields, const std::string& field, const std::string& name) {
    const std::filesystem::path path(name);
    const bool leaves = std::any_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
    if (name.empty() || path.is_absolute() || leaves || name.find('\0') != std::string::npos || name.find('\\') != std::string::npos)
        fields.fail(ErrorCode::invalid_argument, field, "is \"" + name + "\"; expected a file inside the bundle's folder");
}

std::map<std::string, FileEntry> read_files(Fields& root) {
    constexpr std::uint64_t largest_file = std::uint64_t{64} << 30;
    std::map<std::string, FileEntry> files;
    Fields list = root.object("files");
    for (const auto& [name, unused] : root.members("files")) {
        check_file_name(root, "files", name);
        Fields entry = list.object(name);
        FileEntry file{entry.string("sha256"), static_cast<std::uint64_t>(entry.integer("size", 0, static_cast<std::int64_t>(largest_file)))};
        if (file.sha256.size() != 64 || file.sha256.find_first_not_of("0123456789abcdef") != std::string::npos)
            entry.fail(ErrorCode::corrupt, "sha256", "is \"" + file.sha256 + "\"; expected 64 lower-case hex digits");
        entry.expect_nothing_else();
        files.emplace(name, std::move(file));
    }
    return files;
}

/// A field that names a file; the file must be listed in `files`.
std::string listed_file(Fields& fields, const std::string& field, const std::map<std::string, FileEntry>& files) {
    auto name = fields.string(field);
    if (!files.contains(name)) fields.fail(ErrorCode::corrupt, field, "names \"" + name + "\", which the manifest's files do not list");
    return name;
}

TextSpec read_text(Fields fields, const std::map<std::string, FileEntry>& files) {
    TextSpec spec;
    spec.tokenizer = listed_file(fields, "tokenizer", files);
    spec.max_length = static_cast<std::size_t>(fields.integer("max_length", 1, 65'536));
    spec.pad_to_max_length = fields.boolean("pad_to_max_length", false);
    constexpr std::int64_t highest_id = std::numeric_limits<std::int32_t>::max();
    if (fields.has("pad_id")) spec.pad_id = fields.integer("pad_id", 0, highest_id);
    if (fields.has("pad_type_id")) spec.pad_type_id = fields.integer("pad_type_id", 0, highest_id);
    if (fields.has("pad_to_multiple_of"))
        spec.pad_to_multiple_of = static_cast<std::size_t>(fields.integer("pad_to_multiple_of", 1, 65'536));
    spec.padding_side = fields.choice<Padding::Side>("padding_side", {{"right", Padding::Side::right}, {"left", Padding::Side::left}}, "right");
    spec.truncation_side =
        fields.choice<Truncation::Side>("truncation_side", {{"right", Truncation::Side::right}, {"left", Truncation::Side::left}}, "right");
    spec.clean = fields.choice<TextCleaning>("clean",
                                             {{"none", TextCleaning::none},
                                              {"whitespace", TextCleaning::whitespace},
                                              {"clip", TextCleaning::clip},
                                              {"canonicalize", TextCleaning::canonicalize}},
                                             "none");
    if (fields.has("prompts")) {
        Fields prompts = fields.object("prompts");
        spec.query_prompt = prompts.string("query", "");
        spec.document_prompt = prompts.string("document", "");
        prompts.expect_nothing_else();
    }
    fields.expect_nothing_else();
    return spec;
}

NetworkSpec read_network(Fields fields, const std::map<std::string, FileEntry>& files, bool has_text, bool has_image) {
    NetworkSpec spec;
    spec.file = listed_file(fields, "file", files);
    spec.inputs = fields.strings("inputs");
    spec.pooling = fields.choice<Pooling>("pooling", {{"none", Pooling::none}, {"mean", Pooling::mean}, {"cls", Pooling::cls}}, "none");
    if (spec.inputs.empty()) fields.fail(ErrorCode::corrupt, "inputs", "is empty");
    for (const auto& input : spec.inputs) {
        const bool text = input == "input_ids" || input == "attention_mask" || input == "token_type_ids";
        if (!text && input != "pixel_values")
            fields.fail(ErrorCode::unsupported, "inputs", "asks for \"" + input + "\"; there are: input_ids, attention_mask, token_type_ids, pixel_values");
        if (text ? !has_text : !has_image)
            fields.fail(ErrorCode::corrupt, "inputs", "asks for \"" + input + "\", but the manifest has no section " + (text ? "text" : "image"));
    }
    if (spec.pooling != Pooling::none && !has_text) fields.fail(ErrorCode::invalid_argument, "pooling", "needs text: only tokens are pooled");
    fields.expect_nothing_else();
    return spec;
}

void read_networks(Fields& root, Manifest& manifest) {
    Fields networks = root.object("networks");
    for (const auto& [name, unused] : root.members("networks")) {
        const bool pair = name == "pair";
        const bool known = manifest.kind == BundleKind::cross_encoder ? pair : (name == "text" || name == "image");
        if (!known)
            networks.fail(ErrorCode::unsupported, name, "is not a network of a " + std::string(to_string(manifest.kind)) + "; expected " +
                                                            (manifest.kind == BundleKind::cross_encoder ? "pair" : "text or image"));
        const bool has_text = manifest.text && (pair || name == "text");
        const bool has_image = manifest.image && (pair || name == "image");
        manifest.networks.emplace(name, read_network(networks.object(name), manifest.files, has_text, has_image));
    }
    if (manifest.networks.empty()) root.fail(ErrorCode::corrupt, "networks", "is empty");
}

void read_score(Fields& root, Manifest& manifest) {
    Fields score = root.object("score");
    const bool dual = manifest.kind == BundleKind::dual_encoder;
    if (dual) manifest.metric = score.choice<Metric>("metric", {{"cosine", Metric::cosine}, {"dot", Metric::dot}, {"l2", Metric::l2}});
    else if (score.string("metric") != "logit") score.fail(ErrorCode::invalid_argument, "metric", "of a cross-encoder is not \"logit\"");
    manifest.activation_score = score.choice<ScoreType>(
        "activation", {{"identity", ScoreType::logit}, {"sigmoid", ScoreType::probability}}, "identity");
    for (const char* name : {"logit_scale", "logit_bias"}) (void)score.number(name, 0);
    score.expect_nothing_else();
}

/// "image.mean" -> "[0.5,0.5,0.5]" and so on: every leaf of what changes a vector; "text.tokenizer" and
/// "networks.*.file", which name files, as the files' hashes.
void flatten(const Json& value, const std::string& path, const std::map<std::string, FileEntry>& files, std::map<std::string, std::string>& parts) {
    if (value.is_object()) {
        for (const auto& [name, member] : value.items()) flatten(member, path + "." + name, files, parts);
    } else if (path == "text.tokenizer" || (path.starts_with("networks.") && path.ends_with(".file"))) {
        parts[path] = "sha256:" + files.at(value.get<std::string>()).sha256;
    } else {
        parts[path] = value.dump();
    }
}

}  // namespace

Manifest parse_manifest(std::string_view text, const std::string& where) {
    const Json json = bundle_detail::parse_json(text, where);
    Fields root(json, where, "");
    if (root.string("format") != "sextant-bundle")
        root.fail(ErrorCode::incompatible, "format", "is \"" + root.string("format") + "\"; expected \"sextant-bundle\"");
    if (const auto version = root.integer("version", 0, 1'000'000); version != bundle_version)
        root.fail(ErrorCode::incompatible, "version", "is " + std::to_string(version) + "; this sextant reads version " + std::to_string(bundle_version) +
                                                          (version > bundle_version ? ": update sextant" : ": export the model again"));
    Manifest manifest;
    manifest.name = root.string("name");
    manifest.kind = root.choice<BundleKind>("kind", {{"dual-encoder", BundleKind::dual_encoder}, {"cross-encoder", BundleKind::cross_encoder}});
    manifest.family = root.string("family", "");
    manifest.source = root.string("source", "");
    manifest.licence = root.string("licence", "");
    manifest.dimensions = static_cast<std::size_t>(root.integer("dimensions", 1, static_cast<std::int64_t>(max_dimensions)));
    if (manifest.kind == BundleKind::cross_encoder && manifest.dimensions != 1)
        root.fail(ErrorCode::invalid_argument, "dimensions", "of a cross-encoder is not 1");
    manifest.normalize = root.boolean("normalize", false);
    manifest.files = read_files(root);
    if (root.has("text")) manifest.text = read_text(root.object("text"), manifest.files);
    if (root.has("image")) manifest.image = bundle_detail::read_image_spec(root.object("image"));
    read_score(root, manifest);
    read_networks(root, manifest);
    if (root.has("golden")) manifest.golden = listed_file(root, "golden", manifest.files);
    if (root.has("figures")) manifest.figures = root.required("figures").dump();
    root.expect_nothing_else();

    for (const char* name : {"dimensions", "normalize", "text", "image", "networks"})
        if (json.contains(name)) flatten(json[name], name, manifest.files, manifest.parts);
    manifest.parts["score.metric"] = json["score"]["metric"].dump();
    return manifest;
}

}  // namespace sextant
