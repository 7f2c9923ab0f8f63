#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "tokenize/support.hpp"

namespace {

std::string isolate(const std::string& regex) {
    return nlohmann::json{
        {"type", "Split"}, {"pattern", {{"Regex", regex}}}, {"behavior", "Isolated"}, {"invert", false}}
        .dump();
}

}  // namespace

TEST_CASE("regexes mean what they mean in Oniguruma", "[tokenize][regex]") {
    CHECK(cut(isolate(R"(\p{N})"), "a12") == "a|1|2|");
    CHECK(cut(isolate(R"(\s+(?!\S)|\s+)"), "a   b ") == "a|  | |b| |");
    CHECK(cut(isolate(R"((?i:'S|'ll))"), "it's HE'LL") == "it|'s| HE|'LL|");
    CHECK(cut(isolate(R"(^.|.$)"), "ab\ncd") == "a|b|\n|c|d|");         // ^ and $ at every line
    CHECK(cut(isolate(R"(\v)"), "a\x0B\nb") == "a|\x0B|\nb|");          // one character, not a class
    CHECK(cut(isolate(R"(\w+)"), "ae\xCC\x81_-") == "ae\xCC\x81_|-|");  // marks belong to words
    CHECK(cut(isolate(R"(\b)"), "ab cd") == "ab| |cd|");
    CHECK(cut(isolate(R"(\s)"), "a\xE1\xA0\x8E\xC2\x85") ==
          "a\xE1\xA0\x8E|\xC2\x85|");  // U+180E is no space, U+0085 is
    CHECK(cut(isolate(R"([\u0041-\x{42}])"), "ABC") == "A|B|C|");
    CHECK(cut(isolate(R"(\p{Han}+)"), "a\xE4\xB8\xAD\xE3\x80\x81") == "a|\xE4\xB8\xAD|\xE3\x80\x81|");
    CHECK(cut(isolate(R"(\p{L}++)"), "ab1") == "ab|1|");
    SECTION("for letters that PCRE2 may be too old to know") {
        CHECK(cut(isolate(R"(\p{Lu})"), "a\xF0\x90\xB5\x90z") == "a|\xF0\x90\xB5\x90|z|");  // U+10D50, of Unicode 16
        CHECK(cut(isolate(R"(\p{Nd})"), "a\xF0\x91\xBD\x90z") == "a|\xF0\x91\xBD\x90|z|");  // U+11F50, of Unicode 15
    }
}

TEST_CASE("what the two engines read differently is refused by name", "[tokenize][regex]") {
    for (const std::string part :
         {R"(\h)",        R"(\R)",       R"(\X)",        R"(\K)",        R"(\1)",  R"(\k<a>)", R"(\p{Hiragana})",
          R"(\p{Alpha})", "(?m)",        "(?<name>a)",   "(?~a)",        "a(?i)b", "(*FAIL)",  "[a[b]]",
          "[a&&b]",       "[[:alpha:]]", "[]a]",         "a{2}+",        "a{2}?",  "a{,3}",    "a{x",
          R"([\W])",      R"(\xE9)",     "(?i:strasse)", "(?i:\xC3\x9F)"}) {
        INFO(part);
        expect_error(sextant::ErrorCode::unsupported,
                     {"tokenizer.json: pre_tokenizer.pattern.Regex", "the regex has \""},
                     [&] { (void)cut(isolate(part), "a"); });
    }
    for (const std::string broken : {"(", "[a", "a)", "*", R"(\)", "a**", "(?<=a+)b"}) {
        INFO(broken);
        expect_error(sextant::ErrorCode::unsupported, {"pre_tokenizer.pattern.Regex"},
                     [&] { (void)cut(isolate(broken), "a"); });
    }
}

TEST_CASE("a regex that explodes is stopped", "[tokenize][regex]") {
    const auto tokenizer = Sections{.pre_tokenizer = isolate("(?:a+)+$")}.tokenizer();
    CHECK(tokenizer.encode("aaa").tokens_total == 4);
    expect_error(sextant::ErrorCode::limit, {"pre_tokenizer.pattern.Regex", "too long"},
                 [&] { (void)tokenizer.encode(std::string(60, 'a') + "x"); });
    // Each of its searches ends within the limit; all of them together would not end for long.
    const auto many = Sections{.pre_tokenizer = isolate("(?:a|a){16}b|a")}.tokenizer();
    CHECK(many.encode("aab").tokens_total > 0);
    expect_error(sextant::ErrorCode::limit, {"too long"}, [&] { (void)many.encode(std::string(64 << 10, 'a')); });
    expect_error(sextant::ErrorCode::limit, {"16 KiB"}, [&] { (void)cut(isolate(std::string(20000, 'a')), "a"); });
}
