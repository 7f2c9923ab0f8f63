// Reads a JSON object field by field, and names the field whenever something is wrong.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <sextant/core/error.hpp>

namespace sextant::bundle_detail {

using Json = nlohmann::json;

/// A document of at most 64 levels: what walks it later may recurse. Throws `corrupt` if it is not JSON, `limit` if it
/// is deeper.
[[nodiscard]] Json parse_json(std::string_view text, const std::string& where);

/// One object of a document. `where` is the file, `path` the dotted name of the object within it.
class Fields {
public:
    Fields(const Json& object, std::string where, std::string path);

    [[nodiscard]] const std::string& where() const { return where_; }
    [[nodiscard]] bool has(const std::string& name) const { return object_.contains(name); }
    [[nodiscard]] const Json& required(const std::string& name);

    [[nodiscard]] std::string string(const std::string& name);
    [[nodiscard]] std::string string(const std::string& name, const std::string& fallback);
    [[nodiscard]] bool boolean(const std::string& name, bool fallback);
    [[nodiscard]] std::int64_t integer(const std::string& name, std::int64_t lowest, std::int64_t highest);
    [[nodiscard]] std::int64_t integer(const std::string& name, std::int64_t lowest, std::int64_t highest, std::int64_t fallback);
    [[nodiscard]] std::vector<std::int64_t> integers(const std::string& name, std::int64_t lowest, std::int64_t highest);
    [[nodiscard]] double number(const std::string& name, double fallback);
    [[nodiscard]] std::vector<double> numbers(const std::string& name, std::size_t count);
    [[nodiscard]] std::vector<std::string> strings(const std::string& name);
    [[nodiscard]] Fields object(const std::string& name);
    /// The members of an object, by name.
    [[nodiscard]] std::map<std::string, Json> members(const std::string& name);

    /// The value that `name` stands for in `choices`; `fallback` is a name, or empty if the field is required.
    template <class T>
    [[nodiscard]] T choice(const std::string& name, std::initializer_list<std::pair<std::string_view, T>> choices,
                           const std::string& fallback = {}) {
        const std::string seen = fallback.empty() ? string(name) : string(name, fallback);
        std::string expected;
        for (const auto& [word, value] : choices) {
            if (word == seen) return value;
            expected += (expected.empty() ? "" : ", ") + std::string(word);
        }
        fail(ErrorCode::invalid_argument, name, "is \"" + seen + "\"; expected one of: " + expected);
    }

    /// Throws if the object holds a field that was never asked for: it may change a vector in a way we do not know.
    void expect_nothing_else() const;

    [[noreturn]] void fail(ErrorCode code, const std::string& name, const std::string& what) const;

private:
    [[nodiscard]] std::int64_t checked_integer(const Json& value, const std::string& name, std::int64_t lowest, std::int64_t highest) const;
    [[nodiscard]] std::string path_of(const std::string& name) const { return path_.empty() ? name : path_ + "." + name; }
    /// The field, or nullptr if it is absent.
    [[nodiscard]] const Json* find(const std::string& name);

    const Json& object_;
    std::string where_;
    std::string path_;
    std::set<std::string> asked_;
};

}  // namespace sextant::bundle_detail
