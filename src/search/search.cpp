#include <sextant/search/search.hpp>

#include <algorithm>
#include <chrono>
#include <string>

#include <nlohmann/json.hpp>

#include <sextant/media/image.hpp>

namespace sextant {
namespace {

/// Runs one stage of a search and notes how long it took.
template <class Action>
auto timed(const char* stage, std::vector<StageTime>& stages, Action&& action) {
    const auto begin = std::chrono::steady_clock::now();
    auto result = action();
    stages.push_back({stage, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()});
    return result;
}

/// Loads the items of the hits. A hit whose item cannot be had moves to `unreadable`.
std::vector<Item> load_items(SearchResult& result, const SearchOptions& options) {
    std::vector<Item> items;
    std::vector<Hit> readable;
    for (auto& hit : result.hits) {
        try {
            items.push_back(options.load(hit));
            readable.push_back(std::move(hit));
        } catch (const Error& error) {
            result.unreadable.emplace_back(hit.id, error.what());
        }
    }
    result.hits = std::move(readable);
    return items;
}

std::vector<Hit> reorder(std::vector<Hit> hits, std::span<const Ranked> ranked, std::size_t k) {
    std::vector<Hit> ordered;
    for (const auto& [document, score] : ranked.first(std::min(k, ranked.size()))) {
        ordered.push_back(std::move(hits[document]));
        ordered.back().score = score;
    }
    return ordered;
}

}  // namespace

Item load_item(const Hit& hit) {
    if (!hit.text.empty()) return Text{hit.text};
    const auto payload = nlohmann::json::parse(hit.payload, nullptr, /*allow_exceptions=*/false);
    const auto source = payload.is_object() ? payload.find("source") : payload.end();
    if (!payload.is_object() || source == payload.end() || !source->is_string())
        throw Error(ErrorCode::not_found, "record " + hit.id + " has neither a text nor a payload with a \"source\": give SearchOptions::load "
                                              "a function that brings the item");
    return read_image(source->get<std::string>());
}

void SearchOptions::validate() const {
    if (k == 0) throw Error(ErrorCode::invalid_argument, "SearchOptions::k is 0; expected at least 1");
    if (rerank && candidates < k)
        throw Error(ErrorCode::invalid_argument, "SearchOptions::candidates is " + std::to_string(candidates) + ", less than k = " +
                                                     std::to_string(k) + ": a reranker must see at least as many as are returned");
    if (rerank && !load)
        throw Error(ErrorCode::invalid_argument, "SearchOptions::load is empty; leave it at its default, load_item");
}

void require_same_space(const Encoder& encoder, const Index& index) {
    require_compatible("the index", index.space(), encoder.space());
}

SearchResult search(const Encoder& encoder, const Index& index, const Item& query, const SearchOptions& options) {
    options.validate();
    require_same_space(encoder, index);
    std::vector<StageTime> stages;
    const auto vector = timed("encode", stages, [&] { return encoder.encode_query(query).vector; });
    const auto wanted = options.rerank ? options.candidates : options.k;
    auto result = timed("retrieve", stages, [&] { return index.nearest(vector, {.k = wanted}); });
    if (options.rerank) {
        const auto items = timed("load", stages, [&] { return load_items(result, options); });
        const auto ranked = timed("rerank", stages, [&] { return options.rerank->rank(query, items); });
        result.hits = reorder(std::move(result.hits), ranked, options.k);
        result.score_type = options.rerank->score_type();
        if (result.completeness == Completeness::exhausted && index.size() >= options.k) result.completeness = Completeness::exact;
    }
    result.stages = std::move(stages);
    return result;
}

std::vector<Record> encode_records(const Encoder& encoder, std::vector<Document> documents) {
    std::vector<Item> items;
    for (auto& document : documents) items.push_back(std::move(document.item));
    const auto embeddings = encoder.encode_document(items);
    std::vector<Record> records;
    for (std::size_t i = 0; i < documents.size(); ++i) {
        const auto row = embeddings.row(i);
        const auto* text = items[i].text();
        records.push_back({std::move(documents[i].id), {row.begin(), row.end()}, std::move(documents[i].payload), text ? text->value : std::string()});
    }
    return records;
}

}  // namespace sextant
