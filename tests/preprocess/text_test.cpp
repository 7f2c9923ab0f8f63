#include <sextant/preprocess/text.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/expect_error.hpp"

using sextant::Encoding;
using sextant::ErrorCode;
using sextant::TextPreprocessor;
using sextant::TextSpec;
using Numbers = std::vector<std::int64_t>;

namespace {

// a is 1, b is 2, ...; a blank is 27, and <s> stands before a text.
sextant::Tokenizer letters() {
    std::string vocab = R"({"<s>": 0, " ": 27)";
    for (int i = 0; i < 26; ++i) vocab += std::string(", \"") + static_cast<char>('a' + i) + "\": " + std::to_string(i + 1);
    return sextant::Tokenizer::from_json(R"({"model": {"type": "BPE", "merges": [], "vocab": )" + vocab + R"(}},
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}}})");
}

Numbers numbers(const sextant::Tensor& tensor) {
    const auto values = tensor.integers();
    return {values.begin(), values.end()};
}

// Every letter as its number in ASCII.
class Ascii final : public sextant::TextTokenizer {
public:
    std::string name() const override { return "ascii/1"; }
    Encoding encode(std::string_view text, const sextant::Truncation& truncation) const override {
        Encoding encoding;
        encoding.tokens_total = text.size();
        for (const char c : text.substr(0, truncation.max_length)) encoding.ids.push_back(c);
        encoding.type_ids.assign(encoding.ids.size(), 0);
        return encoding;
    }
};

class Careless final : public sextant::TextTokenizer {
public:
    std::string name() const override { return "careless/1"; }
    Encoding encode(std::string_view text, const sextant::Truncation&) const override {
        Encoding encoding;
        encoding.ids = {1, 2};
        if (text == "negative") encoding.ids = {4, -5}, encoding.type_ids = {0, 0};
        return encoding;
    }
};

}  // namespace

TEST_CASE("rows of tokens are padded to one length", "[preprocess][text]") {
    TextSpec spec{.max_length = 5, .pad_id = 9};
    const auto batch = [&spec](std::vector<std::string> texts) {
        const TextPreprocessor text(letters(), spec);
        std::vector<Encoding> rows;
        for (const auto& one : texts) rows.push_back(text.encode(one));
        return text.batch(rows);
    };
    SECTION("that of the longest, at the end") {
        const auto made = batch({"ab", "c"});
        CHECK(numbers(made.input_ids) == Numbers{0, 1, 2, 0, 3, 9});
        CHECK(numbers(made.attention_mask) == Numbers{1, 1, 1, 1, 1, 0});
    }
    SECTION("at the front, with a type of its own") {
        spec.padding_side = sextant::Padding::Side::left;
        spec.pad_type_id = 3;
        const auto made = batch({"ab", "c"});
        CHECK(numbers(made.input_ids) == Numbers{0, 1, 2, 9, 0, 3});
        CHECK(numbers(made.attention_mask) == Numbers{1, 1, 1, 0, 1, 1});
        CHECK(numbers(made.token_type_ids) == Numbers{0, 0, 0, 3, 0, 0});
    }
    SECTION("a multiple of some number") {
        spec.pad_to_multiple_of = 4;
        CHECK(batch({"abcd", "c"}).input_ids.shape() == sextant::Tensor::Shape{2, 8});
        CHECK(batch({"abc"}).input_ids.shape() == sextant::Tensor::Shape{1, 4});
    }
    SECTION("attended to, as ColBERT's queries are") {
        spec.attend_to_padding = true;
        CHECK(numbers(batch({"ab", "c"}).attention_mask) == Numbers{1, 1, 1, 1, 1, 1});
    }
    SECTION("the longest that may be") {
        spec.pad_to_max_length = true;
        CHECK(batch({"a"}).input_ids.shape() == sextant::Tensor::Shape{1, 5});
    }
}

TEST_CASE("texts are cut at the side that the model was trained with", "[preprocess][text]") {
    CHECK(TextPreprocessor(letters(), {.max_length = 3}).encode("abc").ids == Numbers{0, 1, 2});
    const TextPreprocessor left(letters(), {.max_length = 3, .truncation_side = sextant::Truncation::Side::left});
    CHECK(left.encode("abc").ids == Numbers{0, 2, 3});
    CHECK(left.encode("abc").truncated());
}

TEST_CASE("of a pair the query alone is cut first, and then the document", "[preprocess][text]") {
    const TextPreprocessor text(letters(), {.max_length = 5});
    const sextant::PairSpec pair{.query_max_length = 2, .truncation = sextant::Truncation::Strategy::only_second};
    CHECK(text.encode_pair("abcd", "e").ids == Numbers{1, 2, 3, 4, 5});
    CHECK(text.encode_pair("abcd", "e", pair).ids == Numbers{1, 2, 5});
    CHECK(text.encode_pair("abc", "defg", pair).ids == Numbers{1, 2, 4, 5, 6});
    CHECK(text.encode_pair("abc", "defg", pair).tokens_total == 7);
    CHECK(text.encode_pair("a", "defgh", pair).ids == Numbers{1, 4, 5, 6, 7});
}

TEST_CASE("texts become lower case after they are cleaned", "[preprocess][text]") {
    const TextPreprocessor text(letters(), {.lowercase = true});
    CHECK(text.encode("AB", "C").ids == Numbers{0, 3, 1, 2});
    const TextPreprocessor both(letters(), {.clean = sextant::TextCleaning::whitespace, .lowercase = true});
    CHECK(both.encode("A  B").ids == Numbers{0, 1, 27, 2});
    expect_error(ErrorCode::invalid_argument, {"UTF-8"}, [&] { (void)text.encode("\xFF"); });
}

TEST_CASE("texts are cleaned with their prompts", "[preprocess][text]") {
    const TextPreprocessor text(letters(), {.clean = sextant::TextCleaning::clip, .query_prompt = " Q ", .document_prompt = "D"});
    CHECK(text.encode("A  &amp;amp;B", "X ").ids == Numbers{0, 24, 27, 1, 27, 2});
    CHECK(text.encode_pair(" a", "b ").ids == Numbers{17, 27, 1, 4, 2});
    expect_error(ErrorCode::limit, {"65536"}, [&] { (void)text.encode(std::string(65537, 'a')); });
    expect_error(ErrorCode::invalid_argument, {"UTF-8"}, [&] { (void)text.encode("\xFF"); });
}

TEST_CASE("a caller's own step goes before everything else", "[preprocess][text]") {
    const auto twice = sextant::make_text_transform("twice/1", [](std::string_view text) { return std::string(text).append(text); });
    CHECK(twice->name() == "twice/1");
    const TextPreprocessor text(letters(), {}, {.transform = twice});
    CHECK(text.encode("ab", "x").ids == Numbers{0, 24, 1, 2, 1, 2});
    expect_error(ErrorCode::invalid_argument, {"name"}, [] { (void)sextant::make_text_transform("", [](std::string_view) { return std::string(); }); });
    expect_error(ErrorCode::invalid_argument, {"function"}, [] { (void)sextant::make_text_transform("a/1", nullptr); });
}

TEST_CASE("a caller's own tokenizer stands in", "[preprocess][text]") {
    const TextPreprocessor text(letters(), {.max_length = 3}, {.tokenizer = std::make_shared<Ascii>()});
    const auto encoding = text.encode("bcd", "a");
    CHECK(encoding.ids == Numbers{'a', 'b', 'c'});
    CHECK(encoding.truncated());
    CHECK(numbers(text.batch({&encoding, 1}).attention_mask) == Numbers{1, 1, 1});
    expect_error(ErrorCode::unsupported, {"ascii/1", "pairs"}, [&] { (void)text.encode_pair("a", "b"); });
    const TextPreprocessor careless(letters(), {}, {.tokenizer = std::make_shared<Careless>()});
    expect_error(ErrorCode::model, {"careless/1", "2 ids", "0 type ids"}, [&] { (void)careless.encode("a"); });
    expect_error(ErrorCode::model, {"careless/1", "id -5"}, [&] { (void)careless.encode("negative"); });
}
