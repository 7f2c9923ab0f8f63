#include <sextant/encode/verify.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <sstream>

#include "encode/goldens.hpp"

namespace sextant {
namespace {

using namespace encode_detail;

std::string count(std::size_t number, const char* what) { return std::to_string(number) + " " + what + (number == 1 ? "" : "s"); }

std::string difference(double worst) {
    std::ostringstream text;
    text << ", largest difference " << worst;
    return text.str();
}

std::vector<Golden> joined(std::initializer_list<const std::vector<Golden>*> lists) {
    std::vector<Golden> all;
    for (const auto* list : lists) all.insert(all.end(), list->begin(), list->end());
    return all;
}

/// Runs stages in order until one fails.
class Verification {
public:
    /// `check` returns what passed, or throws an Error that says what did not.
    void stage(const std::string& name, const std::function<std::string()>& check) {
        if (!report_.stages.empty() && !report_.passed()) return;
        try {
            report_.stages.push_back({name, true, check()});
        } catch (const Error& error) {
            report_.stages.push_back({name, false, error.what()});
        }
    }

    [[nodiscard]] VerifyReport take() { return std::move(report_); }

private:
    VerifyReport report_;
};

bool belongs_to_later_stage(const Manifest& manifest, const std::string& file) {
    if (manifest.text && manifest.text->tokenizer == file) return true;
    if (manifest.text_query && manifest.text_query->tokenizer == file) return true;
    return std::any_of(manifest.networks.begin(), manifest.networks.end(), [&](const auto& network) { return network.second.file == file; });
}

void require(const std::string& wrong) {
    if (!wrong.empty()) throw Error(ErrorCode::model, wrong);
}

}  // namespace

VerifyReport verify_bundle(const std::filesystem::path& folder, const ModelLoader& load_model) {
    Verification verification;
    std::optional<Bundle> bundle;
    std::optional<Pipeline> pipeline;
    Goldens goldens;

    verification.stage("manifest", [&] {
        bundle = Bundle::open(folder);
        goldens = bundle->goldens();
        for (const auto& [name, entry] : bundle->manifest().files)
            if (!belongs_to_later_stage(bundle->manifest(), name)) (void)bundle->read(name);
        if (goldens.size() == 0)
            throw Error(ErrorCode::model, folder.string() + " has no goldens: nothing proves that it runs as its author meant it");
        return bundle->manifest().name + ", goldens by " + goldens.reference;
    });
    verification.stage("tokenizer", [&]() -> std::string {
        pipeline.emplace(*bundle);
        if (!bundle->manifest().text) return "none: this model reads no text";
        const auto all = joined({&goldens.text, &goldens.text_image, &goldens.pair});
        require(check_tokens(*pipeline, all));
        return count(all.size(), "text") + ", ids equal";
    });
    verification.stage("preprocess", [&]() -> std::string {
        if (!bundle->manifest().image) return "none: this model reads no pictures";
        const auto all = joined({&goldens.image, &goldens.text_image, &goldens.pair});
        double worst = 0;
        require(check_pixels(*pipeline, all, worst));
        return count(all.size(), "picture") + difference(worst);
    });
    verification.stage("weights", [&] {
        for (const auto& [name, network] : bundle->manifest().networks) (void)bundle->read(network.file);
        return count(bundle->manifest().networks.size(), "network") + ", SHA-256 equal";
    });
    verification.stage("network", [&] {
        pipeline->load_networks(load_model);
        Drift drift;
        require(check_networks(*pipeline, goldens, Precision::float32, drift));
        return count(goldens.size(), "golden") + difference(drift.worst);
    });
    return verification.take();
}

}  // namespace sextant
