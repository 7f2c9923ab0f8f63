// A bundle proves itself, and the first stage that differs is named.
#include <sextant/encode/encoder.hpp>
#include <sextant/encode/verify.hpp>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/fake_bundle.hpp"

using namespace sextant;

namespace {

/// A 1 x 1 red picture as PGM's colour sibling: header and three bytes.
const std::string red_picture = std::string("P6\n1 1\n255\n") + "\xFF" + std::string(2, '\0');

/// The files of a bundle whose goldens are right for the fake networks: squash makes 2 x 2 red pixels.
std::map<std::string, std::string> goldens() {
    std::vector<float> pixels(12, 0.0F);
    std::fill_n(pixels.begin(), 4, 1.0F);
    const nlohmann::json golden{{"reference", "by hand"},
                                {"text", {{{"text", "red car"}, {"input_ids", {2, 4, 6, 3}}, {"vector", {0.57735027, 0, 0.57735027, 0.57735027}}}}},
                                {"image", {{{"file", "golden/0.ppm"}, {"pixels", "golden/0.f32"}, {"vector", {0.9701425, 0, 0, 0.24253562}}}}}};
    return {{"golden/golden.json", golden.dump()},
            {"golden/0.ppm", red_picture},
            {"golden/0.f32", std::string(reinterpret_cast<const char*>(pixels.data()), pixels.size() * sizeof(float))}};
}

nlohmann::json with_goldens() {
    auto manifest = fake::dual_encoder();
    manifest["golden"] = "golden/golden.json";
    return manifest;
}

/// The stage that a verification ends with.
StageReport last_stage(const std::filesystem::path& bundle, const ModelLoader& loader = fake::dual_networks()) {
    const auto report = verify_bundle(bundle, loader);
    REQUIRE_FALSE(report.stages.empty());
    return report.stages.back();
}

void fails_at(const std::string& stage, std::initializer_list<std::string> parts, const std::filesystem::path& bundle,
              const ModelLoader& loader = fake::dual_networks()) {
    const auto last = last_stage(bundle, loader);
    CHECK_FALSE(last.passed);
    CHECK(last.stage == stage);
    for (const auto& part : parts) CHECK_THAT(last.detail, ContainsSubstring(part));
}

}  // namespace

TEST_CASE("a sound bundle passes every stage, and opens") {
    const TempFolder folder;
    fake::write(folder, with_goldens(), goldens());
    const auto report = verify_bundle(folder.path(), fake::dual_networks());
    CHECK(report.passed());
    std::string stages;
    for (const auto& stage : report.stages) stages += stage.stage + " ";
    CHECK(stages == "manifest tokenizer preprocess weights network ");
    CHECK_NOTHROW(Encoder::open(folder.path(), {.load_model = fake::dual_networks()}));
}

TEST_CASE("a bundle without goldens proves nothing") {
    const TempFolder folder;
    fails_at("manifest", {"no goldens"}, fake::write(folder, fake::dual_encoder()));
    expect_error(ErrorCode::model, {"self-test", "no golden"}, [&] { (void)Encoder::open(folder.path(), {.load_model = fake::dual_networks()}); });
}

TEST_CASE("the stage that was changed is the stage that is named") {
    const TempFolder folder;
    auto manifest = with_goldens();
    auto files = goldens();

    SECTION("one mean value") {
        manifest["image"]["mean"] = {0.0, 0.001, 0.0};
        fails_at("preprocess", {"golden/0.ppm", "0.001"}, fake::write(folder, manifest, files));
    }
    SECTION("one tokenizer rule, under a manifest that vouches for it") {
        std::string changed = fake::tokenizer;
        changed.replace(changed.find("\"red\": 4"), 8, "\"rot\": 4");
        files["tokenizer.json"] = changed;
        fails_at("tokenizer", {"red car", "token 1 is 1", "is 4"}, fake::write(folder, manifest, files));
    }
    SECTION("one tokenizer byte, behind the manifest's back") {
        fake::write(folder, manifest, files);
        auto bytes = read_file(folder / "tokenizer.json");
        bytes[bytes.size() / 2] = 'x';
        write_file(folder / "tokenizer.json", bytes);
        fails_at("tokenizer", {"tokenizer.json", "SHA-256"}, folder.path());
    }
    SECTION("one weight byte") {
        fake::write(folder, manifest, files);
        write_file(folder / "image.pt", "network imagE");
        const auto never = [](std::span<const std::byte>, std::string_view, Precision) -> std::unique_ptr<Model> { FAIL("weights of a wrong hash were loaded"); return nullptr; };
        fails_at("weights", {"image.pt", "SHA-256"}, folder.path(), never);
    }
    SECTION("a network that computes something else") {
        const auto half = [](std::span<const Tensor> inputs) { return std::vector<Tensor>{Tensor({inputs[0].shape()[0], 4}, std::vector<float>(4, 0.5F))}; };
        fails_at("network", {"network text", "red car", "cosine"}, fake::write(folder, manifest, files), fake::loader({{"text.pt", half}, {"image.pt", fake::sum_colours}}));
        expect_error(ErrorCode::model, {"self-test", "network text"}, [&] {
            (void)Encoder::open(folder.path(), {.load_model = fake::loader({{"text.pt", half}, {"image.pt", fake::sum_colours}})});
        });
    }
    SECTION("a golden picture that is damaged") {
        files["golden/0.ppm"] = red_picture.substr(0, red_picture.size() - 1);
        fails_at("preprocess", {"golden/0.ppm"}, fake::write(folder, manifest, files));
    }
    SECTION("a padding id that the network has no row for") {
        manifest["text"]["pad_id"] = 6;  // a word: the fake network counts it, as it looks at no mask
        auto golden = nlohmann::json::parse(files["golden/golden.json"]);
        golden["text"].push_back({{"text", "red"}, {"input_ids", {2, 4, 3}}, {"vector", {0.70710678, 0, 0, 0.70710678}}});
        files["golden/golden.json"] = golden.dump();
        fails_at("network", {"network text", "\"red\""}, fake::write(folder, manifest, files));
    }
    SECTION("a file that no stage reads") {
        files["README.md"] = "about this model";
        fake::write(folder, manifest, files);
        CHECK(verify_bundle(folder.path(), fake::dual_networks()).passed());
        write_file(folder / "README.md", "about that model");
        fails_at("manifest", {"README.md", "SHA-256"}, folder.path());
    }
    SECTION("no manifest at all") { fails_at("manifest", {"manifest.json"}, folder.path()); }
}

TEST_CASE("cross-encoders are verified by their scores") {
    const TempFolder folder;
    auto manifest = fake::cross_encoder(false);
    manifest["golden"] = "golden/golden.json";
    const nlohmann::json golden{{"pair", {{{"text", "red"}, {"document", "red car"}, {"input_ids", {2, 4, 3, 4, 6, 3}}, {"score", 6.0}}}}};
    fake::write(folder, manifest, {{"golden/golden.json", golden.dump()}});
    const auto tokens = [](float per_token) {
        return fake::loader({{"pair.pt", [=](std::span<const Tensor> inputs) {
                                  return std::vector<Tensor>{Tensor({1, 1}, std::vector<float>{per_token * static_cast<float>(inputs[0].shape()[1])})};
                              }}});
    };
    CHECK(last_stage(folder.path(), tokens(1)).passed);
    fails_at("network", {"score", "red"}, folder.path(), tokens(1.1F));
}
