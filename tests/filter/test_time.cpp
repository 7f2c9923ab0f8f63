// Moments as texts.
#include <optional>

#include "filter/time.hpp"
#include "support/catch.hpp"

using sextant::filter::read_time;
using sextant::filter::write_time;

// The figures: date -u -d TEXT +%s of GNU coreutils.
TEST_CASE("moments of every form") {
    constexpr std::int64_t second = 1'000'000;
    CHECK(read_time("1970-01-01") == 0);
    CHECK(read_time("2026-11-27") == 1'795'737'600 * second);
    CHECK(read_time("2026-11-27T08:15") == 1'795'767'300 * second);
    CHECK(read_time("2026-11-27 08:15:30") == 1'795'767'330 * second);
    CHECK(read_time("2026-11-27t08:15:30z") == 1'795'767'330 * second);
    CHECK(read_time("2026-11-27T09:15:30+01:00") == 1'795'767'330 * second);
    CHECK(read_time("2026-11-26T22:45:30-09:30") == 1'795'767'330 * second);
    CHECK(read_time("2026-11-27T08:15:30.25Z") == 1'795'767'330 * second + 250'000);
    CHECK(read_time("2026-11-27T08:15:30.1234567Z") == 1'795'767'330 * second + 123'456);
    CHECK(read_time("1969-12-31T23:59:59.5Z") == -second / 2);
    CHECK(read_time("2000-02-29") == 951'782'400 * second);
    CHECK(read_time("2016-12-31T23:59:60Z") == 1'483'228'800 * second);  // a leap second
    CHECK(read_time("0001-01-01") == -62'135'596'800 * second);
}

TEST_CASE("what is no moment") {
    for (const char* none : {"", "2026", "2026-11", "2026-11-31", "2026-13-01", "2026-00-01", "2026-01-00", "1900-02-29", "26-11-27", "2026-11-27T", "2026-11-27T08", "2026-11-27T24:00",
                             "2026-11-27T08:60", "2026-11-27T08:15:61", "2026-11-27T08:15:30.", "2026-11-27T08:15+1:00", "2026-11-27T08:15+24:00", "2026-11-27T08:15Zx", "2026-11-27Z",
                             " 2026-11-27", "2026/11/27", "-026-11-27", "9999-12-31T23:59-01:00", "0000-01-01T00:00+01:00"}) {
        INFO(none);
        CHECK(read_time(none) == std::nullopt);
    }
}

TEST_CASE("a moment is written as it is read") {
    for (const char* text : {"1970-01-01T00:00:00.000000Z", "2026-11-27T08:15:30.123456Z", "1969-12-31T23:59:59.999999Z", "0000-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"})
        CHECK(write_time(read_time(text).value()) == text);
}
