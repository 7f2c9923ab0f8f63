// The manifest.json of a bundle.
#include <sextant/bundle/manifest.hpp>
#include <sextant/core/error.hpp>

#include "fuzz/target.hpp"

namespace {

const std::string entry =
    R"({"sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "size": 9})";

/// `image` stands for how pictures are brought to size.
std::string dual_encoder(const std::string& image) {
    return R"({"format": "sextant-bundle", "version": 1, "name": "fake", "kind": "dual-encoder", "licence": "MIT",
 "figures": {"recall": 0.9}, "golden": "golden/golden.json", "dimensions": 4, "normalize": true,
 "score": {"metric": "cosine", "logit_scale": 10.5, "logit_bias": -1},
 "text": {"tokenizer": "tokenizer.json", "max_length": 6, "prompts": {"query": "", "document": "d: "},
          "clean": "clip", "pad_to_max_length": true, "pad_id": 0, "pad_to_multiple_of": 8, "padding_side": "left"},
 "image": {)" + image +
           R"(, "rescale": "divide_255", "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]},
 "networks": {"text": {"file": "text.pt", "inputs": ["input_ids", "attention_mask"], "pooling": "mean"},
              "image": {"file": "image.pt", "inputs": ["pixel_values"]}},
 "files": {"tokenizer.json": )" +
           entry + R"(, "text.pt": )" + entry + R"(, "image.pt": )" + entry + R"(, "golden/golden.json": )" + entry +
           "}}";
}

std::string cross_encoder() {
    return R"({"format": "sextant-bundle", "version": 1, "name": "fake", "kind": "cross-encoder",
 "dimensions": 1, "normalize": false,
 "score": {"metric": "logit", "activation": "sigmoid"}, "text": {"tokenizer": "tokenizer.json", "max_length": 6},
 "networks": {"pair": {"file": "pair.pt", "inputs": ["input_ids", "attention_mask", "token_type_ids"]}},
 "files": {"tokenizer.json": )" +
           entry + R"(, "pair.pt": )" + entry + "}}";
}

}  // namespace

std::vector<fuzz::Bytes> fuzz::seeds() {
    return {dual_encoder(R"("resize": {"mode": "shortest_edge", "size": 224, "filter": "bicubic"},
                            "crop": {"size": [224, 224], "rounding": "floor"})"),
            dual_encoder(R"("resize": {"mode": "longest_edge", "size": 64, "filter": "bilinear", "resampler": "torch"},
                            "pad": {"size": [64, 64]}, "fill": [0, 127, 255], "divisor": 127.5)"),
            dual_encoder(R"("resize": {"mode": "squash", "size": [2, 2], "filter": "mks2013"})"),
            dual_encoder(R"("resize": {"mode": "smart", "multiple": 28, "min_pixels": 3136, "max_pixels": 50176,
                                       "filter": "bicubic", "resampler": "torch_antialias"},
                            "patches": {"size": 14, "order": "channel_time_row_column", "merge": 2, "repeat": 2})"),
            dual_encoder(R"("resize": {"mode": "patch_budget", "multiple": 16, "max_patches": 256, "filter": "box"},
                            "patches": {"size": 16, "order": "row_column_channel", "pad_to": 256})"),
            dual_encoder(R"("resize": {"mode": "none"})"), cross_encoder()};
}

std::vector<fuzz::Bytes> fuzz::tokens() {
    return {R"("../escape")",  R"("/etc/passwd")", R"("golden/../../x")", R"("nearest")", R"("lanczos")",
            R"("fit")",        R"("cover")",       R"("cls")",            R"("dot")",     R"("l2")",
            R"("probability")", R"("canonicalize")", R"("round_even")",   R"("multiply_reciprocal")",
            "1e308",           "-1",               "16384",               "65536",        "4294967296",
            R"({"file": "text.pt", "inputs": ["pixel_values"]})"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const auto manifest = sextant::parse_manifest({reinterpret_cast<const char*>(data), size}, "manifest.json");
        if (manifest.dimensions == 0) fuzz::broken("a manifest of no dimensions was read");
        if (sextant::make_fingerprint(manifest.parts).value.empty()) fuzz::broken("a manifest has no fingerprint");
        for (const auto& [name, file] : manifest.files)
            if (name.empty() || name[0] == '/' || name.find("..") != std::string::npos)
                fuzz::broken("a file outside the bundle: " + name);
        fuzz::outcome("read " + std::string(to_string(manifest.kind)));
    } catch (const sextant::Error& error) {
        fuzz::outcome(error.what());
    }
    return 0;
}
