// Writes the charsmaps of SentencePiece, wastefully.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The bytes of a map from keys to what they become. Every node has a block of the array of its own.
inline std::string write_charsmap(const std::vector<std::pair<std::string, std::string>>& rules) {
    constexpr std::uint32_t leaf = 1U << 31, has_leaf = 1U << 8;
    std::vector<std::uint32_t> units(512);
    std::string replacements;
    units[0] = 256U << 10;  // the root, whose children are in the second block
    std::map<std::string, std::uint32_t> bases{{"", 256}};
    const auto child = [&](const std::string& key) {
        const auto at = bases.at(key.substr(0, key.size() - 1)) ^ static_cast<unsigned char>(key.back());
        if (!bases.contains(key)) {
            bases[key] = static_cast<std::uint32_t>(units.size());
            units.resize(units.size() + 256, leaf);
            units[at] = static_cast<unsigned char>(key.back()) | (at ^ bases[key]) << 10;
        }
        return at;
    };
    for (const auto& [key, value] : rules) {
        std::uint32_t last = 0;
        for (std::size_t i = 1; i <= key.size(); ++i) last = child(key.substr(0, i));
        units[last] |= has_leaf;
        units[bases[key]] = leaf | static_cast<std::uint32_t>(replacements.size());
        replacements += value + '\0';
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
