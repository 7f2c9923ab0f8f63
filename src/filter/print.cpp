#include <sextant/filter/filter.hpp>

#include <nlohmann/json.hpp>

#include "filter/node.hpp"
#include "filter/number.hpp"
#include "filter/time.hpp"

namespace sextant {
namespace filter {
namespace {

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

struct PrintValue {
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return write_number(value); }
    std::string operator()(double value) const { return write_number(value); }
    std::string operator()(const std::string& value) const { return quoted(value); }
    std::string operator()(const Time& value) const { return "time \"" + write_time(value.microseconds) + "\""; }
};

std::string printed(const FieldValue& value) { return std::visit(PrintValue(), value.get()); }

std::string numbers(std::initializer_list<double> list) {
    std::string text = "(";
    for (const double number : list) text += (text.size() > 1 ? ", " : "") + write_number(number);
    return text + ")";
}

struct PrintCondition {
    std::string operator()(const Equal& condition) const { return " == " + printed(condition.value); }
    std::string operator()(const Ordered& condition) const {
        static constexpr const char* signs[] = {" < ", " <= ", " > ", " >= "};
        return signs[static_cast<int>(condition.relation)] + printed(condition.value);
    }
    std::string operator()(const OneOf& condition) const {
        std::string text = " in [";
        for (const auto& value : condition.values) text += (text.back() == '[' ? "" : ", ") + printed(value);
        return text + "]";
    }
    std::string operator()(const Contains& condition) const { return " contains " + printed(condition.value); }
    std::string operator()(const StartsWith& condition) const { return " starts with " + quoted(condition.prefix); }
    std::string operator()(const Match& condition) const { return " match " + quoted(condition.query); }
    std::string operator()(const Exists&) const { return " exists"; }
    std::string operator()(const IsNull&) const { return " is null"; }
    std::string operator()(const GeoRadius& disc) const { return " within radius" + numbers({disc.lat, disc.lon, disc.metres}); }
    std::string operator()(const GeoBox& box) const { return " within box" + numbers({box.south, box.west, box.north, box.east}); }
};

struct Print {
    std::string operator()(const OnField& one) const {
        std::string path;
        for (const auto& name : one.path) path += (path.empty() ? "" : ".") + quoted(name);
        return path + std::visit(PrintCondition(), one.condition);
    }
    std::string operator()(const All& all) const { return joined(all.of, " and "); }
    std::string operator()(const Any& any) const { return joined(any.of, " or "); }
    std::string operator()(const Not& negation) const { return "not " + negation.of.to_string(); }

private:
    static std::string joined(const std::vector<Filter>& list, const char* with) {
        std::string text = "(";
        for (const auto& one : list) text += (text.size() > 1 ? with : "") + one.to_string();
        return text + ")";
    }
};

}  // namespace
}  // namespace filter

std::string Filter::to_string() const { return std::visit(filter::Print(), node().is); }

}  // namespace sextant
