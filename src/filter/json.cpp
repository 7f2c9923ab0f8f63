#include <nlohmann/json.hpp>

#include <sextant/core/error.hpp>

#include "filter/node.hpp"

namespace sextant {
namespace filter {
namespace {

using Json = nlohmann::json;
using Relation = Ordered::Relation;

/// A part of the JSON and where it lies.
class Part {
public:
    Part(const Json& json, std::string pointer) : json_(json), pointer_(std::move(pointer)) {}

    Filter filter(int depth = 0) const {
        if (depth > max_depth) throw Error(ErrorCode::limit, "filter: " + where() + ": conditions lie too deep in each other");
        if (!json_.is_object() || json_.empty()) refuse("an object with \"and\", \"or\", \"not\" or \"field\"");
        if (json_.contains("field")) return conditions();
        if (json_.size() != 1) refuse("only one of \"and\", \"or\" and \"not\"");
        if (json_.contains("not")) return negated(at("not").filter(depth + 1));
        if (json_.contains("and")) return all_of(at("and").filters(depth + 1));
        if (json_.contains("or")) return any_of(at("or").filters(depth + 1));
        refuse("\"and\", \"or\", \"not\" or \"field\"");
    }

private:
    [[nodiscard]] std::string where() const { return pointer_.empty() ? "the outermost object" : pointer_; }
    [[noreturn]] void refuse(const std::string& expected) const {
        throw Error(ErrorCode::invalid_argument, "filter: " + where() + ": expected " + expected);
    }

    [[nodiscard]] Part at(const std::string& name) const { return {json_.at(name), pointer_ + "/" + name}; }
    [[nodiscard]] Part at(std::size_t i) const { return {json_.at(i), pointer_ + "/" + std::to_string(i)}; }

    [[nodiscard]] std::vector<Filter> filters(int depth) const {
        if (!json_.is_array() || json_.empty()) refuse("an array of conditions");
        std::vector<Filter> list;
        for (std::size_t i = 0; i < json_.size(); ++i) list.push_back(at(i).filter(depth));
        return list;
    }

    /// All that one object asks of one field.
    [[nodiscard]] Filter conditions() const {
        const auto path = at("field").path();
        std::vector<Filter> list;
        for (const auto& [name, value] : json_.items())
            if (name != "field") list.push_back(at(name).condition(path, name));
        if (list.empty()) refuse("a condition beside \"field\"");
        return list.size() == 1 ? list.front() : all_of(std::move(list));
    }

    [[nodiscard]] Path path() const {
        if (json_.is_array() && !json_.empty()) {
            Path names;
            for (std::size_t i = 0; i < json_.size(); ++i) names.push_back(at(i).text());
            return names;
        }
        return path_of(text());
    }

    [[nodiscard]] Filter condition(const Path& path, const std::string& name) const {
        if (name == "==" || name == "=") return on_field(path, Equal{value()});
        if (name == "!=") return negated(on_field(path, Equal{value()}));
        if (name == "<") return on_field(path, Ordered{Relation::less, value()});
        if (name == "<=") return on_field(path, Ordered{Relation::less_equal, value()});
        if (name == ">") return on_field(path, Ordered{Relation::greater, value()});
        if (name == ">=") return on_field(path, Ordered{Relation::greater_equal, value()});
        if (name == "in") return on_field(path, OneOf{values()});
        if (name == "contains") return on_field(path, Contains{value()});
        if (name == "starts_with") return on_field(path, StartsWith{text()});
        if (name == "match") return on_field(path, match(text()));
        if (name == "exists") return yes_or_no(on_field(path, Exists{}));
        if (name == "null") return yes_or_no(on_field(path, IsNull{}));
        if (name == "within") return on_field(path, area());
        refuse("one of == != < <= > >= in contains starts_with match exists null within");
    }

    [[nodiscard]] Filter yes_or_no(Filter filter) const {
        if (!json_.is_boolean()) refuse("true or false");
        return json_.get<bool>() ? filter : negated(filter);
    }

    [[nodiscard]] std::string text() const {
        if (!json_.is_string()) refuse("a text");
        return json_.get<std::string>();
    }

    [[nodiscard]] FieldValue value() const {
        if (json_.is_boolean()) return json_.get<bool>();
        if (json_.is_number_unsigned()) return json_.get<std::uint64_t>();
        if (json_.is_number_integer()) return json_.get<std::int64_t>();
        if (json_.is_number_float()) return json_.get<double>();
        if (json_.is_string()) return json_.get<std::string>();
        if (json_.is_object() && json_.size() == 1 && json_.contains("time")) return Time(at("time").text());
        refuse("a number, true, false, a text or {\"time\": \"...\"}");
    }

    [[nodiscard]] std::vector<FieldValue> values() const {
        if (!json_.is_array()) refuse("an array of values");
        std::vector<FieldValue> list;
        for (std::size_t i = 0; i < json_.size(); ++i) list.push_back(at(i).value());
        return list;
    }

    [[nodiscard]] double number(const char* name) const {
        if (!json_.contains(name) || !json_.at(name).is_number()) refuse(std::string("a number \"") + name + "\"");
        return json_.at(name).get<double>();
    }

    [[nodiscard]] Condition area() const {
        if (json_.is_object() && json_.size() == 3) return GeoRadius{number("lat"), number("lon"), number("metres")};
        if (json_.is_object() && json_.size() == 4) return GeoBox{number("south"), number("west"), number("north"), number("east")};
        refuse("an object with lat, lon and metres, or with south, west, north and east");
    }

    const Json& json_;
    std::string pointer_;
};

}  // namespace
}  // namespace filter

Filter Filter::from_json(std::string_view text) {
    filter::check_size(text, "JSON");
    const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (json.is_discarded()) throw Error(ErrorCode::invalid_argument, "filter: this is no JSON, or a number in it is beyond a double");
    return filter::Part(json, "").filter();
}

}  // namespace sextant
