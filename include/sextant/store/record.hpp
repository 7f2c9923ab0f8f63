// What an index remembers of one item.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <sextant/core/item.hpp>

namespace sextant {

/// One remembered item.
struct Record {
    std::string id;              ///< the caller's name for it: UTF-8, 1 byte to `max_id_bytes`
    std::vector<float> vector;   ///< as the caller gave it: it is kept bit for bit, and never normalised in the file
    std::string payload = "{}";  ///< a JSON object of the caller's, at most `max_payload_bytes`
    std::string text = {};       ///< UTF-8, at most `max_text_bytes`; empty if there is none
};

inline constexpr std::size_t max_id_bytes = 1024;
inline constexpr std::size_t max_payload_bytes = std::size_t{1} << 20;

}  // namespace sextant
