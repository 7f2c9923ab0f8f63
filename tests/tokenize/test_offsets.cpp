#include <sextant/tokenize/tokenizer.hpp>

#include "support/catch.hpp"
#include "tokenize/support.hpp"

namespace {

// The parts of the text that the tokens of a tokenizer stand for: "one| two|".
std::string parts(const sextant::Tokenizer& tokenizer, const std::string& text) {
    std::string shown;
    for (const auto& [begin, end] : tokenizer.encode(text).offsets) shown += text.substr(begin, end - begin) + '|';
    return shown;
}

// Every character that comes out of a normalizer, as what it was.
std::string origins(const std::string& normalizer, const std::string& text) {
    nlohmann::json vocab;
    for (int c = 1; c < 0x80; ++c) vocab[std::string(1, static_cast<char>(c))] = c;
    vocab["?"] = 0;
    const nlohmann::json model{{"type", "BPE"}, {"unk_token", "?"}, {"vocab", vocab}, {"merges", nlohmann::json::array()}};
    return parts(Sections{.normalizer = normalizer, .model = model.dump()}.tokenizer(), text);
}

const std::string e_acute = "\xC3\xA9", acute = "\xCC\x81", ligature = "\xEF\xAC\x81";

}  // namespace

TEST_CASE("tokens know the bytes that they stand for", "[tokenize][offsets]") {
    CHECK(origins("null", "a" + e_acute + "b") == "a|" + e_acute + "|b|");
    SECTION("a word has the bytes of its letters") {
        const auto tokenizer =
            Sections{.pre_tokenizer = R"({"type": "WhitespaceSplit"})",
                     .model = R"({"type": "WordPiece", "unk_token": "?", "continuing_subword_prefix": "##",
                                  "max_input_chars_per_word": 9, "vocab": {"?": 0, "un": 1, "##able": 2}})"}
                .tokenizer();
        CHECK(parts(tokenizer, " unable  " + e_acute + "! ") == "un|able|" + e_acute + "!|");
    }
    SECTION("each byte of a character that fell back has all of it") {
        CHECK(parts(Sections{.model = Sections::bytes_model()}.tokenizer(), e_acute) == e_acute + "|" + e_acute + "|" + e_acute + "|");
    }
}

TEST_CASE("what a normalizer makes stands for what was there", "[tokenize][offsets]") {
    CHECK(origins(R"({"type": "NFKC"})", ligature + "x") == ligature + "|" + ligature + "|x|");
    CHECK(origins(R"({"type": "NFC"})", "ae" + acute + "b") == "a|e|b|");  // as Hugging Face: the first code point
    CHECK(origins(R"({"type": "NFD"})", e_acute + "b") == e_acute + "|" + e_acute + "|b|");
    CHECK(origins(R"({"type": "Lowercase"})", "A\xC4\xB0" "B") == "A|\xC4\xB0|\xC4\xB0|B|");
    CHECK(origins(R"({"type": "Strip", "strip_left": true, "strip_right": true})", "  a ") == "a|");
    CHECK(origins(R"({"type": "Prepend", "prepend": "__"})", "ab") == "a|a|a|b|");
    CHECK(origins(R"({"type": "Prepend", "prepend": ""})", "ab") == "|b|");  // as Hugging Face
    CHECK(origins(R"({"type": "Replace", "pattern": {"String": "abc"}, "content": "xy"})", "-abc-") == "-|c|c|-|");
    CHECK(origins(R"({"type": "Replace", "pattern": {"String": "b"}, "content": ""})", "abc") == "a|c|");
    CHECK(origins(R"({"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
                      "lowercase": true})",
                  "\x07" "A\xE4\xB8\xAD" + e_acute) ==
          "A|\xE4\xB8\xAD|\xE4\xB8\xAD|\xE4\xB8\xAD|" + e_acute + "|");
    CHECK(origins(R"({"type": "Sequence", "normalizers": [{"type": "Replace", "pattern": {"String": " "}, "content": "__"},
                      {"type": "Strip", "strip_left": true, "strip_right": false}, {"type": "NFKC"}]})",
                  "a " + ligature) == "a| | |" + ligature + "|" + ligature + "|");
}

TEST_CASE("added tokens stand for what they took", "[tokenize][offsets]") {
    const Sections sections{
        .normalizer = R"({"type": "Sequence", "normalizers": [{"type": "Lowercase"}, {"type": "Prepend", "prepend": "_"}]})",
        .added_tokens = R"([{"id": 256, "content": "<m>", "single_word": false, "lstrip": true, "rstrip": false,
                             "normalized": false, "special": true}])"};
    const auto encoding = sections.tokenizer().encode("AB  <m>C");
    CHECK(encoding.offsets.at(4) == sextant::Offsets{2, 7});
    CHECK(encoding.offsets.at(5) == sextant::Offsets{7, 8});  // the _ before c
    CHECK(encoding.offsets.at(6) == sextant::Offsets{7, 8});
}

TEST_CASE("ByteLevel and RoBERTa take blanks out of the offsets", "[tokenize][offsets]") {
    const auto words = [](bool trim, bool prefix) {
        nlohmann::json vocab{{"[CLS]", 100}, {"[SEP]", 101}, {"\xC4\xA0", 0}, {"a", 1}, {"b", 2}, {"\xC4\xA0" "a", 3}, {"a\xC4\xA0", 4}};
        const nlohmann::json model{{"type", "BPE"}, {"vocab", vocab}, {"merges", {"\xC4\xA0 a"}}};
        const nlohmann::json level{{"type", "ByteLevel"}, {"add_prefix_space", prefix}, {"trim_offsets", trim}, {"use_regex", true}};
        return Sections{.pre_tokenizer = level.dump(), .post_processor = level.dump(), .model = model.dump()}.tokenizer();
    };
    CHECK(parts(words(false, false), "a a  a") == "a| a| | a|");
    CHECK(parts(words(true, false), "a a  a") == "a|a||a|");
    CHECK(parts(words(true, true), "a a") == "a|a|");   // the first blank was put there
    CHECK(parts(words(true, true), " a a") == " a|a|");  // or might have been
    SECTION("an unknown piece of Unigram is trimmed by its text, not by the name of the unknown") {
        // Places as Hugging Face gives them.
        using Spans = std::vector<sextant::Offsets>;
        for (const std::string unknown : {"<unk>", " u "}) {
            const std::string model = R"({"type": "Unigram", "unk_id": 0, "vocab": [[")" + unknown +
                                      R"(", 0], ["a", -1.5], ["b", -2.25], ["\u2581a", -1]]})";
            const Sections level{.post_processor = R"({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true})",
                                 .model = model};
            CHECK(level.tokenizer().encode("ab a b").offsets == Spans{{0, 1}, {1, 2}, {3, 3}, {3, 4}, {5, 5}, {5, 6}});
            CHECK(level.tokenizer().encode("zz a").offsets == Spans{{0, 2}, {3, 4}});
            CHECK(level.tokenizer().encode(" z  b").offsets == Spans{{1, 2}, {4, 5}});
            CHECK(Sections{.post_processor = roberta, .model = model}.tokenizer().encode("zz a").offsets ==
                  Spans{{0, 0}, {0, 2}, {3, 4}, {0, 0}});
        }
    }
    SECTION("special tokens are of no text and stand for nothing") {
        const auto pair = letter_tokenizer(roberta).encode_pair("ab", "c");
        CHECK(pair.sequence_ids == std::vector<std::int8_t>{-1, 0, 0, -1, -1, 1, -1});
        CHECK(pair.is_special(0));
        CHECK_FALSE(pair.is_special(5));
        CHECK(pair.offsets[6] == sextant::Offsets{0, 0});
        CHECK(pair.offsets[5] == sextant::Offsets{0, 1});
    }
}
