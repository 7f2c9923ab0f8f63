#include <sextant/tokenize/tokenizer.hpp>

#include <algorithm>
#include <utility>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "tokenize/support.hpp"

using sextant::ErrorCode;

namespace {

const std::string byte_level =
    R"({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true})";

std::string pattern(const std::string& single, const std::string& pair) {
    return R"({"type": "TemplateProcessing", "single": [)" + single + R"(], "pair": [)" + pair +
           R"(], "special_tokens": {
        "[CLS]": {"id": "[CLS]", "ids": [100], "tokens": ["[CLS]"]},
        "two": {"id": "two", "ids": [7, 8], "tokens": ["g", "h"]}}})";
}

const std::string a = R"({"Sequence": {"id": "A", "type_id": 3}})", b = R"({"Sequence": {"id": "B", "type_id": 4}})",
                  cls = R"({"SpecialToken": {"id": "[CLS]", "type_id": 5}})",
                  two = R"({"SpecialToken": {"id": "two", "type_id": 6}})";

}  // namespace

TEST_CASE("special tokens stand around the texts", "[tokenize][post_processor]") {
    SECTION("of nothing") {
        CHECK(letter_tokenizer("null").encode("ab").ids == Ids{1, 2});
        CHECK(letter_tokenizer("null").encode_pair("ab", "c").type_ids == Ids{0, 0, 1});
        CHECK(letter_tokenizer(byte_level).encode_pair("ab", "c").ids == Ids{1, 2, 3});
    }
    SECTION("of BERT") {
        CHECK(letter_tokenizer(bert).encode("ab").ids == Ids{100, 1, 2, 101});
        CHECK(letter_tokenizer(bert).encode("").ids == Ids{100, 101});
        const auto pair = letter_tokenizer(bert).encode_pair("ab", "c");
        CHECK(pair.ids == Ids{100, 1, 2, 101, 3, 101});
        CHECK(pair.type_ids == Ids{0, 0, 0, 0, 1, 1});
    }
    SECTION("of RoBERTa, where all types are 0") {
        CHECK(letter_tokenizer(roberta).encode("ab").ids == Ids{100, 1, 2, 101});
        const auto pair = letter_tokenizer(roberta).encode_pair("ab", "c");
        CHECK(pair.ids == Ids{100, 1, 2, 101, 101, 3, 101});
        CHECK(pair.type_ids == Ids(7, 0));
    }
    SECTION("of RoBERTa without both of its flags, which Hugging Face takes for BERT") {
        for (const std::string flag : {"", R"(, "trim_offsets": true)", R"(, "add_prefix_space": false)",
                                       R"(, "trim_offsets": true, "add_prefix_space": null)"}) {
            const auto tokenizer = letter_tokenizer(
                R"({"type": "RobertaProcessing", "cls": ["[CLS]", 100], "sep": ["[SEP]", 101])" + flag + "}");
            const auto pair = tokenizer.encode_pair("ab", "c");
            CHECK(pair.ids == Ids{100, 1, 2, 101, 3, 101});
            CHECK(pair.type_ids == Ids{0, 0, 0, 0, 1, 1});
        }
    }
    SECTION("of a template") {
        const auto tokenizer = letter_tokenizer(pattern(a + "," + two, b + "," + cls + "," + a));
        CHECK(tokenizer.encode("ab").ids == Ids{1, 2, 7, 8});
        CHECK(tokenizer.encode("ab").type_ids == Ids{3, 3, 6, 6});
        CHECK(tokenizer.encode_pair("ab", "c").ids == Ids{3, 100, 1, 2});
        CHECK(tokenizer.encode_pair("ab", "c").type_ids == Ids{4, 5, 3, 3});
    }
    SECTION("of a sequence in which one decides") {
        CHECK(letter_tokenizer(R"({"type": "Sequence", "processors": [)" + byte_level + "," + bert + "]}").encode("a").ids ==
              Ids{100, 1, 101});
        expect_error(ErrorCode::unsupported, {"post_processor.processors[1]", "second"},
                     [] { (void)letter_tokenizer(R"({"type": "Sequence", "processors": [)" + bert + "," + bert + "]}"); });
    }
}

TEST_CASE("templates that cannot be filled are refused", "[tokenize][post_processor]") {
    expect_error(ErrorCode::unsupported, {"post_processor.single"}, [] { (void)letter_tokenizer(pattern(cls, a + "," + b)); });
    expect_error(ErrorCode::unsupported, {"post_processor.single"}, [] { (void)letter_tokenizer(pattern(b, a + "," + b)); });
    expect_error(ErrorCode::unsupported, {"post_processor.pair"}, [] { (void)letter_tokenizer(pattern(a, a)); });
    expect_error(ErrorCode::unsupported, {"post_processor.pair"},
                 [] { (void)letter_tokenizer(pattern(a, a + "," + b + "," + a)); });
    const std::string missing = R"({"SpecialToken": {"id": "[SEP]", "type_id": 0}})";
    expect_error(ErrorCode::corrupt, {"post_processor.single[1]", "[SEP]"},
                 [&] { (void)letter_tokenizer(pattern(a + "," + missing, a + "," + b)); });
}
