#include <sextant/bundle/manifest.hpp>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/fake_bundle.hpp"

using namespace sextant;

namespace {

/// A sound manifest, with the files listed.
nlohmann::json sound(nlohmann::json manifest = fake::dual_encoder()) {
    const TempFolder folder;
    fake::write(folder, std::move(manifest));
    return nlohmann::json::parse(read_file(folder / "manifest.json"));
}

Manifest parse(const nlohmann::json& json) { return parse_manifest(json.dump(), "m/manifest.json"); }

/// The error that a manifest gives after `path` (a JSON pointer) was set to `value`.
void refuses(ErrorCode code, std::initializer_list<std::string> parts, const std::string& path, const nlohmann::json& value) {
    auto manifest = sound();
    manifest[nlohmann::json::json_pointer(path)] = value;
    INFO(path << " = " << value.dump());
    expect_error(code, parts, [&] { (void)parse(manifest); });
}

}  // namespace

TEST_CASE("a manifest says how a model is fed") {
    auto json = sound();
    json["text"]["prompts"]["query"] = "query: ";
    json["image"]["crop"] = {{"size", {2, 1}}, {"rounding", "floor"}};
    json["figures"] = {{"recall", 0.5}};
    const auto manifest = parse(json);
    CHECK(manifest.name == "fake");
    CHECK(manifest.kind == BundleKind::dual_encoder);
    CHECK(manifest.dimensions == 4);
    CHECK(manifest.normalize);
    CHECK(manifest.metric == Metric::cosine);
    CHECK(manifest.text->max_length == 6);
    CHECK(manifest.text->query_prompt == "query: ");
    CHECK(manifest.image->resize.filter == Resampling::bicubic);
    CHECK(manifest.image->crop->size.width == 1);
    CHECK(manifest.networks.at("image").inputs == std::vector<std::string>{"pixel_values"});
    CHECK(manifest.figures == R"({"recall":0.5})");
    CHECK(manifest.supports(Modality::text));
    json["networks"].erase("image");
    CHECK_FALSE(parse(json).supports(Modality::image));
}

TEST_CASE("a manifest says when pictures become RGB, which enters the fingerprint") {
    auto json = sound();
    CHECK(parse(json).image->convert == Convert::before);
    const auto plain = parse(json).parts;
    json["image"]["convert"] = "after";
    CHECK(parse(json).image->convert == Convert::after);
    CHECK(parse(json).parts != plain);
}

TEST_CASE("a manifest says how texts are cleaned, cut and padded") {
    auto json = sound();
    CHECK(parse(json).text->clean == TextCleaning::none);
    CHECK(parse(json).text->padding_side == Padding::Side::right);
    const auto plain = parse(json).parts;
    json["text"]["clean"] = "clip";
    json["text"]["padding_side"] = json["text"]["truncation_side"] = "left";
    json["text"]["pad_type_id"] = 3;
    json["text"]["pad_to_multiple_of"] = 8;
    const auto manifest = parse(json);
    CHECK(manifest.text->clean == TextCleaning::clip);
    CHECK(manifest.text->padding_side == Padding::Side::left);
    CHECK(manifest.text->truncation_side == Truncation::Side::left);
    CHECK(manifest.text->pad_type_id == 3);
    CHECK(manifest.text->pad_to_multiple_of == 8);
    CHECK(manifest.parts != plain);  // all of it enters the fingerprint
    refuses(ErrorCode::invalid_argument, {"text.clean", "soap", "canonicalize"}, "/text/clean", "soap");
    refuses(ErrorCode::invalid_argument, {"text.padding_side", "middle"}, "/text/padding_side", "middle");
    refuses(ErrorCode::invalid_argument, {"text.pad_to_multiple_of"}, "/text/pad_to_multiple_of", 0);
}

TEST_CASE("a cross-encoder scores pairs") {
    auto json = sound(fake::cross_encoder(true));
    CHECK(parse(json).activation == Activation::identity);
    json["score"]["activation"] = "sigmoid";
    CHECK(parse(json).activation == Activation::sigmoid);
    CHECK_FALSE(parse(json).supports(Modality::text));
    json["dimensions"] = 2;
    expect_error(ErrorCode::invalid_argument, {"dimensions"}, [&] { (void)parse(json); });
}

TEST_CASE("a manifest says what each network returns") {
    auto json = sound();
    CHECK(parse(json).supports(Output::dense));
    CHECK_FALSE(parse(json).supports(Output::sparse));
    json["networks"].erase("image");
    json["networks"]["text"]["outputs"] = {"dense", "sparse", "multi"};
    json["sparse"] = {{"form", "token_weights"}, {"size", 8}, {"ignore_ids", {3, 2, 3}}};
    json["multi"] = {{"dimensions", 2}, {"score", "max_sim_mean"}, {"keep_query", "all"}, {"skip_first", 1}, {"drop_ids", {7}}};
    const auto manifest = parse(json);
    CHECK(manifest.networks.at("text").outputs == std::vector{Output::dense, Output::sparse, Output::multi});
    CHECK(manifest.sparse->form == SparseSpec::Form::token_weights);
    CHECK(manifest.sparse->ignore_ids == std::vector<std::int64_t>{2, 3});
    CHECK(manifest.multi->keep == MultiSpec::Keep::attended);
    CHECK(manifest.multi->keep_query == MultiSpec::Keep::all);
    CHECK(manifest.multi->normalize);
    CHECK(manifest.multi->score == MultiScore::max_sim_mean);
    CHECK(manifest.parts.contains("multi.skip_first"));
    CHECK(manifest.parts.contains("sparse.ignore_ids"));

    const auto refused = [&](ErrorCode code, std::initializer_list<std::string> parts, const char* path, const nlohmann::json& value) {
        auto changed = json;
        changed[nlohmann::json::json_pointer(path)] = value;
        INFO(path << " = " << value.dump());
        expect_error(code, parts, [&] { (void)parse(changed); });
    };
    refused(ErrorCode::invalid_argument, {"networks.text.outputs", "dense"}, "/networks/text/outputs", {"dense", "dense"});
    refused(ErrorCode::invalid_argument, {"outputs", "multi_mask"}, "/networks/text/outputs", {"multi_mask", "multi"});
    refused(ErrorCode::corrupt, {"outputs", "empty"}, "/networks/text/outputs", nlohmann::json::array());
    refused(ErrorCode::invalid_argument, {"sparse", "no network returns"}, "/networks/text/outputs", {"dense", "multi"});
    refused(ErrorCode::invalid_argument, {"dimensions", "no network returns dense"}, "/networks/text/outputs", {"sparse", "multi"});
    refused(ErrorCode::invalid_argument, {"multi.keep", "mask_output"}, "/multi/keep", "mask_output");
    refused(ErrorCode::invalid_argument, {"multi.drop_ids", "-1"}, "/multi/drop_ids", {-1});
    json["multi"].erase("score");
    expect_error(ErrorCode::corrupt, {"multi.score", "missing"}, [&] { (void)parse(json); });
    json.erase("multi");
    expect_error(ErrorCode::invalid_argument, {"multi", "missing"}, [&] { (void)parse(json); });
    json["networks"]["text"]["outputs"] = {"sparse"};
    json["dimensions"] = 0;
    CHECK_FALSE(parse(json).supports(Output::dense));
    json["networks"]["text"]["pooling"] = "mean";
    expect_error(ErrorCode::invalid_argument, {"pooling", "dense"}, [&] { (void)parse(json); });
}

TEST_CASE("the first token is not looked for behind padding") {
    auto json = sound();
    json["networks"]["text"]["pooling"] = "cls";
    CHECK(parse(json).networks.at("text").pooling == Pooling::cls);
    json["text_query"] = json["text"];
    for (const std::string section : {"text", "text_query"}) {
        auto left = json;
        left[section]["padding_side"] = "left";
        expect_error(ErrorCode::invalid_argument, {"networks.text.pooling", "cls", "left"}, [&] { (void)parse(left); });
        left["networks"]["text"]["pooling"] = "last_token";
        CHECK_NOTHROW(parse(left));
    }
}

TEST_CASE("queries may be fed otherwise than documents, and run through another network") {
    auto json = sound();
    CHECK(parse(json).network_for(Modality::text, Role::query) == "text");
    CHECK(parse(json).text_for(Role::query).max_length == 6);
    json["text_query"] = json["text"];
    json["text_query"]["max_length"] = 4;
    json["text_query"]["attend_to_padding"] = true;
    json["networks"]["text_query"] = json["networks"]["text"];
    json["networks"]["text_image"] = {{"file", "text.pt"}, {"inputs", {"input_ids", "pixel_values"}}};
    const auto manifest = parse(json);
    CHECK(manifest.text_for(Role::query).max_length == 4);
    CHECK(manifest.text_for(Role::query).attend_to_padding);
    CHECK(manifest.text_for(Role::document).max_length == 6);
    CHECK(manifest.network_for(Modality::text, Role::query) == "text_query");
    CHECK(manifest.network_for(Modality::text, Role::document) == "text");
    CHECK(manifest.network_for(Modality::text_image, Role::query) == "text_image");
    CHECK(manifest.supports(Modality::text_image));
    CHECK(manifest.parts.at("text_query.tokenizer").starts_with("sha256:"));
    json["networks"].erase("text");
    CHECK(parse(json).network_for(Modality::text, Role::document).empty());
    CHECK(parse(json).supports(Modality::text));
    json.erase("text");
    expect_error(ErrorCode::corrupt, {"text", "text_query is there"}, [&] { (void)parse(json); });
}

TEST_CASE("a manifest says how scores become logits and probabilities") {
    auto json = sound();
    CHECK(parse(json).logit_scale == 1);
    json["score"] = {{"metric", "cosine"}, {"logit_scale", 112.5}, {"logit_bias", -16.5}, {"activation", "sigmoid"}};
    CHECK(parse(json).logit_scale == 112.5);
    CHECK(parse(json).logit_bias == -16.5);
    CHECK(parse(json).activation == Activation::sigmoid);
    json["score"]["activation"] = "softmax";
    CHECK(parse(json).activation == Activation::softmax);
    auto pairs = sound(fake::cross_encoder(false));
    pairs["score"]["activation"] = "softmax";
    expect_error(ErrorCode::invalid_argument, {"score.activation"}, [&] { (void)parse(pairs); });
}

TEST_CASE("a manifest says how the texts of a pair are cut") {
    auto json = sound(fake::cross_encoder(false));
    CHECK(parse(json).pair.query_max_length == Truncation::no_limit);
    json["pair"] = {{"query_max_length", 3}, {"truncation", "only_second"}};
    CHECK(parse(json).pair.query_max_length == 3);
    CHECK(parse(json).pair.truncation == Truncation::Strategy::only_second);
    json["pair"]["truncation"] = "only_first";
    expect_error(ErrorCode::invalid_argument, {"pair.truncation", "only_second"}, [&] { (void)parse(json); });
    auto dual = sound();
    dual["pair"] = json["pair"];
    expect_error(ErrorCode::unsupported, {"pair"}, [&] { (void)parse(dual); });
}

TEST_CASE("a manifest that is not sound is refused, and the field is named") {
    refuses(ErrorCode::incompatible, {"version", "is 2", "update sextant"}, "/version", 2);
    refuses(ErrorCode::incompatible, {"version", "is 0", "export"}, "/version", 0);
    refuses(ErrorCode::incompatible, {"format"}, "/format", "something-else");
    refuses(ErrorCode::invalid_argument, {"kind", "dual-encoder, cross-encoder"}, "/kind", "triple-encoder");
    refuses(ErrorCode::invalid_argument, {"dimensions", "0", "dense"}, "/dimensions", 0);
    refuses(ErrorCode::invalid_argument, {"dimensions"}, "/dimensions", 65'537);
    refuses(ErrorCode::invalid_argument, {"dimensions"}, "/dimensions", 18'446'744'073'709'551'615ULL);
    refuses(ErrorCode::corrupt, {"dimensions", "whole number"}, "/dimensions", 4.5);
    refuses(ErrorCode::corrupt, {"normalize"}, "/normalize", "yes");
    refuses(ErrorCode::unsupported, {"m/manifest.json", "image.gamma"}, "/image/gamma", 2.2);
    refuses(ErrorCode::unsupported, {"top_secret"}, "/top_secret", 1);
    refuses(ErrorCode::corrupt, {"image.mean", "3 numbers"}, "/image/mean", {0.5, 0.5});
    refuses(ErrorCode::invalid_argument, {"std"}, "/image/std", {0.5, 0.0, 0.5});
    refuses(ErrorCode::invalid_argument, {"image.resize.filter", "lanczos"}, "/image/resize/filter", "sinc");
    refuses(ErrorCode::invalid_argument, {"image.resize.size"}, "/image/resize/size", {0, 64});
    refuses(ErrorCode::invalid_argument, {"image.fill"}, "/image/fill", {0, 0, 256});
    refuses(ErrorCode::invalid_argument, {"image.convert", "before, after"}, "/image/convert", "never");
    refuses(ErrorCode::corrupt, {"text.tokenizer", "do not list"}, "/text/tokenizer", "elsewhere.json");
    refuses(ErrorCode::invalid_argument, {"text.max_length"}, "/text/max_length", 0);
    refuses(ErrorCode::unsupported, {"networks.text.inputs", "attention"}, "/networks/text/inputs", {"attention"});
    refuses(ErrorCode::corrupt, {"networks.text.inputs", "image"}, "/networks/text/inputs", {"pixel_values"});
    refuses(ErrorCode::unsupported, {"networks.pair"}, "/networks/pair", {{"file", "text.pt"}, {"inputs", {"input_ids"}}});
    refuses(ErrorCode::corrupt, {"networks.text", "not a JSON object"}, "/networks/text", 1);
    refuses(ErrorCode::corrupt, {"sha256", "64"}, "/files/text.pt/sha256", "abc");
    refuses(ErrorCode::invalid_argument, {"size"}, "/files/text.pt/size", -1);
    for (const char* name : {"../text.pt", "/etc/passwd", "a/../../text.pt", "..\\text.pt", ""}) {
        auto manifest = sound();
        manifest["files"][name] = manifest["files"]["text.pt"];
        expect_error(ErrorCode::invalid_argument, {"inside the bundle's folder"}, [&] { (void)parse(manifest); });
    }
    expect_error(ErrorCode::corrupt, {"m/manifest.json", "not JSON"}, [] { (void)parse_manifest("{\"format\": ", "m/manifest.json"); });
    expect_error(ErrorCode::corrupt, {"not a JSON object"}, [] { (void)parse_manifest("[]", "m/manifest.json"); });
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    for (const auto& json : {"{\"figures\": " + deep + "}", "{\"format\": \"sextant-bundle\", \"mean\": " + deep + "}"})
        expect_error(ErrorCode::limit, {"nested deeper than 64"}, [&] { (void)parse_manifest(json, "m/manifest.json"); });
    refuses(ErrorCode::invalid_argument, {"is \"?[31mred?\""}, "/kind", "\x1b[31mred\n");
    refuses(ErrorCode::invalid_argument, {"image.fill", "whole level"}, "/image/fill", {0, 0, 0.5});
    for (const char* field : {"format", "version", "name", "kind", "dimensions", "score", "networks", "files"}) {
        auto manifest = sound();
        manifest.erase(field);
        expect_error(ErrorCode::corrupt, {field, "missing"}, [&] { (void)parse(manifest); });
    }
}

TEST_CASE("a manifest says how pictures are cut into patches") {
    auto json = sound();
    json["image"] = {{"resize", {{"mode", "smart"}, {"multiple", 28}, {"min_pixels", 3136}, {"max_pixels", 1003520}, {"filter", "bicubic"}}},
                     {"rescale", "multiply_reciprocal"}, {"divisor", 127.5}, {"mean", {1, 1, 1}}, {"std", {1, 1, 1}},
                     {"patches", {{"size", 14}, {"order", "channel_time_row_column"}, {"merge", 2}, {"repeat", 2}}}};
    const auto image = *parse(json).image;
    CHECK(image.resize.mode == ResizeMode::smart);
    CHECK(image.resize.max_pixels == 1'003'520);
    CHECK(image.divisor == 127.5);
    CHECK(image.patches->repeat == 2);
    CHECK(image.patches->pad_to == 0);

    json["image"]["resize"] = {{"mode", "patch_budget"}, {"multiple", 16}, {"max_patches", 256}, {"filter", "bilinear"}, {"resampler", "torch_antialias"}};
    json["image"]["patches"] = {{"size", 16}, {"order", "row_column_channel"}, {"pad_to", 256}};
    CHECK(parse(json).image->resize.resampler == Resampler::torch_antialias);
    CHECK(parse(json).image->patches->pad_to == 256);
    json["image"]["resize"]["resampler"] = "torch_uint8";
    json["image"]["rescale"] = "fused";
    CHECK(parse(json).image->resize.resampler == Resampler::torch_uint8);
    CHECK(parse(json).image->rescale == Rescale::fused);
    json["image"]["patches"]["size"] = 15;
    expect_error(ErrorCode::invalid_argument, {"m/manifest.json", "image.patches.size"}, [&] { (void)parse(json); });
    json["image"]["patches"]["shape"] = 15;
    expect_error(ErrorCode::unsupported, {"image.patches.shape"}, [&] { (void)parse(json); });
}

TEST_CASE("a manifest says where a crop lies") {
    auto json = sound();
    json["image"]["resize"] = {{"mode", "short_side"}, {"size", 224}, {"filter", "bilinear"}, {"resampler", "torch"}};
    json["image"]["crop"] = {{"size", {224, 224}}, {"rounding", "ceil"}};
    CHECK(parse(json).image->resize.mode == ResizeMode::short_side);
    CHECK(parse(json).image->resize.edge == 224);
    CHECK(parse(json).image->crop->rounding == CropRounding::ceil);
    CHECK(parse(json).image->crop->place == CropPlace::centre);
    json["image"]["crop"] = {{"size", {224, 224}}, {"rounding", "truncate"}, {"place", "end"}};
    CHECK(parse(json).image->crop->rounding == CropRounding::truncate);
    CHECK(parse(json).image->crop->place == CropPlace::end);
    json["image"]["crop"]["place"] = "left";
    expect_error(ErrorCode::invalid_argument, {"image.crop.place", "left"}, [&] { (void)parse(json); });
}

TEST_CASE("what only patches have may be asked for only with patches") {
    refuses(ErrorCode::corrupt, {"networks.image.inputs", "spatial_shapes", "image.patches"}, "/networks/image/inputs", {"pixel_values", "spatial_shapes"});
    auto json = sound();
    json["image"]["patches"] = {{"size", 1}, {"order", "row_column_channel"}};
    json["networks"]["image"]["inputs"] = {"pixel_values", "pixel_attention_mask", "pixel_positions", "spatial_shapes", "image_grid_thw"};
    CHECK(parse(json).networks.at("image").inputs.size() == 5);
}

TEST_CASE("the fingerprint covers what changes a vector, and nothing else") {
    const auto fingerprint = [](const nlohmann::json& json) { return make_fingerprint(parse(json).parts); };
    const auto base = fingerprint(sound());
    CHECK(base.value.size() == 64);

    for (const auto& [path, value] : std::initializer_list<std::pair<std::string, nlohmann::json>>{
             {"/image/mean", {0.0, 0.1, 0.0}}, {"/text/max_length", 7}, {"/text/prompts/query", "q: "}, {"/normalize", false},
             {"/dimensions", 5}, {"/image/resize/filter", "bilinear"}, {"/score/metric", "dot"}, {"/networks/text/pooling", "mean"}}) {
        auto changed = sound();
        changed[nlohmann::json::json_pointer(path)] = value;
        INFO(path);
        CHECK(fingerprint(changed).value != base.value);
        CHECK_FALSE(fingerprint(changed).difference(base).empty());
    }
    auto other_weights = sound();
    other_weights["files"]["text.pt"]["sha256"] = std::string(64, '0');
    CHECK(fingerprint(other_weights).difference(base) == "networks.text.file");

    auto renamed = sound();
    renamed["name"] = "another";
    renamed["licence"] = "MIT";
    renamed["figures"] = {{"recall", 1}};
    CHECK(fingerprint(renamed) == base);
}

TEST_CASE("parts are not mistaken for one another") {
    CHECK_FALSE(make_fingerprint({{"a", "b=c"}}) == make_fingerprint({{"a=b", "c"}}));
    CHECK_FALSE(make_fingerprint({{"a", "1\n1:b=1:2"}}) == make_fingerprint({{"a", "1"}, {"b", "2"}}));
}
