#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "tokenize/support.hpp"

namespace {

// One added token; `flags` has letters of: l(strip) r(strip) w(ord) n(ormalized) s(pecial).
nlohmann::json token(const std::string& content, int id, std::string_view flags = "") {
    const auto has = [flags](char flag) { return flags.find(flag) != std::string_view::npos; };
    return {{"id", id},           {"content", content},      {"lstrip", has('l')},
            {"rstrip", has('r')}, {"single_word", has('w')}, {"normalized", has('n')},
            {"special", has('s')}};
}

std::string found(const std::vector<nlohmann::json>& tokens, std::string_view text,
                  const std::string& normalizer = "null") {
    return pieces_of({.normalizer = normalizer, .added_tokens = nlohmann::json(tokens).dump()}, text);
}

const std::string lowercase = R"({"type": "Lowercase"})";

}  // namespace

TEST_CASE("added tokens are cut out first", "[tokenize][added]") {
    CHECK(found({token("<m>", 256)}, "a<m>b<m><m>") == "a|{256}b|{256}{256}");
    CHECK(found({token("<m>", 256), token("<m>>", 257), token("<", 258)}, "<m>><m<m>") ==
          "{257}{258}m|{256}");  // the longest
    CHECK(found({token("aa", 256)}, "aaaaa") == "{256}{256}a|");
    CHECK(found({token("<m>", 256)}, "").empty());
    SECTION("one that the model has keeps the model's id") {
        CHECK(found({token("<0x41>", 65)}, "<0x41>") == "A");
        expect_error(sextant::ErrorCode::unsupported, {"added_tokens[0]", "<0x41>", "66", "65"},
                     [] { (void)found({token("<0x41>", 66)}, ""); });
    }
    SECTION("others count on from the end of the vocabulary, or are refused") {
        expect_error(sextant::ErrorCode::unsupported, {"added_tokens[1]", "<n>", "300", "257"},
                     [] { (void)found({token("<m>", 256), token("<n>", 300)}, ""); });
        expect_error(sextant::ErrorCode::unsupported, {"added_tokens[1]", "second time"},
                     [] { (void)found({token("<0x41>", 65), token("<0x41>", 65)}, ""); });
        expect_error(sextant::ErrorCode::unsupported, {"added_tokens[0]", "without content"},
                     [] { (void)found({token("", 256)}, ""); });
    }
}

TEST_CASE("new added tokens count on from the number of tokens, not from the highest id", "[tokenize][added]") {
    // Hugging Face 0.22.2 gives <y> the id 3, and would say so in the file that it writes.
    const auto read = [](const std::vector<nlohmann::json>& tokens) {
        const std::string model = R"({"type": "BPE", "merges": [], "vocab": {"a": 0, "b": 7, "<x>": 9}})";
        return Sections{.added_tokens = nlohmann::json(tokens).dump(), .model = model}.tokenizer();
    };
    const auto tokenizer = read({token("<x>", 9), token("<y>", 3), token("<z>", 4)});
    CHECK(tokenizer.encode("a<x>b<y><z>").ids == Ids{0, 9, 7, 3, 4});
    CHECK(tokenizer.id_to_token(3) == "<y>");
    expect_error(sextant::ErrorCode::unsupported, {"added_tokens[1]", "<y>", "10", "3"},
                 [&] { (void)read({token("<x>", 9), token("<y>", 10)}); });
}

TEST_CASE("added tokens take whitespace along", "[tokenize][added]") {
    CHECK(found({token("<m>", 256, "l")}, "a \t<m> b") == "a|{256} b|");
    CHECK(found({token("<m>", 256, "r")}, "a <m>\xE2\x80\x83 b") == "a |{256}b|");
    CHECK(found({token("<m>", 256, "lr")}, "  <m>  <m>  ") == "{256}{256}");
    SECTION("a blank that was taken may still be a token, as in Hugging Face") {
        CHECK(found({token("<m>", 256, "r"), token(" ", 257)}, "<m>  x") == "{256}{257}{257}x|");
    }
}

TEST_CASE("added tokens that must stand alone", "[tokenize][added]") {
    CHECK(found({token("cat", 256, "w")}, "cat concat cats cat's _cat (cat)") ==
          "{256} concat cats |{256}'s _cat (|{256})|");
    CHECK(found({token("cat", 256, "w")},
                "\xC3\xA9"
                "cat cat\xCC\x81") ==
          "\xC3\xA9"
          "cat cat\xCC\x81|");
    CHECK(found({token("cat", 256, "w"), token("at", 257)}, "concat at") == "concat |{257}");  // passed over whole
}

TEST_CASE("added tokens in normalised text", "[tokenize][added]") {
    CHECK(found({token("Cat", 256, "n")}, "Cat CAT cat", lowercase) == "{256} |{256} |{256}");
    CHECK(found({token("Cat", 256)}, "Cat CAT cat", lowercase) == "{256} cat cat|");
    CHECK(found({token("Cat", 256, "s"), token("cat", 257, "n")}, "CatCAT", lowercase) == "{256}{257}");
    SECTION("of two that become the same the special one counts, else the first") {
        CHECK(found({token("CAT", 256, "n"), token("cat", 257, "n")}, "cat", lowercase) == "{256}");
        CHECK(found({token("CAT", 256, "n"), token("cat", 257, "ns")}, "cat", lowercase) == "{257}");
    }
    SECTION("each stretch between raw tokens is normalised on its own") {
        CHECK(found({token("<m>", 256)}, "a<m>b", R"({"type": "Prepend", "prepend": "_"})") == "_a|{256}_b|");
    }
    SECTION("one that becomes nothing is refused") {
        expect_error(sextant::ErrorCode::unsupported, {"added_tokens", "nothing"}, [] {
            (void)found({token(" ", 256, "n")}, "", R"({"type": "Strip", "strip_left": true, "strip_right": true})");
        });
    }
}
