#include <sextant/encode/encoder.hpp>

#include <cmath>
#include <limits>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/fake_bundle.hpp"

using namespace sextant;

namespace {

const Image red{2, 2, {255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0}};

/// An encoder over the fake networks.
Encoder open(const TempFolder& folder, nlohmann::json manifest = fake::dual_encoder(), EncoderOptions options = {}) {
    options.load_model = fake::dual_networks();
    options.self_test = false;
    return Encoder::open(fake::write(folder, std::move(manifest)), options);
}

std::vector<float> with_length_1(std::vector<float> v) {
    float squares = 0;
    for (const float x : v) squares += x * x;
    for (float& x : v) x /= std::sqrt(squares);
    return v;
}

void check_near(const std::vector<float>& seen, const std::vector<float>& expected) {
    REQUIRE(seen.size() == expected.size());
    for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == Approx(expected[i]).margin(1e-6));
}

}  // namespace

TEST_CASE("texts and pictures go into one space") {
    const TempFolder folder;
    const auto encoder = open(folder);
    CHECK(encoder.supports(Modality::text));
    CHECK(encoder.supports(Modality::image));
    CHECK(encoder.dimensions() == 4);
    check_near(encoder.encode_query(Text{"red cars"}).vector, with_length_1({1, 0, 1, 1}));
    check_near(encoder.encode_document(red).vector, with_length_1({4, 0, 0, 1}));
}

TEST_CASE("a batch may mix modalities, and keeps its order") {
    const TempFolder folder;
    const auto encoder = open(folder, fake::dual_encoder(), {.batch_size = 2});
    const std::vector<Item> items{Text{"red"}, red, Text{"blue blue car"}, Text{""}, red, Text{"red red red red red red red"}};
    const auto rows = encoder.encode_document(items);
    REQUIRE(rows.size() == items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto single = encoder.encode_document(items[i]);
        check_near({rows.row(i).begin(), rows.row(i).end()}, single.vector);
        CHECK(rows.info[i].tokens_used == single.info.tokens_used);
    }
    CHECK(encoder.encode_document(std::vector<Item>{}).size() == 0);
}

TEST_CASE("what was cut off is accounted for, row by row") {
    const TempFolder folder;
    const auto encoder = open(folder);
    const auto whole = encoder.encode_query(Text{"red car"}).info;
    CHECK(whole.tokens_total == 4);
    CHECK_FALSE(whole.truncated());
    const auto cut = encoder.encode_query(Text{"red red red red red red red"});
    CHECK(cut.info.tokens_total == 9);
    CHECK(cut.info.tokens_used == 6);
    CHECK(cut.info.truncated());
    check_near(cut.vector, with_length_1({4, 0, 0, 1}));
    CHECK(encoder.encode_query(Text{""}).info.tokens_total == 2);
}

TEST_CASE("queries and documents get the prompts the model was trained with") {
    const TempFolder folder;
    auto manifest = fake::dual_encoder();
    manifest["text"]["prompts"] = {{"query", "red "}, {"document", "blue "}};
    const auto encoder = open(folder, manifest);
    check_near(encoder.encode_query(Text{"car"}).vector, with_length_1({1, 0, 1, 1}));
    check_near(encoder.encode_document(Text{"car"}).vector, with_length_1({0, 1, 1, 1}));
}

TEST_CASE("truncate_dim keeps the first dimensions, normalised again, under another fingerprint") {
    const TempFolder folder, other;
    const auto whole = open(folder);
    const auto part = open(other, fake::dual_encoder(), {.truncate_dim = 2});
    CHECK(part.dimensions() == 2);
    CHECK(part.space().dimensions == 2);
    check_near(part.encode_query(Text{"red blue car"}).vector, with_length_1({1, 1}));
    CHECK(part.fingerprint().difference(whole.fingerprint()) == "truncate_dim");
    expect_error(ErrorCode::model, {"item 0", "2 dimensions"}, [&] { (void)part.encode_query(Text{"car"}); });
    const TempFolder third;
    expect_error(ErrorCode::invalid_argument, {"truncate_dim is 5", "4 dimensions"}, [&] { (void)open(third, fake::dual_encoder(), {.truncate_dim = 5}); });
}

TEST_CASE("token outputs are pooled under the mask") {
    // Every token becomes [its id, 1, 0, 0], padding too: only the mask tells them apart.
    const auto tokens = [](std::span<const Tensor> inputs) {
        std::vector<float> out;
        for (const auto id : inputs[0].integers()) out.insert(out.end(), {static_cast<float>(id), 1.0F, 0.0F, 0.0F});
        return std::vector<Tensor>{Tensor({inputs[0].shape()[0], inputs[0].shape()[1], 4}, std::move(out))};
    };
    const std::vector<Item> texts{Text{"red"}, Text{"red blue car"}};
    for (const auto& [pooling, first, second] : {std::tuple{"mean", 3.0F, 4.0F}, {"cls", 2.0F, 2.0F}}) {
        const TempFolder folder;
        auto manifest = fake::dual_encoder();
        manifest["normalize"] = false;
        manifest["networks"]["text"]["pooling"] = pooling;
        manifest["text"]["pad_id"] = 99;
        const auto encoder = Encoder::open(fake::write(folder, manifest),
                                           {.self_test = false, .load_model = fake::loader({{"text.pt", tokens}, {"image.pt", fake::sum_colours}})});
        const auto rows = encoder.encode_document(texts);
        INFO(pooling);
        CHECK(rows.row(0)[0] == Approx(first));
        CHECK(rows.row(1)[0] == Approx(second));
    }
}

TEST_CASE("a network that breaks its manifest's promise is an error, not a vector") {
    const auto returning = [](Tensor::Shape shape, float value) {
        return fake::loader({{"text.pt",
                              [=](std::span<const Tensor>) {
                                  std::int64_t count = 1;
                                  for (const auto extent : shape) count *= extent;
                                  return std::vector<Tensor>{Tensor(shape, std::vector<float>(static_cast<std::size_t>(count), value))};
                              }},
                             {"image.pt", fake::sum_colours}});
    };
    const auto refuses = [](std::initializer_list<std::string> parts, const ModelLoader& loader) {
        const TempFolder folder;
        const auto encoder = Encoder::open(fake::write(folder, fake::dual_encoder()), {.self_test = false, .load_model = loader});
        expect_error(ErrorCode::model, parts, [&] { (void)encoder.encode_query(Text{"red"}); });
    };
    refuses({"fake", "[1, 5]", "[1, 4]"}, returning({1, 5}, 1));
    refuses({"[4]", "[1, 4]"}, returning({4}, 1));
    refuses({"not finite", "component 0"}, returning({1, 4}, std::numeric_limits<float>::quiet_NaN()));
    refuses({"not finite"}, returning({1, 4}, std::numeric_limits<float>::infinity()));
    refuses({"length 0"}, returning({1, 4}, 0));
    refuses({"returned nothing"}, fake::loader({{"text.pt", [](std::span<const Tensor>) { return std::vector<Tensor>{}; }}, {"image.pt", fake::sum_colours}}));
}

TEST_CASE("bad text is refused with its number") {
    const TempFolder folder;
    const auto encoder = open(folder);
    expect_error(ErrorCode::invalid_argument, {"item 1", "UTF-8"}, [&] { (void)encoder.encode_document(std::vector<Item>{Text{"red"}, Text{"re\xFF"}}); });
    expect_error(ErrorCode::limit, {"item 2"}, [&] { (void)encoder.encode_document(std::vector<Item>{Text{"red"}, Text{"red"}, Text{std::string(70'000, 'a')}}); });
}

TEST_CASE("a modality without a tower is refused with its number") {
    const TempFolder folder;
    auto manifest = fake::dual_encoder();
    manifest["networks"].erase("image");
    const auto encoder = open(folder, manifest);
    CHECK_FALSE(encoder.supports(Modality::image));
    expect_error(ErrorCode::unsupported, {"item 1", "image", "fake"}, [&] { (void)encoder.encode_document(std::vector<Item>{Text{"red"}, red}); });
}

TEST_CASE("a preprocessor of one's own is used, checked, and enters the fingerprint") {
    class OnePixel final : public ImageTransform {
    public:
        explicit OnePixel(Tensor::Shape shape) : shape_(std::move(shape)) {}
        [[nodiscard]] std::string name() const override { return "one-pixel/1"; }
        [[nodiscard]] Tensor operator()(const Image&) const override {
            std::int64_t count = 1;
            for (const auto extent : shape_) count *= extent;
            return {shape_, std::vector<float>(static_cast<std::size_t>(count), 0.5F)};
        }

    private:
        Tensor::Shape shape_;
    };
    const TempFolder folder, other, third;
    const auto plain = open(folder);
    const auto own = open(other, fake::dual_encoder(), {.image_transform = std::make_shared<OnePixel>(Tensor::Shape{3, 1, 1})});
    check_near(own.encode_document(red).vector, with_length_1({0.5F, 0.5F, 0, 1}));
    CHECK(own.fingerprint().parts.at("image.transform") == "one-pixel/1");
    CHECK_FALSE(own.fingerprint() == plain.fingerprint());
    const auto wrong = open(third, fake::dual_encoder(), {.image_transform = std::make_shared<OnePixel>(Tensor::Shape{1, 1})});
    expect_error(ErrorCode::model, {"one-pixel/1", "[1, 1]"}, [&] { (void)wrong.encode_document(red); });
}

TEST_CASE("text steps of one's own are used and enter the fingerprint") {
    class Reds final : public TextTokenizer {
    public:
        [[nodiscard]] std::string name() const override { return "reds/1"; }
        [[nodiscard]] Encoding encode(std::string_view, const Truncation& truncation) const override { return tokenizer_.encode("red", truncation); }

    private:
        Tokenizer tokenizer_ = Tokenizer::from_json(fake::tokenizer);
    };
    const TempFolder folder, other, third;
    const auto plain = open(folder);
    EncoderOptions transforming;
    transforming.text.transform = make_text_transform("politely/1", [](std::string_view text) { return std::string(text.substr(text.rfind(' ') + 1)); });
    const auto polite = open(other, fake::dual_encoder(), transforming);
    CHECK(polite.encode_document(Text{"please red"}).vector == plain.encode_document(Text{"red"}).vector);
    CHECK(polite.fingerprint().parts.at("text.transform") == "politely/1");
    CHECK_FALSE(polite.fingerprint() == plain.fingerprint());

    EncoderOptions tokenizing;
    tokenizing.text.tokenizer = std::make_shared<Reds>();
    const auto reds = open(third, fake::dual_encoder(), tokenizing);
    CHECK(reds.encode_document(Text{"green"}).vector == plain.encode_document(Text{"red"}).vector);
    CHECK(reds.fingerprint().parts.at("text.tokenizer") == "reds/1");
}

TEST_CASE("a step without a name could pass for another, and is refused") {
    class Nameless final : public TextTransform {
    public:
        explicit Nameless(std::string name) : name_(std::move(name)) {}
        [[nodiscard]] std::string name() const override { return name_; }
        [[nodiscard]] std::string operator()(std::string_view text) const override { return std::string(text); }

    private:
        std::string name_;
    };
    for (const auto* name : {"", "two\nlines/1"}) {
        const TempFolder folder;
        EncoderOptions options;
        options.text.transform = std::make_shared<Nameless>(name);
        expect_error(ErrorCode::invalid_argument, {"text.transform", "name()"}, [&] { (void)open(folder, fake::dual_encoder(), options); });
    }
}

TEST_CASE("options and bundles that make no sense are refused") {
    const TempFolder folder;
    fake::write(folder, fake::dual_encoder());
    expect_error(ErrorCode::invalid_argument, {"batch_size"}, [&] { (void)Encoder::open(folder.path(), {.batch_size = 0}); });
    expect_error(ErrorCode::invalid_argument, {"load_model"}, [&] { (void)Encoder::open(folder.path(), {.load_model = nullptr}); });
    expect_error(ErrorCode::not_found, {"nowhere", "manifest.json"}, [&] { (void)Encoder::open(folder / "nowhere"); });
    const TempFolder pairs;
    fake::write(pairs, fake::cross_encoder(true));
    expect_error(ErrorCode::incompatible, {"cross-encoder", "CrossEncoder::open"}, [&] { (void)Encoder::open(pairs.path()); });
}
