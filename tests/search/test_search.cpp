#include <sextant/sextant.hpp>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/fake_bundle.hpp"

using namespace sextant;

namespace {

Encoder open(const TempFolder& folder, nlohmann::json manifest = fake::dual_encoder()) {
    return Encoder::open(fake::write(folder, std::move(manifest)), {.self_test = false, .load_model = fake::dual_networks()});
}

std::string ids(const SearchResult& result) {
    std::string all;
    for (const auto& hit : result) all += (all.empty() ? "" : " ") + hit.id;
    return all;
}

std::string ppm(int r, int g, int b) {
    return std::string("P6\n1 1\n255\n") + static_cast<char>(r) + static_cast<char>(g) + static_cast<char>(b);
}

/// Likes long texts; refuses nothing.
class ByLength final : public Reranker {
public:
    [[nodiscard]] std::vector<float> score(const Item&, std::span<const Item> documents) const override {
        std::vector<float> scores;
        for (const auto& document : documents) scores.push_back(static_cast<float>(document.text() ? document.text()->value.size() : 0));
        return scores;
    }
    [[nodiscard]] ScoreType score_type() const noexcept override { return ScoreType::logit; }
};

const std::vector<Document> texts{{"r", Text{"red"}}, {"rb", Text{"red blue"}}, {"b", Text{"blue"}}, {"rc", Text{"red car"}}};

}  // namespace

TEST_CASE("words find texts and pictures, best first, with the time of each stage") {
    const TempFolder folder, pictures;
    const auto encoder = open(folder);
    auto index = Index::in_memory(encoder.space());
    write_file(pictures / "red.ppm", ppm(255, 0, 0));
    write_file(pictures / "blue.ppm", ppm(0, 0, 255));
    write_file(pictures / "README", "not a picture");
    CHECK(upsert(encoder, index, texts) == 4);
    CHECK(upsert(encoder, index, read_images(pictures.path())) == 2);

    const auto result = search(encoder, index, Text{"blue blue blue blue"}, {.k = 2});
    CHECK(ids(result) == "blue.ppm b");
    CHECK(result[0].score == result[0].retrieval_score);
    CHECK(result.score_type == ScoreType::cosine);
    CHECK(result.completeness == Completeness::exact);
    CHECK(result.rows_scored == 6);
    REQUIRE(result.stages.size() == 2);
    CHECK(result.stages[0].stage == "encode");
    CHECK(result.stages[1].stage == "retrieve");
    CHECK(ids(search(encoder, index, read_image(pictures / "red.ppm"), {.k = 1})) == "red.ppm");
    CHECK(search(encoder, index, Text{"red"}, {.k = 100}).completeness == Completeness::exhausted);
}

TEST_CASE("an encoder searches the space that it filled, and finds what has parts once") {
    const TempFolder folder;
    const auto encoder = open(folder);
    auto index = Index::in_memory({{"numbers", {.dimensions = 3}}, {"words", encoder.space()}});
    auto records = encode_records(encoder, texts);
    for (auto& record : records) {
        record.vectors["words"] = std::exchange(record.vector, {});
        record.parent = record.id.starts_with("r") ? "warm" : "cold";
    }
    index.upsert(records);
    CHECK(ids(search(encoder, index, Text{"red"}, {.k = 2, .space = "words"})) == "r rb");
    CHECK(ids(search(encoder, index, Text{"red"}, {.k = 2, .space = "words", .one_per_parent = true})) == "r b");
    expect_error(ErrorCode::incompatible, {"3 dimensions"}, [&] { (void)search(encoder, index, Text{"red"}); });
    expect_error(ErrorCode::not_found, {"\"sounds\""}, [&] { (void)search(encoder, index, Text{"red"}, {.space = "sounds"}); });
}

TEST_CASE("a reranker reorders the candidates it is given, and no others") {
    const TempFolder folder;
    const auto encoder = open(folder);
    auto index = Index::in_memory(encoder.space());
    upsert(encoder, index, texts);
    const ByLength reranker;
    const auto plain = search(encoder, index, Text{"red"}, {.k = 4});
    CHECK(ids(plain).substr(0, 2) == "r ");

    const auto all = search(encoder, index, Text{"red"}, {.k = 2, .rerank = &reranker, .candidates = 4});
    CHECK(ids(all) == "rb rc");
    CHECK(all[0].score == 8);
    CHECK(all[0].retrieval_score < 1);
    CHECK(all.score_type == ScoreType::logit);
    CHECK(all.stages.size() == 4);
    CHECK(all.stages[3].stage == "rerank");
    CHECK(ids(search(encoder, index, Text{"red"}, {.k = 1, .rerank = &reranker, .candidates = 1})) == "r");
}

TEST_CASE("many candidates are reranked as one list, a few in memory at a time") {
    const TempFolder folder;
    const auto encoder = open(folder);
    auto index = Index::in_memory(encoder.space());
    std::vector<Document> many;
    for (int i = 0; i < 50; ++i) many.push_back({std::to_string(i), Text{std::string(static_cast<std::size_t>((i * 7) % 50 + 1), 'x')}});
    upsert(encoder, index, many);
    const ByLength reranker;
    const auto result = search(encoder, index, Text{"red"}, {.k = 50, .rerank = &reranker, .candidates = 50});
    REQUIRE(result.size() == 50);
    for (std::size_t i = 0; i < 50; ++i) CHECK(result[i].score == static_cast<float>(50 - i));
    CHECK(result.completeness == Completeness::exact);
    CHECK(result.stages.size() == 4);
}

TEST_CASE("a reranker sees the pixels that the encoder saw") {
    class Watching final : public Reranker {
    public:
        [[nodiscard]] std::vector<float> score(const Item&, std::span<const Item> documents) const override {
            for (const auto& document : documents) seen.push_back(document.image()->pixels);
            return std::vector<float>(documents.size());
        }
        [[nodiscard]] ScoreType score_type() const noexcept override { return ScoreType::logit; }
        mutable std::vector<std::vector<std::uint8_t>> seen;
    };
    const TempFolder folder, pictures;
    const auto encoder = open(folder);
    auto index = Index::in_memory(encoder.space());
    // One red pixel that cannot be seen: of a TGA file the header, then blue, green, red and alpha.
    write_file(pictures / "clear.tga", std::string("\0\0\2\0\0\0\0\0\0\0\0\0\1\0\1\0\x20\x20\0\0\xFF\0", 22));
    upsert(encoder, index, read_images(pictures.path(), {.decode = {.background = {{0, 0, 255}}}}));
    Watching reranker;
    const auto result = search(encoder, index, Text{"blue"}, {.k = 1, .rerank = &reranker});
    CHECK(result.unreadable.empty());
    CHECK(reranker.seen == std::vector<std::vector<std::uint8_t>>{{0, 0, 255}});
    Hit hit = index.nearest(encoder.encode_query(Text{"blue"}).vector, {.k = 1})[0];
    CHECK(load_item(hit).image()->pixels == std::vector<std::uint8_t>{0, 0, 255});
    for (const char* decode : {"\"blue\"", "5"}) {
        hit.payload = R"({"source": ")" + (pictures / "clear.tga").string() + R"(", "decode": )" + decode + "}";
        expect_error(ErrorCode::corrupt, {"record clear.tga", "decode"}, [&] { (void)load_item(hit); });
    }
}

TEST_CASE("a candidate whose picture is gone is left out and named") {
    const TempFolder folder, pictures;
    const auto encoder = open(folder);
    auto index = Index::in_memory(encoder.space());
    write_file(pictures / "red.ppm", ppm(255, 0, 0));
    write_file(pictures / "blue.ppm", ppm(0, 0, 255));
    upsert(encoder, index, read_images(pictures.path()));
    std::filesystem::remove(pictures / "blue.ppm");
    const ByLength reranker;
    const auto result = search(encoder, index, Text{"red"}, {.k = 2, .rerank = &reranker});
    CHECK(ids(result) == "red.ppm");
    REQUIRE(result.unreadable.size() == 1);
    CHECK(result.unreadable[0].first == "blue.ppm");
    CHECK_THAT(result.unreadable[0].second, ContainsSubstring("blue.ppm"));

    Hit bare;
    bare.id = "x";
    bare.payload = R"({"source": 5})";
    expect_error(ErrorCode::not_found, {"record x", "SearchOptions::load"}, [&] { (void)load_item(bare); });
}

TEST_CASE("an index is not searched or filled with another encoder's vectors") {
    const TempFolder folder, other, files;
    const auto encoder = open(folder);
    auto manifest = fake::dual_encoder();
    manifest["image"]["mean"] = {0.0, 0.0, 0.1};
    const auto stranger = open(other, manifest);
    auto index = Index::create(files / "a.sextant", encoder.space());
    upsert(encoder, index, texts);
    expect_error(ErrorCode::incompatible, {"different: image.mean"}, [&] { (void)search(stranger, index, Text{"red"}); });
    expect_error(ErrorCode::incompatible, {"different: image.mean"}, [&] { upsert(stranger, index, texts); });
    CHECK(index.size() == 4);

    // Unless the caller vouches for it.
    index = Index::in_memory(encoder.space());
    const auto vouched = Index::open(files / "a.sextant", stranger.space(), {.allow_compatible = true});
    CHECK(ids(search(stranger, vouched, Text{"red"}, {.k = 1})) == "r");
}

TEST_CASE("upsert is all or nothing") {
    const TempFolder folder;
    const auto encoder = open(folder);
    auto index = Index::in_memory(encoder.space());
    const std::vector<Document> bad{{"a", Text{"red"}}, {"b", Text{"blue"}}, {"c", Text{"\xFF"}}};
    for (const std::size_t batch_size : {1U, 2U, 8U})
        expect_error(ErrorCode::invalid_argument, {"document c", "UTF-8"}, [&] { upsert(encoder, index, bad, {.batch_size = batch_size}); });
    CHECK(index.size() == 0);

    const TempFolder pictures;
    write_file(pictures / "a.ppm", ppm(1, 2, 3));
    write_file(pictures / "b.ppm", "P6\n1 1\n255\n");
    expect_error(ErrorCode::corrupt, {"b.ppm"}, [&] { upsert(encoder, index, read_images(pictures.path(), {.strict = true})); });
    CHECK(index.size() == 0);
    auto lenient = read_images(pictures.path());
    CHECK(upsert(encoder, index, lenient) == 1);
    CHECK(lenient.unreadable().size() == 1);
}

TEST_CASE("options that make no sense are refused") {
    const TempFolder folder;
    const auto encoder = open(folder);
    const auto index = Index::in_memory(encoder.space());
    const ByLength reranker;
    const auto refuses = [&](const char* field, const SearchOptions& options) {
        expect_error(ErrorCode::invalid_argument, {field}, [&] { (void)search(encoder, index, Text{"red"}, options); });
    };
    refuses("k is 0", {.k = 0});
    refuses("candidates is 5", {.k = 10, .rerank = &reranker, .candidates = 5});
    refuses("load", {.rerank = &reranker, .load = nullptr});
    CHECK(search(encoder, index, Text{"red"}).completeness == Completeness::exhausted);
}

TEST_CASE("what a cache knows is not encoded again, also after an interruption") {
    const TempFolder folder, files;
    std::size_t encoded = 0;
    const auto counting = fake::loader({{"text.pt", [&encoded](std::span<const Tensor> inputs) {
                                             encoded += static_cast<std::size_t>(inputs[0].shape()[0]);
                                             return fake::count_words(inputs);
                                         }},
                                        {"image.pt", fake::sum_colours}});
    const auto bundle = fake::write(folder, fake::dual_encoder());
    const auto encoder = Encoder::open(bundle, {.self_test = false, .load_model = counting});
    auto cache = EmbeddingCache::open(files / "vectors.cache");

    // The run is interrupted after two of the four.
    auto index = Index::in_memory(encoder.space());
    const auto interrupt = [](std::size_t done) {
        if (done == 2) throw Error(ErrorCode::io, "interrupted");
    };
    expect_error(ErrorCode::io, {"interrupted"}, [&] { upsert(encoder, index, texts, {.batch_size = 2, .progress = interrupt, .cache = &cache}); });
    CHECK(encoded == 2);
    CHECK(index.size() == 0);

    // The next one goes on where it stopped, and the one after that encodes nothing.
    upsert(encoder, index, texts, {.batch_size = 3, .cache = &cache});
    CHECK(encoded == 4);
    auto again = Index::in_memory(encoder.space());
    upsert(encoder, again, texts, {.cache = &cache});
    CHECK(encoded == 4);
    auto plain = Index::in_memory(encoder.space());
    upsert(encoder, plain, texts);
    for (const auto& document : texts) {
        CHECK(again.get(document.id)->vector == plain.get(document.id)->vector);
        CHECK(again.get(document.id)->text == document.item.text()->value);
    }

    // Another encoder, another content, and a picture have vectors of their own.
    const auto shorter = Encoder::open(bundle, {.truncate_dim = 2, .self_test = false, .load_model = counting});
    CHECK(encode_records(shorter, {{"r", Text{"red"}}}, &cache)[0].vector.size() == 2);
    const Image red{1, 1, {255, 0, 0}}, tall{1, 2, {255, 0, 0, 255, 0, 0}}, wide{2, 1, {255, 0, 0, 255, 0, 0}};
    const Image faint{1, 1, {255, 0, 0}, NativeMode::alpha, {9}};
    for (int round = 0; round < 2; ++round)
        for (const auto& image : {red, tall, wide, faint})
            CHECK(encode_records(encoder, {{"p", image}}, &cache)[0].vector == encode_records(encoder, {{"p", image}})[0].vector);
    CHECK(cache.size() == 9);
    encoded = 0;
    expect_error(ErrorCode::invalid_argument, {"document c"}, [&] {
        upsert(encoder, index, std::vector<Document>{{"r", Text{"red"}}, {"c", Text{"\xFF"}}}, {.cache = &cache});
    });
}

TEST_CASE("an encoder that has no dense vectors fills no index, with a cache or without") {
    const TempFolder folder, files;
    auto manifest = fake::dual_encoder();
    manifest["dimensions"] = 0;
    manifest["multi"] = {{"dimensions", 4}, {"score", "max_sim_sum"}};
    for (auto& network : manifest["networks"]) network["outputs"] = {"multi"};
    const auto encoder = open(folder, manifest);
    auto cache = EmbeddingCache::open(files / "vectors.cache");
    for (auto* used : {static_cast<EmbeddingCache*>(nullptr), &cache})
        expect_error(ErrorCode::unsupported, {"document r"}, [&] { (void)encode_records(encoder, texts, used); });
    CHECK(cache.size() == 0);
}
