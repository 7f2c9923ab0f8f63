#include <sextant/search/search.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <sextant/media/image.hpp>

#include "bundle/sha256.hpp"

namespace sextant {
namespace {

/// Runs a part of a stage and adds to its time.
template <class Action>
void timed(StageTime& stage, Action&& action) {
    const auto begin = std::chrono::steady_clock::now();
    action();
    stage.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// The item of a hit; nothing, and a line in `result.unreadable`, if it cannot be had.
std::optional<Item> load(const Hit& hit, SearchResult& result, const SearchOptions& options) {
    try {
        return options.load(hit);
    } catch (const Error& error) {
        result.unreadable.emplace_back(hit.id, error.what());
        return std::nullopt;
    }
}

/// Gives the hits the reranker's scores and order. Items are held a few at a time: a hundred photographs fill memory.
void rerank(const Item& query, SearchResult& result, const SearchOptions& options) {
    constexpr std::size_t held = 16;
    StageTime loading{"load", 0}, scoring{"rerank", 0};
    std::vector<Hit> scored;
    for (std::size_t at = 0; at < result.hits.size(); at += held) {
        std::vector<Item> items;
        const std::size_t first = scored.size();
        timed(loading, [&] {
            for (std::size_t i = at; i < std::min(at + held, result.hits.size()); ++i) {
                auto item = load(result.hits[i], result, options);
                if (!item) continue;
                items.push_back(std::move(*item));
                scored.push_back(std::move(result.hits[i]));
            }
        });
        if (items.empty()) continue;
        timed(scoring, [&] {
            for (const auto& [document, score] : options.rerank->rank(query, items)) scored[first + document].score = score;
        });
    }
    std::stable_sort(scored.begin(), scored.end(), [](const Hit& a, const Hit& b) { return a.score > b.score; });
    scored.resize(std::min(options.k, scored.size()));
    result.hits = std::move(scored);
    result.next.clear();
    result.score_type = options.rerank->score_type();
    result.stages.push_back(loading);
    result.stages.push_back(scoring);
}

/// Encodes items; if that fails, names the document that it fails for.
Embeddings encode(const Encoder& encoder, std::span<const std::string_view> ids, std::span<const Item> items) {
    try {
        return encoder.encode_document(items);
    } catch (const Error&) {
        for (std::size_t i = 0; i < items.size(); ++i) {
            try {
                (void)encoder.encode_document(items[i]);
            } catch (const Error& error) {
                throw Error(error.code(), "document " + std::string(ids[i]) + ": " + error.what());
            }
        }
        throw;
    }
}

/// What a cache calls an item: SHA-256 over all that an encoder sees of it.
std::string content_name(const Item& item) {
    using bundle_detail::sha256;
    std::string content = "document " + std::string(to_string(item.modality())) + ' ';
    if (const auto* text = item.text()) content += std::to_string(text->value.size()) + ' ' + text->value;
    if (const auto* image = item.image())
        content += std::to_string(image->width) + " x " + std::to_string(image->height) + ' ' + sha256(std::as_bytes(std::span(image->pixels)));
    if (const auto* image = item.image(); image && image->mode != NativeMode::rgb)
        content += " mode " + std::to_string(static_cast<int>(image->mode)) + ' ' + sha256(std::as_bytes(std::span(image->native)));
    return sha256(std::as_bytes(std::span(content)));
}

/// The same with a cache: what it knows is not encoded, and the rest is put into it.
Embeddings encode(const Encoder& encoder, std::span<const std::string_view> ids, std::span<Item> items, EmbeddingCache& cache) {
    std::vector<std::string> names;
    for (const auto& item : items) names.push_back(content_name(item));
    const auto known = cache.find(encoder.fingerprint(), names);

    Embeddings all;
    all.vectors.resize(static_cast<Eigen::Index>(items.size()), static_cast<Eigen::Index>(encoder.dimensions()));
    all.info.resize(items.size());
    const auto put = [&all](std::size_t i, std::span<const float> vector, const EmbeddingInfo& info) {
        std::copy(vector.begin(), vector.end(), all.vectors.row(static_cast<Eigen::Index>(i)).begin());
        all.info[i] = info;
    };
    std::vector<std::size_t> unknown;
    std::vector<std::string_view> unknown_ids;
    std::vector<std::string> unknown_names;
    std::vector<Item> unknown_items;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (const auto& [vector, info] = known[i]; !vector.empty() && vector.size() == encoder.dimensions()) {
            put(i, vector, info);
            continue;
        }
        unknown.push_back(i);
        unknown_ids.push_back(ids[i]);
        unknown_names.push_back(std::move(names[i]));
        unknown_items.push_back(std::move(items[i]));
    }
    if (unknown.empty()) return all;
    const auto fresh = encode(encoder, unknown_ids, unknown_items);
    cache.insert(encoder.fingerprint(), unknown_names, fresh);
    for (std::size_t i = 0; i < unknown.size(); ++i) {
        put(unknown[i], fresh.row(i), fresh.info[i]);
        items[unknown[i]] = std::move(unknown_items[i]);
    }
    return all;
}

/// How the picture of a record was decoded.
DecodeOptions decoded_as(const nlohmann::json& payload, const Hit& hit) {
    const auto name = payload.find("decode");
    if (name == payload.end()) return {};
    try {
        return DecodeOptions::named(name->is_string() ? name->get<std::string>() : name->dump());
    } catch (const Error& error) {
        throw Error(ErrorCode::corrupt, "record " + hit.id + ", member \"decode\" of its payload: " + error.what());
    }
}

}  // namespace

Item load_item(const Hit& hit) {
    if (!hit.text.empty()) return Text{hit.text};
    const auto payload = nlohmann::json::parse(hit.payload, nullptr, /*allow_exceptions=*/false);
    const auto source = payload.is_object() ? payload.find("source") : payload.end();
    if (!payload.is_object() || source == payload.end() || !source->is_string())
        throw Error(ErrorCode::not_found, "record " + hit.id + " has neither a text nor a payload with a \"source\": give SearchOptions::load "
                                              "a function that brings the item");
    return read_image(source->get<std::string>(), decoded_as(payload, hit));
}

void SearchOptions::validate() const {
    if (k == 0) throw Error(ErrorCode::invalid_argument, "SearchOptions::k is 0; expected at least 1");
    if (rerank && candidates < k)
        throw Error(ErrorCode::invalid_argument, "SearchOptions::candidates is " + std::to_string(candidates) + ", less than k = " +
                                                     std::to_string(k) + ": a reranker must see at least as many as are returned");
    if (rerank && !load)
        throw Error(ErrorCode::invalid_argument, "SearchOptions::load is empty; leave it at its default, load_item");
}

void UpsertOptions::validate() const {
    if (batch_size == 0) throw Error(ErrorCode::invalid_argument, "UpsertOptions::batch_size is 0; expected at least 1");
}

void require_same_space(const Encoder& encoder, const Index& index, std::string_view space) {
    require_compatible(index.name(), space.empty() ? index.space() : index.space(space), encoder.space());
}

SearchResult search(const Encoder& encoder, const Index& index, const Item& query, const SearchOptions& options) {
    options.validate();
    require_same_space(encoder, index, options.space);
    StageTime encoding{"encode", 0}, retrieving{"retrieve", 0};
    Embedding vector;
    timed(encoding, [&] { vector = encoder.encode_query(query); });
    SearchResult result;
    timed(retrieving, [&] {
        result = index.nearest(vector.vector, {.k = options.rerank ? options.candidates : options.k,
                                               .space = options.space,
                                               .filter = options.filter,
                                               .one_per_parent = options.one_per_parent});
    });
    result.stages = {encoding, retrieving};
    if (options.rerank) {
        // Fewer candidates than were asked for are all there are; the hits are exhausted only if fewer than k exist.
        if (result.completeness == Completeness::exhausted && result.size() >= options.k) result.completeness = Completeness::exact;
        rerank(query, result, options);
    }
    return result;
}

std::vector<Record> encode_records(const Encoder& encoder, std::vector<Document> documents, EmbeddingCache* cache) {
    std::vector<std::string_view> ids;
    std::vector<Item> items;
    for (auto& document : documents) {
        ids.push_back(document.id);
        items.push_back(std::move(document.item));
    }
    const auto embeddings = cache ? encode(encoder, ids, items, *cache) : encode(encoder, ids, items);
    std::vector<Record> records;
    for (std::size_t i = 0; i < documents.size(); ++i) {
        const auto row = embeddings.row(i);
        const auto* text = items[i].text();
        records.push_back({std::move(documents[i].id), {row.begin(), row.end()}, std::move(documents[i].payload), text ? text->value : std::string()});
    }
    return records;
}

}  // namespace sextant
