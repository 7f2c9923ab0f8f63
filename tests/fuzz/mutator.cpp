#include "fuzz/mutator.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace fuzz {
namespace {

constexpr std::size_t longest = 1 << 14;

/// Where signs, sizes and limits turn over.
constexpr std::array<std::uint32_t, 20> borders{
    0,     1,     2,     7,     8,          16,         127,        128,        255,        256,
    32767, 32768, 65535, 65536, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, 0x00FFFFFF, 0x10000000};

bool in(char c, const char* set) { return std::string_view(set).find(c) != std::string_view::npos; }

bool is_json(const std::string& input) { return !input.empty() && in(input[0], "{["); }

std::size_t skip_blanks(const std::string& json, std::size_t at) {
    while (at < json.size() && in(json[at], " \n\t\r")) ++at;
    return at;
}

/// Past the string, number, word, object or array that begins at `at`; of what is no JSON, past some of it.
std::size_t end_of_value(const std::string& json, std::size_t at) {
    std::size_t depth = 0;
    do {
        if (in(json[at], "{[")) {
            ++depth;
        } else if (in(json[at], "}]")) {
            depth -= depth > 0 ? 1 : 0;
        } else if (json[at] == '"') {
            while (++at < json.size() && json[at] != '"') at += json[at] == '\\' ? 1 : 0;
        } else if (!in(json[at], ",: \n\t\r")) {
            while (at + 1 < json.size() && !in(json[at + 1], "[]{},: \n\t\r\"")) ++at;
        }
        ++at;
    } while (depth > 0 && at < json.size());
    return std::min(at, json.size());
}

std::vector<Member> members(const std::string& json, const Member& parent) {
    std::vector<Member> found;
    if (parent.value >= json.size() || !in(json[parent.value], "{[")) return found;
    const bool has_keys = json[parent.value] == '{';
    for (std::size_t at = skip_blanks(json, parent.value + 1); at + 1 < parent.end;) {
        Member member{at, at, end_of_value(json, at)};
        if (const auto colon = skip_blanks(json, member.end); has_keys && colon < parent.end && json[colon] == ':') {
            member.value = skip_blanks(json, colon + 1);
            if (member.value >= parent.end) break;
            member.end = end_of_value(json, member.value);
        }
        if (member.end <= parent.end) found.push_back(member);
        at = skip_blanks(json, member.end);
        if (at < json.size() && json[at] == ',') at = skip_blanks(json, at + 1);
    }
    return found;
}

}  // namespace

std::string Mutator::mutate(std::string input, const std::string& other) {
    std::size_t changes = 1;
    while (changes < 8 && below(2) == 0) ++changes;
    const bool stays_json = is_json(input) && below(4) != 0;
    for (; changes > 0; --changes) stays_json ? change_json(input, other) : change(input, other);
    if (input.size() > longest) input.resize(longest);
    return input;
}

void Mutator::change(std::string& input, const std::string& other) {
    switch (below(6)) {
        case 0:
            return change_bytes(input);
        case 1:
            return write_integer(input);
        case 2:
            return add_to_integer(input);
        case 3:
            return change_length(input);
        case 4:
            return borrow(input, other);
        default:
            input.insert(place(input), piece());
    }
}

void Mutator::change_bytes(std::string& input) {
    if (input.empty()) return;
    const std::size_t at = below(input.size());
    if (below(2) == 0) {
        input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
        return;
    }
    const std::size_t count = std::min(input.size() - at, below(4) == 0 ? below(64) + 1 : 1);
    const bool same = below(2) == 0;
    const auto value = static_cast<char>(below(256));
    for (std::size_t i = 0; i < count; ++i) input[at + i] = same ? value : static_cast<char>(below(256));
}

void Mutator::write_integer(std::string& input) {
    const std::size_t bytes = std::size_t{1} << below(3);
    if (input.size() < bytes) return;
    const std::uint32_t value = borders[below(borders.size())];
    const std::size_t at = below(input.size() - bytes + 1);
    const bool little = below(2) == 0;
    for (std::size_t i = 0; i < bytes; ++i)
        input[at + (little ? i : bytes - 1 - i)] = static_cast<char>(value >> 8 * i);
}

void Mutator::add_to_integer(std::string& input) {
    const std::size_t bytes = std::size_t{1} << below(3);
    if (input.size() < bytes) return;
    const std::size_t at = below(input.size() - bytes + 1);
    const bool little = below(2) == 0;
    std::uint32_t value = 0;
    const auto place_of = [&](std::size_t i) { return at + (little ? i : bytes - 1 - i); };
    for (std::size_t i = 0; i < bytes; ++i)
        value |= std::uint32_t{static_cast<std::uint8_t>(input[place_of(i)])} << 8 * i;
    value += static_cast<std::uint32_t>(below(33)) - 16;
    for (std::size_t i = 0; i < bytes; ++i) input[place_of(i)] = static_cast<char>(value >> 8 * i);
}

void Mutator::change_length(std::string& input) {
    if (input.empty()) return;
    const std::size_t at = below(input.size());
    const std::size_t count = 1 + below(std::min<std::size_t>(input.size() - at, 256));
    switch (below(4)) {
        case 0:
            input.resize(at);
            break;
        case 1:
            input.erase(at, count);
            break;
        case 2:
            input.insert(place(input), input.substr(at, count));
            break;
        default: {
            const auto copy = input.substr(at, count);
            for (std::size_t times = 1 + below(32); times > 0 && input.size() < longest; --times)
                input.insert(at, copy);
        }
    }
}

void Mutator::borrow(std::string& input, const std::string& other) {
    if (other.empty()) return;
    const std::size_t from = below(other.size());
    const std::size_t count = 1 + below(std::min<std::size_t>(other.size() - from, 512));
    switch (below(3)) {
        case 0:
            input = input.substr(0, place(input)) + other.substr(from);
            break;
        case 1:
            input.insert(place(input), other, from, count);
            break;
        default: {
            const std::size_t at = place(input);
            input.replace(at, std::min(count, input.size() - at), other, from, count);
        }
    }
}

std::string Mutator::piece() {
    if (!tokens_.empty() && below(4) != 0) return tokens_[below(tokens_.size())];
    std::string bytes(1 + below(16), static_cast<char>(below(256)));
    if (below(2) == 0)
        for (char& byte : bytes) byte = static_cast<char>(below(256));
    return bytes;
}

void Mutator::change_json(std::string& input, const std::string& other) {
    const auto [parent, member] = pick_member(input);
    if (member.end == 0) return;
    const std::string text = input.substr(member.begin, member.end - member.begin);
    const std::size_t value_length = member.end - member.value;
    switch (below(6)) {
        case 0: {  // With the comma before or behind it.
            auto begin = member.begin, end = skip_blanks(input, member.end);
            if (end < input.size() && input[end] == ',')
                ++end;
            else if (const auto comma = input.find_last_of(",[{", begin - 1); input[comma] == ',')
                begin = comma;
            input.erase(begin, end - begin);
            break;
        }
        case 1:
            input.insert(member.begin, text + ",");
            break;
        case 2: {
            const auto others = members(input, parent);
            const auto [begin, value, end] = others[below(others.size())];
            input.replace(value, end - value, input, member.value, value_length);
            break;
        }
        case 3: {
            const auto& from = is_json(other) ? other : input;
            const auto [begin, value, end] = pick_member(from).second;
            if (end > 0) input.replace(member.value, value_length, std::string(from, value, end - value));
            break;
        }
        case 4:
            return change_value(input, member);
        default:
            input.replace(member.value, value_length, value());
    }
}

/// A string gets or loses a letter, a number becomes a small one, a word another.
void Mutator::change_value(std::string& input, const Member& member) {
    const auto length = member.end - member.value;
    const char first = input[member.value];
    if (first == '"' && length > 1) {
        static const std::string letters = "abAB019 _[](){}|?*+^$.,-:<>=!&#/pPLNwWsSdDbBxugv";
        const auto letter = below(letters.size() + 8);
        const auto at = member.value + 1 + below(length - 1);
        const bool replaces = below(2) == 0 && at + 1 < member.end;
        input.replace(at, replaces ? 1 : 0, letter < letters.size() ? letters.substr(letter, 1) : "\\\\");
    } else if (in(first, "-0123456789")) {
        input.replace(member.value, length, std::to_string(below(20)));
    } else if (in(first, "tfn")) {
        input.replace(member.value, length, below(2) == 0 ? "true" : "false");
    }
}

/// Goes down from the whole by chance, so that a long list is met no more often than a short one. Nothing if there are
/// no members.
std::pair<Member, Member> Mutator::pick_member(const std::string& json) {
    std::pair<Member, Member> found{{}, {0, 0, json.size()}};
    for (bool goes_on = true; goes_on; goes_on = below(4) != 0) {
        const auto inside = members(json, found.second);
        if (inside.empty()) break;
        found = {found.second, inside[below(inside.size())]};
    }
    return found.first.end == 0 ? std::pair<Member, Member>{} : found;
}

std::string Mutator::value() {
    static const std::vector<std::string> values{
        "null", "true", "false", "0",  "-1", "1e999", "-0.0",      "4294967296",  "9223372036854775808",
        "0.5",  "\"\"", "\"a\"", "[]", "{}", "[[]]",  "{\"a\":1}", "\"\\u0000\"", "\"\\ud800\""};
    if (below(2) == 0 && !tokens_.empty()) return tokens_[below(tokens_.size())];
    return values[below(values.size())];
}

}  // namespace fuzz
