// What each condition means.
#include <sextant/filter/filter.hpp>

#include <limits>
#include <string>

#include "support/catch.hpp"
#include "support/expect_error.hpp"

using sextant::field;
using sextant::Filter;
using sextant::Time;

namespace {

const std::string photo = R"({"year": 2021, "rating": 4.5, "title": "Dogs, large", "tags": ["dog", "park", 7], "album": null,
    "camera": {"maker": "Leica", "iso": 400}, "private": false, "a.b": 1, "taken": "2021-06-01T12:00:00+02:00",
    "place": {"lat": 52.5163, "lon": 13.3777}})";

}  // namespace

TEST_CASE("numbers are compared by value") {
    CHECK((field("year") == 2021).matches(photo));
    CHECK((field("year") == 2021.0).matches(photo));
    CHECK((field("rating") > 4).matches(photo));
    CHECK((field("rating") < 5).matches(photo));
    CHECK_FALSE((field("rating") >= 4.6).matches(photo));
    CHECK((field("year") <= 2021).matches(photo));
    CHECK_FALSE((field("year") < 2021).matches(photo));
    CHECK((field("year") != 2020).matches(photo));
}

TEST_CASE("whole numbers that no double holds are still told apart") {
    const std::string payload = R"({"id": 9007199254740993})";  // 2^53 + 1
    CHECK((field("id") == std::int64_t{9007199254740993}).matches(payload));
    CHECK_FALSE((field("id") == 9007199254740992.0).matches(payload));
    CHECK((field("id") > 9007199254740992.0).matches(payload));
    CHECK_FALSE((field("id") == std::int64_t{9007199254740992}).matches(payload));
    CHECK((field("big") > std::numeric_limits<std::int64_t>::max()).matches(R"({"big": 18446744073709551615})"));
    CHECK((field("big") < 1e300).matches(R"({"big": 9223372036854775807})"));
    CHECK((field("small") > -1e300).matches(R"({"small": -9223372036854775808})"));
    CHECK((field("small") < -0.5).matches(R"({"small": -1})"));
    CHECK((field("small") > -1.5).matches(R"({"small": -1})"));
}

TEST_CASE("texts are compared by their bytes") {
    CHECK((field("title") == "Dogs, large").matches(photo));
    CHECK((field("title") < "Dogs, small").matches(photo));
    CHECK((field("title") > "Dogs").matches(photo));
    CHECK(field("title").starts_with("Dogs").matches(photo));
    CHECK(field("title").starts_with("").matches(photo));
    CHECK_FALSE(field("title").starts_with("dogs").matches(photo));
    CHECK((field("t") == "caf\xC3\xA9").matches(R"({"t": "caf\u00e9"})"));
}

TEST_CASE("another type equals nothing, and is no less and no more") {
    for (const auto& none : {field("year") == "2021", field("title") == 1, field("title") > 1, field("private") == 0, field("album") == false, field("tags") == "dog",
                             field("camera") == "Leica", field("album") < 1, field("tags").starts_with("d"), field("year").contains(2021)}) {
        CHECK_FALSE(none.matches(photo));
        CHECK((!none).matches(photo));
    }
}

TEST_CASE("a field that is missing meets no condition, and every negation") {
    CHECK_FALSE((field("month") == 6).matches(photo));
    CHECK((field("month") != 6).matches(photo));
    CHECK_FALSE(field("month").exists().matches(photo));
    CHECK_FALSE(field("month").is_null().matches(photo));
    CHECK_FALSE(field("year.month").exists().matches(photo));
    CHECK_FALSE(field("tags.dog").exists().matches(photo));
}

TEST_CASE("null is there, and nothing else") {
    CHECK(field("album").exists().matches(photo));
    CHECK(field("album").is_null().matches(photo));
    CHECK_FALSE(field("year").is_null().matches(photo));
}

TEST_CASE("fields of fields, and names with dots") {
    CHECK((field("camera.maker") == "Leica").matches(photo));
    CHECK((sextant::Field({"a.b"}) == 1).matches(photo));
    CHECK_FALSE((field("a.b") == 1).matches(photo));
    CHECK(field("camera").exists().matches(photo));
}

TEST_CASE("lists") {
    CHECK(field("tags").contains("dog").matches(photo));
    CHECK(field("tags").contains(7.0).matches(photo));
    CHECK_FALSE(field("tags").contains("do").matches(photo));
    CHECK(field("year").in({2019, 2021}).matches(photo));
    CHECK(field("title").in({1, "Dogs, large"}).matches(photo));
    CHECK_FALSE(field("year").in({}).matches(photo));
    CHECK_FALSE(field("tags").contains("x").matches(R"({"tags": []})"));
}

TEST_CASE("and, or, not") {
    const auto yes = field("year") == 2021, no = field("year") == 1;
    CHECK((yes && yes && yes).matches(photo));
    CHECK_FALSE((yes && no).matches(photo));
    CHECK((no || yes).matches(photo));
    CHECK_FALSE((no || no).matches(photo));
    CHECK(((no && yes) || yes).matches(photo));
    CHECK((!no && !(no && yes)).matches(photo));
}

TEST_CASE("moments are compared as moments, whatever their offsets") {
    CHECK((field("taken") == Time("2021-06-01T10:00:00Z")).matches(photo));
    CHECK((field("taken") < Time("2021-06-01T10:00:00.000001Z")).matches(photo));
    CHECK((field("taken") >= Time("2021-06-01")).matches(photo));
    CHECK_FALSE((field("taken") < Time("2021-06-01")).matches(photo));
    CHECK_FALSE((field("title") > Time("2021-06-01")).matches(photo));
    CHECK_FALSE((field("year") > Time("1970-01-01")).matches(photo));
}

// Berlin's Brandenburg Gate to the TV tower: 2.2 km; to Paris' Notre-Dame 878 km (great circle).
TEST_CASE("places") {
    CHECK(field("place").within(sextant::GeoRadius{52.5208, 13.4094, 2250}).matches(photo));
    CHECK_FALSE(field("place").within(sextant::GeoRadius{52.5208, 13.4094, 2150}).matches(photo));
    CHECK(field("place").within(sextant::GeoRadius{48.853, 2.3499, 880e3}).matches(photo));
    CHECK_FALSE(field("place").within(sextant::GeoRadius{48.853, 2.3499, 870e3}).matches(photo));
    CHECK(field("place").within(sextant::GeoBox{52, 13, 53, 14}).matches(photo));
    CHECK_FALSE(field("place").within(sextant::GeoBox{52, 14, 53, 13}).matches(photo));
    CHECK(field("p").within(sextant::GeoBox{-20, 170, -10, -170}).matches(R"({"p": {"lat": -17.7, "lon": 178}})"));
    CHECK(field("p").within(sextant::GeoRadius{-17.7, -179.9, 30e3}).matches(R"({"p": {"lat": -17.7, "lon": 179.9}})"));
    CHECK_FALSE(field("camera").within(sextant::GeoBox{-90, -180, 90, 180}).matches(photo));
}

TEST_CASE("of two members with one name the last counts") { CHECK((field("n") == 2).matches(R"({"n": 1, "n": 2})")); }

TEST_CASE("what is no condition is refused") {
    const auto refused = [](auto make, const std::string& part) { expect_error(sextant::ErrorCode::invalid_argument, {part}, make); };
    refused([] { (void)(field("x") == std::numeric_limits<double>::quiet_NaN()); }, "infinite or NaN");
    refused([] { (void)(field("x") < std::numeric_limits<double>::infinity()); }, "infinite or NaN");
    refused([] { (void)(field("x") < true); }, "have no order");
    refused([] { (void)(field("x") == "\xFF"); }, "no UTF-8 at byte 0");
    refused([] { (void)field("a..b"); }, "empty name");
    refused([] { (void)sextant::Field(std::vector<std::string>{}).exists(); }, "no name");
    refused([] { (void)field("p").within(sextant::GeoRadius{91, 0, 1}); }, "lat is 91");
    refused([] { (void)field("p").within(sextant::GeoRadius{0, 0, -1}); }, "radius");
    refused([] { (void)field("p").within(sextant::GeoBox{1, 0, 0, 0}); }, "south");
    refused([] { (void)Time("yesterday"); }, "RFC 3339");
    refused([] { (void)(field("x") == 1).matches("[1]"); }, "no JSON object");
}

TEST_CASE("conditions do not lie endlessly deep in each other") {
    auto deep = field("x") == 1;
    expect_error(sextant::ErrorCode::limit, {"deep"}, [&] {
        for (int i = 0; i < 1000; ++i) deep = !deep;
    });
}
