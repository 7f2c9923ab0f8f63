#include "filter/number.hpp"

#include <charconv>
#include <cmath>
#include <system_error>

namespace sextant::filter {
namespace {

template <class Number>
std::optional<Number> read(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

template <class Number>
std::string write(Number value) {
    char text[40];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

}  // namespace

std::optional<FieldValue> read_number(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    if (const auto whole = read<std::int64_t>(text)) return FieldValue(*whole);
    const auto number = read<double>(text);
    if (!number || !std::isfinite(*number)) return std::nullopt;
    return FieldValue(*number);
}

std::string write_number(std::int64_t value) { return write(value); }

std::string write_number(double value) {
    auto text = write(value);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

double as_double(const FieldValue& number) {
    if (const auto* whole = std::get_if<std::int64_t>(&number.get())) return static_cast<double>(*whole);
    return std::get<double>(number.get());
}

}  // namespace sextant::filter
