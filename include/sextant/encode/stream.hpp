// Encodes more items than memory holds.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include <sextant/core/embeddings.hpp>
#include <sextant/core/item.hpp>
#include <sextant/encode/encoder.hpp>

namespace sextant {

struct StreamOptions {
    EncodeOptions encode{};        ///< for each part; its progress is that of the part
    std::size_t items = 1024;      ///< of a part: so many items, and what becomes of them, are in memory at once
};

/// Takes items from `next` until it returns nothing, and gives `sink` what becomes of them, a part at a time and in order.
/// `EmbeddingInfo::item` counts from the first item of all. Both functions are called by the calling thread. `sink` returns
/// false to stop. Returns how many items were encoded and given to `sink`.
///
/// The vectors are those of one call over all items, within 1e-6, and bit for bit if the encoder is deterministic. Texts are
/// sorted by length within a part only.
///
/// Throws what `Encoder::encode` throws, with the number of the item, counted from the first of all; the parts before were
/// given to `sink`.
/// Throws `invalid_argument` for parts of 0 items and functions that are empty.
std::size_t encode_stream(const Encoder& encoder, const std::function<std::optional<Item>()>& next,
                          const std::function<bool(Encoded&& part)>& sink, const StreamOptions& options = {});

}  // namespace sextant
