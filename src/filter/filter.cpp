#include <sextant/filter/filter.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

#include <sextant/core/error.hpp>
#include <sextant/core/utf8.hpp>

#include "filter/node.hpp"
#include "filter/payload.hpp"
#include "filter/time.hpp"

namespace sextant {
namespace filter {
namespace {

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorCode::invalid_argument, "filter: " + what); }

Filter made(decltype(Node::is) is, int depth) {
    if (depth > max_depth)
        throw Error(ErrorCode::limit, "filter: conditions lie more than " + std::to_string(max_depth) + " deep in each other");
    return Filter(std::make_shared<const Node>(Node{std::move(is), depth}));
}

int deepest(const std::vector<Filter>& filters) {
    int depth = 0;
    for (const auto& one : filters) depth = std::max(depth, one.node().depth);
    return depth;
}

void check_text(const std::string& text, const char* what) {
    if (const auto at = first_invalid_utf8(text)) refuse(std::string(what) + " is no UTF-8 at byte " + std::to_string(*at));
}

void check(const FieldValue& value) {
    if (const auto* number = std::get_if<double>(&value.get()); number && !std::isfinite(*number)) refuse("a value is infinite or NaN, as no field is");
    if (const auto* text = std::get_if<std::string>(&value.get())) check_text(*text, "a value");
}

void check_degrees(double value, double limit, const char* name) {
    if (!(std::abs(value) <= limit))
        refuse(std::string(name) + " is " + std::to_string(value) + "; expected degrees from " + std::to_string(-limit) + " to " + std::to_string(limit));
}

struct Check {
    void operator()(const Equal& condition) const { check(condition.value); }
    void operator()(const Contains& condition) const { check(condition.value); }
    void operator()(const OneOf& condition) const {
        for (const auto& value : condition.values) check(value);
    }
    void operator()(const Ordered& condition) const {
        check(condition.value);
        if (std::holds_alternative<bool>(condition.value.get())) refuse("true and false have no order: compare them with == or !=");
    }
    void operator()(const StartsWith& condition) const { check_text(condition.prefix, "a prefix"); }
    void operator()(const Match& condition) const {
        check_text(condition.query, "a query");
        if (condition.phrases.empty()) refuse("a query has no words: " + condition.query.substr(0, 100));
    }
    void operator()(const GeoRadius& disc) const {
        check_degrees(disc.lat, 90, "lat");
        check_degrees(disc.lon, 180, "lon");
        if (!(disc.metres >= 0)) refuse("a radius is " + std::to_string(disc.metres) + " m; expected 0 or more");
    }
    void operator()(const GeoBox& box) const {
        check_degrees(box.south, 90, "south");
        check_degrees(box.north, 90, "north");
        check_degrees(box.west, 180, "west");
        check_degrees(box.east, 180, "east");
        if (box.south > box.north) refuse("a box's south is north of its north");
    }
    void operator()(const Exists&) const {}
    void operator()(const IsNull&) const {}
};

}  // namespace

void check_size(std::string_view text, const char* what) {
    if (text.size() > max_expression_bytes)
        throw Error(ErrorCode::limit, "filter: " + std::string(what) + " of " + std::to_string(text.size()) + " bytes; at most " +
                                          std::to_string(max_expression_bytes) + " are read");
}

Path path_of(std::string_view text) {
    Path names(1);
    for (const char c : text) {
        if (c == '.') names.emplace_back();
        else names.back() += c;
    }
    if (std::ranges::find(names, "") != names.end()) refuse("\"" + std::string(text.substr(0, 100)) + "\" has an empty name between its dots");
    return names;
}

Filter on_field(Path path, Condition condition) {
    if (path.empty()) refuse("a field has no name");
    for (const auto& name : path) check_text(name, "the name of a field");
    std::visit(Check(), condition);
    return made(OnField{std::move(path), std::move(condition)}, 1);
}

Filter all_of(std::vector<Filter> filters) {
    const int depth = deepest(filters) + 1;
    return made(All{std::move(filters)}, depth);
}

Filter any_of(std::vector<Filter> filters) {
    const int depth = deepest(filters) + 1;
    return made(Any{std::move(filters)}, depth);
}

Filter negated(Filter of) {
    const int depth = of.node().depth + 1;
    return made(Not{std::move(of)}, depth);
}

namespace {

struct Matches {
    const Payload& payload;

    bool operator()(const OnField& one) const {
        const auto held = payload.at(one.path);
        return held && meets(*held, one.condition);
    }
    bool operator()(const All& all) const { return std::ranges::all_of(all.of, *this); }
    bool operator()(const Any& any) const { return std::ranges::any_of(any.of, *this); }
    bool operator()(const Not& negation) const { return !(*this)(negation.of); }
    bool operator()(const Filter& one) const { return std::visit(*this, one.node().is); }
};

/// The members of `filter`, if it is such a list, or itself: `a && b && c` is one list of three.
template <class List>
std::vector<Filter> members(const Filter& filter) {
    if (const auto* list = std::get_if<List>(&filter.node().is)) return list->of;
    return {filter};
}

template <class List>
std::vector<Filter> joined(const Filter& a, const Filter& b) {
    auto list = members<List>(a);
    std::ranges::copy(members<List>(b), std::back_inserter(list));
    return list;
}

}  // namespace
}  // namespace filter

Time::Time(std::string_view text) {
    const auto moment = filter::read_time(text);
    if (!moment)
        throw Error(ErrorCode::invalid_argument, "\"" + std::string(text.substr(0, 100)) + "\" is no moment; expected one as 2026-11-27 or 2026-11-27T08:15:00Z (RFC 3339)");
    microseconds = *moment;
}

bool Filter::matches(std::string_view payload) const {
    const auto read = filter::Payload::read(payload);
    if (!read) throw Error(ErrorCode::invalid_argument, "filter: the payload is no JSON object");
    return filter::Matches{*read}(*this);
}

Filter operator&&(const Filter& a, const Filter& b) { return filter::all_of(filter::joined<filter::All>(a, b)); }
Filter operator||(const Filter& a, const Filter& b) { return filter::any_of(filter::joined<filter::Any>(a, b)); }
Filter operator!(const Filter& a) { return filter::negated(a); }

Field::Field(std::vector<std::string> path) : path_(std::move(path)) {}

Filter Field::operator==(const FieldValue& value) const { return filter::on_field(path_, filter::Equal{value}); }
Filter Field::operator!=(const FieldValue& value) const { return !(*this == value); }
Filter Field::operator<(const FieldValue& value) const { return filter::on_field(path_, filter::Ordered{filter::Ordered::Relation::less, value}); }
Filter Field::operator<=(const FieldValue& value) const { return filter::on_field(path_, filter::Ordered{filter::Ordered::Relation::less_equal, value}); }
Filter Field::operator>(const FieldValue& value) const { return filter::on_field(path_, filter::Ordered{filter::Ordered::Relation::greater, value}); }
Filter Field::operator>=(const FieldValue& value) const { return filter::on_field(path_, filter::Ordered{filter::Ordered::Relation::greater_equal, value}); }
Filter Field::in(std::vector<FieldValue> values) const { return filter::on_field(path_, filter::OneOf{std::move(values)}); }
Filter Field::contains(const FieldValue& value) const { return filter::on_field(path_, filter::Contains{value}); }
Filter Field::starts_with(std::string prefix) const { return filter::on_field(path_, filter::StartsWith{std::move(prefix)}); }
Filter Field::match(std::string words) const { return filter::on_field(path_, filter::match(std::move(words))); }
Filter Field::exists() const { return filter::on_field(path_, filter::Exists{}); }
Filter Field::is_null() const { return filter::on_field(path_, filter::IsNull{}); }
Filter Field::within(const GeoRadius& disc) const { return filter::on_field(path_, disc); }
Filter Field::within(const GeoBox& box) const { return filter::on_field(path_, box); }

Field field(std::string_view path) { return Field(filter::path_of(path)); }

}  // namespace sextant
