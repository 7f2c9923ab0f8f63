#include <sextant/tokenize/tokenizer.hpp>

#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "tokenize/support.hpp"

namespace {

// Merges to tokens of 1, 2, 4, ... 1024 letters.
std::string doubling_model() {
    nlohmann::json vocab, merges = nlohmann::json::array();
    std::string token = "a";
    for (int i = 0; i <= 10; ++i) {
        vocab[token] = i;
        if (i < 10) merges.push_back({token, token});
        token += token;
    }
    vocab[" "] = 11;
    return nlohmann::json{{"type", "BPE"}, {"vocab", vocab}, {"merges", merges}}.dump();
}

std::string repeat(const std::string& unit, std::size_t bytes) {
    std::string text;
    while (text.size() + unit.size() <= bytes) text += unit;
    return text;
}

// This process's time, which others do not lengthen.
double seconds_for(const sextant::Tokenizer& tokenizer, const std::string& text) {
    const auto begin = std::clock();
    (void)tokenizer.encode(text);
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

const std::string bert_normalizer =
    R"({"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
        "lowercase": true})";

}  // namespace

TEST_CASE("a text may have 64 KiB and no more", "[tokenize][limits]") {
    const auto tokenizer = Sections{}.tokenizer();
    CHECK(tokenizer.encode(std::string(65536, 'a')).ids.size() == 65537);
    expect_error(sextant::ErrorCode::limit, {"65537 bytes", "65536", "cut it"},
                 [&] { (void)tokenizer.encode(std::string(65537, 'a')); });
    expect_error(sextant::ErrorCode::limit, {"65537 bytes"},
                 [&] { (void)tokenizer.encode_pair("", std::string(65537, 'a')); });
}

TEST_CASE("text that is not UTF-8 is refused, and its first bad byte named", "[tokenize][limits]") {
    const auto tokenizer = Sections{}.tokenizer();
    const auto refused = [&tokenizer](const std::string& text, const std::string& byte) {
        expect_error(sextant::ErrorCode::invalid_argument, {"UTF-8", byte}, [&] { (void)tokenizer.encode(text); });
        expect_error(sextant::ErrorCode::invalid_argument, {"UTF-8", byte},
                     [&] { (void)tokenizer.encode_pair("good", text); });
    };
    refused("caf\xE9", "byte 3:");               // Latin-1
    refused("a\xC0\x80z", "byte 1:");            // an overlong NUL
    refused("ab\xED\xA0\x80", "byte 2:");        // a surrogate
    refused("\xF4\x90\x80\x80", "byte 0:");      // above U+10FFFF
    refused("\xF0\x9F\x98\x80\x80", "byte 4:");  // a continuation too many
    refused("abc\xF0\x9F\x98", "byte 3:");       // cut off
    CHECK(tokenizer.encode(std::string("a\0b", 3)).ids == Ids{'a', 0, 'b', '|'});
}

TEST_CASE("long runs of one letter are merged to the end", "[tokenize][limits]") {
    const auto tokenizer = Sections{.model = doubling_model()}.tokenizer();
    CHECK(tokenizer.encode(std::string(65536, 'a')).ids == Ids(64, 10));
    CHECK(tokenizer.encode(std::string(1023, 'a')).ids == Ids{9, 8, 7, 6, 5, 4, 3, 2, 1, 0});
}

TEST_CASE("long texts of every awkward kind come through, in time that grows as they do", "[tokenize][limits]") {
    const std::string gpt2 =
        R"({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true})";
    const std::vector<Sections> pipelines{
        {.pre_tokenizer = gpt2, .post_processor = gpt2},
        {.normalizer = bert_normalizer, .pre_tokenizer = R"({"type": "BertPreTokenizer"})"},
        {.normalizer = R"({"type": "NFKC"})", .pre_tokenizer = R"({"type": "Whitespace"})"},
        {.pre_tokenizer = gpt2,
         .model =
             R"({"type": "WordPiece", "unk_token": "?", "continuing_subword_prefix": "",
            "max_input_chars_per_word": 100000,
            "vocab": {"?": 0, "a": 1}})"},
        {.normalizer = R"({"type": "Sequence", "normalizers": [{"type": "NFKD"}, {"type": "StripAccents"},
                           {"type": "NFC"}, {"type": "Nmt"}, {"type": "Lowercase"},
                           {"type": "Replace", "pattern": {"String": " "}, "content": "__"},
                           {"type": "Strip", "strip_left": true, "strip_right": true}, {"type": "ByteLevel"}]})",
         .pre_tokenizer = R"({"type": "UnicodeScripts"})"},
        {.pre_tokenizer = R"({"type": "Sequence", "pretokenizers": [{"type": "Metaspace", "replacement": "_"},
                              {"type": "Digits", "individual_digits": true}, {"type": "CharDelimiterSplit", "delimiter": "!"},
                              {"type": "Punctuation"}]})",
         .post_processor = gpt2},
    };
    for (const auto& sections : pipelines) {
        const auto tokenizer = sections.tokenizer();
        for (const std::string unit :
             {"a", " ", "\n", " \n", "a ", "!", "1", "'", "\xCC\x81", "\xCC\xA3\xCC\x81", "\xCC\x81\xCC\xA3",
              "\xE4\xB8\xAD", "\xEF\xB7\xBA", "\xF0\x9F\x98\x80", "\xED\x95\x9C"}) {
            const auto text = repeat(unit, sextant::max_text_bytes);
            const auto whole = tokenizer.encode(text);
            INFO(text.substr(0, 8) << ", " << sections.normalizer << sections.pre_tokenizer);
            // Eight times the text takes eight times as long, give or take; sixty-four times if time were quadratic.
            CHECK(seconds_for(tokenizer, text) < 24 * seconds_for(tokenizer, repeat(unit, sextant::max_text_bytes / 8)) + 0.01);
            CHECK(whole.ids.size() == whole.tokens_total);
            const auto start = tokenizer.encode(text, 7);
            CHECK(start.tokens_total == whole.tokens_total);
            CHECK(start.ids ==
                  Ids(whole.ids.begin(), whole.ids.begin() + static_cast<std::ptrdiff_t>(start.ids.size())));
        }
    }
}

TEST_CASE("a regex that looks to the end from every place is refused, not waited for", "[tokenize][limits]") {
    // Of these none comes to its end within a second on the fastest processor that was seen: that would be no error.
    for (const std::string regex : {"(?=.*b)a", R"((?=\\p{L}+\\p{N})\\p{L})", R"((?=\\w*\\d)\\w)", ".*b|a", "a(?!a*b|a*c|a*d|a*e)", "(?=[^\\\\n]*b)a", "(?=a*b|a*c|a*d|a*e)"}) {
        const auto tokenizer = Sections{.pre_tokenizer = R"({"type": "Split", "pattern": {"Regex": ")" + regex +
                                                         R"("}, "behavior": "Isolated", "invert": false})"}
                                   .tokenizer();
        INFO(regex);
        CHECK(tokenizer.encode(std::string(1000, 'a')).ids.size() > 1000);
        const auto begin = std::clock();
        expect_error(sextant::ErrorCode::limit, {"pre_tokenizer.pattern.Regex", "takes too long", "shorten"},
                     [&] { (void)tokenizer.encode(std::string(65536, 'a')); });
        CHECK(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC < 5);  // up to half a minute if it were waited for
    }
}

TEST_CASE("a copy shares, and threads may encode together", "[tokenize][threads]") {
    const auto original =
        Sections{.normalizer = bert_normalizer, .pre_tokenizer = R"({"type": "Whitespace"})"}.tokenizer();
    const auto copy = original;
    const std::string text = "Caf\xC3\xA9 \xE4\xB8\xAD\xE6\x96\x87, twice and once more";
    const auto expected = original.encode(text).ids;
    std::vector<int> wrong(4);
    std::vector<std::thread> threads;
    for (auto& mine : wrong)
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i) mine += copy.encode(text).ids != expected;
        });
    for (auto& thread : threads) thread.join();
    CHECK(wrong == std::vector<int>(4, 0));
}
