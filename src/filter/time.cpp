#include "filter/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace sextant::filter {
namespace {

using namespace std::chrono;

/// Takes its parts from the front of a text.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool done() const { return rest_.empty(); }
    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    /// So many digits; -1 if there are fewer.
    int number(int digits) {
        int value = 0;
        for (int i = 0; i < digits; ++i) {
            if (!digit()) return -1;
            value = 10 * value + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        return value;
    }
    /// Millionths; -1 if there is no digit.
    int fraction() {
        if (!digit()) return -1;
        int value = 0, unit = 100000;
        for (; digit(); rest_.remove_prefix(1), unit /= 10) value += unit * (rest_.front() - '0');
        return value;
    }

private:
    [[nodiscard]] bool digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }

    std::string_view rest_;
};

bool within(int value, int low, int high) { return value >= low && value <= high; }

/// Minutes east of Greenwich.
std::optional<int> offset(Reader& text) {
    if (text.done() || text.take('Z') || text.take('z')) return 0;
    const bool west = text.take('-');
    if (!west && !text.take('+')) return std::nullopt;
    const int hours_off = text.number(2);
    if (!within(hours_off, 0, 23) || !text.take(':')) return std::nullopt;
    const int minutes_off = text.number(2);
    if (!within(minutes_off, 0, 59)) return std::nullopt;
    return (west ? -1 : 1) * (60 * hours_off + minutes_off);
}

}  // namespace

std::optional<std::int64_t> read_time(std::string_view from) {
    Reader text(from);
    const int y = text.number(4);
    if (y < 0 || !text.take('-')) return std::nullopt;
    const int m = text.number(2);
    if (m < 0 || !text.take('-')) return std::nullopt;
    const int d = text.number(2);
    const year_month_day date{year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(std::max(d, 0)))};
    if (!date.ok()) return std::nullopt;
    auto moment = time_point_cast<microseconds>(sys_days(date));
    if (text.done()) return moment.time_since_epoch().count();

    if (!text.take('T') && !text.take('t') && !text.take(' ')) return std::nullopt;
    const int hour = text.number(2);
    if (!within(hour, 0, 23) || !text.take(':')) return std::nullopt;
    const int minute = text.number(2);
    if (!within(minute, 0, 59)) return std::nullopt;
    int second = 0, fraction = 0;
    if (text.take(':')) {
        second = text.number(2);
        if (!within(second, 0, 60)) return std::nullopt;  // 60: a leap second is the first of the next minute
        if (text.take('.') && (fraction = text.fraction()) < 0) return std::nullopt;
    }
    const auto east = offset(text);
    if (!east || !text.done()) return std::nullopt;
    moment += hours(hour) + minutes(minute - *east) + seconds(second) + microseconds(fraction);
    const auto in_utc = year_month_day(floor<days>(moment)).year();
    if (in_utc < year(0) || in_utc > year(9999)) return std::nullopt;
    return moment.time_since_epoch().count();
}

std::string write_time(std::int64_t count) {
    const sys_time<microseconds> moment{microseconds(count)};
    const auto midnight = floor<days>(moment);
    const year_month_day date(midnight);
    const hh_mm_ss time(moment - midnight);
    char text[40];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
    return text;
}

}  // namespace sextant::filter
