// Conditions on payloads: which records a search may look at.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace sextant {

/// A moment, to compare with a field that holds one as a text: RFC 3339 (`2026-11-27T08:15:00.25Z`,
/// `2026-11-27T09:15+01:00`), or its beginning (`2026-11-27T08:15`, `2026-11-27`); without an offset it is UTC.
struct Time {
    /// Throws `invalid_argument` if it is none.
    explicit Time(std::string_view text);

    std::int64_t microseconds = 0;  ///< since 1970-01-01T00:00:00Z, leap seconds not counted

    friend bool operator==(const Time&, const Time&) = default;
};

/// What a field is compared with.
class FieldValue {
public:
    using Variant = std::variant<bool, std::int64_t, double, std::string, Time>;

    FieldValue(bool value) : value_(value) {}
    template <class Integer>
        requires std::is_integral_v<Integer> && (!std::is_same_v<Integer, bool>)
    FieldValue(Integer value) : value_(whole(value)) {}
    FieldValue(double value) : value_(value) {}
    FieldValue(std::string value) : value_(std::move(value)) {}
    FieldValue(std::string_view value) : value_(std::string(value)) {}
    FieldValue(const char* value) : value_(std::string(value)) {}
    FieldValue(Time value) : value_(value) {}

    [[nodiscard]] const Variant& get() const noexcept { return value_; }

private:
    template <class Integer>
    static Variant whole(Integer value) {
        if (std::in_range<std::int64_t>(value)) return static_cast<std::int64_t>(value);
        return static_cast<double>(value);
    }

    Variant value_;
};

/// A disc on the Earth, taken as a sphere of its mean radius, 6,371,008.8 m (IUGG).
struct GeoRadius {
    double lat = 0, lon = 0;  ///< of the middle, in degrees
    double metres = 0;        ///< along the surface
};

/// Between two parallels and two meridians, in degrees; with `west` > `east` it crosses the 180th meridian.
struct GeoBox {
    double south = 0, west = 0, north = 0, east = 0;
};

namespace filter {
struct Node;
}

/// A condition that a payload meets or does not. A value, cheap to copy; safe to share between threads.
///
/// Every condition is true or false: one on a field that is missing, or of another type, is false, and its negation is
/// true. Numbers are compared by value, whether written `2` or `2.0`; texts by their bytes, which is the order of their
/// code points. Where the field holds an array, `contains` and `match` look at its elements, and all else at the array itself.
class Filter {
public:
    /// Reads what `to_string` writes, and what people do:
    ///     year >= 2020 and (tags contains "dog" or not album exists)
    /// Comparisons `= == != < <= > >=`; `in [a, b]`, `contains v`, `starts with "t"`, `match "w"`, `exists`, `is null`;
    /// `within radius(lat, lon, metres)`, `within box(south, west, north, east)`; `and`, `or`, `not`, also as `&& || !`.
    /// Values: numbers, `true`, `false`, texts in JSON's quotes or in single ones, `time "2026-11-27T08:15:00Z"`.
    /// A field is `name`, `name.of.nested`, or with quotes `"any name".nested`.
    /// Throws `invalid_argument`, naming the byte, and `limit` for what is absurdly long or deep.
    [[nodiscard]] static Filter parse(std::string_view expression);

    /// The same from JSON: `{"field": "year", ">=": 2020}`, several conditions on a field in one object,
    /// `{"and": [...]}`, `{"or": [...]}`, `{"not": ...}`; `"in": [...]`, `"contains"`, `"starts_with"`, `"match"`,
    /// `"exists": true`, `"null": true`, `"within": {"lat", "lon", "metres"}` or `{"south", "west", "north", "east"}`; a moment is
    /// `{"time": "2026-11-27"}`. Throws as `parse`, naming the place as a JSON pointer.
    [[nodiscard]] static Filter from_json(std::string_view json);

    /// An expression that `parse` reads as this filter.
    [[nodiscard]] std::string to_string() const;

    /// True if this payload, a JSON object, meets it. Throws `invalid_argument` if it is none.
    [[nodiscard]] bool matches(std::string_view payload) const;

    friend Filter operator&&(const Filter& a, const Filter& b);
    friend Filter operator||(const Filter& a, const Filter& b);
    friend Filter operator!(const Filter& a);

    explicit Filter(std::shared_ptr<const filter::Node> node) noexcept : node_(std::move(node)) {}
    [[nodiscard]] const filter::Node& node() const noexcept { return *node_; }

private:
    std::shared_ptr<const filter::Node> node_;
};

/// A field of the payload: a member of the object, or with dots a member of a member. Make one with `field`.
class Field {
public:
    /// Each name is taken as it is, dots and all.
    explicit Field(std::vector<std::string> path);

    [[nodiscard]] Filter operator==(const FieldValue& value) const;
    [[nodiscard]] Filter operator!=(const FieldValue& value) const;  ///< `!(field == value)`: also where it is missing
    [[nodiscard]] Filter operator<(const FieldValue& value) const;
    [[nodiscard]] Filter operator<=(const FieldValue& value) const;
    [[nodiscard]] Filter operator>(const FieldValue& value) const;
    [[nodiscard]] Filter operator>=(const FieldValue& value) const;
    [[nodiscard]] Filter in(std::vector<FieldValue> values) const;
    [[nodiscard]] Filter contains(const FieldValue& value) const;  ///< an array with an element that equals it
    [[nodiscard]] Filter starts_with(std::string prefix) const;    ///< a text, byte for byte
    /// A text with these words, or an array of texts that have them: `red "hot dog" sau*` asks for three, of which the second
    /// are two that follow each other and the third begins so. Case, accents of Latin and Greek letters and compatible forms
    /// (Unicode's NFKC) make no difference; an ideograph or kana is a word. Throws `invalid_argument` if there is no word.
    [[nodiscard]] Filter match(std::string words) const;
    [[nodiscard]] Filter exists() const;                           ///< is there, and may be null
    [[nodiscard]] Filter is_null() const;                          ///< is there, and null
    /// An object with the numbers `lat` and `lon`, in degrees.
    [[nodiscard]] Filter within(const GeoRadius& disc) const;
    [[nodiscard]] Filter within(const GeoBox& box) const;

    [[nodiscard]] const std::vector<std::string>& path() const noexcept { return path_; }

private:
    std::vector<std::string> path_;
};

/// The field at `path`, names with dots between them. Throws `invalid_argument` if a name is empty or no UTF-8.
[[nodiscard]] Field field(std::string_view path);

}  // namespace sextant
