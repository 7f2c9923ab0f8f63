#include <sextant/rerank/reranker.hpp>

#include <algorithm>

#include <sextant/core/error.hpp>

namespace sextant {

std::vector<Ranked> Reranker::rank(const Item& query, std::span<const Item> documents) const {
    const auto scores = score(query, documents);
    if (scores.size() != documents.size())
        throw Error(ErrorCode::model, "the reranker returned " + std::to_string(scores.size()) + " scores for " +
                                          std::to_string(documents.size()) + " documents");
    std::vector<Ranked> ranked;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        // A NaN has no place in an order, and would spoil that of the others.
        if (scores[i] != scores[i]) throw Error(ErrorCode::model, "the reranker's score for document " + std::to_string(i) + " is NaN");
        ranked.push_back({i, scores[i]});
    }
    std::stable_sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) { return a.score > b.score; });
    return ranked;
}

}  // namespace sextant
