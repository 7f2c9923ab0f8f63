// Conditions that look for words.
#include <string>
#include <vector>

#include <sextant/filter/filter.hpp>

#include "filter/words.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using sextant::field;
using sextant::Filter;
using sextant::filter::words_of;

using Words = std::vector<std::string>;

TEST_CASE("words are runs of letters and digits, whatever their case, accents and forms") {
    CHECK(words_of("The red dog, don't! 4x4") == Words{"the", "red", "dog", "don", "t", "4x4"});
    CHECK(words_of("CAF\u00c9 cafe\u0301 caf\u00e9") == Words{"cafe", "cafe", "cafe"});
    CHECK(words_of("\u039c\u03ac\u03b9\u03bf\u03c2") == Words{"\u03bc\u03b1\u03b9\u03bf\u03c3"});  // Greek: accent, final sigma
    CHECK(words_of("Stra\u00dfe \ufb01ne \uff21\u00b2") == Words{"strasse", "fine", "a2"});
    CHECK(words_of("") == Words{});
    CHECK(words_of("?! \u2026 --").empty());
    CHECK(words_of("\xff\xfe").empty());
}

TEST_CASE("marks that make another letter are kept") {
    CHECK(words_of("\u0439") != words_of("\u0438"));              // Cyrillic short i, i
    CHECK(words_of("\u0915\u093f") != words_of("\u0915\u0940"));  // Devanagari ki, kii
    CHECK(words_of("\u0915\u093f").size() == 1);
}

TEST_CASE("what only says how a character looks is no part of a word") {
    CHECK(words_of("\u2764\ufe0f \u2600\ufe0f beach") == Words{"beach"});
    CHECK(words_of("1\ufe0f\u20e3") == Words{"1"});
    CHECK(words_of("\u845b\U000e0100\u98fe") == Words{"\u845b", "\u98fe"});
    expect_error(sextant::ErrorCode::invalid_argument, {"no words"}, [] { (void)field("t").match("\u2764\ufe0f"); });
}

TEST_CASE("ideographs and kana are words of their own") {
    CHECK(words_of("\u4e00\u53ea\u72d7cat") == Words{"\u4e00", "\u53ea", "\u72d7", "cat"});
    CHECK(words_of("\u304c\u304b") == Words{"\u304b\u3099", "\u304b"});  // ga, ka
    const auto dog = field("t").match("\u72d7");
    CHECK(dog.matches("{\"t\": \"\u4e00\u53ea\u72d7\"}"));
    CHECK(field("t").match("\"\u53ea\u72d7\"").matches("{\"t\": \"\u4e00\u53ea\u72d7\"}"));
    CHECK_FALSE(field("t").match("\"\u72d7\u53ea\"").matches("{\"t\": \"\u4e00\u53ea\u72d7\"}"));
}

TEST_CASE("all words have to be there, in quotes one behind the other") {
    const std::string payload = R"({"t": "A red hot dog and sausages", "n": 7, "tags": ["Big Dog", "cat", 5]})";
    const auto holds = [&](const char* name, const char* query) { return field(name).match(query).matches(payload); };
    CHECK(holds("t", "dog RED"));
    CHECK_FALSE(holds("t", "red cat"));
    CHECK_FALSE(holds("t", "do"));
    CHECK(holds("t", "\"hot dog\""));
    CHECK_FALSE(holds("t", "\"dog hot\""));
    CHECK_FALSE(holds("t", "\"red dog\""));
    CHECK(holds("t", "saus*"));
    CHECK(holds("t", "\"and saus*\" hot"));
    CHECK_FALSE(holds("t", "\"an* sausages\""));  // only the last word may be a beginning
    CHECK(holds("t", "red \"hot dog\" sau*"));
    CHECK(holds("tags", "dog"));
    CHECK(holds("tags", "cat dog"));
    CHECK_FALSE(holds("tags", "\"dog cat\""));  // in two texts
    CHECK_FALSE(holds("n", "7"));
    CHECK_FALSE(holds("absent", "dog"));
    CHECK((!field("absent").match("dog")).matches(payload));
}

TEST_CASE("a match is written, read and printed") {
    const auto filter = Filter::parse("t match 'red \"hot dog\"'");
    CHECK(filter.to_string() == "\"t\" match \"red \\\"hot dog\\\"\"");
    CHECK(Filter::parse(filter.to_string()).to_string() == filter.to_string());
    CHECK(Filter::from_json(R"({"field": "t", "match": "red \"hot dog\""})").to_string() == filter.to_string());
    CHECK(filter.matches(R"({"t": "RED, and a hot-dog"})"));
}

TEST_CASE("a match without words is refused") {
    for (const char* query : {"", " ", "?!", "\"\"", "*"}) CHECK_THROWS_AS(field("t").match(query), sextant::Error);
    CHECK_THROWS_AS(field("t").match("\xff"), sextant::Error);
    CHECK_THROWS_AS(Filter::parse("t match 7"), sextant::Error);
    CHECK_THROWS_AS(Filter::from_json(R"({"field": "t", "match": ["dog"]})"), sextant::Error);
}
