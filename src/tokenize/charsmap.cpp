#include "tokenize/charsmap.hpp"

#include <algorithm>

#include <sextant/core/error.hpp>
#include <sextant/core/utf8.hpp>

namespace sextant::tokenize {

namespace {

using Unit = std::uint32_t;

// The fields of a unit. A child of a node stands at the node's base with the low bits changed by the child's label.
constexpr bool has_leaf(Unit unit) noexcept { return (unit >> 8 & 1) != 0; }
constexpr Unit label(Unit unit) noexcept { return unit & 0x8000'00FF; }
constexpr Unit offset(Unit unit) noexcept { return unit >> 10 << ((unit & 0x200) >> 6); }
constexpr Unit leaf_value(Unit unit) noexcept { return unit & 0x7FFF'FFFF; }

Unit read_unit(std::string_view bytes, std::size_t at) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<Unit>(static_cast<unsigned char>(bytes[at + i])); };
    return byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
}

[[noreturn]] void refuse(const std::string& place, const std::string& message) {
    throw Error(ErrorCode::corrupt, place + ": the precompiled charsmap is damaged: " + message);
}

}  // namespace

Charsmap::Charsmap(std::string_view bytes, const std::string& place) {
    if (bytes.size() > max_bytes)
        throw Error(ErrorCode::limit, place + ": a charsmap of " + std::to_string(bytes.size()) +
                                          " bytes; at most " + std::to_string(max_bytes) + " are read");
    if (bytes.size() < 4) refuse(place, "it has " + std::to_string(bytes.size()) + " bytes");
    const std::size_t array_bytes = read_unit(bytes, 0);
    bytes.remove_prefix(4);
    if (array_bytes > bytes.size() || array_bytes < 4 || array_bytes % 4 != 0)
        refuse(place, "an array of " + std::to_string(array_bytes) + " bytes where " + std::to_string(bytes.size()) +
                          " are left");
    units_.reserve(array_bytes / 4);
    for (std::size_t at = 0; at < array_bytes; at += 4) units_.push_back(read_unit(bytes, at));
    replacements_ = bytes.substr(array_bytes);
    if (first_invalid_utf8(replacements_)) refuse(place, "what keys become is not UTF-8");
    check(place);
}

// Goes to every node that some text leads to, depth first, and measures the keys: one that leads back to itself has no
// end, and takes a lookup through all of a text.
void Charsmap::check(const std::string& place) const {
    constexpr std::uint16_t unseen = 0xFFFF, open = 0xFFFE;
    std::vector<std::uint16_t> lengths(units_.size(), unseen);  // of the longest key that goes on from a node
    struct Visit {
        Unit node, base, byte;
        std::uint16_t length;

        void see(std::uint16_t child) { length = std::max<std::uint16_t>(length, child + 1); }
    };
    std::vector<Visit> visits;
    const auto expect_length = [&place](std::size_t length) {
        if (length > max_key_bytes) refuse(place, "a key of more than " + std::to_string(max_key_bytes) + " bytes");
    };
    const auto enter = [&](Unit node) {
        const Unit base = node ^ offset(units_[node]);
        if ((base | 0xFF) >= units_.size()) refuse(place, "a node leads out of the array");
        if (has_leaf(units_[node])) check_leaf(leaf_value(units_[base]), place);
        expect_length(visits.size());
        lengths[node] = open;
        visits.push_back({node, base, 0, 0});
    };
    for (enter(0); !visits.empty();) {
        auto& visit = visits.back();
        if (visit.byte == 256) {
            const auto [node, base, byte, length] = visit;
            expect_length(length);
            lengths[node] = length;
            visits.pop_back();
            if (!visits.empty()) visits.back().see(length);
            continue;
        }
        const Unit byte = visit.byte++, child = visit.base ^ byte;
        if (label(units_[child]) != byte) continue;
        if (lengths[child] == open) refuse(place, "a key without end");
        lengths[child] == unseen ? enter(child) : visit.see(lengths[child]);
    }
}

void Charsmap::check_leaf(std::size_t value, const std::string& place) const {
    const bool splits =
        value < replacements_.size() && (static_cast<unsigned char>(replacements_[value]) & 0xC0) == 0x80;
    if (value > replacements_.size() || splits) refuse(place, "a key becomes what is not there");
}

std::optional<std::string_view> Charsmap::find_shortest(std::string_view text) const noexcept {
    Unit at = offset(units_[0]);
    for (const char c : text) {
        const Unit byte = static_cast<unsigned char>(c);
        if (byte == 0) return std::nullopt;  // a key holds no NUL
        at ^= byte;
        const auto unit = units_[at];
        if (label(unit) != byte) return std::nullopt;
        at ^= offset(unit);
        if (has_leaf(unit)) return replacement(units_[at]);
    }
    return std::nullopt;
}

std::optional<Charsmap::Match> Charsmap::find_longest(std::string_view text) const noexcept {
    std::optional<Match> longest;
    Unit at = offset(units_[0]);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const Unit byte = static_cast<unsigned char>(text[i]);
        at ^= byte;
        const auto unit = units_[at];
        if (label(unit) != byte) break;
        at ^= offset(unit);
        if (has_leaf(unit)) longest = Match{replacement(units_[at]), i + 1};
    }
    return longest;
}

std::string_view Charsmap::replacement(Unit leaf) const noexcept {
    const auto rest = std::string_view(replacements_).substr(leaf_value(leaf));
    return rest.substr(0, rest.find('\0'));
}

}  // namespace sextant::tokenize
