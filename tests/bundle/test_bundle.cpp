#include <sextant/bundle/bundle.hpp>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/fake_bundle.hpp"

using namespace sextant;

namespace {

std::string text_of(const std::vector<std::byte>& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace

TEST_CASE("a bundle hands out only files that its manifest vouches for") {
    const TempFolder folder;
    const auto bundle = Bundle::open(fake::write(folder, fake::dual_encoder()));
    CHECK(text_of(bundle.read("text.pt")) == "network text");

    write_file(folder / "stranger.pt", "x");
    expect_error(ErrorCode::not_found, {"stranger.pt", "not listed"}, [&] { (void)bundle.read("stranger.pt"); });
}

TEST_CASE("SHA-256 is SHA-256") {
    const std::string abc = "abc";  // FIPS 180-2, appendix B.1
    CHECK(bundle_detail::sha256(std::as_bytes(std::span(abc))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a folder becomes a bundle when it is sealed") {
    const TempFolder folder;
    (void)fake::write(folder, fake::dual_encoder());
    auto manifest = nlohmann::json::parse(read_file(folder / "manifest.json"));
    std::filesystem::remove(folder / "manifest.json");
    std::filesystem::remove(folder / "manifest.sha256");
    const auto listed = manifest["files"];
    for (const char* written : {"format", "version", "files"}) manifest.erase(written);

    SECTION("every file is listed, with its hash and size") {
        std::filesystem::create_directory(folder / "more");
        write_file(folder / "more/a.txt", "abc");
        const auto bundle = seal_bundle(folder.path(), manifest.dump());
        CHECK(text_of(bundle.read("more/a.txt")) == "abc");
        CHECK(bundle.manifest().files.size() == listed.size() + 1);
        CHECK(Bundle::open(folder.path()).manifest().parts == bundle.manifest().parts);
    }
    SECTION("a manifest that is not sound is not written") {
        manifest["dimensions"] = -1;
        expect_error(ErrorCode::invalid_argument, {"dimensions"}, [&] { (void)seal_bundle(folder.path(), manifest.dump()); });
        expect_error(ErrorCode::invalid_argument, {"JSON object"}, [&] { (void)seal_bundle(folder.path(), "[]"); });
        CHECK_FALSE(std::filesystem::exists(folder / "manifest.json"));
    }
}

TEST_CASE("a file that was damaged is not handed out") {
    const TempFolder folder;
    const auto bundle = Bundle::open(fake::write(folder, fake::dual_encoder()));
    const auto original = read_file(folder / "text.pt");

    SECTION("missing") {
        std::filesystem::remove(folder / "text.pt");
        expect_error(ErrorCode::not_found, {"text.pt", "restore"}, [&] { (void)bundle.read("text.pt"); });
    }
    SECTION("a folder in its place") {
        std::filesystem::remove(folder / "text.pt");
        std::filesystem::create_directory(folder / "text.pt");
        expect_error(ErrorCode::not_found, {"text.pt"}, [&] { (void)bundle.read("text.pt"); });
    }
    SECTION("truncated at every length") {
        for (std::size_t length = 0; length < original.size(); ++length) {
            write_file(folder / "text.pt", original.substr(0, length));
            expect_error(ErrorCode::corrupt, {"text.pt", std::to_string(length) + " bytes"}, [&] { (void)bundle.read("text.pt"); });
        }
    }
    SECTION("any bit flipped") {
        for (std::size_t bit = 0; bit < 8 * original.size(); ++bit) {
            auto flipped = original;
            flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
            write_file(folder / "text.pt", flipped);
            expect_error(ErrorCode::corrupt, {"text.pt", "SHA-256"}, [&] { (void)bundle.read("text.pt"); });
        }
    }
    SECTION("a link that leaves the folder") {
        const TempFolder elsewhere;
        write_file(elsewhere / "text.pt", original);
        std::filesystem::remove(folder / "text.pt");
        std::filesystem::create_symlink(elsewhere / "text.pt", folder / "text.pt");
        expect_error(ErrorCode::invalid_argument, {"text.pt", "link"}, [&] { (void)bundle.read("text.pt"); });
    }
}

TEST_CASE("a folder without a manifest is no bundle") {
    const TempFolder folder;
    expect_error(ErrorCode::not_found, {"manifest.json"}, [&] { (void)Bundle::open(folder.path()); });
    write_file(folder / "manifest.json", std::string((1 << 20) + 1, ' '));
    expect_error(ErrorCode::limit, {"manifest.json", "1048577"}, [&] { (void)Bundle::open(folder.path()); });
}

TEST_CASE("goldens hold vectors of every form") {
    const TempFolder folder;
    auto manifest = fake::dual_encoder();
    manifest["golden"] = "golden/golden.json";
    const auto goldens = R"({"text": [{"text": "red", "query": true, "input_ids": [2], "sparse": {"4": 0.5, "6": 2}, "multi": [[1, 0], [0, 1]]}],
                             "text_image": [{"text": "red", "file": "golden/0.png", "vector": [0, 1, 0, 0]}]})";
    const auto read = Bundle::open(fake::write(folder, manifest, {{"golden/golden.json", goldens}})).goldens();
    CHECK(read.text.at(0).query);
    CHECK(read.text.at(0).sparse == std::map<std::int64_t, float>{{4, 0.5F}, {6, 2.0F}});
    CHECK(read.text.at(0).multi == std::vector<std::vector<float>>{{1, 0}, {0, 1}});
    CHECK(read.text_image.at(0).file == "golden/0.png");
    CHECK_FALSE(read.text_image.at(0).query);
}

TEST_CASE("no byte of a manifest, or of what vouches for it, can change unseen") {
    const TempFolder folder;
    fake::write(folder, fake::dual_encoder());
    for (const char* file : {"manifest.json", "manifest.sha256"}) {
        const auto original = read_file(folder / file);
        for (std::size_t byte = 0; byte < original.size(); ++byte) {
            auto flipped = original;
            flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << byte % 8));
            write_file(folder / file, flipped);
            expect_error(ErrorCode::corrupt, {"manifest.json", "sha256sum"}, [&] { (void)Bundle::open(folder.path()); });
        }
        write_file(folder / file, original);
    }
    (void)Bundle::open(folder.path());
    std::filesystem::remove(folder / "manifest.sha256");
    expect_error(ErrorCode::not_found, {"manifest.sha256"}, [&] { (void)Bundle::open(folder.path()); });
}

TEST_CASE("goldens are read with their pixels") {
    const TempFolder folder;
    auto manifest = fake::dual_encoder();
    manifest["golden"] = "golden/golden.json";
    const std::vector<float> pixels{0.25F, 0.5F};
    const std::string raw(reinterpret_cast<const char*>(pixels.data()), 8);
    const auto goldens = R"({"reference": "by hand", "text": [{"text": "red", "input_ids": [2, 4, 3], "vector": [1, 0, 0, 0]}],
                             "image": [{"file": "golden/0.png", "pixels": "golden/0.f32", "vector": [0, 1, 0, 0]}]})";
    const auto bundle = Bundle::open(fake::write(folder, manifest, {{"golden/golden.json", goldens}, {"golden/0.f32", raw}, {"golden/0.png", "png"}}));

    const auto read = bundle.goldens();
    CHECK(read.reference == "by hand");
    CHECK(read.text.at(0).input_ids == std::vector<std::int64_t>{2, 4, 3});
    CHECK(read.image.at(0).pixels == pixels);
    CHECK(read.pair.empty());
    CHECK(read.size() == 2);

    const auto refuses = [&](const char* text) {
        const TempFolder other;
        const auto damaged = Bundle::open(fake::write(other, manifest, {{"golden/golden.json", text}}));
        expect_error(ErrorCode::corrupt, {"golden.json"}, [&] { (void)damaged.goldens(); });
    };
    refuses(R"({"text": [{"text": "red", "sparse": {"four": 1}}]})");
    refuses(R"({"text": [{"text": "red", "sparse": {"4": "a"}}]})");
    refuses(R"({"text": [{"text": "red", "multi": [1, 2]}]})");
    refuses("not JSON");
    refuses(R"({"text": 5})");
    refuses(R"({"text": [{"text": "red", "vector": ["a"]}]})");
}
