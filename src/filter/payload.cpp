#include "filter/payload.hpp"

#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

namespace sextant::filter {
namespace {

using Json = nlohmann::json;

Scalar number(double value) {
    if (value >= -0x1p63 && value < 0x1p63 && value == std::trunc(value)) return static_cast<std::int64_t>(value);
    return value;
}

Scalar scalar(const Json& value) {
    switch (value.type()) {
        case Json::value_t::null: return Null();
        case Json::value_t::boolean: return value.get<bool>();
        case Json::value_t::number_integer: return value.get<std::int64_t>();
        case Json::value_t::number_unsigned:
            if (value.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return value.get<std::int64_t>();
            return value.get<double>();
        case Json::value_t::number_float: return number(value.get<double>());
        case Json::value_t::string: return value.get<std::string>();
        case Json::value_t::object: {
            const auto lat = value.find("lat"), lon = value.find("lon");
            if (lat != value.end() && lon != value.end() && lat->is_number() && lon->is_number())
                return Place{lat->get<double>(), lon->get<double>()};
            return Other();
        }
        default: return Other();
    }
}

}  // namespace

std::optional<Held> held_as(const FieldValue& value) {
    auto scalar = std::visit([](const auto& wanted) -> std::optional<Scalar> {
        using Value = std::decay_t<decltype(wanted)>;
        if constexpr (std::is_same_v<Value, Time>) return std::nullopt;
        else if constexpr (std::is_same_v<Value, double>) return number(wanted);
        else return wanted;
    }, value.get());
    if (!scalar) return std::nullopt;
    return Held{{*std::move(scalar)}};
}

struct Payload::Json {
    nlohmann::json object;
};

Payload::Payload(std::unique_ptr<Json> json) : json_(std::move(json)) {}
Payload::Payload(Payload&&) noexcept = default;
Payload& Payload::operator=(Payload&&) noexcept = default;
Payload::~Payload() = default;

std::optional<Payload> Payload::read(std::string_view json) {
    auto object = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) return std::nullopt;
    return Payload(std::make_unique<Json>(Json{std::move(object)}));
}

std::optional<Held> Payload::at(const Path& path) const {
    const auto* value = &json_->object;
    for (const auto& name : path) {
        if (!value->is_object()) return std::nullopt;
        const auto member = value->find(name);
        if (member == value->end()) return std::nullopt;
        value = &*member;
    }
    Held held;
    held.array = value->is_array();
    if (held.array)
        for (const auto& element : *value) held.elements.push_back(scalar(element));
    else
        held.elements.push_back(scalar(*value));
    return held;
}

}  // namespace sextant::filter
