// Dense, sparse and multi-vector outputs of one network, and what the manifest says about them.
#include <sextant/encode/encoder.hpp>
#include <sextant/encode/verify.hpp>

#include <cmath>
#include <limits>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/fake_bundle.hpp"

using namespace sextant;

namespace {

/// All three forms: words counted; for each token half its id as weight; for each token the vector (id, 1).
std::vector<Tensor> all_forms(std::span<const Tensor> inputs) {
    auto outputs = fake::count_words(inputs);
    const auto shape = inputs[0].shape();
    std::vector<float> weights, vectors;
    for (const auto id : inputs[0].integers()) {
        weights.push_back(static_cast<float>(id) / 2);
        vectors.insert(vectors.end(), {static_cast<float>(id), 1.0F});
    }
    outputs.emplace_back(shape, std::move(weights));
    outputs.emplace_back(Tensor::Shape{shape[0], shape[1], 2}, std::move(vectors));
    return outputs;
}

nlohmann::json manifest_of_all_forms() {
    auto manifest = fake::dual_encoder();
    manifest["networks"]["text"]["outputs"] = {"dense", "sparse", "multi"};
    manifest["networks"].erase("image");
    manifest["sparse"] = {{"form", "token_weights"}, {"size", 8}, {"ignore_ids", {2, 3}}};
    manifest["multi"] = {{"dimensions", 2}, {"normalize", false}, {"score", "max_sim_sum"}};
    return manifest;
}

Encoder open(const TempFolder& folder, nlohmann::json manifest = manifest_of_all_forms(), fake::Function text = all_forms, EncoderOptions options = {}) {
    options.self_test = false;
    options.load_model = fake::loader({{"text.pt", std::move(text)}, {"image.pt", fake::sum_colours}});
    return Encoder::open(fake::write(folder, std::move(manifest)), options);
}

const std::vector<Item> two_texts{Text{"red"}, Text{"car blue car"}};
const EncodeOptions everything{.outputs = {Output::dense, Output::sparse, Output::multi}};

std::vector<std::int64_t> ids(const SparseRow& row) { return {row.ids.begin(), row.ids.end()}; }
std::vector<float> weights(const SparseRow& row) { return {row.weights.begin(), row.weights.end()}; }

/// The first components of an item's vectors: the ids of the tokens that they stand for.
std::vector<float> tokens(const MultiEmbeddings& all, std::size_t item) {
    const auto row = all.row(item);
    return {row.col(0).begin(), row.col(0).end()};
}

}  // namespace

TEST_CASE("one pass gives every form that is asked for, and no other") {
    const TempFolder folder;
    int runs = 0;
    const auto encoder = open(folder, manifest_of_all_forms(), [&](std::span<const Tensor> inputs) {
        ++runs;
        return all_forms(inputs);
    });
    for (const auto output : {Output::dense, Output::sparse, Output::multi}) CHECK(encoder.supports(output));
    const auto all = encoder.encode(two_texts, everything);
    CHECK(runs == 1);
    CHECK(all.dense.size() == 2);
    CHECK(ids(all.sparse.row(0)) == std::vector<std::int64_t>{4});
    CHECK(weights(all.sparse.row(0)) == std::vector<float>{2});
    CHECK(ids(all.sparse.row(1)) == std::vector<std::int64_t>{5, 6});  // an id that occurs twice weighs once
    CHECK(tokens(all.multi, 0) == std::vector<float>{2, 4, 3});         // the shorter text has no vectors of padding
    CHECK(tokens(all.multi, 1) == std::vector<float>{2, 6, 5, 6, 3});
    CHECK(all.multi.info[1].tokens_used == 5);

    const auto sparse = encoder.encode(two_texts, {.outputs = {Output::sparse}});
    CHECK(sparse.sparse.ids == all.sparse.ids);
    CHECK(sparse.dense.size() == 0);
    CHECK(sparse.multi.size() == 0);
    expect_error(ErrorCode::invalid_argument, {"outputs"}, [&] { (void)encoder.encode(two_texts, {.outputs = {}}); });
    CHECK(encoder.encode({}, everything).multi.size() == 0);
}

TEST_CASE("an output that the network lacks is refused") {
    const TempFolder folder;
    const auto encoder = open(folder, fake::dual_encoder(), fake::count_words);
    CHECK_FALSE(encoder.supports(Output::sparse));
    expect_error(ErrorCode::unsupported, {"item 0", "text", "sparse"}, [&] { (void)encoder.encode(two_texts, everything); });

    const TempFolder other;
    auto manifest = manifest_of_all_forms();
    manifest["networks"]["text"]["outputs"] = {"sparse", "multi"};
    manifest["dimensions"] = 0;
    const auto no_dense = open(other, manifest, [](std::span<const Tensor> inputs) {
        auto outputs = all_forms(inputs);
        outputs.erase(outputs.begin());
        return outputs;
    });
    CHECK(no_dense.dimensions() == 0);
    CHECK(no_dense.encode(two_texts, {.outputs = {Output::multi}}).multi.size() == 2);
    expect_error(ErrorCode::unsupported, {"dense"}, [&] { (void)no_dense.encode_query(two_texts); });
}

TEST_CASE("a vocabulary's weights are those above 0") {
    const TempFolder folder;
    auto manifest = manifest_of_all_forms();
    manifest["networks"]["text"]["outputs"] = {"sparse"};
    manifest["sparse"] = {{"form", "vocabulary"}, {"size", 8}, {"ignore_ids", {7}}};
    manifest.erase("multi");
    manifest["dimensions"] = 0;
    const auto splade = open(folder, manifest, [](std::span<const Tensor> inputs) {
        std::vector<float> rows;
        for (std::int64_t i = 0; i < inputs[0].shape()[0]; ++i) rows.insert(rows.end(), {0, 0.5F, -1, 0, 0, 2, 0, 9});
        return std::vector<Tensor>{Tensor({inputs[0].shape()[0], 8}, std::move(rows))};
    });
    const auto rows = splade.encode(two_texts, {.outputs = {Output::sparse}}).sparse;
    CHECK(ids(rows.row(1)) == std::vector<std::int64_t>{1, 5});
    CHECK(weights(rows.row(1)) == std::vector<float>{0.5F, 2});
}

TEST_CASE("vectors of tokens are kept as the manifest says, for queries and for documents") {
    const TempFolder folder;
    auto manifest = manifest_of_all_forms();
    manifest["multi"]["skip_first"] = 1;
    manifest["multi"]["drop_ids"] = {5};
    const auto encode = [&](Role role) { return open(folder, manifest).encode(two_texts, {.role = role, .outputs = {Output::multi}}).multi; };
    CHECK(tokens(encode(Role::document), 1) == std::vector<float>{6, 6, 3});
    CHECK(tokens(encode(Role::query), 1) == std::vector<float>{6, 5, 6, 3});  // only documents lose words

    manifest["multi"] = {{"dimensions", 2}, {"normalize", false}, {"keep_query", "all"}, {"score", "max_sim_sum"}};
    manifest["text_query"] = manifest["text"];
    manifest["text_query"]["pad_to_max_length"] = true;
    manifest["text_query"]["pad_id"] = 7;
    CHECK(tokens(encode(Role::query), 0) == std::vector<float>{2, 4, 3, 7, 7, 7});  // ColBERT's queries go on with [MASK]
    CHECK(tokens(encode(Role::document), 0) == std::vector<float>{2, 4, 3});
    manifest["text_query"]["pad_to_max_length"] = false;
    CHECK(tokens(encode(Role::query), 0) == std::vector<float>{2, 4, 3});  // not as far as its neighbours reach
}

TEST_CASE("a mask of the network's own decides which vectors are kept") {
    const TempFolder folder;
    auto manifest = manifest_of_all_forms();
    manifest["networks"]["text"]["outputs"] = {"dense", "sparse", "multi", "multi_mask"};
    const auto words = [](bool whole) {
        return [whole](std::span<const Tensor> inputs) {
            auto outputs = all_forms(inputs);
            std::vector<std::int64_t> mask;
            for (const auto id : inputs[0].integers()) mask.push_back(id >= 4 ? 1 : 0);
            if (whole) outputs.emplace_back(inputs[0].shape(), std::move(mask));
            else outputs.push_back(outputs[1]);
            return outputs;
        };
    };
    CHECK(tokens(open(folder, manifest, words(true)).encode(two_texts, everything).multi, 1) == std::vector<float>{6, 5, 6});
    expect_error(ErrorCode::model, {"multi_mask", "integers [2, 6]"}, [&] { (void)open(folder, manifest, words(false)).encode(two_texts, everything); });
    expect_error(ErrorCode::model, {"3 tensors", "promises 4"}, [&] { (void)open(folder, manifest, all_forms).encode(two_texts, everything); });
}

TEST_CASE("vectors are normalised one by one, and checked") {
    const TempFolder folder;
    auto manifest = manifest_of_all_forms();
    manifest["multi"]["normalize"] = true;
    const auto all = open(folder, manifest).encode(two_texts, everything).multi;
    CHECK(all.vectors.rows() == 8);
    CHECK((all.vectors.rowwise().norm().array() - 1).abs().maxCoeff() < 1e-6F);

    const auto spoiled = [&](std::size_t output, float value) {
        return open(folder, manifest, [=](std::span<const Tensor> inputs) {
            auto outputs = all_forms(inputs);
            std::vector<float> values(outputs[output].floats().begin(), outputs[output].floats().end());
            for (std::size_t i = 0; i < 2; ++i) values[i] = value;
            outputs[output] = Tensor(outputs[output].shape(), std::move(values));
            return outputs;
        });
    };
    const auto nan = std::numeric_limits<float>::quiet_NaN();
    expect_error(ErrorCode::model, {"weight", "not finite", "at 0"}, [&] { (void)spoiled(1, nan).encode(two_texts, everything); });
    expect_error(ErrorCode::model, {"not finite"}, [&] { (void)spoiled(2, nan).encode(two_texts, everything); });
    expect_error(ErrorCode::model, {"length 0"}, [&] { (void)spoiled(2, 0).encode(two_texts, everything); });
    manifest["multi"]["dimensions"] = 3;
    expect_error(ErrorCode::model, {"[2, 6, 2]", "[2, 6, 3]"}, [&] { (void)open(folder, manifest).encode(two_texts, everything); });
}

TEST_CASE("the last token that is attended to may stand for the text") {
    for (const char* side : {"right", "left"}) {
        const TempFolder folder;
        auto manifest = fake::dual_encoder();
        manifest["networks"].erase("image");
        manifest["networks"]["text"]["pooling"] = "last_token";
        manifest["text"]["padding_side"] = side;
        manifest["text"]["truncation_side"] = "left";
        manifest["normalize"] = false;
        const auto encoder = open(folder, manifest, [](std::span<const Tensor> inputs) {
            std::vector<float> out;
            std::int64_t place = 0;
            for (const auto id : inputs[0].integers()) out.insert(out.end(), {static_cast<float>(id), static_cast<float>(place++), 0.0F, 0.0F});
            return std::vector<Tensor>{Tensor({inputs[0].shape()[0], inputs[0].shape()[1], 4}, std::move(out))};
        });
        const auto rows = encoder.encode_document(two_texts);
        INFO(side);
        CHECK(rows.row(0)[0] == 3);
        CHECK(rows.row(1)[0] == 3);
    }
}

TEST_CASE("queries may run through a network of their own") {
    const TempFolder folder;
    auto manifest = fake::dual_encoder();
    manifest["networks"].erase("image");
    manifest["networks"]["text_query"] = {{"file", "query.pt"}, {"inputs", {"input_ids", "attention_mask"}}};
    manifest["text_query"] = manifest["text"];
    manifest["text_query"]["prompts"]["query"] = "blue ";
    const auto constant = [](std::span<const Tensor> inputs) {
        std::vector<float> rows;
        for (std::int64_t i = 0; i < inputs[0].shape()[0]; ++i) rows.insert(rows.end(), {0, 0, 0, static_cast<float>(inputs[0].integers()[1])});
        return std::vector<Tensor>{Tensor({inputs[0].shape()[0], 4}, std::move(rows))};
    };
    manifest["normalize"] = false;
    const auto encoder = Encoder::open(fake::write(folder, manifest),
                                       {.self_test = false, .load_model = fake::loader({{"text.pt", fake::count_words}, {"query.pt", constant}})});
    CHECK(encoder.encode_query(Text{"red"}).vector == std::vector<float>{0, 0, 0, 5});
    CHECK(encoder.encode_document(Text{"red"}).vector == std::vector<float>{1, 0, 0, 1});
}

TEST_CASE("a text and a picture make one vector together") {
    const TempFolder folder;
    auto manifest = fake::dual_encoder();
    manifest["networks"] = {{"text_image", {{"file", "both.pt"}, {"inputs", {"input_ids", "attention_mask", "pixel_values"}}}}};
    manifest["normalize"] = false;
    const auto both = [](std::span<const Tensor> inputs) {
        auto words = fake::count_words(inputs)[0], colours = fake::sum_colours(inputs.subspan(2))[0];
        std::vector<float> sum(words.floats().begin(), words.floats().end());
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += colours.floats()[i];
        return std::vector<Tensor>{Tensor(words.shape(), std::move(sum))};
    };
    const auto encoder = Encoder::open(fake::write(folder, manifest), {.self_test = false, .load_model = fake::loader({{"both.pt", both}})});
    CHECK(encoder.supports(Modality::text_image));
    CHECK_FALSE(encoder.supports(Modality::image));
    const Image red{1, 1, {255, 0, 0}}, blue{1, 1, {0, 0, 255}};
    const std::vector<Item> items{TextImage{{"red car"}, blue}, TextImage{{"blue"}, red}};
    const auto rows = encoder.encode_document(items);
    CHECK(std::vector<float>(rows.row(0).begin(), rows.row(0).end()) == std::vector<float>{1, 4, 1, 2});
    CHECK(std::vector<float>(rows.row(1).begin(), rows.row(1).end()) == std::vector<float>{4, 1, 0, 2});
    CHECK(rows.info[0].tokens_used == 4);
    CHECK(rows.info[0].pixels_total == 1);
    CHECK(rows.info[0].pixels_used == 4);

    // Its text is cut or refused like others, and becomes no chunks.
    const std::vector<Item> longer{items[0], TextImage{{"red red red red red red red blue"}, blue}};
    CHECK(encoder.encode(longer, {.long_text = LongText::keep_head}).dense.info[1].truncated());
    expect_error(ErrorCode::limit, {"item 1", "10 tokens", "reads 6", "head or tail"}, [&] { (void)encoder.encode(longer, {.long_text = LongText::refuse}); });
    expect_error(ErrorCode::invalid_argument, {"item 7", "cannot be cut into chunks"}, [&] { (void)encoder.encode(items, {.long_text = LongText::chunk, .first_item = 7}); });
}

TEST_CASE("a form is asked for once") {
    const TempFolder folder;
    const auto encoder = open(folder);
    expect_error(ErrorCode::invalid_argument, {"EncodeOptions::outputs", "dense twice"}, [&] { (void)encoder.encode(two_texts, {.outputs = {Output::dense, Output::dense}}); });
    expect_error(ErrorCode::invalid_argument, {"EncodeOptions::outputs", "empty"}, [&] { (void)encoder.encode(two_texts, {.outputs = {}}); });
}

TEST_CASE("pictures that make tensors of different shapes are run apart, and answers keep their order") {
    const TempFolder folder;
    auto manifest = fake::dual_encoder();
    manifest["networks"].erase("text");
    manifest["networks"]["image"]["inputs"] = {"pixel_values", "pixel_attention_mask", "spatial_shapes"};
    manifest["image"]["resize"] = {{"mode", "smart"}, {"multiple", 1}, {"min_pixels", 1}, {"max_pixels", 100}, {"filter", "bicubic"}};
    manifest["image"]["patches"] = {{"size", 1}, {"order", "row_column_channel"}};
    manifest["normalize"] = false;
    std::vector<std::int64_t> batches;
    const auto sizes = [&](std::span<const Tensor> inputs) {
        batches.push_back(inputs[0].shape()[0]);
        std::vector<float> rows;
        for (std::int64_t i = 0; i < inputs[0].shape()[0]; ++i) {
            const auto shape = inputs[2].integers().subspan(static_cast<std::size_t>(2 * i), 2);
            rows.insert(rows.end(), {static_cast<float>(shape[0]), static_cast<float>(shape[1]), static_cast<float>(inputs[1].shape()[1]), 1});
        }
        return std::vector<Tensor>{Tensor({inputs[0].shape()[0], 4}, std::move(rows))};
    };
    const auto encoder = Encoder::open(fake::write(folder, manifest), {.self_test = false, .load_model = fake::loader({{"image.pt", sizes}})});
    const auto picture = [](int width, int height) { return Item(Image{width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(3 * width * height), 7)}); };
    const std::vector<Item> items{picture(1, 2), picture(3, 1), picture(1, 2), picture(2, 1)};
    const auto rows = encoder.encode_document(items);
    CHECK(batches == std::vector<std::int64_t>{3, 1});  // two patches, and three
    CHECK(std::vector<float>(rows.row(0).begin(), rows.row(0).end()) == std::vector<float>{2, 1, 2, 1});
    CHECK(std::vector<float>(rows.row(1).begin(), rows.row(1).end()) == std::vector<float>{1, 3, 3, 1});
    CHECK(std::vector<float>(rows.row(3).begin(), rows.row(3).end()) == std::vector<float>{1, 2, 2, 1});
    CHECK(rows.info[1].pixels_used == 3);
}

TEST_CASE("goldens of every form are replayed") {
    const TempFolder folder;
    auto manifest = manifest_of_all_forms();
    manifest["golden"] = "golden/golden.json";
    manifest["normalize"] = false;
    manifest["multi"]["skip_first"] = 1;
    const nlohmann::json document{{"text", "red red"}, {"input_ids", {2, 4, 4, 3}}, {"vector", {2, 0, 0, 1}}, {"sparse", {{"4", 2.0}}}, {"multi", {{4, 1}, {4, 1}, {3, 1}}}};
    const nlohmann::json query{{"text", "car"}, {"query", true}, {"input_ids", {2, 6, 3}}, {"vector", {0, 0, 1, 1}}, {"sparse", {{"6", 3.0}}}, {"multi", {{6, 1}, {3, 1}}}};
    const auto verify = [&](const nlohmann::json& goldens) {
        const TempFolder fresh;
        fake::write(fresh, manifest, {{"golden/golden.json", nlohmann::json{{"text", goldens}}.dump()}});
        return verify_bundle(fresh.path(), fake::loader({{"text.pt", all_forms}})).stages.back();
    };
    CHECK(verify({document, query}).passed);
    const auto fails = [&](const char* field, const nlohmann::json& value, const std::string& message) {
        auto changed = query;
        changed[field] = value;
        const auto stage = verify({document, changed});
        CHECK_FALSE(stage.passed);
        CHECK_THAT(stage.detail, ContainsSubstring(message));
    };
    fails("sparse", {{"6", 3.1}}, "sparse vector's length");
    fails("sparse", {{"5", 3.0}}, "sparse vector's direction");
    auto both = nlohmann::json{{"text", "red red car"}, {"input_ids", {2, 4, 4, 6, 3}}, {"vector", {2, 0, 1, 1}}, {"sparse", {{"4", 2.0}, {"6", 3.0}}}, {"multi", {{4, 1}, {4, 1}, {6, 1}, {3, 1}}}};
    CHECK(verify({document, both, query}).passed);
    both["sparse"]["4"] = 2.0004;  // neither length nor direction shows it
    CHECK_THAT(verify({document, both, query}).detail, ContainsSubstring("a sparse weight"));
    fails("multi", {{6, 1}}, "2 vectors, the reference has 1");
    fails("multi", {{6, 1}, {4, 1}}, "vector 1");
    fails("vector", {0, 0, 1}, "4 dimensions");
    manifest["text"]["prompts"]["query"] = "red ";
    CHECK(verify({document, query}).stage == "tokenizer");
}

TEST_CASE("lower precision is measured over all goldens, and its fingerprint differs") {
    const TempFolder folder;
    auto manifest = fake::dual_encoder();
    manifest["networks"].erase("image");
    manifest["golden"] = "golden/golden.json";
    const nlohmann::json goldens{{{"text", "red"}, {"input_ids", {2, 4, 3}}, {"vector", {0.70710678, 0, 0, 0.70710678}}},
                                 {{"text", "car"}, {"input_ids", {2, 6, 3}}, {"vector", {0, 0, 0.70710678, 0.70710678}}}};
    fake::write(folder, manifest, {{"golden/golden.json", nlohmann::json{{"text", goldens}}.dump()}});
    const auto open_with = [&](Precision precision, float error) {
        const auto network = [error](std::span<const Tensor> inputs) {
            const auto words = fake::count_words(inputs)[0];
            std::vector<float> values(words.floats().begin(), words.floats().end());
            for (std::size_t i = 1; i < values.size(); i += 4) values[i] += error;
            return std::vector<Tensor>{Tensor(words.shape(), std::move(values))};
        };
        return Encoder::open(folder.path(), {.precision = precision, .load_model = fake::loader({{"text.pt", network}})});
    };
    const auto exact = open_with(Precision::float32, 0);
    CHECK(exact.drift().vectors == 1);
    CHECK(exact.drift().worst < 1e-6);
    const auto half = open_with(Precision::bfloat16, 0.1F);
    CHECK(half.drift().vectors == 2);
    CHECK(half.drift().worst == Approx(1 - 2 / std::sqrt(2 * 2.01)).epsilon(1e-3));
    CHECK(half.drift().mean == Approx(half.drift().worst).epsilon(1e-3));
    CHECK(half.fingerprint().difference(exact.fingerprint()) == "precision");
    expect_error(ErrorCode::model, {"self-test", "differs", "bfloat16", "Precision::float32"}, [&] { (void)open_with(Precision::bfloat16, 0.5F); });
    expect_error(ErrorCode::model, {"self-test", "sextant verify"}, [&] { (void)open_with(Precision::float32, 0.1F); });
}
