// The models that come with sextant, as a user has them.
#include <sextant/encode/encoder.hpp>
#include <sextant/encode/verify.hpp>
#include <sextant/kernels/similarity.hpp>
#include <sextant/media/image.hpp>

#include <thread>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/fake_bundle.hpp"
#include "support/temp_folder.hpp"

using namespace sextant;

namespace {

const char* const demo = "examples/models/demo";

/// A copy of the demo bundle, with one text in one of its files replaced.
void copy_changed(const TempFolder& folder, const std::string& file, const std::string& from, const std::string& to) {
    std::filesystem::copy(demo, folder.path(), std::filesystem::copy_options::recursive);
    auto bytes = read_file(folder / file);
    const auto at = bytes.find(from);
    REQUIRE(at != std::string::npos);
    write_file(folder / file, bytes.replace(at, from.size(), to));
}

}  // namespace

TEST_CASE("the demo bundles are verified") {
    if (!has_torchscript()) return;
    for (const char* bundle : {"examples/models/demo", "examples/models/demo-rerank"}) {
        const auto report = verify_bundle(bundle);
        INFO(bundle << ": " << report.stages.back().stage << ": " << report.stages.back().detail);
        CHECK(report.passed());
        CHECK(report.stages.size() == 5);
    }
}

TEST_CASE("the demo model computes in lower precision, and says how far it drifts") {
    if (!has_torchscript()) return;
    const auto exact = Encoder::open(demo);
    double before = 1e-6;
    for (const auto precision : {Precision::bfloat16, Precision::int8}) {
        const auto rough = Encoder::open(demo, {.precision = precision});
        INFO(to_string(precision) << ": " << rough.drift().worst);
        CHECK(rough.drift().vectors > 4);
        CHECK(rough.drift().worst > before);
        CHECK(rough.drift().worst < 0.02);
        before = rough.drift().worst;
        CHECK(rough.fingerprint().difference(exact.fingerprint()) == "precision");
    }
}

TEST_CASE("a demo bundle that was changed by one value fails at that stage") {
    if (!has_torchscript()) return;
    const TempFolder folder;
    std::string stage;
    SECTION("mean") {
        copy_changed(folder, "manifest.json", "\"mean\": [", "\"mean\": [1e-3, ");
        auto bytes = read_file(folder / "manifest.json");
        const auto from = bytes.find("\"mean\": [");
        const auto end = bytes.find(']', from), last = bytes.rfind(',', end);
        write_file(folder / "manifest.json", bytes.erase(last, end - last));
        fake::seal(folder);
        stage = "preprocess";
    }
    SECTION("tokenizer") {
        copy_changed(folder, "tokenizer.json", "\"lowercase\":true", "\"lowercase\":null");
        stage = "tokenizer";
    }
    SECTION("weights") {
        std::filesystem::copy(demo, folder.path(), std::filesystem::copy_options::recursive);
        auto bytes = read_file(folder / "image.pt");
        bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
        write_file(folder / "image.pt", bytes);
        stage = "weights";
        expect_error(ErrorCode::corrupt, {"image.pt", "SHA-256"}, [&] { (void)Encoder::open(folder.path()); });
    }
    const auto report = verify_bundle(folder.path());
    CHECK_FALSE(report.passed());
    INFO(report.stages.back().detail);
    CHECK(report.stages.back().stage == stage);
}

TEST_CASE("single and batch agree, in any order") {
    if (!has_torchscript()) return;
    const auto encoder = Encoder::open(demo);
    std::vector<Item> items;
    for (const char* text : {"a red bicycle", "", "umbrella", "a long sentence about the weather in the mountains in winter", "bee"}) items.emplace_back(Text{text});
    for (const char* file : {"bee.png", "8-ball-form.png", "9-ball-form.jpg"}) items.emplace_back(read_image(std::string("examples/pictures/") + file));
    const auto rows = encoder.encode_document(items);
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto single = encoder.encode_document(items[i]).vector;
        double largest = 0;
        for (std::size_t d = 0; d < single.size(); ++d) largest = std::max(largest, std::abs(static_cast<double>(single[d]) - rows.row(i)[d]));
        INFO("item " << i);
        CHECK(largest <= 1e-6);
        CHECK(kernels::norm(single) == Approx(1).epsilon(1e-6));
    }
}

TEST_CASE("one encoder serves many threads") {
    if (!has_torchscript()) return;
    const auto encoder = Encoder::open(demo);
    const auto expected = encoder.encode_query(Text{"umbrella"}).vector;
    std::vector<std::thread> threads;
    std::vector<int> equal(4, 0);
    for (std::size_t t = 0; t < equal.size(); ++t)
        threads.emplace_back([&, t] {
            for (int round = 0; round < 20; ++round) equal[t] += encoder.encode_query(Text{"umbrella"}).vector == expected ? 1 : 0;
        });
    for (auto& thread : threads) thread.join();
    CHECK(equal == std::vector<int>(4, 20));
}
