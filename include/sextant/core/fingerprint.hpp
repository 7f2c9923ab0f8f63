// Which encoder made a vector.
#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace sextant {

/// Identifies all that changes a vector: weights, tokenizer, preprocessing, pooling, prompts, dimensions. Two vectors
/// may be compared only if their fingerprints are equal. Vectors of the caller's own may carry any `value` he chooses,
/// or none.
struct Fingerprint {
    std::string value;                         ///< SHA-256 over `parts` in hex, or the caller's own name
    std::map<std::string, std::string> parts = {};  ///< what it was made of, so that a difference can be named

    friend bool operator==(const Fingerprint& a, const Fingerprint& b) noexcept { return a.value == b.value; }

    /// "encoder 3f2a91bc...": for messages.
    [[nodiscard]] std::string short_name() const {
        constexpr std::size_t shown = 12;
        if (value.empty()) return "no stated encoder";
        return "encoder " + value.substr(0, shown) + (value.size() > shown ? "..." : "");
    }

    /// The names of the parts that differ, joined by ", "; empty if the parts are equal.
    [[nodiscard]] std::string difference(const Fingerprint& other) const {
        std::string names;
        const auto add = [&names](const std::string& name) { names += (names.empty() ? "" : ", ") + name; };
        for (const auto& [name, value_here] : parts) {
            const auto there = other.parts.find(name);
            if (there == other.parts.end() || there->second != value_here) add(name);
        }
        for (const auto& [name, unused] : other.parts)
            if (!parts.contains(name)) add(name);
        return names;
    }
};

}  // namespace sextant
