#include <sextant/rerank/reranker.hpp>

#include <cmath>
#include <limits>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/fake_bundle.hpp"

using namespace sextant;

namespace {

Image grey(std::uint8_t level) { return {1, 1, {level, level, level}}; }

/// Scores a pair by how bright its picture is, or without one by how many tokens both texts have.
std::vector<Tensor> brightness(std::span<const Tensor> inputs) {
    const auto rows = inputs[0].shape()[0];
    std::vector<float> scores;
    for (std::int64_t row = 0; row < rows; ++row) {
        if (inputs.size() == 4) {
            scores.push_back(inputs[3].floats()[static_cast<std::size_t>(row * 12)]);
        } else {
            float tokens = 0;
            for (std::int64_t t = 0; t < inputs[1].shape()[1]; ++t) tokens += static_cast<float>(inputs[1].integers()[static_cast<std::size_t>(row * inputs[1].shape()[1] + t)]);
            scores.push_back(tokens);
        }
    }
    return {Tensor({rows, 1}, std::move(scores))};
}

CrossEncoder open(const TempFolder& folder, nlohmann::json manifest, std::size_t batch_size = 32) {
    fake::write(folder, std::move(manifest));
    return CrossEncoder::open(folder.path(), {.batch_size = batch_size, .self_test = false, .load_model = fake::loader({{"pair.pt", brightness}})});
}

/// A reranker of one's own.
class Fixed final : public Reranker {
public:
    explicit Fixed(std::vector<float> scores) : scores_(std::move(scores)) {}
    [[nodiscard]] std::vector<float> score(const Item&, std::span<const Item>) const override { return scores_; }
    [[nodiscard]] ScoreType score_type() const noexcept override { return ScoreType::logit; }

private:
    std::vector<float> scores_;
};

}  // namespace

TEST_CASE("a cross-encoder over words and pictures scores every picture, batch by batch") {
    const TempFolder folder;
    const auto reranker = open(folder, fake::cross_encoder(true), 2);
    std::vector<Item> pictures;
    for (const int level : {51, 255, 0, 102, 153}) pictures.emplace_back(grey(static_cast<std::uint8_t>(level)));
    const auto scores = reranker.score(Text{"red"}, pictures);
    REQUIRE(scores.size() == 5);
    for (std::size_t i = 0; i < 5; ++i) CHECK(scores[i] == Approx(std::vector<float>{0.2F, 1, 0, 0.4F, 0.6F}[i]));
    const auto ranked = reranker.rank(Text{"red"}, pictures);
    CHECK(ranked[0].document == 1);
    CHECK(ranked[4].document == 2);
    CHECK(reranker.score(Text{"red"}, std::vector<Item>{}).empty());
}

TEST_CASE("a cross-encoder over two texts reads them as one pair") {
    const TempFolder folder;
    const auto reranker = open(folder, fake::cross_encoder(false));
    // [CLS] red [SEP] car [SEP] is 5 tokens; with max_length 6 the longer text loses its tail.
    CHECK(reranker.score(Text{"red"}, std::vector<Item>{Text{"car"}, Text{"car car car car car"}}) == std::vector<float>{5, 6});
}

TEST_CASE("queries and documents stand behind their prompts") {
    const TempFolder folder;
    auto manifest = fake::cross_encoder(false);
    manifest["text"]["prompts"] = {{"query", "blue "}, {"document", "red red "}};
    manifest["text"]["max_length"] = 20;
    CHECK(open(folder, manifest).score(Text{"red"}, std::vector<Item>{Text{"car"}}) == std::vector<float>{8});
}

TEST_CASE("an activation makes probabilities") {
    const TempFolder folder;
    auto manifest = fake::cross_encoder(true);
    manifest["score"]["activation"] = "sigmoid";
    const auto reranker = open(folder, manifest);
    CHECK(reranker.score_type() == ScoreType::probability);
    CHECK(reranker.score(Text{"red"}, std::vector<Item>{grey(255)})[0] == Approx(1 / (1 + std::exp(-1.0))));
}

TEST_CASE("what it cannot read is refused by number") {
    const TempFolder folder, other;
    const auto pictures = open(folder, fake::cross_encoder(true));
    expect_error(ErrorCode::unsupported, {"document 1", "text", "fake"}, [&] { (void)pictures.score(Text{"red"}, std::vector<Item>{grey(0), Text{"car"}}); });
    expect_error(ErrorCode::unsupported, {"query"}, [&] { (void)pictures.score(grey(0), std::vector<Item>{grey(0)}); });
    const auto texts = open(other, fake::cross_encoder(false));
    expect_error(ErrorCode::unsupported, {"document 0", "image"}, [&] { (void)texts.score(Text{"red"}, std::vector<Item>{grey(0)}); });
    expect_error(ErrorCode::invalid_argument, {"UTF-8"}, [&] { (void)texts.score(Text{"re\xFF"}, std::vector<Item>{Text{"car"}}); });
}

TEST_CASE("a dual encoder is no cross-encoder") {
    const TempFolder folder;
    fake::write(folder, fake::dual_encoder());
    expect_error(ErrorCode::incompatible, {"dual-encoder", "Encoder::open"}, [&] { (void)CrossEncoder::open(folder.path()); });
}

TEST_CASE("ranks are best first, equal scores in the order given, and never of NaN") {
    const std::vector<Item> three{Text{"a"}, Text{"b"}, Text{"c"}};
    const auto ranked = Fixed({1, 2, 2}).rank(Text{"q"}, three);
    CHECK(ranked[0].document == 1);
    CHECK(ranked[1].document == 2);
    CHECK(ranked[2].document == 0);
    expect_error(ErrorCode::model, {"document 1", "NaN"}, [&] { (void)Fixed({1, std::numeric_limits<float>::quiet_NaN(), 2}).rank(Text{"q"}, three); });
    expect_error(ErrorCode::model, {"2 scores", "3 documents"}, [&] { (void)Fixed({1, 2}).rank(Text{"q"}, three); });
}
