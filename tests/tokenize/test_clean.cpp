#include <sextant/tokenize/clean.hpp>

#include <chrono>
#include <string>

#include "support/catch.hpp"
#include "support/expect_error.hpp"

using sextant::clean_text;
using sextant::TextCleaning;
using sextant::unescape_html;

TEST_CASE("character references of HTML become characters", "[tokenize][clean]") {
    CHECK(unescape_html("a &amp; b &lt;c&gt; &quot;") == "a & b <c> \"");
    CHECK(unescape_html("&eacute;&Eacute;&nbsp;") == "\xC3\xA9\xC3\x89\xC2\xA0");
    CHECK(unescape_html("&NotEqualTilde;") == "\xE2\x89\x82\xCC\xB8");  // two code points
    SECTION("a semicolon may be missing after old names, and only after those") {
        CHECK(unescape_html("&ampx &copy2 &notit;") == "&x \xC2\xA9" "2 \xC2\xACit;");
        CHECK(unescape_html("&hellip &hellip;") == "&hellip \xE2\x80\xA6");
    }
    SECTION("numbers, with what browsers make of bad ones") {
        CHECK(unescape_html("&#65;&#x42;&#X43&#100x") == "ABCdx");
        CHECK(unescape_html("&#128;&#0;&#xD800;&#x110000;&#99999999999999999999;") ==
              "\xE2\x82\xAC\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
        CHECK(unescape_html("a&#1;b") == "ab");
    }
    SECTION("all else stays") {
        CHECK(unescape_html("& && &; &# &#x; &nosuchname; &") == "& && &; &# &#x; &nosuchname; &");
    }
}

TEST_CASE("texts are cleaned as open_clip does", "[tokenize][clean]") {
    const std::string text = "  A&amp;lt;B\t \xE3\x80\x80 it's_ON\x1C!\n";
    CHECK(clean_text(text, TextCleaning::none) == text);
    CHECK(clean_text(text, TextCleaning::whitespace) == "A<B it's_ON !");
    CHECK(clean_text(text, TextCleaning::clip) == "a<b it's_on !");
    CHECK(clean_text(text, TextCleaning::canonicalize) == "ab its on");
    expect_error(sextant::ErrorCode::invalid_argument, {"UTF-8", "byte 1"},
                 [] { (void)clean_text("a\xFF", TextCleaning::clip); });
}

TEST_CASE("captions are cleaned as BLIP does", "[tokenize][clean]") {
    const auto clean = [](const std::string& text) { return clean_text(text, TextCleaning::blip); };
    CHECK(clean("A man, (riding) a \"Bike\"!\n\n") == "a man, riding a bike");
    CHECK(clean("one\ttab stays,  two\t\tdo not") == "one\ttab stays, two do not");
    CHECK(clean("&amp; _ ? '-'") == "&amp _ ? '-'");
    CHECK(clean("!!!").empty());
    std::string words, fifty;
    for (int i = 0; i < 60; ++i) {
        words.append("w").append(std::to_string(i)).append(" ");
        if (i == 49) fifty = words.substr(0, words.size() - 1);
    }
    CHECK(clean(words) == fifty);
}

TEST_CASE("lower case has the final sigma of Python", "[tokenize][clean]") {
    const auto lower = [](const std::string& text) { return clean_text(text, TextCleaning::clip); };
    const std::string capital = "\xCE\xA3", small = "\xCF\x83", final = "\xCF\x82";
    CHECK(lower("A" + capital) == "a" + final);
    CHECK(lower("A" + capital + "B") == "a" + small + "b");
    CHECK(lower(capital) == small);
    CHECK(lower("A" + capital + capital) == "a" + small + final);
    CHECK(lower("A'" + capital + "'") == "a'" + final + "'");     // apostrophes have no say
    CHECK(lower("A" + capital + "'B") == "a" + small + "'b");
    CHECK(lower("1" + capital + " A" + capital + "1") == "1" + small + " a" + final + "1");
    CHECK(lower("\xC4\xB0") == "i\xCC\x87");
}

TEST_CASE("cleaning takes linear time", "[tokenize][clean]") {
    for (const std::string unit : {"&", "&a", "&#", "&#1", "'", " ", "\xCE\xA3", "&amp;", "&\xCE\xA3", "A'\xCE\xA3"}) {
        std::string text;
        while (text.size() < 65'000) text += unit;
        const auto start = std::chrono::steady_clock::now();
        (void)clean_text(text, TextCleaning::clip);
        (void)clean_text(text, TextCleaning::blip);
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
    }
}
