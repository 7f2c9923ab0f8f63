// Spaces of sparse and of many vectors: their records, and a plain loop over them that ranks them.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <sextant/index/index.hpp>

#include "index/fixture.hpp"

namespace fixture {

using sextant::Matrix;
using sextant::MultiScore;
using sextant::Record;
using sextant::SparseVector;

inline sextant::Space sparse_space(std::size_t vocabulary) {
    auto made = space(vocabulary, sextant::Metric::dot);
    made.kind = sextant::Output::sparse;
    return made;
}

inline sextant::Space multi_space(std::size_t dimensions, MultiScore score = MultiScore::max_sim_sum) {
    auto made = space(dimensions, sextant::Metric::dot);
    made.kind = sextant::Output::multi;
    made.multi_score = score;
    return made;
}

/// Rounded once, of sums that are more exact than those of the index.
inline float reference_score(const SparseVector& x, const SparseVector& q) {
    std::map<std::int64_t, long double> weights;
    for (std::size_t i = 0; i < q.ids.size(); ++i) weights[q.ids[i]] = q.weights[i];
    long double sum = 0;
    for (std::size_t i = 0; i < x.ids.size(); ++i)
        if (const auto found = weights.find(x.ids[i]); found != weights.end()) sum += found->second * x.weights[i];
    return static_cast<float>(static_cast<double>(sum)) + 0.0F;
}

inline float reference_score(const Matrix& x, const Matrix& q, MultiScore score) {
    long double sum = 0, largest = -std::numeric_limits<long double>::infinity();
    for (Eigen::Index i = 0; i < q.rows(); ++i) {
        long double best = -std::numeric_limits<long double>::infinity();
        for (Eigen::Index j = 0; j < x.rows(); ++j) {
            long double dot = 0;
            for (Eigen::Index d = 0; d < x.cols(); ++d) dot += static_cast<long double>(x(j, d)) * q(i, d);
            best = std::max(best, dot);
        }
        sum += best;
        largest = std::max(largest, best);
    }
    if (score == MultiScore::max) sum = largest;
    if (score == MultiScore::max_sim_mean) sum /= static_cast<long double>(q.rows());
    return static_cast<float>(static_cast<double>(sum)) + 0.0F;
}

/// What was found, or is to be.
struct Ranked {
    std::string id;
    float score;

    friend bool operator==(const Ranked&, const Ranked&) = default;
};

inline std::vector<Ranked> ranked(const sextant::SearchResult& result) {
    std::vector<Ranked> all;
    for (const auto& hit : result) all.push_back({hit.id, hit.score});
    return all;
}

/// The k best of these records, which are in the order of insertion.
template <class Score>
std::vector<Ranked> reference(const std::vector<Record>& records, std::size_t k, Score&& score) {
    std::vector<Ranked> all;
    for (const auto& record : records) all.push_back({record.id, score(record)});
    std::ranges::stable_sort(all, [](const Ranked& a, const Ranked& b) { return a.score > b.score; });
    all.resize(std::min(k, all.size()));
    return all;
}

/// Records in the order of insertion, as an index keeps them.
struct Kept {
    std::vector<Record> records;

    void put(const Record& record) {
        const auto found = std::ranges::find(records, record.id, &Record::id);
        if (found == records.end()) records.push_back(record);
        else *found = record;
    }
    void remove(const std::string& id) {
        std::erase_if(records, [&id](const Record& record) { return record.id == id; });
    }
};

}  // namespace fixture
