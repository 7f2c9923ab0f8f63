// A value inside a JSON file that knows its place, so that every complaint names it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <sextant/core/error.hpp>

namespace sextant::tokenize {

/// Parses a file of bounded size, depth and numbers of values and components. Throws `corrupt` or `limit`; `name` stands for the file.
[[nodiscard]] nlohmann::json parse_json(std::string_view text, std::string_view name);

/// Borrows the value. Each `as_` throws `corrupt` for a value of another type.
class JsonNode {
public:
    JsonNode(const nlohmann::json& value, std::string place) : value_(&value), place_(std::move(place)) {}

    [[nodiscard]] const nlohmann::json& json() const noexcept { return *value_; }
    /// "tokenizer.json: normalizer.normalizers[2]"
    [[nodiscard]] const std::string& place() const noexcept { return place_; }
    [[nodiscard]] bool is_null() const noexcept { return value_->is_null(); }
    [[nodiscard]] bool is_array() const noexcept { return value_->is_array(); }

    /// The member `key` of an object; throws `corrupt` if it is missing.
    [[nodiscard]] JsonNode at(const std::string& key) const;
    /// The same, but nothing if it is missing or null.
    [[nodiscard]] std::optional<JsonNode> find(const std::string& key) const;
    /// The elements of an array.
    [[nodiscard]] std::vector<JsonNode> elements() const;

    [[nodiscard]] const std::string& as_string() const;
    [[nodiscard]] bool as_bool() const;
    /// A string of one code point.
    [[nodiscard]] char32_t as_code_point() const;
    /// An integer from 0 to 2^31 - 1: an id, a type id, a count.
    [[nodiscard]] std::int64_t as_id() const;

    /// Throws `unsupported` for a member that is not in the list: a field unknown here may change ids.
    void only(std::initializer_list<std::string_view> known) const;

    [[noreturn]] void fail(ErrorCode code, const std::string& message) const;

private:
    void expect(bool good, const char* type) const;

    const nlohmann::json* value_;
    std::string place_;
};

}  // namespace sextant::tokenize
