#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "tokenize/support.hpp"

TEST_CASE("the four normal forms", "[tokenize][normalizer]") {
    // fi ligature, A with ring (Angstrom sign), e + acute
    const std::string text = "\xEF\xAC\x81 \xE2\x84\xAB e\xCC\x81";
    CHECK(normalized(R"({"type": "NFC"})", text) == "\xEF\xAC\x81 \xC3\x85 \xC3\xA9");
    CHECK(normalized(R"({"type": "NFD"})", text) == "\xEF\xAC\x81 A\xCC\x8A e\xCC\x81");
    CHECK(normalized(R"({"type": "NFKC"})", text) == "fi \xC3\x85 \xC3\xA9");
    CHECK(normalized(R"({"type": "NFKD"})", text) == "fi A\xCC\x8A e\xCC\x81");
    SECTION("marks are put in order, stably") {
        // above (230), below (220), above, below
        CHECK(normalized(R"({"type": "NFD"})", "a\xCC\x81\xCC\xA3\xCC\x88\xCC\xAD") ==
              "a\xCC\xA3\xCC\xAD\xCC\x81\xCC\x88");
    }
    SECTION("Hangul is composed and taken apart by rule") {
        CHECK(normalized(R"({"type": "NFD"})", "\xED\x95\x9C") == "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB");
        CHECK(normalized(R"({"type": "NFC"})", "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB") == "\xED\x95\x9C");
    }
    SECTION("what came after Unicode 9 stays as it is, as in Hugging Face") {
        CHECK(normalized(R"({"type": "NFKC"})", "\xE3\x8B\xBF") == "\xE3\x8B\xBF");         // U+32FF, the era Reiwa
        CHECK(normalized(R"({"type": "NFD"})", "\xF0\x91\xA4\xB8") == "\xF0\x91\xA4\xB8");  // U+11938
        CHECK(normalized(R"({"type": "NFC"})", "\xF0\x91\xA4\xB5\xF0\x91\xA4\xB0") ==
              "\xF0\x91\xA4\xB5\xF0\x91\xA4\xB0");
    }
}

TEST_CASE("lower case goes code point by code point", "[tokenize][normalizer]") {
    const std::string lowercase = R"({"type": "Lowercase"})";
    CHECK(normalized(lowercase, "ABC xyz [09]") == "abc xyz [09]");
    CHECK(normalized(lowercase, "\xC4\xB0") == "i\xCC\x87");                 // dotted I becomes two
    CHECK(normalized(lowercase, "\xCE\x91\xCE\xA3") == "\xCE\xB1\xCF\x83");  // no final sigma
    CHECK(normalized(lowercase, "\xEA\x9F\x8B \xF0\x90\xB5\x90") == "\xC9\xA4 \xF0\x90\xB5\xB0");  // Unicode 16
    CHECK(normalized(lowercase, "\xC3\x9F\xE1\xBA\x9E") == "\xC3\x9F\xC3\x9F");                    // sharp s
}

TEST_CASE("accents and blanks are stripped", "[tokenize][normalizer]") {
    CHECK(normalized(R"({"type": "StripAccents"})", "e\xCC\x81\xC3\xA9") == "e\xC3\xA9");  // only loose marks
    CHECK(normalized(R"({"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}]})",
                     "\xC3\xA9") == "e");
    const std::string blank = "\xE2\x80\x83 \t";
    CHECK(normalized(R"({"type": "Strip", "strip_left": true, "strip_right": true})", blank + "a b" + blank) == "a b");
    CHECK(normalized(R"({"type": "Strip", "strip_left": true, "strip_right": false})", blank + "a" + blank) ==
          "a" + blank);
    CHECK(normalized(R"({"type": "Strip", "strip_left": false, "strip_right": true})", blank + "a" + blank) ==
          blank + "a");
    CHECK(normalized(R"({"type": "Strip", "strip_left": true, "strip_right": true})", blank).empty());
}

TEST_CASE("text is replaced and put in front", "[tokenize][normalizer]") {
    CHECK(normalized(R"({"type": "Replace", "pattern": {"String": "aa"}, "content": "b"})", "aaaaa.") == "bba.");
    CHECK(normalized(R"({"type": "Replace", "pattern": {"String": "."}, "content": ""})", "a.b.") == "ab");
    CHECK(normalized(R"({"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "})", "a \n\t b") == "a b");
    CHECK(normalized(R"({"type": "Replace", "pattern": {"Regex": "x*"}, "content": "-"})", "axb") == "-a-b-");
    CHECK(normalized(R"({"type": "Prepend", "prepend": "_"})", "word") == "_word");
    CHECK(normalized(R"({"type": "Prepend", "prepend": "_"})", "").empty());
}

TEST_CASE("BertNormalizer", "[tokenize][normalizer]") {
    const auto section = [](const char* clean, const char* chinese, const char* accents, const char* lower) {
        return std::string(R"({"type": "BertNormalizer", "clean_text": )") + clean + R"(, "handle_chinese_chars": )" +
               chinese + R"(, "strip_accents": )" + accents + R"(, "lowercase": )" + lower + "}";
    };
    SECTION("cleans") {
        const std::string nul(1, '\0');
        const auto clean = section("true", "false", "false", "false");
        CHECK(normalized(clean, "a" + nul +
                                    "b\xEF\xBF\xBD"
                                    "c\x07"
                                    "d\xE2\x80\x8B"
                                    "e\xC2\x85"
                                    "f") == "abcdef");
        CHECK(normalized(clean,
                         "a\tb\r\nc\xC2\xA0"
                         "d\xE3\x80\x80"
                         "e") == "a b  c d e");
        CHECK(normalized(clean, "\xF4\x8F\xBF\xBD") == "");                  // private use
        CHECK(normalized(clean, "\xF0\x91\x83\x8D") == "\xF0\x91\x83\x8D");  // a format character newer than its tables
    }
    SECTION("sets ideographs apart, with the gap of Hugging Face") {
        const auto chinese = section("false", "true", "false", "false");
        CHECK(normalized(chinese,
                         "a\xE4\xB8\xAD"
                         "b") == "a \xE4\xB8\xAD b");
        CHECK(normalized(chinese, "\xF0\xAB\xA0\xA0") == "\xF0\xAB\xA0\xA0");    // U+2B820
        CHECK(normalized(chinese, "\xF0\xAB\xA4\xA0") == " \xF0\xAB\xA4\xA0 ");  // U+2B920
        CHECK(normalized(chinese, "\xE3\x81\x82\xED\x95\x9C") == "\xE3\x81\x82\xED\x95\x9C");
    }
    SECTION("strips accents if told, or if not told and lower-casing") {
        CHECK(normalized(section("false", "false", "null", "true"), "\xC3\x89t\xC3\xA9") == "ete");
        CHECK(normalized(section("false", "false", "null", "false"), "\xC3\x89t\xC3\xA9") == "\xC3\x89t\xC3\xA9");
        CHECK(normalized(section("false", "false", "true", "false"), "\xC3\x89t\xC3\xA9") == "Ete");
        CHECK(normalized(section("false", "false", "false", "true"), "\xC3\x89t\xC3\xA9") == "\xC3\xA9t\xC3\xA9");
        // Of the marks only those that take no room go, as in Hugging Face: U+0301, not U+0903 and U+20DD.
        CHECK(normalized(section("false", "false", "true", "false"), "\xE0\xA4\x95\xE0\xA4\x83\xE2\x83\x9D\xCC\x81") ==
              "\xE0\xA4\x95\xE0\xA4\x83\xE2\x83\x9D");
    }
}

TEST_CASE("Nmt and ByteLevel", "[tokenize][normalizer]") {
    CHECK(normalized(R"({"type": "Nmt"})", "a\tb\x01\xE2\x80\x8B" "c\xC2\x8F\xEF\xBB\xBF.") == "a b c .");
    CHECK(normalized(R"({"type": "Nmt"})", "\x0B\xC2\xA0\xE2\x80\xA8") == "\xC2\xA0 ");  // U+00A0 stays
    CHECK(normalized(R"({"type": "ByteLevel"})", "a \xC3\xA9\n") == "a\xC4\xA0\xC3\x83\xC2\xA9\xC4\x8A");
}

TEST_CASE("a normalizer that makes too much of a text is stopped", "[tokenize][normalizer]") {
    const nlohmann::json replace{
        {"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(1000, 'b')}};
    const auto tokenizer = Sections{.normalizer = replace.dump()}.tokenizer();
    CHECK(tokenizer.encode("aa").tokens_total == 2001);
    expect_error(sextant::ErrorCode::limit, {"4 MiB"}, [&] { (void)tokenizer.encode(std::string(65536, 'a')); });
}
