#include <sextant/index/advisor.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <random>
#include <tuple>
#include <utility>

#include <sextant/core/error.hpp>
#include <sextant/kernels/top_k.hpp>

#include "index/exact_scan.hpp"
#include "index/in_threads.hpp"
#include "index/precisions.hpp"

namespace sextant {
namespace {

using index::Sample;
using index::Scanned;
using kernels::Scored;

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorCode::invalid_argument, what); }

/// The score of the k-th nearest to each query, in 64 bits, rounded once.
std::vector<float> exact(const Sample& sample, const AdviseOptions& options) {
    auto slots = sample.slots();
    slots.resize(sample.rows().blocks());
    const index::Wanted wanted{.k = options.k, .allowed = slots.data(), .threads = options.threads};
    index::ExactScan scan(sample.rows(), wanted);
    for (std::size_t q = 0; q < sample.queries().size(); ++q) scan.add(sample.query(q));
    scan.run();
    std::vector<float> worst;
    for (std::size_t q = 0; q < sample.queries().size(); ++q) worst.push_back(scan.take(q).back().score);
    return worst;
}

/// The best slots for query q.
std::vector<Scored> search(const Sample& sample, const Scanned& scanned, std::size_t q, bool rescored, const AdviseOptions& options, std::span<float> scores) {
    scanned.score(q, scores);
    kernels::TopK best(rescored ? options.k * options.oversample : options.k);
    const auto& slots = sample.slots();
    for (std::size_t b = 0; b < slots.size(); ++b)
        index::for_each_bit(slots[b], [&](std::size_t i) {
            const std::size_t slot = b * index::word_bits + i;
            best.push({scores[slot], slot, slot});
        });
    if (!rescored) return best.take();
    kernels::TopK again(options.k);
    for (const auto& one : best.take()) again.push({sample.score(q, one.row), one.order, one.row});
    return again.take();
}

/// Mean and standard error.
std::pair<double, double> summary(const std::vector<double>& values) {
    const auto n = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    return {mean, std::sqrt(squares / (n - 1) / n)};
}

PrecisionTrial measured(const Sample& sample, const Scanned& scanned, bool rescored, const std::vector<float>& worst, const AdviseOptions& options) {
    const std::size_t queries = worst.size();
    std::vector<double> recalls(queries), seconds(queries);
    std::atomic<std::size_t> next{0};
    index::in_threads(std::min(options.threads, queries), [&] {
        std::vector<float> scores(sample.slot_count());
        for (std::size_t q = next++; q < queries; q = next++) {
            const auto begin = std::chrono::steady_clock::now();
            const auto found = search(sample, scanned, q, rescored, options, scores);
            seconds[q] = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
            const auto near_enough = [&](const Scored& one) { return sample.score(q, one.row) >= worst[q]; };
            recalls[q] = static_cast<double>(std::ranges::count_if(found, near_enough)) / static_cast<double>(options.k);
        }
    });
    const auto [recall, error] = summary(recalls);
    return {scanned.name, rescored, scanned.bytes, recall, error, summary(seconds).first};
}

std::optional<std::size_t> cheapest(const std::vector<PrecisionTrial>& tried, double min_recall) {
    std::optional<std::size_t> best;
    const auto cost = [&](std::size_t i) { return std::tuple(tried[i].bytes, tried[i].rescored, tried[i].seconds); };
    for (std::size_t i = 0; i < tried.size(); ++i)
        if (tried[i].recall - 2 * tried[i].standard_error >= min_recall && (!best || cost(i) < cost(*best))) best = i;
    return best;
}

template <class... Values>
std::string line(const char* format, Values... values) {
    char text[160];
    std::snprintf(text, sizeof text, format, values...);
    return text;
}

}  // namespace

void AdviseOptions::validate() const {
    if (k == 0) refuse("k is 0: ask for at least 1");
    if (!(min_recall >= 0 && min_recall <= 1)) refuse("min_recall is a part of 1: give a number from 0 to 1");
    if (oversample == 0 || oversample > 1'000) refuse("oversample is how many times k are rescored: give 1 to 1000");
    if (held_out < 2) refuse("held_out is less than 2: of one query no error can be told");
    if (threads == 0) refuse("threads is 0: the calling thread is one");
}

Advice advise(const Eigen::Ref<const Matrix>& vectors, const Eigen::Ref<const Matrix>& queries, const AdviseOptions& options) {
    options.validate();
    const auto count = static_cast<std::size_t>(vectors.rows()), dimensions = static_cast<std::size_t>(vectors.cols());
    if (dimensions == 0) refuse("the vectors have no dimensions");
    if (queries.rows() < 2) refuse("there are fewer than 2 queries: of one no error can be told");
    if (count < options.k) refuse("k is " + std::to_string(options.k) + ", and there are " + std::to_string(count) + " vectors to be found");
    const Sample sample(vectors, queries, options.metric);
    const auto worst = exact(sample, options);
    Advice advice{{}, {}, count, dimensions, worst.size(), false, options};
    const auto add = [&](const Scanned& scanned) {
        for (const bool rescored : {false, true}) advice.precisions.push_back(measured(sample, scanned, rescored, worst, options));
    };
    advice.precisions.push_back(measured(sample, index::as_floats(sample, dimensions, "float32"), false, worst, options));
    add(index::as_bfloat16(sample));
    add(index::as_bytes(sample));
    add(index::as_nibbles(sample));
    add(index::as_signs(sample));
    for (const std::size_t part : {2, 4, 8})
        if (const auto first = dimensions / part; first > 0) add(index::as_floats(sample, first, std::to_string(first) + " dimensions"));
    advice.cheapest = cheapest(advice.precisions, options.min_recall);
    return advice;
}

Advice advise(const Eigen::Ref<const Matrix>& vectors, const AdviseOptions& options) {
    options.validate();
    const Eigen::Index held = std::min(static_cast<Eigen::Index>(options.held_out), vectors.rows() / 2);
    if (held < 2) refuse("there are " + std::to_string(vectors.rows()) + " vectors: too few to hold out 2 as queries");
    index::check_rows(vectors, vectors.cols(), options.metric, "vector");
    std::vector<Eigen::Index> order(static_cast<std::size_t>(vectors.rows()));
    std::iota(order.begin(), order.end(), Eigen::Index{0});
    std::mt19937_64 random(1);
    for (std::size_t i = 0; i < static_cast<std::size_t>(held); ++i) std::swap(order[i], order[i + random() % (order.size() - i)]);
    std::sort(order.begin() + held, order.end());
    const auto rows = [&](Eigen::Index first, Eigen::Index count) {
        Matrix some(count, vectors.cols());
        for (Eigen::Index i = 0; i < count; ++i) some.row(i) = vectors.row(order[static_cast<std::size_t>(first + i)]);
        return some;
    };
    auto advice = advise(rows(held, vectors.rows() - held), rows(0, held), options);
    advice.held_out = true;
    return advice;
}

std::string Advice::to_string() const {
    std::string text = std::to_string(vectors) + " vectors of " + std::to_string(dimensions) + " dimensions, " + std::string(sextant::to_string(options.metric)) + "; " +
                       std::to_string(queries) + (held_out ? " queries held out" : " queries") + ", k " + std::to_string(options.k) + "; rescored are the best " +
                       std::to_string(options.k * options.oversample) + "\n";
    text += line("  %-28s %8s %16s %12s\n", "", "bytes", "recall", "ms a query");
    for (std::size_t i = 0; i < precisions.size(); ++i) {
        const auto& one = precisions[i];
        const auto name = one.name + (one.rescored ? " + rescore" : "");
        text += line("%c %-28s %8zu %7.4f +- %.4f %11.3f\n", cheapest == i ? '*' : ' ', name.c_str(), one.bytes, one.recall, one.standard_error, 1e3 * one.seconds);
    }
    text += line("recall of at least %g, after two standard errors are taken off: ", options.min_recall);
    if (!cheapest) return text + "none of these\n";
    return text + precisions[*cheapest].name + (precisions[*cheapest].rescored ? " + rescore" : "") + " has the least bytes\n";
}

}  // namespace sextant
