#include <sextant/tokenize/tokenizer.hpp>

#include <algorithm>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "tokenize/support.hpp"

namespace {

const std::string words = R"({"type": "WhitespaceSplit"})";

Ids ids(const std::string& model, std::string_view text) {
    return Sections{.pre_tokenizer = words, .model = model}.tokenizer().encode(text).ids;
}

std::string word_piece(const std::string& vocab, int longest = 100, const std::string& prefix = "##") {
    return R"({"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": ")" + prefix +
           R"(", "max_input_chars_per_word": )" + std::to_string(longest) + R"(, "vocab": )" + vocab + "}";
}

std::string bpe(const std::string& vocab, const std::string& merges, const std::string& options = "") {
    return R"({"type": "BPE", )" + options + R"("vocab": )" + vocab + R"(, "merges": )" + merges + "}";
}

}  // namespace

TEST_CASE("WordPiece takes the longest piece first", "[tokenize][model]") {
    const std::string vocab =
        R"({"[UNK]": 0, "un": 1, "unaff": 2, "##aff": 3, "##able": 4, "##a": 5,
            "##ffable": 6, "\u00e9": 7, "##\u00e9": 8})";
    CHECK(ids(word_piece(vocab), "unaffable") == Ids{2, 4});
    CHECK(ids(word_piece(vocab), "una") == Ids{1, 5});
    CHECK(ids(word_piece(vocab), "unaffx una") == Ids{0, 1, 5});  // one bad part spoils the word, and only it
    CHECK(ids(word_piece(vocab), "able") == Ids{0});              // a continuation does not begin a word
    CHECK(ids(word_piece(vocab), "\xC3\xA9\xC3\xA9") == Ids{7, 8});
    SECTION("a word is too long by code points, not by bytes") {
        CHECK(ids(word_piece(vocab, 3), "\xC3\xA9\xC3\xA9\xC3\xA9") == Ids{7, 8, 8});
        CHECK(ids(word_piece(vocab, 3), "unaf") == Ids{0});
    }
    SECTION("without a prefix, and with one that no token has") {
        CHECK(ids(word_piece(R"({"[UNK]": 0, "a": 1, "ab": 2})", 100, ""), "aba") == Ids{2, 1});
        CHECK(ids(word_piece(R"({"[UNK]": 0, "a": 1, "ab": 2})"), "aba") == Ids{0});
    }
    SECTION("the unknown token may be missing until it is needed") {
        CHECK(ids(word_piece(R"({"a": 1})"), "a") == Ids{1});
        expect_error(sextant::ErrorCode::corrupt, {"tokenizer.json: model.unk_token", "[UNK]"},
                     [] { (void)ids(word_piece(R"({"a": 1})"), "ab"); });
    }
}

TEST_CASE("BPE merges by rank, then from the left", "[tokenize][model]") {
    const std::string vocab = R"({"a": 0, "b": 1, "c": 2, "ab": 3, "bc": 4, "abc": 5, "aa": 6})";
    CHECK(ids(bpe(vocab, R"(["a b", "b c"])"), "abc") == Ids{3, 2});
    CHECK(ids(bpe(vocab, R"(["b c", "a b"])"), "abc") == Ids{0, 4});
    CHECK(ids(bpe(vocab, R"([["b", "c"], ["a", "bc"]])"), "abc") == Ids{5});
    CHECK(ids(bpe(vocab, R"(["a a"])"), "aaa aaaa") == Ids{6, 0, 6, 6});
    CHECK(ids(bpe(vocab, R"(["#version: 0.2", "a b"])"), "ab") == Ids{3});
    SECTION("of two merges of one pair the later counts") {
        CHECK(ids(bpe(vocab, R"(["a b", "b c", "a b"])"), "abc") == Ids{0, 4});
    }
    SECTION("a whole word is taken as it is, if so told") {
        CHECK(ids(bpe(vocab, R"(["b c"])", R"("ignore_merges": true, )"), "abc bc abcc") == Ids{5, 4, 0, 4, 2});
    }
    SECTION("holes between the ids do no harm") {
        CHECK(ids(bpe(R"({"a": 7, "b": 2000000000, "ab": 9})", R"(["a b"])"), "abb") == Ids{9, 2000000000});
    }
}

TEST_CASE("a model that does not say its type is told by its fields", "[tokenize][model]") {
    // Hugging Face tries BPE, WordPiece, WordLevel, Unigram in turn; these ids are its own.
    const std::string words_of = R"("unk_token": "a", "vocab": {"a": 0, "b": 1, "##b": 2})";
    const std::string pieces_of = R"(, "continuing_subword_prefix": "##", "max_input_chars_per_word": 9)";
    CHECK(ids(R"({"merges": ["a b"], "vocab": {"a": 0, "b": 1, "ab": 2}})", "ab") == Ids{2});
    CHECK(ids("{" + words_of + R"(, "merges": []})", "bb") == Ids{1, 1});
    CHECK(ids("{" + words_of + pieces_of + "}", "bb") == Ids{1, 2});
    CHECK(ids("{" + words_of + "}", "bb b") == Ids{0, 1});
    CHECK(ids(R"({"unk_id": 0, "vocab": [["a", 0], ["b", -1]]})", "bab") == Ids{1, 0, 1});
    SECTION("what is read is checked as ever") {
        using enum sextant::ErrorCode;
        expect_error(unsupported, {"model", "max_input_chars_per_word"},
                     [&] { (void)ids("{" + words_of + pieces_of + R"(, "merges": []})", "a"); });
        expect_error(corrupt, {"model", "unk_token"}, [] { (void)ids(R"({"vocab": {"a": 0}})", "a"); });
        expect_error(corrupt, {"model", "vocab"}, [] { (void)ids(R"({"merges": []})", "a"); });
        expect_error(corrupt, {"model.type", "string"}, [&] { (void)ids(R"({"type": null, )" + words_of + "}", "a"); });
    }
}

TEST_CASE("BPE marks the middle and the end of words", "[tokenize][model]") {
    const std::string vocab = R"({"l": 0, "o": 1, "w</w>": 2, "lo": 3, "low</w>": 4, "o</w>": 5})";
    CHECK(ids(bpe(vocab, R"(["l o", "lo w</w>"])", R"("end_of_word_suffix": "</w>", )"), "low lo") == Ids{4, 0, 5});
    const std::string middle = R"({"a": 0, "##b": 1, "##c": 2, "##bc": 3, "abc": 4})";
    CHECK(ids(bpe(middle, R"(["##b ##c", "a ##bc"])", R"("continuing_subword_prefix": "##", )"), "abc") == Ids{4});
    expect_error(sextant::ErrorCode::corrupt, {"model.merges", "merge 0", "continuing_subword_prefix"}, [&] {
        (void)ids(bpe(R"({"a": 0, "b": 1, "ab": 2})", R"(["a b"])", R"("continuing_subword_prefix": "##", )"), "ab");
    });
}

TEST_CASE("BPE and what it does not know", "[tokenize][model]") {
    const std::string vocab = R"({"<unk>": 0, "a": 1, "<0xC3>": 2, "<0xA9>": 3})", none = "[]";
    CHECK(ids(bpe(vocab, none), "axxa") == Ids{1, 1});  // no unknown token: left out, as in Hugging Face
    CHECK(ids(bpe(vocab, none, R"("unk_token": "<unk>", )"), "axxa") == Ids{1, 0, 0, 1});
    CHECK(ids(bpe(vocab, none, R"("unk_token": "<unk>", "fuse_unk": true, )"), "axxa xx") == Ids{1, 0, 1, 0});
    const std::string fallback = R"("unk_token": "<unk>", "byte_fallback": true, )";
    CHECK(ids(bpe(vocab, none, fallback), "a\xC3\xA9") == Ids{1, 2, 3});
    CHECK(ids(bpe(vocab, none, fallback), "a\xC3\xA8") == Ids{1, 0});  // one byte is missing: no bytes at all
    CHECK(ids(bpe(vocab, none, fallback),
              "x\xC3\xA9"
              "a") == Ids{2, 3, 0, 1});  // and its place is that of Hugging Face
    CHECK(ids(bpe(vocab, none, R"("unk_token": "<no>", )"), "a") == Ids{1});
    expect_error(sextant::ErrorCode::corrupt, {"model.unk_token", "<no>"},
                 [&] { (void)ids(bpe(vocab, none, R"("unk_token": "<no>", )"), "ab"); });
    expect_error(sextant::ErrorCode::unsupported, {"model.dropout"},
                 [&] { (void)ids(bpe(vocab, none, R"("dropout": 0.1, )"), "a"); });
    CHECK(ids(bpe(vocab, none, R"("dropout": 0.0, "byte_fallback": null, )"), "a") == Ids{1});
}

TEST_CASE("BPE says where its tokens stand, as Hugging Face does", "[tokenize][model]") {
    using Spans = std::vector<sextant::Offsets>;
    const auto places = [](const std::string& model, std::string_view text) {
        return Sections{.model = model}.tokenizer().encode(text).offsets;
    };
    const std::string vocab = R"({"<unk>": 0, "a": 1, "<0xC3>": 2, "<0xA9>": 3, "aa": 4})", merges = R"(["a a"])";
    const std::string fallback = R"("unk_token": "<unk>", "byte_fallback": true, )";
    CHECK(places(bpe(vocab, merges, fallback), "aaa\xC3\xA9") == Spans{{0, 2}, {2, 3}, {3, 5}, {3, 5}});
    // Bytes are written before what is unknown before them, and places follow from the lengths in order.
    CHECK(places(bpe(vocab, merges, fallback), "x\xC3\xA9z") == Spans{{0, 1}, {1, 3}, {1, 3}, {3, 4}});
    CHECK(places(bpe(vocab, merges, R"("unk_token": "<unk>", "fuse_unk": true, )"), "axya") ==
          Spans{{0, 1}, {1, 3}, {3, 4}});
    // What is left out leaves no gap.
    CHECK(places(bpe(vocab, "[]"), "axa") == Spans{{0, 1}, {1, 2}});
}

TEST_CASE("long words and short ones are merged alike", "[tokenize][model]") {
    // 256 letters are merged by scanning, more by a queue.
    const std::string vocab = R"({"a": 0, "b": 1, "ab": 2, "ba": 3, "abba": 4, "aba": 5, "bb": 6})";
    const std::string merges = R"(["b b", "a b", "b a", "ab ba", "ab a"])";
    const auto tokenizer = Sections{.model = bpe(vocab, merges)}.tokenizer();
    std::string word;
    for (unsigned seed = 1; word.size() < 255; seed = seed * 1103515245 + 12345) word += (seed >> 16 & 1) != 0 ? 'a' : 'b';
    auto short_ids = tokenizer.encode(word + "a").ids;
    // Nothing merges with "c".
    auto long_ids = Sections{.model = bpe(R"({"a": 0, "b": 1, "ab": 2, "ba": 3, "abba": 4, "aba": 5, "bb": 6, "c": 7})", merges)}
                        .tokenizer()
                        .encode(word + "ac" + word + "a")
                        .ids;
    const auto middle = std::ranges::find(long_ids, 7);
    REQUIRE(middle != long_ids.end());
    CHECK(Ids(long_ids.begin(), middle) == short_ids);
    CHECK(Ids(middle + 1, long_ids.end()) == short_ids);
}

TEST_CASE("the vocabulary counts and finds", "[tokenize][model]") {
    const auto tokenizer =
        Sections{.added_tokens = R"([{"id": 2, "content": "<new>", "single_word": false, "lstrip": false,
                                        "rstrip": false, "normalized": false, "special": true}])",
                 .model = bpe(R"({"a": 0, "b": 1})", "[]")}
            .tokenizer();
    CHECK(tokenizer.vocabulary_size() == 3);
    CHECK(tokenizer.token_to_id("b") == 1);
    CHECK(tokenizer.token_to_id("<new>") == 2);
    CHECK(tokenizer.token_to_id("c") == std::nullopt);
    CHECK(tokenizer.token_to_id("") == std::nullopt);
}
