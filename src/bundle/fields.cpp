#include "bundle/fields.hpp"

namespace sextant::bundle_detail {

Json parse_json(std::string_view text, const std::string& where) {
    constexpr int deepest = 64;
    const auto check_depth = [&](int depth, Json::parse_event_t, const Json&) {
        if (depth > deepest) throw Error(ErrorCode::limit, where + " is nested deeper than " + std::to_string(deepest) + " levels");
        return true;
    };
    Json json = Json::parse(text, check_depth, /*allow_exceptions=*/false);
    if (json.is_discarded()) throw Error(ErrorCode::corrupt, where + " is not JSON: restore the bundle from where it came from");
    return json;
}

Fields::Fields(const Json& object, std::string where, std::string path)
    : object_(object), where_(std::move(where)), path_(std::move(path)) {
    if (!object_.is_object())
        throw Error(ErrorCode::corrupt, where_ + ": " + (path_.empty() ? "the document" : path_) + " is not a JSON object");
}

void Fields::fail(ErrorCode code, const std::string& name, const std::string& what) const {
    const bool ours = code == ErrorCode::corrupt || code == ErrorCode::invalid_argument;
    throw Error(code, where_ + ": " + path_of(name) + " " + what + (ours ? ": export the model again" : ""));
}

const Json* Fields::find(const std::string& name) {
    asked_.insert(name);
    const auto at = object_.find(name);
    return at == object_.end() ? nullptr : &*at;
}

const Json& Fields::required(const std::string& name) {
    if (const Json* value = find(name)) return *value;
    fail(ErrorCode::corrupt, name, "is missing");
}

std::string Fields::string(const std::string& name) {
    const Json& value = required(name);
    if (!value.is_string()) fail(ErrorCode::corrupt, name, "is not a string");
    return value.get<std::string>();
}

std::string Fields::string(const std::string& name, const std::string& fallback) {
    return find(name) ? string(name) : fallback;
}

bool Fields::boolean(const std::string& name, bool fallback) {
    const Json* value = find(name);
    if (!value) return fallback;
    if (!value->is_boolean()) fail(ErrorCode::corrupt, name, "is not true or false");
    return value->get<bool>();
}

std::int64_t Fields::checked_integer(const Json& value, const std::string& name, std::int64_t lowest, std::int64_t highest) const {
    if (!value.is_number_integer()) fail(ErrorCode::corrupt, name, "is " + value.dump() + ", not a whole number");
    const bool huge = value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(highest);
    if (huge || value.get<std::int64_t>() < lowest || value.get<std::int64_t>() > highest)
        fail(ErrorCode::invalid_argument, name,
             "is " + value.dump() + "; expected " + std::to_string(lowest) + " to " + std::to_string(highest));
    return value.get<std::int64_t>();
}

std::int64_t Fields::integer(const std::string& name, std::int64_t lowest, std::int64_t highest) {
    return checked_integer(required(name), name, lowest, highest);
}

std::int64_t Fields::integer(const std::string& name, std::int64_t lowest, std::int64_t highest, std::int64_t fallback) {
    const Json* value = find(name);
    return value ? checked_integer(*value, name, lowest, highest) : fallback;
}

std::vector<std::int64_t> Fields::integers(const std::string& name, std::int64_t lowest, std::int64_t highest) {
    const Json& value = required(name);
    if (!value.is_array()) fail(ErrorCode::corrupt, name, "is not a list");
    std::vector<std::int64_t> list;
    for (const auto& element : value) list.push_back(checked_integer(element, name, lowest, highest));
    return list;
}

double Fields::number(const std::string& name, double fallback) {
    const Json* value = find(name);
    if (!value) return fallback;
    if (!value->is_number()) fail(ErrorCode::corrupt, name, "is not a number");
    return value->get<double>();
}

std::vector<double> Fields::numbers(const std::string& name, std::size_t count) {
    const Json& value = required(name);
    if (!value.is_array() || value.size() != count)
        fail(ErrorCode::corrupt, name, "is not a list of " + std::to_string(count) + " numbers");
    std::vector<double> list;
    for (const auto& element : value) {
        if (!element.is_number()) fail(ErrorCode::corrupt, name, "holds " + element.dump() + ", which is not a number");
        list.push_back(element.get<double>());
    }
    return list;
}

std::vector<std::string> Fields::strings(const std::string& name) {
    const Json& value = required(name);
    if (!value.is_array()) fail(ErrorCode::corrupt, name, "is not a list");
    std::vector<std::string> list;
    for (const auto& element : value) {
        if (!element.is_string()) fail(ErrorCode::corrupt, name, "holds " + element.dump() + ", which is not a string");
        list.push_back(element.get<std::string>());
    }
    return list;
}

Fields Fields::object(const std::string& name) { return {required(name), where_, path_of(name)}; }

std::map<std::string, Json> Fields::members(const std::string& name) {
    const Json& value = required(name);
    if (!value.is_object()) fail(ErrorCode::corrupt, name, "is not a JSON object");
    return value.get<std::map<std::string, Json>>();
}

void Fields::expect_nothing_else() const {
    for (const auto& [name, value] : object_.items()) {
        if (!asked_.contains(name))
            fail(ErrorCode::unsupported, name, "is a field that this version of sextant does not know: update sextant, or export the model for this one");
    }
}

}  // namespace sextant::bundle_detail
