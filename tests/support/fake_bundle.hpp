// Bundles whose networks are plain C++ functions, so that everything around a network can be tested without libtorch.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <sextant/model/model.hpp>

#include "bundle/sha256.hpp"
#include "support/temp_folder.hpp"

namespace fake {

/// A tokenizer that knows a few words: [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, red 4, blue 5, car 6, ##s 7.
inline const char* const tokenizer = R"({
  "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
  "decoder": null,
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
            "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "red": 4, "blue": 5, "car": 6, "##s": 7}}
})";

/// A dual encoder of 4 dimensions over texts and 2 x 2 pictures; change what the test is about.
inline nlohmann::json dual_encoder() {
    return {{"format", "sextant-bundle"},
            {"version", 1},
            {"name", "fake"},
            {"kind", "dual-encoder"},
            {"dimensions", 4},
            {"normalize", true},
            {"score", {{"metric", "cosine"}}},
            {"text", {{"tokenizer", "tokenizer.json"}, {"max_length", 6}, {"prompts", {{"query", ""}, {"document", ""}}}}},
            {"image",
             {{"resize", {{"mode", "squash"}, {"size", {2, 2}}, {"filter", "bicubic"}}},
              {"rescale", "divide_255"},
              {"mean", {0.0, 0.0, 0.0}},
              {"std", {1.0, 1.0, 1.0}}}},
            {"networks",
             {{"text", {{"file", "text.pt"}, {"inputs", {"input_ids", "attention_mask"}}}},
              {"image", {{"file", "image.pt"}, {"inputs", {"pixel_values"}}}}}}};
}

/// A cross-encoder over (text, picture) pairs, or over (text, text) pairs without the picture's section.
inline nlohmann::json cross_encoder(bool pictures) {
    auto manifest = dual_encoder();
    manifest["kind"] = "cross-encoder";
    manifest["dimensions"] = 1;
    manifest["score"] = {{"metric", "logit"}, {"activation", "identity"}};
    nlohmann::json inputs{"input_ids", "attention_mask", "token_type_ids"};
    if (pictures) inputs.push_back("pixel_values");
    else manifest.erase("image");
    manifest["networks"] = {{"pair", {{"file", "pair.pt"}, {"inputs", inputs}}}};
    return manifest;
}

/// Writes manifest.sha256 for the manifest that is there.
inline void seal(const TempFolder& folder) {
    const auto manifest = read_file(folder / "manifest.json");
    write_file(folder / "manifest.sha256", sextant::bundle_detail::sha256(std::as_bytes(std::span(manifest))) + "  manifest.json\n");
}

/// Writes the folder: the files, and the manifest with their hashes.
inline std::filesystem::path write(const TempFolder& folder, nlohmann::json manifest, std::map<std::string, std::string> files = {}) {
    files.emplace("tokenizer.json", tokenizer);
    for (const auto& [name, network] : manifest["networks"].items())
        if (network.contains("file")) files.emplace(network["file"].get<std::string>(), "network " + name);
    for (const auto& [name, bytes] : files) {
        write_file(folder / name, bytes);
        manifest["files"][name] = {{"sha256", sextant::bundle_detail::sha256(std::as_bytes(std::span(bytes)))}, {"size", bytes.size()}};
    }
    write_file(folder / "manifest.json", manifest.dump(1));
    seal(folder);
    return folder.path();
}

using Function = std::function<std::vector<sextant::Tensor>(std::span<const sextant::Tensor>)>;

/// Networks by the name of their file.
inline sextant::ModelLoader loader(std::map<std::string, Function> networks) {
    class FunctionModel final : public sextant::Model {
    public:
        explicit FunctionModel(Function function) : function_(std::move(function)) {}
        [[nodiscard]] std::vector<sextant::Tensor> run(std::span<const sextant::Tensor> inputs, std::size_t) const override { return function_(inputs); }

    private:
        Function function_;
    };
    return [networks](std::span<const std::byte>, std::string_view name, sextant::Precision) {
        return std::make_unique<FunctionModel>(networks.at(std::filesystem::path(name).filename().string()));
    };
}

/// [how often "red" occurs, "blue", "car", 1] for each text.
inline std::vector<sextant::Tensor> count_words(std::span<const sextant::Tensor> inputs) {
    const auto rows = inputs[0].shape()[0], tokens = inputs[0].shape()[1];
    std::vector<float> counts(static_cast<std::size_t>(rows * 4), 0.0F);
    for (std::int64_t i = 0; i < rows * tokens; ++i) {
        const auto id = inputs[0].integers()[static_cast<std::size_t>(i)];
        if (id >= 4 && id <= 6) ++counts[static_cast<std::size_t>(i / tokens * 4 + id - 4)];
    }
    for (std::int64_t row = 0; row < rows; ++row) counts[static_cast<std::size_t>(row * 4 + 3)] = 1;
    return {sextant::Tensor({rows, 4}, std::move(counts))};
}

/// [sum of red, sum of blue, 0, 1] for each picture, which lies where a text that names the colour lies.
inline std::vector<sextant::Tensor> sum_colours(std::span<const sextant::Tensor> inputs) {
    const auto rows = inputs[0].shape()[0], area = inputs[0].shape()[2] * inputs[0].shape()[3];
    std::vector<float> sums(static_cast<std::size_t>(rows * 4), 0.0F);
    for (std::int64_t row = 0; row < rows; ++row) {
        const auto plane = [&](std::int64_t channel) { return inputs[0].floats().subspan(static_cast<std::size_t>((row * 3 + channel) * area), static_cast<std::size_t>(area)); };
        for (const float value : plane(0)) sums[static_cast<std::size_t>(row * 4)] += value;
        for (const float value : plane(2)) sums[static_cast<std::size_t>(row * 4 + 1)] += value;
        sums[static_cast<std::size_t>(row * 4 + 3)] = 1;
    }
    return {sextant::Tensor({rows, 4}, std::move(sums))};
}

inline sextant::ModelLoader dual_networks() { return loader({{"text.pt", count_words}, {"image.pt", sum_colours}}); }

}  // namespace fake
