// Joins the rooms: encode, remember, retrieve, rerank.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sextant/core/hit.hpp>
#include <sextant/core/item.hpp>
#include <sextant/encode/encoder.hpp>
#include <sextant/filter/filter.hpp>
#include <sextant/index/index.hpp>
#include <sextant/rerank/reranker.hpp>
#include <sextant/store/embedding_cache.hpp>

namespace sextant {

/// The item that a hit stands for: its text if the record has one, else the picture file that the member "source" of
/// its payload names, decoded as the member "decode" says: both as `read_images` writes them, so that a reranker sees
/// the pixels that the encoder saw. The limits are the default ones. Throws `not_found` if there is neither, `corrupt`
/// for a "decode" that is no name of `DecodeOptions`, and as `read_image`.
[[nodiscard]] Item load_item(const Hit& hit);

struct SearchOptions {
    std::size_t k = 10;                  ///< hits to return
    std::string space = {};              ///< of the index, that the encoder filled, by name; empty: the first
    bool one_per_parent = false;         ///< of records with one parent only the nearest: `NearestOptions`
    std::optional<Filter> filter = {};   ///< only records whose payloads meet it
    const Reranker* rerank = nullptr;    ///< scores the best `candidates`, 16 at a time; none: the index's own order
    std::size_t candidates = 100;        ///< hits that the reranker sees; at least k
    std::function<Item(const Hit&)> load = load_item;  ///< brings the items that the reranker looks at

    /// Throws `invalid_argument` naming the field.
    void validate() const;
};

/// The records nearest to the query, best first, at most `options.k`. With a reranker the best `candidates` are
/// retrieved, loaded and reordered; those that cannot be loaded are left out and named in `unreadable`.
/// Stages "encode", "retrieve" and, with a reranker, "load" and "rerank" are timed in the result.
/// Throws `incompatible` if another encoder filled the index, and as `Encoder::encode_query` and `Index::nearest`.
/// Threads: may be called from any threads at once.
[[nodiscard]] SearchResult search(const Encoder& encoder, const Index& index, const Item& query, const SearchOptions& options = {});

/// Encodes documents as records for an index. Texts are kept in the record. With a cache, what it knows is not encoded,
/// and the rest is put into it.
[[nodiscard]] std::vector<Record> encode_records(const Encoder& encoder, std::vector<Document> documents,
                                                 EmbeddingCache* cache = nullptr);

struct UpsertOptions {
    std::size_t batch_size = 16;                               ///< documents held in memory at a time
    std::function<void(std::size_t done)> progress = nullptr;  ///< called after each batch; may throw, to cancel
    EmbeddingCache* cache = nullptr;  ///< knows the vectors of earlier runs, and remembers those of each batch at once

    /// Throws `invalid_argument` naming the field.
    void validate() const;
};

/// Throws `incompatible`, naming what differs, unless that space of `index` was made for `encoder`; `not_found`.
void require_same_space(const Encoder& encoder, const Index& index, std::string_view space = {});

/// Encodes a range of Documents and puts all of them into the index in one transaction: all or nothing. The documents
/// are taken from the range a batch at a time, so a folder of pictures need not fit in memory. Returns how many.
/// Throws as `search`, and whatever the range throws; the index is then as it was.
template <std::ranges::input_range Range>
    requires std::convertible_to<std::ranges::range_reference_t<Range>, Document>
std::size_t upsert(const Encoder& encoder, Index& index, Range&& documents, const UpsertOptions& options = {}) {
    options.validate();
    require_same_space(encoder, index);
    std::vector<Record> records;
    std::vector<Document> batch;
    const auto encode_batch = [&] {
        std::ranges::move(encode_records(encoder, std::exchange(batch, {}), options.cache), std::back_inserter(records));
        if (options.progress) options.progress(records.size());
    };
    for (auto&& document : documents) {
        batch.push_back(std::forward<decltype(document)>(document));
        if (batch.size() >= options.batch_size) encode_batch();
    }
    if (!batch.empty()) encode_batch();
    index.upsert(records);
    return records.size();
}

}  // namespace sextant
