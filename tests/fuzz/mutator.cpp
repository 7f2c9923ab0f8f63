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

using Span = std::pair<std::size_t, std::size_t>;  ///< begin, length

bool in(char c, const char* set) { return std::string_view(set).find(c) != std::string_view::npos; }

/// The lexemes of JSON: strings, numbers and words, and each bracket, comma and colon.
std::vector<Span> lexemes(const std::string& json) {
    std::vector<Span> found;
    for (std::size_t at = 0; at < json.size();) {
        std::size_t end = at + 1;
        if (json[at] == '"') {
            while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
            end = std::min(end + 1, json.size());
        } else if (!in(json[at], "[]{},: \n\t\r")) {
            while (end < json.size() && !in(json[end], "[]{},: \n\t\r\"")) ++end;
        }
        if (!in(json[at], " \n\t\r")) found.emplace_back(at, end - at);
        at = end;
    }
    return found;
}

}  // namespace

std::string Mutator::mutate(std::string input, const std::string& other) {
    std::size_t changes = 1;
    while (changes < 8 && below(2) == 0) ++changes;
    for (; changes > 0; --changes) change(input, other);
    if (input.size() > longest) input.resize(longest);
    return input;
}

void Mutator::change(std::string& input, const std::string& other) {
    const bool json = !input.empty() && (input[0] == '{' || input[0] == '[');
    switch (below(json ? 10 : 6)) {
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
        case 5:
            input.insert(place(input), piece());
            return;
        default:
            return change_json(input);
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

void Mutator::change_json(std::string& input) {
    static const std::vector<std::string> values{
        "null", "true", "false", "0",  "-1", "1e999", "-0.0",      "4294967296",  "9223372036854775808",
        "0.5",  "\"\"", "\"a\"", "[]", "{}", "[[]]",  "{\"a\":1}", "\"\\u0000\"", "\"\\ud800\""};
    const auto found = lexemes(input);
    if (found.empty()) return;
    const auto [at, length] = found[below(found.size())];
    const auto [other_at, other_length] = found[below(found.size())];
    const auto other = input.substr(other_at, other_length);
    switch (below(5)) {
        case 0:
            input.replace(at, length, values[below(values.size())]);
            break;
        case 1:
            input.erase(at, length);
            break;
        case 2:
            input.insert(at, other);
            break;
        case 3:
            input.replace(at, length, other);
            break;
        default: {
            // From one lexeme to another: whole members and arrays move.
            const auto first = std::min(at, other_at), last = std::max(at, other_at);
            const auto stretch = input.substr(first, last - first);
            if (below(2) == 0)
                input.erase(first, last - first);
            else
                input.insert(found[below(found.size())].first, stretch);
        }
    }
}

}  // namespace fuzz
