#include <sextant/tokenize/tokenizer.hpp>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "tokenize/support.hpp"

namespace {

sextant::Encoding encode(const std::string& vocab, std::string_view text, const std::string& unknown = "0",
                         const std::string& options = "") {
    const Sections sections{.model =
                                R"({"type": "Unigram", "unk_id": )" + unknown + options + R"(, "vocab": )" + vocab + "}"};
    return sections.tokenizer().encode(text);
}

const std::string letters = R"([["<unk>", 0], ["a", -1.5], ["b", -2.0], ["ab", -3.0], ["abc", -9.0], ["c", -2.5]])";

}  // namespace

TEST_CASE("Unigram takes the cut with the highest score", "[tokenize][unigram]") {
    CHECK(encode(letters, "ab").ids == Ids{3});       // -3 beats -1.5 - 2
    CHECK(encode(letters, "abc").ids == Ids{3, 5});   // -5.5 beats -9
    CHECK(encode(letters, "ba").ids == Ids{2, 1});
    const auto encoding = encode(letters, "abcba");
    CHECK(encoding.ids == Ids{3, 5, 2, 1});
    CHECK(encoding.offsets == std::vector<sextant::Offsets>{{0, 2}, {2, 3}, {3, 4}, {4, 5}});
}

TEST_CASE("of equal scores the longest last piece counts", "[tokenize][unigram]") {
    CHECK(encode(R"([["?", 0], ["a", -1], ["b", -1], ["ab", -2]])", "ab").ids == Ids{3});
    CHECK(encode(R"([["?", 0], ["a", -1], ["b", -1], ["c", -1], ["ab", -1], ["bc", -1]])", "abc").ids == Ids{1, 5});
    SECTION("and scores are rounded as Hugging Face rounds them when it reads the file") {
        // -8 - 3.2834833344751466 is -11.283483334475147; read digits first, that becomes the number below it.
        const std::string near =
            R"([["?", 0], ["ab", -11.283483334475147], ["a", -8.0], ["b", -3.2834833344751466]])";
        CHECK(encode(near, "ab").ids == Ids{2, 3});
    }
    SECTION("of equal pieces the last is meant") {
        CHECK(encode(R"([["?", 0], ["a", -1], ["a", -2]])", "a").ids == Ids{2});
    }
}

TEST_CASE("Unigram and what it does not know", "[tokenize][unigram]") {
    const auto encoding = encode(letters, "axyb");
    CHECK(encoding.ids == Ids{1, 0, 2});  // neighbours are one
    CHECK(encoding.offsets == std::vector<sextant::Offsets>{{0, 1}, {1, 3}, {3, 4}});
    SECTION("it costs ten more than the least likely piece") {
        const std::string vocab = R"([["<unk>", 0], ["a", -1], ["xa", -11.5], ["xaa", -13.25]])";
        CHECK(encode(vocab, "xa").ids == Ids{2});  // -11.5 beats -13.25 - 10 - 1
        CHECK(encode(R"([["<unk>", 0], ["a", 20], ["xa", -1]])", "xa").ids == Ids{0, 1});
        // Ten to the half, as Hugging Face has it: -1 beats -1 - 10 + 9.5, and is beaten by -1 - 10 + 10.5.
        CHECK(encode(R"([["<unk>", 0], ["a", 9.5], ["xa", -1]])", "xa").ids == Ids{2});
        CHECK(encode(R"([["<unk>", 0], ["a", 10.5], ["xa", -1]])", "xa").ids == Ids{0, 1});
    }
    SECTION("together they may be a piece that was too dear") {
        CHECK(encode(R"([["<unk>", 100], ["a", 99], ["xy", 95]])", "axy").ids == Ids{1, 2});
    }
    SECTION("the piece for the unknown is unknown itself") {
        CHECK(encode(R"([["u", 0], ["a", -1]])", "auxa").ids == Ids{1, 0, 1});
    }
    SECTION("bytes stand in for it, if all are there") {
        const std::string vocab = R"([["<unk>", 0], ["a", -1], ["<0xC3>", -2], ["<0xA9>", -3]])";
        const auto bytes = encode(vocab, "a\xC3\xA9", "0", R"(, "byte_fallback": true)");
        CHECK(bytes.ids == Ids{1, 2, 3});
        CHECK(bytes.offsets == std::vector<sextant::Offsets>{{0, 1}, {1, 3}, {1, 3}});
        CHECK(encode(vocab, "a\xC3\xA8", "0", R"(, "byte_fallback": true)").ids == Ids{1, 0});
        CHECK(encode(vocab, "a\xC3\xA9").ids == Ids{1, 0});
    }
    SECTION("without a piece for it only known text can be encoded") {
        CHECK(encode(R"([["a", -1]])", "aa", "null").ids == Ids{0, 0});
        expect_error(sextant::ErrorCode::unsupported, {"unknown", "unk_id"},
                     [] { (void)encode(R"([["a", -1]])", "ab", "null"); });
    }
}

TEST_CASE("a Unigram model is checked when it is read", "[tokenize][unigram]") {
    using enum sextant::ErrorCode;
    const auto refused = [](const std::string& vocab, const std::string& unknown, const std::string& place) {
        expect_error(corrupt, {"tokenizer.json: model." + place}, [&] { (void)encode(vocab, "a", unknown); });
    };
    refused(R"([["a", -1]])", "1", "unk_id");
    refused(R"([["a", -1]])", "-1", "unk_id");
    refused(R"([["a", "-1"]])", "0", "vocab[0][1]");
    refused(R"([["a", -1], ["b"]])", "0", "vocab[1]");
    refused(R"([["a", -1], {"b": 1}])", "0", "vocab[1]");
    refused(R"({"a": -1})", "0", "vocab");
}

TEST_CASE("WordLevel knows whole words", "[tokenize][model]") {
    const auto encode_words = [](const std::string& vocab, std::string_view text) {
        return Sections{.pre_tokenizer = R"({"type": "WhitespaceSplit"})",
                        .model = R"({"type": "WordLevel", "unk_token": "<unk>", "vocab": )" + vocab + "}"}
            .tokenizer()
            .encode(text);
    };
    const auto encoding = encode_words(R"({"one": 7, "<unk>": 3, "two": 5})", "one  ones two");
    CHECK(encoding.ids == Ids{7, 3, 5});
    CHECK(encoding.offsets == std::vector<sextant::Offsets>{{0, 3}, {5, 9}, {10, 13}});
    CHECK(encode_words(R"({"one": 7})", "one").ids == Ids{7});
    expect_error(sextant::ErrorCode::corrupt, {"model.unk_token", "<unk>"},
                 [&] { (void)encode_words(R"({"one": 7})", "two"); });
}
