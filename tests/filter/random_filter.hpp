// Filters and payloads of every kind, the same in every run.
#pragma once

#include <string>
#include <vector>

#include <sextant/filter/filter.hpp>

#include "support/dice.hpp"

namespace random_filter {

inline sextant::FieldValue value(Dice& dice) {
    switch (dice.below(7)) {
        case 0: return dice.below(2) == 1;
        case 1: return dice.below(5) - 2;
        case 2: return (dice.below(9) - 4) / 2.0;
        case 3: return std::int64_t{9007199254740992} + dice.below(3);
        case 4: return sextant::Time("2021-0" + std::to_string(1 + dice.below(3)) + "-01T00:00:00.5Z");
        default: {
            static const std::vector<std::string> texts = {"", "a", "ab", "b", "say \"hi\"", "it's", "\n\\", "caf\xC3\xA9", "2021-02-01T01:00:00.5+01:00"};
            return texts[static_cast<std::size_t>(dice.below(static_cast<int>(texts.size())))];
        }
    }
}

inline sextant::Field any_field(Dice& dice) {
    static const std::vector<std::vector<std::string>> paths = {{"a"}, {"b"}, {"c"}, {"a", "b"}, {"a.b"}, {"not"}, {"it's \"x\""}};
    return sextant::Field(paths[static_cast<std::size_t>(dice.below(static_cast<int>(paths.size())))]);
}

inline sextant::Filter condition(Dice& dice) {
    const auto field = any_field(dice);
    auto ordered = value(dice);
    if (std::holds_alternative<bool>(ordered.get())) ordered = 0;
    switch (dice.below(13)) {
        case 0: return field == value(dice);
        case 1: return field != value(dice);
        case 2: return field < ordered;
        case 3: return field <= ordered;
        case 4: return field > ordered;
        case 5: return field >= ordered;
        case 6: return field.in({value(dice), value(dice), value(dice)});
        case 7: return field.contains(value(dice));
        case 8: return field.starts_with(dice.below(2) == 0 ? "a" : "caf\xC3\xA9");
        case 9: return field.exists();
        case 10: return field.is_null();
        case 11: {
            static const std::vector<std::string> queries = {"a", "B", "cafe", "ca*", "say hi", "\"say HI\"", "\"hi say\"", "it", "\"2021 02\" 00"};
            return field.match(queries[static_cast<std::size_t>(dice.below(static_cast<int>(queries.size())))]);
        }
        default:
            if (dice.below(2) == 0) return field.within(sextant::GeoRadius{dice.below(180) - 90.0, dice.below(360) - 180.0, dice.below(10000) * 1e3});
            return field.within(sextant::GeoBox{-dice.below(91) * 1.0, dice.below(360) - 180.0, dice.below(91) * 1.0, dice.below(360) - 180.0});
    }
}

inline sextant::Filter filter(Dice& dice, int depth = 4) {
    if (depth == 0) return condition(dice);
    switch (dice.below(5)) {
        case 0: return filter(dice, depth - 1) && filter(dice, depth - 1);
        case 1: return filter(dice, depth - 1) || filter(dice, depth - 1);
        case 2: return !filter(dice, depth - 1);
        default: return condition(dice);
    }
}

inline std::string json_value(Dice& dice, int depth = 2) {
    switch (dice.below(depth > 0 ? 13 : 9)) {
        case 0: return "null";
        case 1: return dice.below(2) == 1 ? "true" : "false";
        case 2: return std::to_string(dice.below(5) - 2);
        case 3: return std::to_string(dice.below(9) - 4) + ".5";
        case 4: return std::to_string(std::int64_t{9007199254740992} + dice.below(3));
        case 5: return R"("a")";
        case 6: return R"("caf\u00e9")";
        case 7: return R"("2021-02-01T00:00:00.5Z")";
        case 8: return R"("say \"hi\"")";
        case 9: return R"({"lat": )" + std::to_string(dice.below(180) - 90) + R"(, "lon": )" + std::to_string(dice.below(360) - 180) + "}";
        case 10: return R"({"b": )" + json_value(dice, depth - 1) + "}";
        default: {
            std::string list = "[";
            for (int n = dice.below(4); n > 0; --n) list += json_value(dice, depth - 1) + (n > 1 ? ", " : "");
            return list + "]";
        }
    }
}

inline std::string payload(Dice& dice) {
    std::string members;
    for (const char* name : {"a", "b", "c", "a.b", "not", "it's \\\"x\\\""})
        if (dice.below(4) > 0) members += (members.empty() ? "\"" : ", \"") + std::string(name) + "\": " + json_value(dice);
    return "{" + members + "}";
}

}  // namespace random_filter
