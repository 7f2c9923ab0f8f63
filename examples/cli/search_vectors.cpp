#include "search_vectors.hpp"

#include <algorithm>
#include <charconv>
#include <iostream>
#include <limits>
#include <thread>

#include <nlohmann/json.hpp>

#include "cli.hpp"
#include "files.hpp"

namespace cli {
namespace {

using Results = std::vector<sextant::SearchResult>;

std::int64_t number_of(const std::string& id) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
    if (error != std::errc() || end != id.data() + id.size() || std::to_string(number) != id)
        throw sextant::Error(sextant::ErrorCode::unsupported, "the id " + id + " is no whole number, so an array cannot hold it: give --out a name that ends in .jsonl");
    return number;
}

/// A row for each query, as wide as the longest answer; what is missing in shorter ones is `nothing`, as in Faiss.
template <class Value, class Of>
void write_rows(const std::string& file, const Results& results, Value nothing, Of&& of) {
    std::size_t width = 0;
    for (const auto& result : results) width = std::max(width, result.size());
    std::vector<Value> values;
    for (const auto& result : results) {
        for (const auto& hit : result) values.push_back(of(hit));
        values.resize((values.size() + width - result.size()), nothing);
    }
    write_npy(file, {static_cast<std::int64_t>(results.size()), static_cast<std::int64_t>(width)}, std::span<const Value>(values));
}

void write_json_lines(const std::string& file, const Results& results) {
    constexpr std::string_view begin = "{\"hits\":";
    std::string lines;
    for (const auto& result : results) {
        auto hits = nlohmann::json::array();
        for (const auto& hit : result) hits.push_back({{"id", hit.id}, {"score", hit.score}});
        lines += nlohmann::json{{"hits", std::move(hits)}}.dump() + "\n";
    }
    write_file(file, results.empty() ? std::string_view() : begin, lines);
}

}  // namespace

int search_vectors(const std::string& file, const VectorSearch& wanted) {
    const std::size_t threads = wanted.threads > 0 ? wanted.threads : std::max(1U, std::thread::hardware_concurrency());
    const auto index = sextant::Index::open(file, {.read_only = true, .threads = threads});
    auto queries = sextant::VectorFile::open(wanted.vectors);
    if (wanted.min_recall && !index.graph()) std::cerr << file << " has no graph, so it is searched exactly: `sextant graph` makes one\n";
    const auto results = index.nearest(queries.read(0, queries.size()), {.k = wanted.k,
                                                                         .filter = wanted.filter,
                                                                         .threads = threads,
                                                                         .min_recall = wanted.min_recall,
                                                                         .binary = wanted.binary,
                                                                         .truncate_dim = wanted.truncate_dim,
                                                                         .oversample = wanted.oversample,
                                                                         .records = false});

    if (std::filesystem::path(wanted.ids).extension() == ".jsonl") write_json_lines(wanted.ids, results);
    else write_rows<std::int64_t>(wanted.ids, results, -1, [](const sextant::Hit& hit) { return number_of(hit.id); });
    if (!wanted.scores.empty()) write_rows<float>(wanted.scores, results, -std::numeric_limits<float>::infinity(), [](const sextant::Hit& hit) { return hit.score; });
    const double seconds = results.empty() ? 0 : results.front().stages.front().seconds;
    std::size_t scored = 0;
    bool approximate = false;
    for (const auto& result : results) {
        scored += result.rows_scored;
        approximate = approximate || result.completeness == sextant::Completeness::approximate;
    }
    std::cout << wanted.ids << ": " << results.size() << " queries, k " << wanted.k << ", "
              << (approximate ? "approximate: looked at " + std::to_string(scored / results.size()) + " of " : "exact over ") << index.size() << " rows, "
              << seconds << " s on " << threads << " threads\n";
    return success;
}

}  // namespace cli
