#include <sextant/tokenize/tokenizer.hpp>

#include <algorithm>
#include <utility>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "tokenize/support.hpp"

using sextant::ErrorCode;

namespace {

// Letters are tokens: a is 1, b is 2, ...; [CLS] 100, [SEP] 101.
sextant::Tokenizer letters(const std::string& post_processor) {
    nlohmann::json vocab{{"[CLS]", 100}, {"[SEP]", 101}};
    for (int i = 0; i < 26; ++i) vocab[std::string(1, static_cast<char>('a' + i))] = i + 1;
    const nlohmann::json model{{"type", "BPE"}, {"vocab", vocab}, {"merges", nlohmann::json::array()}};
    return Sections{.post_processor = post_processor, .model = model.dump()}.tokenizer();
}

const std::string bert = R"({"type": "BertProcessing", "cls": ["[CLS]", 100], "sep": ["[SEP]", 101]})";
const std::string roberta =
    R"({"type": "RobertaProcessing", "cls": ["[CLS]", 100], "sep": ["[SEP]", 101], "trim_offsets": true,
                               "add_prefix_space": false})";
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
        CHECK(letters("null").encode("ab").ids == Ids{1, 2});
        CHECK(letters("null").encode_pair("ab", "c").type_ids == Ids{0, 0, 1});
        CHECK(letters(byte_level).encode_pair("ab", "c").ids == Ids{1, 2, 3});
    }
    SECTION("of BERT") {
        CHECK(letters(bert).encode("ab").ids == Ids{100, 1, 2, 101});
        CHECK(letters(bert).encode("").ids == Ids{100, 101});
        const auto pair = letters(bert).encode_pair("ab", "c");
        CHECK(pair.ids == Ids{100, 1, 2, 101, 3, 101});
        CHECK(pair.type_ids == Ids{0, 0, 0, 0, 1, 1});
    }
    SECTION("of RoBERTa, where all types are 0") {
        CHECK(letters(roberta).encode("ab").ids == Ids{100, 1, 2, 101});
        const auto pair = letters(roberta).encode_pair("ab", "c");
        CHECK(pair.ids == Ids{100, 1, 2, 101, 101, 3, 101});
        CHECK(pair.type_ids == Ids(7, 0));
    }
    SECTION("of a template") {
        const auto tokenizer = letters(pattern(a + "," + two, b + "," + cls + "," + a));
        CHECK(tokenizer.encode("ab").ids == Ids{1, 2, 7, 8});
        CHECK(tokenizer.encode("ab").type_ids == Ids{3, 3, 6, 6});
        CHECK(tokenizer.encode_pair("ab", "c").ids == Ids{3, 100, 1, 2});
        CHECK(tokenizer.encode_pair("ab", "c").type_ids == Ids{4, 5, 3, 3});
    }
    SECTION("of a sequence in which one decides") {
        CHECK(letters(R"({"type": "Sequence", "processors": [)" + byte_level + "," + bert + "]}").encode("a").ids ==
              Ids{100, 1, 101});
        expect_error(ErrorCode::unsupported, {"post_processor.processors[1]", "second"},
                     [] { (void)letters(R"({"type": "Sequence", "processors": [)" + bert + "," + bert + "]}"); });
    }
}

TEST_CASE("templates that cannot be filled are refused", "[tokenize][post_processor]") {
    expect_error(ErrorCode::unsupported, {"post_processor.single"}, [] { (void)letters(pattern(cls, a + "," + b)); });
    expect_error(ErrorCode::unsupported, {"post_processor.single"}, [] { (void)letters(pattern(b, a + "," + b)); });
    expect_error(ErrorCode::unsupported, {"post_processor.pair"}, [] { (void)letters(pattern(a, a)); });
    expect_error(ErrorCode::unsupported, {"post_processor.pair"},
                 [] { (void)letters(pattern(a, a + "," + b + "," + a)); });
    const std::string missing = R"({"SpecialToken": {"id": "[SEP]", "type_id": 0}})";
    expect_error(ErrorCode::corrupt, {"post_processor.single[1]", "[SEP]"},
                 [&] { (void)letters(pattern(a + "," + missing, a + "," + b)); });
}

TEST_CASE("the tail of a text is cut, the special tokens stay", "[tokenize][truncation]") {
    const auto tokenizer = letters(bert);
    const auto cut = tokenizer.encode("abcdef", 5);
    CHECK(cut.ids == Ids{100, 1, 2, 3, 101});
    CHECK(cut.tokens_total == 8);
    CHECK(cut.truncated());
    CHECK_FALSE(tokenizer.encode("abc", 5).truncated());
    CHECK(tokenizer.encode("abc", 2).ids == Ids{100, 101});
    expect_error(ErrorCode::invalid_argument, {"max_length is 1", "2"}, [&] { (void)tokenizer.encode("abc", 1); });
    expect_error(ErrorCode::invalid_argument, {"max_length is 2", "3"},
                 [&] { (void)tokenizer.encode_pair("a", "b", 2); });
    CHECK(letters("null").encode("abc", 0).ids.empty());
}

TEST_CASE("of a pair the longer text is cut first", "[tokenize][truncation]") {
    const auto tokenizer = letters("null");
    const auto lengths = [&tokenizer](std::size_t first, std::size_t second, std::size_t room) {
        const auto types = tokenizer.encode_pair(std::string(first, 'a'), std::string(second, 'b'), room).type_ids;
        const auto ones = static_cast<std::size_t>(std::count(types.begin(), types.end(), 1));
        return std::pair(types.size() - ones, ones);
    };
    CHECK(lengths(3, 4, 7) == std::pair<std::size_t, std::size_t>(3, 4));
    CHECK(lengths(3, 9, 7) == std::pair<std::size_t, std::size_t>(3, 4));
    CHECK(lengths(9, 3, 7) == std::pair<std::size_t, std::size_t>(4, 3));
    CHECK(lengths(9, 9, 6) == std::pair<std::size_t, std::size_t>(3, 3));
    CHECK(lengths(9, 9, 7) == std::pair<std::size_t, std::size_t>(3, 4));   // the odd one goes to the second of equals
    CHECK(lengths(10, 9, 7) == std::pair<std::size_t, std::size_t>(4, 3));  // and to the first if that is longer
    CHECK(lengths(5, 6, 0) == std::pair<std::size_t, std::size_t>(0, 0));
    CHECK(lengths(0, 6, 3) == std::pair<std::size_t, std::size_t>(0, 3));
    CHECK(tokenizer.encode_pair("aaaaa", "bbbbb", 4).tokens_total == 10);
}
