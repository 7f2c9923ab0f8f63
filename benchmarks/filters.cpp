// What a filter costs, and what it does to recall, by how many records meet it and by where these lie:
//
//   filters_benchmark VECTORS THREADS
//
// VECTORS is any file that VectorFile reads. A filter lets through a part of the records: drawn by chance, the nearest to the
// queries (correlated), or the farthest (anti-correlated). Queries are vectors that are no records: 100 drawn by chance, or
// for the last two 100 that lie near each other; the index has a graph. Each is searched exactly, as the index chooses if it is
// asked for a recall of 0.95, and by the graph with the least of some efforts that gives as much recall as the index's choice, or
// 0.95 if that is exact. Exact answers are compared with a plain loop.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <iomanip>
#include <iostream>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <sextant/index/index.hpp>
#include <sextant/kernels/similarity.hpp>
#include <sextant/store/vector_file.hpp>

namespace {

using Clock = std::chrono::steady_clock;
using sextant::field;
using sextant::Index;
using sextant::Matrix;
using sextant::Completeness;
using sextant::NearestOptions;
using Results = std::vector<sextant::SearchResult>;

constexpr std::size_t k = 10, query_count = 100;
constexpr double wanted_recall = 0.95;
constexpr int rounds = 5;

struct Data {
    Matrix records, scattered, together;  // the last two: queries
    std::vector<std::size_t> by_chance, by_nearness;  // a rank for each record
};

std::span<const float> row(const Matrix& of, std::size_t i) { return {of.row(static_cast<Eigen::Index>(i)).data(), static_cast<std::size_t>(of.cols())}; }

/// The place of each element in the order of `values`.
std::vector<std::size_t> ranks(const std::vector<double>& values) {
    std::vector<std::size_t> order(values.size()), rank(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
    for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
    return rank;
}

Data read(const std::string& path) {
    auto file = sextant::VectorFile::open(path);
    const Matrix all = file.read(0, file.size()).rowwise().normalized();
    const Eigen::RowVectorXf middle = all.row(0);
    std::mt19937_64 random(1);
    std::vector<double> far, chance;
    for (Eigen::Index i = 0; i < all.rows(); ++i) {
        far.push_back(-static_cast<double>(all.row(i).dot(middle)));
        chance.push_back(static_cast<double>(random()));
    }
    const auto by_far = ranks(far), by_chance = ranks(chance);
    std::vector<Eigen::Index> records, scattered, together;
    std::vector<double> left_far, left_chance;
    for (std::size_t i = 0; i < file.size(); ++i) {
        auto& part = by_far[i] < query_count ? together : by_chance[i] < query_count ? scattered : records;
        part.push_back(static_cast<Eigen::Index>(i));
        if (&part != &records) continue;
        left_far.push_back(far[i]);
        left_chance.push_back(chance[i]);
    }
    return {all(records, Eigen::all), all(scattered, Eigen::all), all(together, Eigen::all), ranks(left_chance), ranks(left_far)};
}

Index index_of(const Data& data, std::size_t threads) {
    auto index = Index::in_memory({.dimensions = static_cast<std::size_t>(data.records.cols())});
    std::vector<sextant::Record> records;
    const auto count = static_cast<std::size_t>(data.records.rows());
    for (std::size_t i = 0; i < count; ++i) {
        const auto vector = row(data.records, i);
        records.push_back({std::to_string(i), {vector.begin(), vector.end()},
                           "{\"chance\":" + std::to_string(data.by_chance[i]) + ",\"near\":" + std::to_string(data.by_nearness[i]) + "}"});
        if (records.size() == 10'000 || i + 1 == count) {
            index.upsert(records);
            records.clear();
        }
    }
    index.build_graph({.threads = threads});
    return index;
}

struct Searched {
    Results results;
    double seconds = 1e9;  // of all queries, the fastest round
};

Searched search(const Index& index, const Matrix& queries, const NearestOptions& options) {
    Searched searched;
    for (int round = 0; round < rounds; ++round) {
        const auto start = Clock::now();
        searched.results = index.nearest(queries, options);
        searched.seconds = std::min(searched.seconds, std::chrono::duration<double>(Clock::now() - start).count());
    }
    return searched;
}

double recall(const Results& found, const Results& exact) {
    double sum = 0;
    for (std::size_t q = 0; q < exact.size(); ++q) {
        const auto near_enough = [&](const auto& hit) { return hit.score >= exact[q].hits.back().score; };
        sum += exact[q].empty() ? 1 : std::min(1.0, static_cast<double>(std::ranges::count_if(found[q], near_enough)) / static_cast<double>(exact[q].size()));
    }
    return sum / static_cast<double>(exact.size());
}

/// Ids in the order of their scores, computed one by one in 64 bits.
std::vector<std::string> plain(const Matrix& records, std::span<const float> wanted, const std::vector<std::size_t>& met) {
    std::vector<std::pair<float, std::size_t>> scored;
    for (const auto i : met) {
        const auto vector = row(records, i);
        scored.emplace_back(-static_cast<float>(sextant::kernels::dot(vector, wanted) / (sextant::kernels::norm(vector) * sextant::kernels::norm(wanted))), i);
    }
    std::ranges::sort(scored);
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < std::min(k, scored.size()); ++i) ids.push_back(std::to_string(scored[i].second));
    return ids;
}

struct Totals {
    double slowest = 0, least_recall = 1;
    std::size_t different = 0, shorter = 0;
};

void measure(const Data& data, const Index& index, std::size_t threads, const std::string& where, double part, Totals& totals) {
    const auto count = static_cast<std::size_t>(data.records.rows());
    const auto most = static_cast<std::size_t>(part * static_cast<double>(count));
    const auto& rank = where == "by chance" ? data.by_chance : data.by_nearness;
    const auto& queries = where == "by chance" ? data.scattered : data.together;
    const bool far = where == "anti-correlated";
    const auto name = where == "by chance" ? "chance" : "near";
    const auto filter = far ? field(name) >= count - most : field(name) < most;
    std::vector<std::size_t> met;
    for (std::size_t i = 0; i < count; ++i)
        if (far ? rank[i] >= count - most : rank[i] < most) met.push_back(i);

    NearestOptions options{.k = k, .filter = filter, .threads = threads, .records = false};
    const auto exact = search(index, queries, options);
    for (std::size_t q = 0; q < exact.results.size(); q += 10) {
        const auto ids = plain(data.records, row(queries, q), met);
        totals.different += !std::ranges::equal(exact.results[q], ids, {}, &sextant::Hit::id);
    }
    options.min_recall = wanted_recall;
    const auto chosen = search(index, queries, options);
    const double found = recall(chosen.results, exact.results);
    const bool approximate = std::ranges::any_of(chosen.results, [](const auto& result) { return result.completeness == Completeness::approximate; });
    options.min_recall.reset();
    std::optional<double> walked;
    for (options.ef = k; *options.ef <= 2'000 && !walked; options.ef = *options.ef * 5 / 4) {
        const auto one = search(index, queries, options);
        if (recall(one.results, exact.results) >= (approximate ? found : wanted_recall)) walked = one.seconds;
    }
    for (const auto& result : chosen.results) totals.shorter += result.size() < std::min(k, met.size());
    const double ratio = chosen.seconds / std::min(exact.seconds, walked.value_or(exact.seconds));
    totals.slowest = std::max(totals.slowest, ratio);
    totals.least_recall = std::min(totals.least_recall, found);
    std::cout << std::left << std::setw(16) << where << std::right << std::setw(8) << part << std::setw(9) << met.size() << std::fixed << std::setprecision(2)
              << std::setw(10) << exact.seconds * 1e3 << std::setw(10) << walked.value_or(0) * 1e3 << std::setw(10) << chosen.seconds * 1e3 << std::setw(8) << ratio
              << std::setprecision(4) << std::setw(9) << found << "  " << to_string(approximate ? Completeness::approximate : chosen.results.front().completeness) << std::defaultfloat << std::endl;
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 3) {
        std::cerr << "usage: filters_benchmark VECTORS THREADS\n";
        return 2;
    }
    const std::size_t threads = std::stoull(argv[2]);
    const auto data = read(argv[1]);
    const auto index = index_of(data, threads);
    std::cout << data.records.rows() << " records of " << data.records.cols() << " dimensions, " << query_count << " queries at once, k " << k << ", " << threads
              << " threads, fastest of " << rounds << "; milliseconds of all queries\n"
              << "records met         part    count      scan     graph    chosen   ratio   recall\n";
    Totals totals;
    for (const std::string where : {"by chance", "correlated", "anti-correlated"})
        for (const double part : {1.0, 0.5, 0.1, 0.01, 0.001, 0.0001, 0.0}) measure(data, index, threads, where, part, totals);
    std::cout << "figure filter_slowest_vs_better_of_graph_and_scan " << totals.slowest << " goal 1.2 or less\n"
              << "figure filter_least_recall " << totals.least_recall << " goal 0.95\n"
              << "figure filter_answers_short " << totals.shorter << " goal 0\n"
              << "figure filter_exact_answers_different " << totals.different << " goal 0\n";
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
}
