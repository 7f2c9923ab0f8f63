// Answers.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sextant/core/span.hpp>

namespace sextant {

/// What a score is.
enum class ScoreType {
    cosine,       ///< -1 to 1
    dot,          ///< an inner product, or what `MultiScore` makes of several; unbounded
    l2,           ///< minus the squared Euclidean distance
    logit,        ///< a cross-encoder's raw output, unbounded
    probability,  ///< a logit through a sigmoid, 0 to 1
};

[[nodiscard]] constexpr std::string_view to_string(ScoreType type) noexcept {
    switch (type) {
        case ScoreType::cosine: return "cosine";
        case ScoreType::dot: return "dot";
        case ScoreType::l2: return "l2";
        case ScoreType::logit: return "logit";
        case ScoreType::probability: return "probability";
    }
    return "unknown";
}

/// One record that was found.
struct Hit {
    std::string id;
    float score = 0;            ///< higher is better; of the type that `SearchResult::score_type` names
    float retrieval_score = 0;  ///< the index's own score; equals `score` unless a reranker gave that
    std::string payload;        ///< the record's JSON
    std::string text;           ///< the record's text, empty if it has none
    std::string parent = {};    ///< the id of what the record is a part of, empty if it is whole
    Span span = {};             ///< which part
};

/// What is known about the hits.
enum class Completeness {
    exact,        ///< these are the k best of all rows
    approximate,  ///< a better row may have been missed
    exhausted,    ///< these are all rows there are: fewer than k exist
};

[[nodiscard]] constexpr std::string_view to_string(Completeness completeness) noexcept {
    switch (completeness) {
        case Completeness::exact: return "exact";
        case Completeness::approximate: return "approximate";
        case Completeness::exhausted: return "exhausted";
    }
    return "unknown";
}

/// How long one stage of a search took.
struct StageTime {
    std::string stage;  ///< "encode", "retrieve", "load", "rerank"
    double seconds = 0;
};

/// The best hits first; equal scores in the order of insertion; never padded. Iterates over its hits.
struct SearchResult {
    std::vector<Hit> hits;
    Completeness completeness = Completeness::exact;
    ScoreType score_type = ScoreType::cosine;
    std::size_t rows_scored = 0;                                  ///< by the index
    std::vector<StageTime> stages;                                ///< in the order they ran
    std::vector<std::pair<std::string, std::string>> unreadable;  ///< ids that could not be reranked, and why
    /// Printable; give it as `NearestOptions::search_after` to have the next hits. Every record that stays as it is comes
    /// once, whatever is written between two pages; but what an `approximate` page missed is on none: pages begin where the last
    /// hit stands, so ask for the first one exactly if all are wanted. Empty if there are fewer than k hits, they were reranked,
    /// or each is the best of its parent.
    std::string next = {};

    [[nodiscard]] auto begin() const noexcept { return hits.begin(); }
    [[nodiscard]] auto end() const noexcept { return hits.end(); }
    [[nodiscard]] bool empty() const noexcept { return hits.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return hits.size(); }
    [[nodiscard]] const Hit& operator[](std::size_t i) const { return hits[i]; }
};

}  // namespace sextant
