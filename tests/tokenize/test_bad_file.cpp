#include <sextant/tokenize/tokenizer.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "tokenize/support.hpp"

using sextant::ErrorCode;
using sextant::Tokenizer;

namespace {

const std::string clip_like =
    R"({"version": "1.0", "truncation": {"direction": "Left", "max_length": 8, "strategy": "OnlySecond", "stride": 2},
    "padding": {"strategy": {"Fixed": 16}, "direction": "Left", "pad_to_multiple_of": 8, "pad_id": 5,
                "pad_type_id": 1, "pad_token": "<m>"},
    "added_tokens": [{"id": 5, "content": "<m>", "single_word": true, "lstrip": true, "rstrip": true,
        "normalized": true, "special": true}],
    "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"},
        {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "}, {"type": "Prepend", "prepend": "x"},
        {"type": "Strip", "strip_left": true, "strip_right": true},
        {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
         "lowercase": true}]},
    "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": "\\p{L}+|\\p{N}"}, "behavior": "Removed", "invert": true},
        {"type": "Digits", "individual_digits": true},
        {"type": "Punctuation", "behavior": "Isolated"},
        {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}]},
    "post_processor": {"type": "Sequence", "processors": [
        {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true},
        {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<m>", "type_id": 0}},
                                                    {"Sequence": {"id": "A", "type_id": 0}}],
         "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
         "special_tokens": {"<m>": {"id": "<m>", "ids": [5], "tokens": ["<m>"]}}}]},
    "decoder": {"type": "ByteLevel"},
    "model": {"type": "BPE", "dropout": null, "unk_token": "a", "continuing_subword_prefix": "",
        "end_of_word_suffix": "</w>",
        "fuse_unk": false,
        "byte_fallback": false, "ignore_merges": false,
        "vocab": {"a": 0, "b": 1, "b</w>": 2, "ab": 3, "ab</w>": 4}, "merges": ["a b", ["a", "b</w>"]]}})";

nlohmann::json good_file() {
    auto file = nlohmann::json::parse(clip_like);
    file["model"]["merges"] = {"a b", "a b</w>"};
    return file;
}

// Every place in the file, as JSON pointers.
void collect(const nlohmann::json& value, const nlohmann::json::json_pointer& here,
             std::vector<nlohmann::json::json_pointer>& places) {
    places.push_back(here);
    if (value.is_object())
        for (const auto& [key, member] : value.items()) collect(member, here / key, places);
    if (value.is_array())
        for (std::size_t i = 0; i < value.size(); ++i) collect(value[i], here / i, places);
}

// Loads and encodes; whatever happens must be an answer or an Error.
void survive(const std::string& json, int& refused, int& read) {
    try {
        const auto tokenizer = Tokenizer::from_json(json);
        (void)tokenizer.encode("abab <m> a1b \xC3\xA9\xE4\xB8\xAD", 6);
        (void)tokenizer.encode_pair("ab", "<m>b", 7);
        ++read;
    } catch (const sextant::Error& error) {
        CHECK(std::string_view(error.what()).size() > 10);
        ++refused;
    }
}

}  // namespace

TEST_CASE("truncation and padding are offered, and not done unasked", "[tokenize][file]") {
    auto file = good_file();
    const auto tokenizer = Tokenizer::from_json(file.dump());
    const auto encoding = tokenizer.encode("a ab abababababab");
    CHECK(encoding.ids.size() > 8);
    CHECK_FALSE(encoding.truncated());
    CHECK(tokenizer.truncation() == sextant::Truncation{.max_length = 8,
                                                        .strategy = sextant::Truncation::Strategy::only_second,
                                                        .side = sextant::Truncation::Side::left,
                                                        .stride = 2});
    CHECK(tokenizer.padding() == sextant::Padding{.length = 16,
                                                  .multiple_of = 8,
                                                  .side = sextant::Padding::Side::left,
                                                  .id = 5,
                                                  .type_id = 1});
    file["truncation"] = nullptr;
    file["padding"]["strategy"] = "BatchLongest";
    CHECK(Tokenizer::from_json(file.dump()).truncation() == std::nullopt);
    CHECK(Tokenizer::from_json(file.dump()).padding()->length == 0);
    file["padding"]["strategy"] = "BatchShortest";
    expect_error(ErrorCode::unsupported, {"padding.strategy", "BatchShortest"},
                 [&] { (void)Tokenizer::from_json(file.dump()); });
}

TEST_CASE("components and fields that are not known are refused, with their place", "[tokenize][file]") {
    const auto refused = [](const char* pointer, const nlohmann::json& value,
                            std::initializer_list<std::string> parts) {
        auto file = good_file();
        file[nlohmann::json::json_pointer(pointer)] = value;
        expect_error(ErrorCode::unsupported, parts, [&] { (void)Tokenizer::from_json(file.dump(), "my.json"); });
    };
    refused("/version", "2.0", {"my.json: version", "2.0"});
    refused("/surprise", 1, {"my.json: ", "\"surprise\""});
    refused("/normalizer/normalizers/0", {{"type", "Rot13"}}, {"my.json: normalizer.normalizers[0]", "\"Rot13\""});
    refused("/normalizer/normalizers/1/locale", "tr", {"my.json: normalizer.normalizers[1]", "\"locale\""});
    refused("/pre_tokenizer/pretokenizers/0", {{"type", "Scissors"}},
            {"my.json: pre_tokenizer.pretokenizers[0]", "\"Scissors\""});
    refused("/pre_tokenizer/pretokenizers/0",
            {{"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "often"}}, {"prepend_scheme", "often"});
    refused("/pre_tokenizer/pretokenizers/0/behavior", "Sideways", {"pretokenizers[0].behavior", "\"Sideways\""});
    refused("/pre_tokenizer/pretokenizers/0/pattern", {{"Regex", ""}}, {"pattern", "empty"});
    refused("/post_processor", {{"type", "Shuffle"}}, {"my.json: post_processor", "\"Shuffle\""});
    refused("/model", {{"type", "Oracle"}}, {"my.json: model", "\"Oracle\""});
    refused("/model/cache", true, {"my.json: model", "\"cache\""});
    refused("/added_tokens/0/weight", 1, {"my.json: added_tokens[0]", "\"weight\""});
}

TEST_CASE("values that make no sense are named", "[tokenize][file]") {
    const auto corrupt = [](const char* pointer, const nlohmann::json& value,
                            std::initializer_list<std::string> parts) {
        auto file = good_file();
        file[nlohmann::json::json_pointer(pointer)] = value;
        expect_error(ErrorCode::corrupt, parts, [&] { (void)Tokenizer::from_json(file.dump()); });
    };
    corrupt("/model/vocab/a", -1, {"model.vocab[\"a\"]", "-1"});
    corrupt("/model/vocab/a", 1.5, {"model.vocab[\"a\"]", "1.5"});
    corrupt("/model/vocab/a", "0", {"model.vocab[\"a\"]", "integer"});
    corrupt("/model/vocab/a", 4294967296, {"model.vocab[\"a\"]", "4294967296"});
    corrupt("/model/vocab/a", 1, {"model.vocab", "two tokens have the id 1"});
    corrupt("/model/vocab", {{0, 1}}, {"model.vocab"});
    corrupt("/model/merges/1", "a z", {"model.merges", "merge 1", "\"z\""});
    corrupt("/model/merges/1", "b a", {"model.merges", "merge 1", "\"ba\""});
    corrupt("/model/merges/1", "a b c", {"merge 1", "one space"});
    corrupt("/model/merges/1", "ab", {"merge 1", "one space"});
    corrupt("/model/merges/1", {"a", "b"}, {"merge 1", "string"});
    corrupt("/model/merges/0", {"a", "b", "c"}, {"merge 0", "two strings"});
    corrupt("/model/merges", 3, {"model.merges", "array"});
    corrupt("/added_tokens/0/id", nullptr, {"added_tokens[0].id", "null"});
    corrupt("/added_tokens/0/lstrip", 1, {"added_tokens[0].lstrip", "true or false"});
    corrupt("/normalizer", nlohmann::json::array(), {"normalizer", "object"});
    corrupt("/normalizer/type", 3, {"normalizer.type", "string"});
    corrupt("/pre_tokenizer/pretokenizers/0/pattern", {{"Regex", "a"}, {"String", "a"}}, {"pattern"});
    corrupt("/post_processor", {{"type", "BertProcessing"}, {"cls", {"[CLS]"}}, {"sep", {"[SEP]", 1}}},
            {"post_processor.cls"});
    auto file = good_file();
    file.erase("model");
    expect_error(ErrorCode::corrupt, {"\"model\" is missing"}, [&] { (void)Tokenizer::from_json(file.dump()); });
}

TEST_CASE("files that are no JSON, too deep or too large", "[tokenize][file]") {
    for (const std::string bad : {"", "{", "[]", "3", "null", "{\"a\": \"\xFF\"}", "{} {}", "\"\\ud800\""}) {
        INFO(bad);
        expect_error(ErrorCode::corrupt, {"tokenizer.json"}, [&] { (void)Tokenizer::from_json(bad); });
    }
    expect_error(ErrorCode::limit, {"nested deeper"}, [] { (void)Tokenizer::from_json(std::string(1'000'000, '[')); });
    std::string deep, end;
    for (int i = 0; i < 100; ++i) {
        deep += R"({"type": "Sequence", "normalizers": [)";
        end += "]}";
    }
    deep += R"({"type": "NFC"})" + end;
    expect_error(ErrorCode::limit, {"nested deeper"}, [&] { (void)Sections{.normalizer = deep}.tokenizer(); });
    expect_error(ErrorCode::limit, {"100000001 bytes"},
                 [] { (void)Tokenizer::from_json(std::string(100'000'001, ' ')); });
    nlohmann::json model{{"type", "BPE"}, {"merges", nlohmann::json::array()}};
    model["vocab"][std::string(2000, 'a')] = 0;
    const Sections long_token{.model = model.dump()};
    expect_error(ErrorCode::limit, {"model.vocab", "2000 bytes"}, [&] { (void)long_token.tokenizer(); });
}

TEST_CASE("files whose every part is sound, but too much of it", "[tokenize][file][hostile]") {
    std::string many = R"({"type": "Sequence", "normalizers": [{"type": "NFC"})";
    for (int i = 0; i < 300; ++i) many += R"(, {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"})";
    expect_error(ErrorCode::limit, {"more than 256 components"}, [&] { (void)Sections{.normalizer = many + "]}"}.tokenizer(); });

    nlohmann::json special{{"id", "x"}, {"ids", Ids(600, 0)}, {"tokens", std::vector<std::string>(600, "x")}};
    const nlohmann::json x{{"SpecialToken", {{"id", "x"}, {"type_id", 0}}}}, a{{"Sequence", {{"id", "A"}, {"type_id", 0}}}},
        b{{"Sequence", {{"id", "B"}, {"type_id", 1}}}};
    const auto around = [&](const std::vector<nlohmann::json>& single) {
        return nlohmann::json{{"type", "TemplateProcessing"}, {"single", single}, {"pair", {a, b}}, {"special_tokens", {{"x", special}}}}.dump();
    };
    CHECK(letter_tokenizer(around({x, a})).encode("a").ids.size() == 601);
    expect_error(ErrorCode::limit, {"more than 1024 tokens are added"}, [&] { (void)letter_tokenizer(around({x, a, x})); });

    const nlohmann::json replace{{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(2000, 'b')}};
    const Sections long_token{.normalizer = replace.dump(), .added_tokens = R"([{"id": 256, "content": "a", "single_word": false,
        "lstrip": false, "rstrip": false, "normalized": true, "special": false}])"};
    expect_error(ErrorCode::limit, {"normalised to 2000 bytes"}, [&] { (void)long_token.tokenizer(); });
}

TEST_CASE("no change of one value breaks the reader", "[tokenize][file]") {
    const auto file = good_file();
    std::vector<nlohmann::json::json_pointer> places;
    collect(file, nlohmann::json::json_pointer(), places);
    const std::vector<nlohmann::json> values{nullptr,
                                             true,
                                             0,
                                             -1,
                                             1e300,
                                             18446744073709551615ULL,
                                             "",
                                             "a",
                                             std::string(1, '\0'),
                                             "\xC3\xA9",
                                             nlohmann::json::array(),
                                             nlohmann::json::object(),
                                             {1, "a"},
                                             {{"type", "Sequence"}}};
    int refused = 0, read = 0;
    for (const auto& place : places) {
        for (const auto& value : values) {
            auto changed = file;
            changed[place] = value;
            survive(changed.dump(), refused, read);
        }
    }
    INFO(places.size() << " places, " << refused << " refused, " << read << " read");
    CHECK(refused > read);
    CHECK(read > 100);
}

TEST_CASE("no cut and no flipped bit breaks the reader", "[tokenize][file]") {
    const auto text = good_file().dump();
    int refused = 0, read = 0;
    for (std::size_t length = 0; length < text.size(); ++length) survive(text.substr(0, length), refused, read);
    CHECK(read == 0);
    for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
        auto flipped = text;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
        survive(flipped, refused, read);
    }
    CHECK(refused > read);
}

TEST_CASE("a tokenizer is read from a file", "[tokenize][file]") {
    const auto path = std::filesystem::temp_directory_path() / "sextant_test_tokenizer.json";
    std::ofstream(path) << good_file().dump();
    CHECK(Tokenizer::open(path).encode("ab").ids == Tokenizer::from_json(good_file().dump()).encode("ab").ids);
    std::ofstream(path) << "{";
    expect_error(ErrorCode::corrupt, {"sextant_test_tokenizer.json"}, [&] { (void)Tokenizer::open(path); });
    std::filesystem::remove(path);
    expect_error(ErrorCode::not_found, {"sextant_test_tokenizer.json"}, [&] { (void)Tokenizer::open(path); });
    expect_error(ErrorCode::io, {"cannot be read"},
                 [] { (void)Tokenizer::open(std::filesystem::temp_directory_path()); });
}
