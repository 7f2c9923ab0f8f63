// Replays a bundle's goldens, stage by stage.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sextant/model/torchscript.hpp>

namespace sextant {

/// What became of one stage.
struct StageReport {
    std::string stage;   ///< "manifest", "tokenizer", "preprocess", "weights" or "network"
    bool passed = false;
    std::string detail;  ///< how many goldens and the worst difference, or what differs
};

/// The stages in the order in which data passes them. The first that fails is the last in the list: what follows a
/// broken stage would only repeat its failure.
struct VerifyReport {
    std::vector<StageReport> stages;

    [[nodiscard]] bool passed() const noexcept { return !stages.empty() && stages.back().passed; }
};

/// Proves a bundle, a dual encoder or a cross-encoder: the manifest is sound, and every file that it lists is the one it
/// describes; token ids equal the goldens'; pixels are
/// within 1e-6 of theirs; the networks' files have the hashes of the manifest; vectors have a cosine of at least
/// 0.99999 to the goldens' and scores are within 1e-4. Weights are never loaded unless their hash is right.
/// Does not throw for a bundle that fails: the report says so. A bundle without goldens fails.
[[nodiscard]] VerifyReport verify_bundle(const std::filesystem::path& bundle, const ModelLoader& load_model = load_torchscript);

}  // namespace sextant
