#include <sextant/tokenize/tokenizer.hpp>

#include <filesystem>
#include <fstream>
#include <limits>
#include <random>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "tokenize/charsmap_writer.hpp"
#include "tokenize/sentence_piece_writer.hpp"
#include "tokenize/support.hpp"

using namespace sentence_piece;

namespace {

using Spans = std::vector<sextant::Offsets>;

const std::vector<Piece> few{{"<unk>", 0, unknown}, {"<s>", 0, control}, {blank, -2},   {"a", -3},
                             {"b", -3.5},           {"ab", -4},          {blank + "a", -4}};

Model with_bytes(int kind) { return {.pieces = with_byte_pieces(few), .kind = kind, .byte_fallback = true}; }

}  // namespace

TEST_CASE("a SentencePiece model cuts text as it came", "[tokenize][sentence_piece]") {
    const auto tokenizer = Model{.pieces = few}.tokenizer();
    const auto encoding = tokenizer.encode("  ab  a ");
    CHECK(encoding.ids == Ids{2, 5, 6});  // "_ab_a", of which the blanks in between are one
    CHECK(encoding.offsets == Spans{{2, 2}, {2, 4}, {4, 7}});
    CHECK(tokenizer.encode("").ids.empty());
    CHECK(tokenizer.encode("   ").ids.empty());
    CHECK(tokenizer.decode(encoding.ids) == "ab a");
    CHECK(tokenizer.vocabulary_size() == 7);
    CHECK(tokenizer.token_to_id("ab") == 5);
    CHECK(tokenizer.token_to_id("zz") == std::nullopt);
    CHECK(tokenizer.id_to_token(1) == "<s>");
    CHECK(tokenizer.id_to_token(7) == std::nullopt);
    expect_error(sextant::ErrorCode::not_found, {"7"}, [&] { (void)tokenizer.decode(Ids{7}); });
    SECTION("pairs and limits are those of any tokenizer") {
        const auto pair = tokenizer.encode_pair("ab", "a", 2);
        CHECK(pair.ids == Ids{2, 6});
        CHECK(pair.type_ids == std::vector<std::int64_t>{0, 1});
        CHECK(pair.tokens_total == 3);
    }
}

TEST_CASE("SentencePiece and what it does not know", "[tokenize][sentence_piece]") {
    const auto fused = Model{.pieces = few}.tokenizer().encode("xya");
    CHECK(fused.ids == Ids{2, 0, 3});
    CHECK(fused.offsets == Spans{{0, 0}, {0, 2}, {2, 3}});
    for (const int kind : {unigram, bpe, character}) {
        const auto tokenizer = with_bytes(kind).tokenizer();
        const auto encoding = tokenizer.encode("b\xC3\xA9");
        CHECK(encoding.ids == Ids{2, 4, 7 + 0xC3, 7 + 0xA9});
        CHECK(encoding.offsets == Spans{{0, 0}, {0, 1}, {1, 1}, {1, 3}});  // the last byte stands for all
        CHECK(tokenizer.decode(encoding.ids) == "b\xC3\xA9");
        CHECK(tokenizer.decode(Ids{7 + 0xC3, 4}) == "\xEF\xBF\xBD"
                                                    "b");
    }
}

TEST_CASE("the kinds of SentencePiece models", "[tokenize][sentence_piece]") {
    auto pieces = few;
    pieces.push_back({"aab", -1});
    pieces.push_back({blank + "ab", -9});
    CHECK(Model{.pieces = pieces, .kind = unigram}.tokenizer().encode("aab").ids == Ids{2, 7});
    CHECK(Model{.pieces = pieces, .kind = bpe}.tokenizer().encode("aab").ids == Ids{6, 5});  // of equal scores the left one first
    CHECK(Model{.pieces = pieces, .kind = word}.tokenizer().encode("ab a b").ids == Ids{8, 6, 0});
    CHECK(Model{.pieces = pieces, .kind = character}.tokenizer().encode("ab").ids == Ids{2, 3, 4});
    SECTION("BPE takes unused pieces apart again") {
        pieces[5].type = unused;
        CHECK(Model{.pieces = pieces, .kind = bpe}.tokenizer().encode("ab aab").ids == Ids{8, 6, 3, 4});
        pieces[8].text = "other";
        CHECK(Model{.pieces = pieces, .kind = bpe}.tokenizer().encode("bab").ids == Ids{2, 4, 3, 4});
    }
    SECTION("a user-defined symbol is never cut, merged or rewritten") {
        pieces.push_back({"bA", 0, user_defined});
        const Model model{.pieces = pieces, .charsmap = write_charsmap({{"A", "a"}, {"b", "a"}})};
        CHECK(model.tokenizer().encode("bAb").ids == Ids{2, 9, 3});
        CHECK(model.tokenizer().encode("bbA").offsets == Spans{{0, 1}, {1, 3}});
    }
}

TEST_CASE("text that is written like a symbol is unknown", "[tokenize][sentence_piece]") {
    // Ids and places as the Python package 0.2.3 gives them.
    auto pieces = few;
    pieces.insert(pieces.end(), {{"c", 0, control}, {"d", -1, unused}, {"<c>", 0, control}, {blank + "b", -2}});
    SECTION("among words") {
        const auto tokenizer = Model{.pieces = pieces, .kind = word, .add_dummy_prefix = false}.tokenizer();
        CHECK(tokenizer.encode("<s>").ids == Ids{0});
        CHECK(tokenizer.encode("<s> a").ids == Ids{0, 6});
        CHECK(tokenizer.encode("ab <s>").ids == Ids{5, 0});
        const Model blank_behind{.pieces = pieces, .kind = word, .treat_whitespace_as_suffix = true};
        const auto merged = blank_behind.tokenizer().encode("<c> <s> x");
        CHECK(merged.ids == Ids{0, 2});
        CHECK(merged.offsets == Spans{{0, 9}, {9, 9}});
    }
    SECTION("and among characters, where an unused piece is unknown as well") {
        const auto characters = Model{.pieces = pieces, .kind = character}.tokenizer();
        CHECK(characters.encode("acb").ids == Ids{2, 3, 0, 4});
        CHECK(characters.encode("adb").ids == Ids{2, 3, 0, 4});
        const auto merged = characters.encode("cd");
        CHECK(merged.ids == Ids{2, 0});
        CHECK(merged.offsets == Spans{{0, 0}, {0, 2}});
        const auto pairs = Model{.pieces = pieces, .kind = bpe}.tokenizer();
        CHECK(pairs.encode("acb").ids == Ids{6, 0, 4});
        CHECK(pairs.encode("abd").ids == Ids{6, 4, 0});
    }
}

TEST_CASE("a file is opened by what is in it", "[tokenize][sentence_piece]") {
    const auto path = std::filesystem::temp_directory_path() / "sextant-test.model";
    std::ofstream(path, std::ios::binary) << Model{.pieces = few}.bytes();
    CHECK(sextant::Tokenizer::open(path).encode("a").ids == Ids{6});
    std::ofstream(path, std::ios::binary) << "\n \n\n" << Sections{}.json();
    CHECK(sextant::Tokenizer::open(path).encode("a").ids == Ids{'a', '|'});
    std::filesystem::remove(path);
}

TEST_CASE("a SentencePiece model is checked when it is read", "[tokenize][sentence_piece]") {
    using enum sextant::ErrorCode;
    const auto refused = [](const Model& model, const std::string& what) {
        expect_error(corrupt, {"tokenizer.model", what}, [&] { (void)model.tokenizer(); });
    };
    refused({.pieces = {{"a"}}}, "unknown");
    refused({.pieces = {{"<unk>", 0, unknown}, {"u", 0, unknown}}}, "unknown");
    refused({.pieces = {{"<unk>", 0, unknown}, {"a"}, {"b"}, {"a"}}}, "\"a\" stands there twice");
    refused({.pieces = {{"<unk>", 0, unknown}, {""}}}, "piece 1");
    refused({.pieces = {{"<unk>", 0, unknown}, {"\xC3"}}}, "piece 1");
    refused({.pieces = {{"<unk>", 0, unknown}, {"a", std::numeric_limits<float>::quiet_NaN()}}}, "piece 1");
    refused({.pieces = few, .byte_fallback = true}, "byte_fallback is on");
    refused({.pieces = {{"<unk>", 0, unknown}, {"<0x4>", 0, byte}}}, "byte piece");
    refused({.pieces = few, .charsmap = "junk"}, "charsmap");
    expect_error(corrupt, {"x.model"}, [] { (void)sextant::Tokenizer::from_sentence_piece("{}", "x.model"); });
    expect_error(corrupt, {"no pieces"}, [] { (void)sextant::Tokenizer::from_sentence_piece(""); });
    expect_error(limit, {"piece 0", "1024"}, [] {
        (void)Model{.pieces = {{std::string(2000, 'a'), 0, unknown}}}.tokenizer();
    });
}

TEST_CASE("no damaged SentencePiece model does harm", "[tokenize][sentence_piece][hostile]") {
    auto model = with_bytes(bpe);
    model.charsmap = write_charsmap({{"A", "a"}});
    const auto good = model.bytes();
    std::size_t refused = 0;
    const auto attempt = [&refused](const std::string& bytes) {
        try {
            const auto tokenizer = sextant::Tokenizer::from_sentence_piece(bytes);
            const auto ids = tokenizer.encode("ab Aab \xC3\xA9 a").ids;
            (void)tokenizer.decode(ids);
        } catch (const sextant::Error&) {
            ++refused;
        }
    };
    for (std::size_t size = 0; size < good.size(); size += 5) attempt(good.substr(0, size));
    std::mt19937 random(20261121);
    for (int i = 0; i < 1500; ++i) {
        auto bytes = good;
        for (int flips = 0; flips < 3; ++flips) bytes[random() % bytes.size()] = static_cast<char>(random() & 0xFF);
        attempt(bytes);
    }
    CHECK(refused > 1000);
}

TEST_CASE("SentencePiece takes long runs in its stride", "[tokenize][sentence_piece][limits]") {
    for (const int kind : {unigram, bpe}) {
        auto pieces = few;
        std::string run = "aa";
        for (int i = 0; i < 6; ++i, run += run) pieces.push_back({run, static_cast<float>(-5 - i)});
        const auto tokenizer = Model{.pieces = pieces, .kind = kind}.tokenizer();
        CHECK(tokenizer.encode(std::string(65536, 'a')).ids.size() < 1100);
    }
}
