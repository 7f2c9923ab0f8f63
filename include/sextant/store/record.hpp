// What an index remembers of one item.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <sextant/core/embeddings.hpp>
#include <sextant/core/item.hpp>
#include <sextant/core/span.hpp>

namespace sextant {

/// One remembered item.
struct Record {
    std::string id;              ///< the caller's name for it: UTF-8, 1 byte to `max_id_bytes`
    std::vector<float> vector;   ///< as the caller gave it: it is kept bit for bit, and never normalised
    std::string payload = "{}";  ///< a JSON object of the caller's, at most `max_payload_bytes`
    std::string text = {};       ///< UTF-8, at most `max_text_bytes`; empty if there is none
    std::string parent = {};     ///< the id of what this is a part of, itself a record or not; empty if this is whole
    Span span = {};              ///< which part of its parent
    /// In an index of several spaces: its vectors in others than the first, by their names. `vector` may then be empty,
    /// and any of these may be missing, but not all.
    std::map<std::string, std::vector<float>, std::less<>> vectors = {};
    std::map<std::string, SparseVector, std::less<>> sparse = {};  ///< in spaces of that kind, also if that is the first
    std::map<std::string, Matrix, std::less<>> multi = {};         ///< in spaces of that kind: a vector in each row
};

/// Of one record in one space of that kind.
inline constexpr std::size_t max_multi_vectors = 65'536;
inline constexpr std::size_t max_multi_bytes = std::size_t{64} << 20;
inline constexpr std::size_t max_id_bytes = 1024;
inline constexpr std::size_t max_payload_bytes = std::size_t{1} << 20;

}  // namespace sextant
