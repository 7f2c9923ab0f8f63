#include "index/effort.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "index/exact_scan.hpp"
#include "index/graph_scan.hpp"

namespace sextant::index {
namespace {

constexpr std::size_t most_wanted = 100, largest_ef = 4096;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

using Answers = std::vector<std::vector<kernels::Scored>>;

/// What is found of the k best: as good as the worst of these, whichever rows they are.
double recall_of(const std::vector<kernels::Scored>& found, const std::vector<kernels::Scored>& exact, std::size_t k) {
    const std::size_t wanted = std::min(k, exact.size());
    if (wanted == 0) return 1;
    const float worst = exact[wanted - 1].score;
    const auto hits = std::ranges::count_if(found, [worst](const auto& one) { return one.score >= worst; });
    return std::min(1.0, static_cast<double>(hits) / static_cast<double>(wanted));
}

/// The mean less three standard errors.
double surely(const std::vector<double>& recalls) {
    const auto n = static_cast<double>(recalls.size());
    double sum = 0, squares = 0;
    for (const auto recall : recalls) {
        sum += recall;
        squares += recall * recall;
    }
    const double mean = sum / n, variance = std::max(0.0, squares / n - mean * mean);
    return mean - 3 * std::sqrt(variance / n);
}

}  // namespace

Effort Effort::measure(const Vectors& vectors, const Graph& graph, const Bits& linked, std::span<const std::size_t> sample, std::size_t threads) {
    Measured effort;
    if (sample.empty()) return Effort(effort);
    const Bits none(vectors.rows().blocks());
    std::vector<std::vector<float>> room(sample.size());
    std::vector<std::span<const float>> queries;
    for (std::size_t q = 0; q < sample.size(); ++q) queries.push_back(vectors.at(sample[q], room[q]));
    const auto answers_of = [&](auto&& scan, std::size_t first, std::size_t count, double& seconds) {
        for (std::size_t q = 0; q < count; ++q) scan.add(queries[first + q]);
        const double begin = now();
        scan.run();
        seconds = now() - begin;
        Answers answers;
        for (std::size_t q = 0; q < count; ++q) answers.push_back(scan.take(q));
        return answers;
    };
    const auto wanted = [&](std::size_t k) { return Wanted{.k = k, .allowed = linked.data(), .threads = threads}; };
    const auto most = wanted(most_wanted);
    const auto exact_answers = [&](std::size_t first, std::size_t count, double& seconds) { return answers_of(ExactScan(vectors, most), first, count, seconds); };
    (void)exact_answers(0, 1, effort.exact_one);
    const auto exact = exact_answers(0, sample.size(), effort.exact_many);
    effort.exact_many /= static_cast<double>(sample.size());

    const auto walked_answers = [&](std::size_t first, std::size_t count, std::size_t k, std::size_t ef, double& seconds) {
        return answers_of(GraphScan(vectors, graph, none, wanted(k), {ef}), first, count, seconds);
    };
    for (const std::size_t k : {std::size_t{1}, std::size_t{10}, most_wanted}) {
        auto& curve = effort.curves.emplace_back(Curve{k, {}});
        for (std::size_t ef = k; ef <= largest_ef; ef += std::max<std::size_t>(2, ef / 3)) {
            double seconds = 0;
            const auto answers = walked_answers(0, sample.size(), k, ef, seconds);
            seconds /= static_cast<double>(sample.size());
            std::vector<double> recalls;
            for (std::size_t q = 0; q < sample.size(); ++q) recalls.push_back(recall_of(answers[q], exact[q], k));
            const double recall = surely(recalls);
            if (curve.points.empty() || recall > curve.points.back().recall) curve.points.push_back({ef, recall, seconds});
            if (recall >= 0.9999 || seconds > effort.exact_many) break;
        }
    }
    // A walk alone waits for memory.
    double alone = 0, together = 0;
    const std::size_t some = std::min<std::size_t>(sample.size(), 50);
    for (std::size_t q = 0; q < some; ++q) {
        double seconds = 0;
        (void)walked_answers(q, 1, most_wanted, most_wanted, seconds);
        alone += seconds;
    }
    (void)walked_answers(0, some, most_wanted, most_wanted, together);
    if (alone > 0 && together > 0) effort.exact_one *= together / alone;
    return Effort(std::move(effort));
}

double Effort::cost(std::size_t ef, bool many) const {
    const double exact = many ? measured_.exact_many : measured_.exact_one;
    for (const auto& curve : measured_.curves)
        for (const auto& point : curve.points)
            if (point.ef >= ef) return exact == 0 ? 0 : point.seconds / exact;
    return std::numeric_limits<double>::infinity();
}

std::optional<std::size_t> Effort::ef_for(std::size_t k, double recall) const {
    for (const auto& curve : measured_.curves) {
        if (curve.k < k) continue;
        const auto point = std::ranges::find_if(curve.points, [recall](const auto& one) { return one.recall >= recall; });
        if (point != curve.points.end()) return std::max(k, point->ef);
        return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace sextant::index
