#include <sextant/bundle/manifest.hpp>

#include <algorithm>
#include <filesystem>

#include "bundle/fields.hpp"
#include "bundle/sections.hpp"
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

void read_score(Fields& root, Manifest& manifest) {
    Fields score = root.object("score");
    const bool dual = manifest.kind == BundleKind::dual_encoder;
    if (dual) manifest.metric = score.choice<Metric>("metric", {{"cosine", Metric::cosine}, {"dot", Metric::dot}, {"l2", Metric::l2}});
    else if (score.string("metric") != "logit") score.fail(ErrorCode::invalid_argument, "metric", "of a cross-encoder is not \"logit\"");
    manifest.logit_scale = score.number("logit_scale", 1);
    manifest.logit_bias = score.number("logit_bias", 0);
    manifest.activation = score.choice<Activation>(
        "activation", {{"identity", Activation::identity}, {"sigmoid", Activation::sigmoid}, {"softmax", Activation::softmax}}, "identity");
    if (!dual && manifest.activation == Activation::softmax)
        score.fail(ErrorCode::invalid_argument, "activation", "of a cross-encoder is \"softmax\"; expected identity or sigmoid");
    score.expect_nothing_else();
}

/// What items and their networks' answers are, network by network.
void read_sections(Fields& root, Manifest& manifest) {
    using namespace bundle_detail;
    const bool dual = manifest.kind == BundleKind::dual_encoder;
    if (root.has("text")) manifest.text = read_text_spec(root.object("text"), manifest.files);
    if (root.has("image")) manifest.image = read_image_spec(root.object("image"));
    if (dual && root.has("text_query")) manifest.text_query = read_text_spec(root.object("text_query"), manifest.files);
    if (manifest.text_query && !manifest.text) root.fail(ErrorCode::corrupt, "text", "is missing, but text_query is there");
    if (dual && root.has("sparse")) manifest.sparse = read_sparse_spec(root.object("sparse"));
    if (dual && root.has("multi")) manifest.multi = read_multi_spec(root.object("multi"));
    if (!dual && root.has("pair")) manifest.pair = read_pair_spec(root.object("pair"));
    read_networks(root, manifest);
}

/// "image.mean" -> "[0.5,0.5,0.5]" and so on: every leaf of what changes a vector; "text.tokenizer",
/// "text_query.tokenizer" and "networks.*.file", which name files, as the files' hashes.
void flatten(const Json& value, const std::string& path, const std::map<std::string, FileEntry>& files, std::map<std::string, std::string>& parts) {
    if (value.is_object()) {
        for (const auto& [name, member] : value.items()) flatten(member, path + "." + name, files, parts);
    } else if (path == "text.tokenizer" || path == "text_query.tokenizer" || (path.starts_with("networks.") && path.ends_with(".file"))) {
        parts[path] = "sha256:" + files.at(value.get<std::string>()).sha256;
    } else {
        parts[path] = value.dump();
    }
}

}  // namespace

std::string bundle_detail::listed_file(Fields& fields, const std::string& field, const Files& files) {
    auto name = fields.string(field);
    if (!files.contains(name)) fields.fail(ErrorCode::corrupt, field, "names \"" + name + "\", which the manifest's files do not list");
    return name;
}

std::string Manifest::network_for(Modality modality, Role role) const {
    if (modality == Modality::text && role == Role::query && networks.contains("text_query")) return "text_query";
    const std::string key(to_string(modality));
    return networks.contains(key) ? key : "";
}

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
    manifest.dimensions = static_cast<std::size_t>(root.integer("dimensions", 0, static_cast<std::int64_t>(max_dimensions)));
    if (manifest.kind == BundleKind::cross_encoder && manifest.dimensions != 1)
        root.fail(ErrorCode::invalid_argument, "dimensions", "of a cross-encoder is not 1");
    manifest.normalize = root.boolean("normalize", false);
    manifest.files = read_files(root);
    read_score(root, manifest);
    read_sections(root, manifest);
    if (root.has("golden")) manifest.golden = bundle_detail::listed_file(root, "golden", manifest.files);
    if (root.has("figures")) manifest.figures = root.required("figures").dump();
    root.expect_nothing_else();

    for (const char* name : {"dimensions", "normalize", "text", "text_query", "image", "sparse", "multi", "pair", "networks"})
        if (json.contains(name)) flatten(json[name], name, manifest.files, manifest.parts);
    manifest.parts["score.metric"] = json["score"]["metric"].dump();
    return manifest;
}

}  // namespace sextant
