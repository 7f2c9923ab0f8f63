#include "tokenize/length_sections.hpp"

#include <string>

namespace sextant::tokenize {

namespace {

std::size_t as_count(const JsonNode& node) { return static_cast<std::size_t>(node.as_id()); }

[[noreturn]] void refuse_value(const JsonNode& node) {
    node.fail(ErrorCode::unsupported, "\"" + node.as_string() + "\" is not known to this version of sextant");
}

template <class Side>
Side read_side(const JsonNode& node) {
    if (node.as_string() == "Right") return Side::right;
    if (node.as_string() == "Left") return Side::left;
    refuse_value(node);
}

Truncation::Strategy read_strategy(const JsonNode& node) {
    if (node.as_string() == "LongestFirst") return Truncation::Strategy::longest_first;
    if (node.as_string() == "OnlyFirst") return Truncation::Strategy::only_first;
    if (node.as_string() == "OnlySecond") return Truncation::Strategy::only_second;
    refuse_value(node);
}

// "BatchLongest" or {"Fixed": 128}
std::size_t read_length(const JsonNode& node) {
    if (node.json().is_object()) {
        node.only({"Fixed"});
        return as_count(node.at("Fixed"));
    }
    if (node.as_string() != "BatchLongest") refuse_value(node);
    return 0;
}

}  // namespace

std::optional<Truncation> read_truncation(const std::optional<JsonNode>& section) {
    if (!section) return std::nullopt;
    section->only({"direction", "max_length", "strategy", "stride"});
    Truncation truncation{.max_length = as_count(section->at("max_length")),
                          .strategy = read_strategy(section->at("strategy")),
                          .stride = as_count(section->at("stride"))};
    if (const auto direction = section->find("direction")) truncation.side = read_side<Truncation::Side>(*direction);
    return truncation;
}

std::optional<Padding> read_padding(const std::optional<JsonNode>& section) {
    if (!section) return std::nullopt;
    section->only({"strategy", "direction", "pad_to_multiple_of", "pad_id", "pad_type_id", "pad_token"});
    Padding padding{.length = read_length(section->at("strategy")),
                    .side = read_side<Padding::Side>(section->at("direction")),
                    .id = section->at("pad_id").as_id(),
                    .type_id = section->at("pad_type_id").as_id()};
    if (const auto multiple = section->find("pad_to_multiple_of")) padding.multiple_of = as_count(*multiple);
    return padding;
}

}  // namespace sextant::tokenize
