#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "tokenize/support.hpp"

namespace {

std::string split(const std::string& pattern, const std::string& behavior, bool invert = false) {
    return R"({"type": "Split", "pattern": )" + pattern + R"(, "behavior": ")" + behavior + R"(", "invert": )" +
           (invert ? "true" : "false") + "}";
}

}  // namespace

TEST_CASE("the five behaviours of Split", "[tokenize][pre_tokenizer]") {
    const std::string text = "the-final--countdown-", dash = R"({"String": "-"})";
    CHECK(cut(split(dash, "Removed"), text) == "the|final|countdown|");
    CHECK(cut(split(dash, "Isolated"), text) == "the|-|final|-|-|countdown|-|");
    CHECK(cut(split(dash, "MergedWithPrevious"), text) == "the-|final-|-|countdown-|");
    CHECK(cut(split(dash, "MergedWithNext"), text) == "the|-final|-|-countdown|-|");
    CHECK(cut(split(dash, "Contiguous"), text) == "the|-|final|--|countdown|-|");
    SECTION("begin with a match") {
        CHECK(cut(split(dash, "MergedWithPrevious"), "--a") == "-|-|a|");
        CHECK(cut(split(dash, "MergedWithNext"), "--a") == "-|-a|");
        CHECK(cut(split(dash, "Removed"), "--").empty());
    }
    SECTION("turned round: what lies between the matches is the delimiter") {
        const std::string words = R"({"Regex": "[a-z]+"})";
        CHECK(cut(split(words, "Removed", true), "ab, cd") == "ab|cd|");
        CHECK(cut(split(words, "MergedWithPrevious", true), "ab, cd") == "ab, |cd|");
        CHECK(cut(split(words, "Contiguous", true), "ab, cd") == "ab|, |cd|");
    }
}

TEST_CASE("blanks, punctuation and digits", "[tokenize][pre_tokenizer]") {
    CHECK(cut(R"({"type": "WhitespaceSplit"})",
              " it's  5\xE2\x80\x83"
              "o'clock\n") == "it's|5|o'clock|");
    CHECK(cut(R"({"type": "Whitespace"})", "it's  5_a!? \xC3\xA9") == "it|'|s|5_a|!?|\xC3\xA9|");
    CHECK(cut(R"({"type": "Punctuation"})", "a,b.. \xC2\xBF$") == "a|,|b|.|.| |\xC2\xBF|$|");
    CHECK(cut(R"({"type": "Punctuation", "behavior": "Contiguous"})", "a,b..") == "a|,|b|..|");
    CHECK(cut(R"({"type": "Digits", "individual_digits": true})", "ab12\xC2\xBD") == "ab|1|2|\xC2\xBD|");
    CHECK(cut(R"({"type": "Digits", "individual_digits": false})",
              "ab12\xC2\xBD"
              "c") == "ab|12\xC2\xBD|c|");
    CHECK(cut(R"({"type": "BertPreTokenizer"})", " Hello, world--\xE3\x80\x82 ") == "Hello|,|world|-|-|\xE3\x80\x82|");
    SECTION("punctuation is that of Unicode 8, as in Hugging Face") {
        CHECK(cut(R"({"type": "BertPreTokenizer"})", "a\xE2\xB9\x83z") == "a\xE2\xB9\x83z|");  // U+2E43, of Unicode 9
        CHECK(cut(R"({"type": "BertPreTokenizer"})", "a\xE1\x99\xADz") ==
              "a|\xE1\x99\xAD|z|");  // U+166D, a symbol since 12
    }
}

TEST_CASE("ByteLevel cuts as GPT-2 and writes bytes as letters", "[tokenize][pre_tokenizer]") {
    const auto byte_level = [](const char* prefix, const char* regex) {
        return std::string(R"({"type": "ByteLevel", "add_prefix_space": )") + prefix +
               R"(, "trim_offsets": true, "use_regex": )" + regex + "}";
    };
    const std::string g = "\xC4\xA0", c = "\xC4\x8A";  // the letters for space and newline
    CHECK(cut(byte_level("false", "true"), "Hello my  friend's 2 dogs!\n\n ") ==
          "Hello|" + g + "my|" + g + "|" + g + "friend|'s|" + g + "2|" + g + "dogs|!|" + c + c + g + "|");
    CHECK(cut(byte_level("true", "true"), "a") == g + "a|");
    CHECK(cut(byte_level("true", "true"), " a") == g + "a|");
    CHECK(cut(byte_level("false", "false"), "a b") == "a" + g + "b|");
    CHECK(cut(byte_level("false", "true"), "\xC3\xA9") == "\xC3\x83\xC2\xA9|");
    CHECK(cut(byte_level("true", "true"), "").empty());
    SECTION("a sequence: the prefix goes before every word") {
        CHECK(cut(R"({"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, )" +
                      byte_level("true", "true") + "]}",
                  "a b") == g + "a|" + g + "b|");
    }
}

TEST_CASE("Metaspace writes blanks as a letter", "[tokenize][pre_tokenizer]") {
    const auto metaspace = [](const std::string& fields) { return R"({"type": "Metaspace", "replacement": "_")" + fields + "}"; };
    CHECK(cut(metaspace(""), "Hi  you ") == "_Hi|_|_you|_|");
    CHECK(cut(metaspace(R"(, "prepend_scheme": "always")"), " Hi") == "_Hi|");
    CHECK(cut(metaspace(R"(, "prepend_scheme": "never")"), "Hi you") == "Hi|_you|");
    CHECK(cut(metaspace(R"(, "split": false)"), "Hi you") == "_Hi_you|");
    CHECK(cut(metaspace(R"(, "add_prefix_space": true, "str_rep": "x")"), "Hi") == "_Hi|");  // a file of old
    SECTION("the first piece of a text is that at its front, not behind a token or stripped blanks") {
        const Sections sections{
            .normalizer = R"({"type": "Strip", "strip_left": true, "strip_right": false})",
            .pre_tokenizer = metaspace(R"(, "prepend_scheme": "first")"),
            .added_tokens = R"([{"id": 256, "content": "<m>", "single_word": false, "lstrip": false, "rstrip": false,
                                 "normalized": false, "special": true}])"};
        CHECK(pieces_of(sections, "a<m>b") == "_a|{256}b|");
        CHECK(pieces_of(sections, "<m>b") == "{256}b|");
        CHECK(pieces_of(sections, " a") == "a|");
    }
    SECTION("fields that do not agree") {
        expect_error(sextant::ErrorCode::corrupt, {"add_prefix_space", "never"},
                     [&] { (void)cut(metaspace(R"(, "add_prefix_space": false, "prepend_scheme": "first")"), "a"); });
        expect_error(sextant::ErrorCode::corrupt, {"replacement", "one character"},
                     [] { (void)cut(R"({"type": "Metaspace", "replacement": "ab"})", "a"); });
    }
}

TEST_CASE("delimiters and scripts", "[tokenize][pre_tokenizer]") {
    CHECK(cut(R"({"type": "CharDelimiterSplit", "delimiter": "-"})", "-a--b") == "a|b|");
    const std::string scripts = R"({"type": "UnicodeScripts"})", russian = "\xD0\xB4\xD0\xB0";
    CHECK(cut(scripts, "yes " + russian + ", 2") == "yes |" + russian + "|, 2|");
    CHECK(cut(scripts, "\xE6\x97\xA5\xE3\x81\xAE\xE3\x82\xA2") ==
          "\xE6\x97\xA5\xE3\x81\xAE\xE3\x82\xA2|");  // Han, Hiragana and Katakana are one
    CHECK(cut(scripts, "  a") == "a|");                    // what is of no script is lost at the front, as in Hugging Face
}
