// Writes the charsmaps of SentencePiece.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The bytes of a map from keys to what they become.
inline std::string write_charsmap(const std::vector<std::pair<std::string, std::string>>& rules) {
    constexpr std::uint32_t leaf = 1U << 31, has_leaf = 1U << 8;
    std::map<std::string, std::set<unsigned char>> children{{"", {}}};  // of each node; 0 is a leaf
    std::map<std::string, std::size_t> leaves;
    std::string replacements;
    for (const auto& [key, value] : rules) {
        for (std::size_t i = 0; i < key.size(); ++i)
            children[key.substr(0, i)].insert(static_cast<unsigned char>(key[i]));
        children[key].insert(0);
        leaves[key] = replacements.size();
        replacements += value + '\0';
    }
    // The base of each node is the first that leaves room; no two are equal. Units that are not used are no one's child.
    std::vector<std::uint32_t> units(256, leaf);
    std::set<std::size_t> taken{0}, bases;
    std::map<std::string, std::size_t> places{{"", 0}};
    for (const auto& [node, bytes] : children) {  // each node before its children
        std::size_t base = 1;
        while (bases.contains(base) || std::ranges::any_of(bytes, [&](auto c) { return taken.contains(base ^ c); })) ++base;
        bases.insert(base);
        units.resize(std::max(units.size(), (base | 255) + 1), leaf);
        for (const auto byte : bytes) {
            taken.insert(base ^ byte);
            if (byte != 0) places[node + static_cast<char>(byte)] = base ^ byte;
        }
        const auto at = places.at(node);
        units[at] = static_cast<std::uint32_t>((at ^ base) << 10 | (node.empty() ? 0 : static_cast<unsigned char>(node.back())));
        if (!bytes.contains(0)) continue;
        units[at] |= has_leaf;
        units[base] = leaf | static_cast<std::uint32_t>(leaves.at(node));
    }
    std::string bytes;
    const auto write = [&bytes](std::uint32_t number) {
        for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift & 0xFF);
    };
    write(static_cast<std::uint32_t>(4 * units.size()));
    for (const auto unit : units) write(unit);
    return bytes + replacements;
}

inline std::string write_base64(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i)
            group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i)
            text += at + i <= bytes.size() ? digits[group >> (18 - 6 * i) & 63] : '=';
    }
    return text;
}
