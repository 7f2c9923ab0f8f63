// Filters as JSON.
#include <sextant/filter/filter.hpp>

#include <string>

#include "support/catch.hpp"
#include "support/expect_error.hpp"

using sextant::Filter;

TEST_CASE("JSON says the same as an expression") {
    struct Pair {
        const char* json;
        const char* expression;
    };
    for (const auto& [json, expression] :
         {Pair{R"({"field": "year", "==": 2020})", "year = 2020"}, Pair{R"({"field": "year", "<": 2024, ">=": 2020})", "year < 2024 and year >= 2020"},
          Pair{R"({"and": [{"field": "a", "=": "x"}, {"or": [{"field": "b", "!=": true}, {"not": {"field": "c.d", ">": 1.5}}]}]})",
               R"(a = "x" and (not b = true or not c.d > 1.5))"},
          Pair{R"({"field": ["a.b", "c"], "in": [1, "x", false]})", R"("a.b".c in [1, "x", false])"}, Pair{R"({"field": "t", "contains": "dog"})", "t contains 'dog'"},
          Pair{R"({"field": "t", "starts_with": "d"})", "t starts with 'd'"}, Pair{R"({"field": "t", "exists": true})", "t exists"},
          Pair{R"({"field": "t", "exists": false})", "not t exists"}, Pair{R"({"field": "t", "null": true})", "t is null"},
          Pair{R"({"field": "t", "<=": {"time": "2026-11-27"}})", "t <= time '2026-11-27T00:00Z'"},
          Pair{R"({"field": "p", "within": {"lat": 1, "lon": 2, "metres": 3}})", "p within radius(1, 2, 3)"},
          Pair{R"({"field": "p", "within": {"south": 1, "west": 2, "north": 3, "east": 4}})", "p within box(1, 2, 3, 4)"}}) {
        CHECK(Filter::from_json(json).to_string() == Filter::parse(expression).to_string());
    }
}

TEST_CASE("what is wrong in JSON is named, with its place") {
    struct Wrong {
        const char* json;
        const char* part;
    };
    for (const auto& [json, part] :
         {Wrong{"", "no JSON"}, Wrong{"[]", "the outermost object: expected an object"}, Wrong{"{}", "expected an object"}, Wrong{R"({"xor": []})", "expected"},
          Wrong{R"({"and": []})", "/and: expected an array of conditions"}, Wrong{R"({"and": [{"field": "x"}]})", "/and/0: expected a condition"},
          Wrong{R"({"or": [{"field": "x", "~": 1}]})", "/or/0/~: expected one of"}, Wrong{R"({"and": [], "or": []})", "only one"}, Wrong{R"({"field": 1, "=": 1})", "/field: expected a text"},
          Wrong{R"({"field": "x", "=": null})", "/=: expected a number"}, Wrong{R"({"field": "x", "in": 1})", "/in: expected an array"},
          Wrong{R"({"field": "x", "in": [[]]})", "/in/0: expected a number"}, Wrong{R"({"field": "x", "exists": 1})", "true or false"},
          Wrong{R"({"field": "x", "within": {"lat": 1, "lon": 2, "m": 3}})", "\"metres\""}, Wrong{R"({"field": "x", "within": 3})", "lat, lon and metres"},
          Wrong{R"({"field": "x", "=": 1e999})", "no JSON, or a number"}, Wrong{R"({"field": "", "=": 1})", "empty name"}})
        expect_error(sextant::ErrorCode::invalid_argument, {part}, [json = json] { (void)Filter::from_json(json); });
}

TEST_CASE("JSON that is absurdly deep or long is refused") {
    std::string deep;
    for (int i = 0; i < 50'000; ++i) deep += R"({"not":)";
    expect_error(sextant::ErrorCode::limit, {"deep"}, [&] { (void)Filter::from_json(deep + R"({"field":"x","=":1})" + std::string(50'000, '}')); });
    expect_error(sextant::ErrorCode::limit, {"1048576"}, [] { (void)Filter::from_json(std::string(2'000'000, ' ')); });
}
