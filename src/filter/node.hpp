// A filter, taken apart.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <sextant/filter/filter.hpp>

#include "filter/words.hpp"

namespace sextant::filter {

using Path = std::vector<std::string>;  ///< names of members, the outermost first

/// The names between the dots of `text`. Throws `invalid_argument` if one is empty.
[[nodiscard]] Path path_of(std::string_view text);

/// What a field holds, as far as filters can tell: arrays flat, of objects only a place; a number that is a 64-bit integer
/// is held as one, so that equal numbers are held alike.
struct Null {
    friend bool operator==(Null, Null) = default;
};
struct Place {
    double lat = 0, lon = 0;
    friend bool operator==(const Place&, const Place&) = default;
};
struct Other {  ///< an object, an array in an array
    friend bool operator==(Other, Other) = default;
};
using Scalar = std::variant<Other, Null, bool, std::int64_t, double, std::string, Place>;
struct Held {
    std::vector<Scalar> elements;  ///< of an array; else the one value
    bool array = false;
    friend bool operator==(const Held&, const Held&) = default;
};

/// What one condition asks of one field that is there.
struct Equal {
    FieldValue value;
};
struct Ordered {
    enum class Relation { less, less_equal, greater, greater_equal } relation;
    FieldValue value;
};
struct OneOf {
    std::vector<FieldValue> values;
};
struct Contains {
    FieldValue value;
};
struct StartsWith {
    std::string prefix;
};
struct Match {
    std::string query;
    std::vector<Phrase> phrases;  ///< of `query`
};
struct Exists {};
struct IsNull {};
using Condition = std::variant<Equal, Ordered, OneOf, Contains, StartsWith, Match, Exists, IsNull, GeoRadius, GeoBox>;

[[nodiscard]] inline Match match(std::string query) {
    auto phrases = phrases_of(query);
    return {std::move(query), std::move(phrases)};
}

/// What a field holds that equals this value; nothing for a moment, which is written in many ways.
[[nodiscard]] std::optional<Held> held_as(const FieldValue& value);

/// Exact; unordered if they are of different types.
[[nodiscard]] std::partial_ordering compare(const Scalar& held, const FieldValue& value);
[[nodiscard]] std::partial_ordering compare(const Scalar& a, const Scalar& b);

/// True if a field that holds this meets the condition.
[[nodiscard]] bool meets(const Held& held, const Condition& condition);

struct OnField {
    Path path;
    Condition condition;
};
struct All {
    std::vector<Filter> of;
};
struct Any {
    std::vector<Filter> of;
};
struct Not {
    Filter of;
};
struct Node {
    std::variant<OnField, All, Any, Not> is;
    int depth = 1;
};

inline constexpr int max_depth = 100;
inline constexpr std::size_t max_expression_bytes = std::size_t{1} << 20;

/// Throws `limit` for a text that is absurdly long, called `what`.
void check_size(std::string_view text, const char* what);

/// Each throws `invalid_argument` or `limit` if that is no filter: a value that is NaN, a place off the Earth, a name
/// that is no UTF-8, more than `max_depth` levels.
[[nodiscard]] Filter on_field(Path path, Condition condition);
[[nodiscard]] Filter all_of(std::vector<Filter> filters);
[[nodiscard]] Filter any_of(std::vector<Filter> filters);
[[nodiscard]] Filter negated(Filter filter);

}  // namespace sextant::filter
