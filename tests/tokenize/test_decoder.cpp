#include <sextant/tokenize/tokenizer.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "tokenize/support.hpp"

namespace {

// Decodes tokens that are given by their text.
std::string decoded(const std::string& decoder, const std::vector<std::string>& tokens, bool skip_special = false) {
    nlohmann::json vocab;
    Ids ids;
    for (const auto& token : tokens) {
        if (!vocab.contains(token)) vocab[token] = vocab.size();
        ids.push_back(vocab[token].get<std::int64_t>());
    }
    const nlohmann::json model{{"type", "BPE"}, {"vocab", vocab}, {"merges", nlohmann::json::array()}};
    nlohmann::json added = nlohmann::json::array();
    if (vocab.contains("<s>"))
        added.push_back({{"id", vocab["<s>"]}, {"content", "<s>"}, {"single_word", false}, {"lstrip", false},
                         {"rstrip", false}, {"normalized", false}, {"special", true}});
    return Sections{.added_tokens = added.dump(), .decoder = decoder, .model = model.dump()}.tokenizer().decode(ids, skip_special);
}

const std::string metaspace = R"({"type": "Metaspace", "replacement": "_", "prepend_scheme": "always"})";

}  // namespace

TEST_CASE("tokens become text again", "[tokenize][decoder]") {
    CHECK(decoded("null", {"a", "b"}) == "a b");
    CHECK(decoded(R"({"type": "Fuse"})", {"a", "b"}) == "ab");
    CHECK(decoded(metaspace, {"_Hey", "_", "friend_x"}) == "Hey friend x");
    CHECK(decoded(R"({"type": "Metaspace", "replacement": "_", "prepend_scheme": "never"})", {"_Hey", "_you"}) == " Hey you");
    CHECK(decoded(R"({"type": "BPEDecoder", "suffix": "</w>"})", {"lo", "w</w>", "end</w>"}) == "low end");
    CHECK(decoded(R"({"type": "Strip", "content": "_", "start": 1, "stop": 2})", {"__a___", "_"}) == "_a_");
    CHECK(decoded(R"({"type": "Replace", "pattern": {"String": "_"}, "content": " "})", {"_a", "b_"}) == " ab ");
    SECTION("WordPiece glues what continues a word, and mends what tokenizing tore") {
        CHECK(decoded(R"({"type": "WordPiece", "prefix": "##", "cleanup": false})", {"un", "##able", ".", "##"}) == "unable .");
        CHECK(decoded(R"({"type": "WordPiece", "prefix": "##", "cleanup": true})", {"do", "n't", "go", ".", "!"}) == "don't go.!");
    }
    SECTION("CTC joins repeats before it drops what stands between them") {
        CHECK(decoded(R"({"type": "CTC", "pad_token": "-", "word_delimiter_token": "|", "cleanup": true})",
                      {"h", "h", "-", "i", "|", "i", "-", "i"}) == "hi ii");
    }
    SECTION("Llama's sequence") {
        CHECK(decoded(R"({"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "_"}, "content": " "},
                          {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]})",
                      {"_a", "<0xC3>", "<0xA9>", "_b"}) == "a\xC3\xA9 b");
    }
}

TEST_CASE("bytes that are no UTF-8 become U+FFFD", "[tokenize][decoder]") {
    const std::string bad = "\xEF\xBF\xBD";
    CHECK(decoded(R"({"type": "ByteFallback"})", {"<0xE4>", "<0xB8>", "a", "<0x41>"}) == bad + bad + "aA");  // each byte
    const std::string level = R"({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true})";
    CHECK(decoded(level, {"\xC3\xA4\xC2\xB8\xC5\x83", "a"}) == "\xE4\xB8\xAD" "a");
    CHECK(decoded(level, {"\xC3\xA4\xC2\xB8", "\xC3\xB0\xC5\x81\xC4\xBA", "a"}) == bad + bad + "a");  // a start each
    CHECK(decoded(level, {"\xC3\xAD\xC5\x82\xC4\xA2", "\xE2\x82\xAC"}) == bad + bad + bad + "\xE2\x82\xAC");  // a surrogate
}

TEST_CASE("special tokens can be left out, unknown ids cannot", "[tokenize][decoder]") {
    CHECK(decoded(R"({"type": "Fuse"})", {"<s>", "a", "<s>"}, true) == "a");
    CHECK(decoded(R"({"type": "Fuse"})", {"<s>", "a", "<s>"}, false) == "<s>a<s>");
    const auto tokenizer = letter_tokenizer("null");
    expect_error(sextant::ErrorCode::not_found, {"no token", "27"}, [&] { (void)tokenizer.decode(Ids{1, 27}); });
    expect_error(sextant::ErrorCode::not_found, {"-1"}, [&] { (void)tokenizer.decode(Ids{-1}); });
    CHECK(tokenizer.decode(Ids{}).empty());
    CHECK(tokenizer.id_to_token(2) == "b");
    CHECK(tokenizer.id_to_token(27) == std::nullopt);
}

TEST_CASE("a decoder that makes ever more of a text is stopped", "[tokenize][decoder][hostile]") {
    std::string doubling = R"({"type": "Sequence", "decoders": [{"type": "Fuse"})";
    for (int i = 0; i < 40; ++i) doubling += R"(, {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"})";
    doubling += "]}";
    CHECK(decoded(doubling, {"b"}) == "b");
    expect_error(sextant::ErrorCode::limit, {"16 MiB"}, [&] { (void)decoded(doubling, {"a"}); });
}

TEST_CASE("a decoder that is not supported does not spoil the file", "[tokenize][decoder]") {
    const auto tokenizer = Sections{.decoder = R"({"type": "Enigma"})"}.tokenizer();
    CHECK(tokenizer.encode("a").ids == Ids{'a', '|'});
    expect_error(sextant::ErrorCode::unsupported, {"tokenizer.json: decoder", "Enigma"}, [&] { (void)tokenizer.decode(Ids{1}); });
    expect_error(sextant::ErrorCode::unsupported, {"suffix", "empty"},
                 [] { (void)decoded(R"({"type": "BPEDecoder", "suffix": ""})", {"a"}); });
}
