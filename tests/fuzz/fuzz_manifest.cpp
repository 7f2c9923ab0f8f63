// The manifest.json of a bundle.
#include <sextant/bundle/manifest.hpp>
#include <sextant/core/error.hpp>

#include "fuzz/target.hpp"

namespace {

const std::string entry =
    R"({"sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "size": 9})";

std::string dual_encoder() {
    return R"({"format": "sextant-bundle", "version": 1, "name": "fake", "kind": "dual-encoder",
 "dimensions": 4, "normalize": true,
 "score": {"metric": "cosine"},
 "text": {"tokenizer": "tokenizer.json", "max_length": 6, "prompts": {"query": "", "document": "d: "}},
 "image": {"resize": {"mode": "shortest_edge", "size": 224, "filter": "bicubic"},
           "crop": {"size": [224, 224], "rounding": "floor"},
           "rescale": "divide_255", "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]},
 "networks": {"text": {"file": "text.pt", "inputs": ["input_ids", "attention_mask"], "pooling": "mean"},
              "image": {"file": "image.pt", "inputs": ["pixel_values"]}},
 "files": {"tokenizer.json": )" +
           entry + R"(, "text.pt": )" + entry + R"(, "image.pt": )" + entry + "}}";
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
    auto squash = dual_encoder();
    const std::string resize = R"({"mode": "shortest_edge", "size": 224, "filter": "bicubic"})";
    squash.replace(squash.find(resize), resize.size(), R"({"mode": "squash", "size": [2, 2], "filter": "bicubic"})");
    return {dual_encoder(), cross_encoder(), squash};
}

std::vector<fuzz::Bytes> fuzz::tokens() {
    return {R"("golden": "golden/golden.json",)",
            R"("../escape")",
            R"("/etc/passwd")",
            R"("bilinear")",
            R"("longest_edge")",
            R"("cls")",
            R"("dot")",
            R"("l2")",
            R"("probability")",
            R"("figures": {"recall": 0.9},)",
            R"("licence": "MIT",)",
            R"("prompts": {"query": "q: "},)",
            "1e308",
            "-1"};
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
