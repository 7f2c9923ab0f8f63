// Filters as texts.
#include <sextant/filter/filter.hpp>

#include <string>

#include "filter/random_filter.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using sextant::Filter;

namespace {

bool holds(const std::string& expression, const std::string& payload) { return Filter::parse(expression).matches(payload); }

}  // namespace

TEST_CASE("an expression reads as people mean it") {
    const std::string photo = R"({"year": 2021, "tags": ["dog"], "title": "it's \"big\"", "album": null, "camera": {"iso": 400}, "in": 1, "x-y": 2,
        "taken": "2021-06-01T12:00:00Z", "place": {"lat": 52.5, "lon": 13.4}})";
    for (const char* yes : {"year >= 2020 and (tags contains \"dog\" or not album exists)", "year = 2021", "year==2021 && !(year!=2021)", "year in [2019, 2021]",
                            "title = 'it''s \"big\"'", R"(title = "it's \"big\"")", "title starts with 'it'", "album is null", "album exists", "camera.iso > 3.5e2",
                            "\"camera\".\"iso\" <= 400", "\"in\" = 1", "x-y = +2", "not month exists", "taken < time '2021-06-02'", "taken = time \"2021-06-01T14:00:00+02:00\"",
                            "place within radius(52.5, 13.5, 7000)", "place within box(52, 13, 53, 14)", "year = 1 or year = 2021 and album is null",
                            "not year = 1 and not year = 2", "((((year > -1))))", "  year\n>\t2020  ", "not not year = 2021"})
        CHECK_THAT(std::string(holds(yes, photo) ? "true: " : "false: ") + yes, ContainsSubstring("true: "));
    for (const char* no : {"year < 2021", "tags = 'dog'", "year = '2021'", "not (year = 2021 or year = 1)", "year in []", "place within radius(52.5, 13.5, 6000)",
                           "(year = 2021 or year = 1) and year = 1", "month is null"})
        CHECK_THAT(std::string(holds(no, photo) ? "true: " : "false: ") + no, ContainsSubstring("false: "));
}

TEST_CASE("what is wrong is named, with its place") {
    struct Wrong {
        const char* expression;
        const char* part;
    };
    for (const auto& [expression, part] :
         {Wrong{"", "byte 0: saw the end; expected the name of a field"}, Wrong{"year", "byte 4: saw the end; expected a comparison"},
          Wrong{"year >", "byte 6: saw the end; expected a number"}, Wrong{"year > 1 year < 2", "byte 9: saw \"year\"; expected and, or"},
          Wrong{"(year > 1", "byte 9: saw the end; expected )"}, Wrong{"year ~ 1", "byte 5: \"~\" means nothing"}, Wrong{"year = \"x", "byte 7: this text has no end"},
          Wrong{"year = 'x", "has no end"}, Wrong{R"(year = "\q")", "no text as JSON"}, Wrong{"year = 1e999", "finite"}, Wrong{"year = 12x", "finite"},
          Wrong{"year = null", "is null"}, Wrong{"year in 3", "expected ["}, Wrong{"year in [1 2]", "expected ]"}, Wrong{"year = time 'x'", "no moment"},
          Wrong{"p within radius(1, 2)", "expected ,"}, Wrong{"p within disc(1)", "radius(lat"}, Wrong{"p starts 'x'", "expected with"}, Wrong{"year < true", "no order"},
          Wrong{"and", "comparison"}, Wrong{"year. = 1", "name of a field"}, Wrong{"\xFF = 1", "byte 0: no UTF-8"}})
        expect_error(sextant::ErrorCode::invalid_argument, {part}, [expression = expression] { (void)Filter::parse(expression); });
}

TEST_CASE("what is absurdly deep or long is refused") {
    for (const char* step : {"(", "not ", "!"}) {
        std::string deep;
        for (int i = 0; i < 100'000; ++i) deep += step;
        expect_error(sextant::ErrorCode::limit, {"deep"}, [&] { (void)Filter::parse(deep + "x = 1"); });
    }
    expect_error(sextant::ErrorCode::limit, {"1048576"}, [] { (void)Filter::parse(std::string(2'000'000, ' ')); });
}

TEST_CASE("a long list of conditions is no deep one") {
    std::string many = "x = 0";
    for (int i = 1; i < 10'000; ++i) many += " or x = " + std::to_string(i);
    CHECK(Filter::parse(many).matches(R"({"x": 9999})"));
    CHECK_FALSE(Filter::parse(many).matches(R"({"x": 10000})"));
}

TEST_CASE("what a filter is printed as reads as the same filter") {
    Dice dice(11);
    int met = 0;
    for (int i = 0; i < 2'000; ++i) {
        const auto filter = random_filter::filter(dice);
        const auto text = filter.to_string();
        INFO(text);
        const auto again = Filter::parse(text);
        REQUIRE(again.to_string() == text);
        for (int j = 0; j < 5; ++j) {
            const auto payload = random_filter::payload(dice);
            INFO(payload);
            REQUIRE(again.matches(payload) == filter.matches(payload));
            met += filter.matches(payload);
        }
    }
    CHECK(met > 2'000);
    CHECK(met < 8'000);
}
