#include "tokenize/json_node.hpp"

#include <algorithm>
#include <cstddef>

#include "tokenize/unicode.hpp"

namespace sextant::tokenize {

namespace {

constexpr std::size_t max_file_bytes = 100'000'000;
constexpr std::size_t max_values = 8'000'000;
constexpr int max_depth = 64;
constexpr std::size_t max_components = 256;

}  // namespace

nlohmann::json parse_json(std::string_view text, std::string_view name) {
    const std::string file(name);
    if (text.size() > max_file_bytes)
        throw Error(ErrorCode::limit, file + " has " + std::to_string(text.size()) +
                                          " bytes; a tokenizer.json may have " + std::to_string(max_file_bytes));
    std::size_t values = 0, components = 0;
    const auto guard = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& value) {
        if (depth > max_depth)
            throw Error(ErrorCode::limit, file + ": nested deeper than " + std::to_string(max_depth));
        if (++values > max_values)
            throw Error(ErrorCode::limit, file + ": more than " + std::to_string(max_values) + " values");
        if (event == nlohmann::json::parse_event_t::key && value == "type" && ++components > max_components)
            throw Error(ErrorCode::limit, file + ": more than " + std::to_string(max_components) +
                                              " components, each of which may take its time with every text");
        return true;
    };
    try {
        return nlohmann::json::parse(text, guard);
    } catch (const nlohmann::json::exception& error) {
        throw Error(ErrorCode::corrupt, file + " is not valid JSON: " + error.what());
    }
}

JsonNode JsonNode::at(const std::string& key) const {
    expect(value_->is_object(), "an object");
    const auto member = value_->find(key);
    if (member == value_->end()) fail(ErrorCode::corrupt, "the field \"" + key + "\" is missing");
    return {*member, place_ + (place_.ends_with(": ") ? "" : ".") + key};
}

std::optional<JsonNode> JsonNode::find(const std::string& key) const {
    expect(value_->is_object(), "an object");
    const auto member = value_->find(key);
    if (member == value_->end() || member->is_null()) return std::nullopt;
    return at(key);
}

std::vector<JsonNode> JsonNode::elements() const {
    expect(value_->is_array(), "an array");
    std::vector<JsonNode> nodes;
    nodes.reserve(value_->size());
    for (std::size_t i = 0; i < value_->size(); ++i)
        nodes.emplace_back((*value_)[i], place_ + "[" + std::to_string(i) + "]");
    return nodes;
}

const std::string& JsonNode::as_string() const {
    expect(value_->is_string(), "a string");
    return value_->get_ref<const std::string&>();
}

bool JsonNode::as_bool() const {
    expect(value_->is_boolean(), "true or false");
    return value_->get<bool>();
}

char32_t JsonNode::as_code_point() const {
    const auto& text = as_string();  // which nlohmann::json has found to be UTF-8
    expect(!text.empty() && front(text).length == text.size(), "one character");
    return front(text).value;
}

std::int64_t JsonNode::as_id() const {
    constexpr std::uint64_t highest = 0x7FFF'FFFF;
    expect(value_->is_number_unsigned() && value_->get<std::uint64_t>() <= highest, "an integer from 0 to 2147483647");
    return value_->get<std::int64_t>();
}

void JsonNode::only(std::initializer_list<std::string_view> known) const {
    expect(value_->is_object(), "an object");
    for (const auto& [key, unused] : value_->items())
        if (std::ranges::find(known, key) == known.end())
            fail(ErrorCode::unsupported, "the field \"" + key + "\" is not known to this version of sextant");
}

void JsonNode::fail(ErrorCode code, const std::string& message) const {
    throw Error(code, place_ + (place_.ends_with(": ") ? "" : ": ") + message);
}

void JsonNode::expect(bool good, const char* type) const {
    if (good) return;
    std::string seen = value_->is_structured() ? value_->type_name() : value_->dump(-1, ' ', true);
    if (seen.size() > 60) seen = seen.substr(0, 60) + "...";
    fail(ErrorCode::corrupt, std::string("expected ") + type + ", found " + seen);
}

}  // namespace sextant::tokenize
