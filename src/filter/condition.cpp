#include <algorithm>
#include <cmath>
#include <compare>
#include <numbers>
#include <optional>

#include "filter/node.hpp"
#include "filter/time.hpp"

namespace sextant::filter {
namespace {

constexpr double earth_radius = 6371008.8;  // metres, the mean (2a + b) / 3 of GRS 80: Moritz, "Geodetic Reference System 1980"

/// Exact: a 64-bit integer need not be a double.
std::partial_ordering compare(std::int64_t a, double b) {
    if (std::isnan(b)) return std::partial_ordering::unordered;
    if (b >= 0x1p63) return std::partial_ordering::less;
    if (b < -0x1p63) return std::partial_ordering::greater;
    const double whole = std::trunc(b);
    if (const auto order = a <=> static_cast<std::int64_t>(whole); order != 0) return order;
    return 0.0 <=> b - whole;
}

std::partial_ordering reversed(std::partial_ordering order) { return 0 <=> order; }

/// Of what a field holds and a value: unordered if they are of different types.
struct Compare {
    std::partial_ordering operator()(bool a, bool b) const { return a <=> b; }
    std::partial_ordering operator()(std::int64_t a, std::int64_t b) const { return a <=> b; }
    std::partial_ordering operator()(std::int64_t a, double b) const { return compare(a, b); }
    std::partial_ordering operator()(double a, std::int64_t b) const { return reversed(compare(b, a)); }
    std::partial_ordering operator()(double a, double b) const { return a <=> b; }
    std::partial_ordering operator()(const std::string& a, const std::string& b) const { return a <=> b; }
    std::partial_ordering operator()(const std::string& a, const Time& b) const {
        const auto moment = read_time(a);
        return moment ? *moment <=> b.microseconds : std::partial_ordering::unordered;
    }
    template <class A, class B>
    std::partial_ordering operator()(const A&, const B&) const {
        return std::partial_ordering::unordered;
    }
};

}  // namespace

std::partial_ordering compare(const Scalar& held, const FieldValue& value) { return std::visit(Compare(), held, value.get()); }
std::partial_ordering compare(const Scalar& a, const Scalar& b) { return std::visit(Compare(), a, b); }

namespace {

double radians(double degrees) { return degrees * (std::numbers::pi / 180); }

/// Along a great circle: the haversine formula.
double metres_between(const Place& a, double lat, double lon) {
    const double by_lat = std::sin(radians(lat - a.lat) / 2), by_lon = std::sin(radians(lon - a.lon) / 2);
    const double h = by_lat * by_lat + std::cos(radians(a.lat)) * std::cos(radians(lat)) * by_lon * by_lon;
    return 2 * earth_radius * std::asin(std::min(1.0, std::sqrt(h)));
}

/// Of a field that holds one value.
struct Meets {
    const Scalar& held;

    bool operator()(const Equal& wanted) const { return compare(held, wanted.value) == 0; }
    bool operator()(const Ordered& wanted) const {
        const auto order = compare(held, wanted.value);
        switch (wanted.relation) {
            case Ordered::Relation::less: return order < 0;
            case Ordered::Relation::less_equal: return order <= 0;
            case Ordered::Relation::greater: return order > 0;
            case Ordered::Relation::greater_equal: return order >= 0;
        }
        return false;
    }
    bool operator()(const OneOf& wanted) const {
        return std::ranges::any_of(wanted.values, [this](const auto& value) { return compare(held, value) == 0; });
    }
    bool operator()(const StartsWith& wanted) const {
        const auto* text = std::get_if<std::string>(&held);
        return text && text->starts_with(wanted.prefix);
    }
    bool operator()(const Match&) const { return false; }  // of a text: `matches`
    bool operator()(const IsNull&) const { return std::holds_alternative<Null>(held); }
    bool operator()(const GeoRadius& disc) const {
        const auto* place = std::get_if<Place>(&held);
        return place && metres_between(*place, disc.lat, disc.lon) <= disc.metres;
    }
    bool operator()(const GeoBox& box) const {
        const auto* place = std::get_if<Place>(&held);
        if (!place || place->lat < box.south || place->lat > box.north) return false;
        return box.west <= box.east ? box.west <= place->lon && place->lon <= box.east
                                    : box.west <= place->lon || place->lon <= box.east;
    }
    bool operator()(const Contains&) const { return false; }
    bool operator()(const Exists&) const { return true; }
};

/// Each phrase has to occur in one of the texts.
bool matches(const Held& held, const Match& wanted) {
    std::vector<std::vector<std::string>> texts;
    for (const auto& element : held.elements)
        if (const auto* text = std::get_if<std::string>(&element)) texts.push_back(words_of(*text));
    return std::ranges::all_of(wanted.phrases, [&](const Phrase& phrase) {
        return std::ranges::any_of(texts, [&](const auto& words) { return phrase.occurs_in(words); });
    });
}

}  // namespace

bool meets(const Held& held, const Condition& condition) {
    if (const auto* wanted = std::get_if<Match>(&condition)) return matches(held, *wanted);
    if (!held.array) return std::visit(Meets{held.elements.front()}, condition);
    if (std::holds_alternative<Exists>(condition)) return true;
    const auto* wanted = std::get_if<Contains>(&condition);
    return wanted && std::ranges::any_of(held.elements, [&](const auto& one) { return compare(one, wanted->value) == 0; });
}

}  // namespace sextant::filter
