#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <mutex>
#include <numeric>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <sextant/core/error.hpp>

#include "index/coarse_scan.hpp"
#include "index/cursor.hpp"
#include "index/exact_scan.hpp"
#include "index/graph_scan.hpp"
#include "index/in_threads.hpp"
#include "index/index_impl.hpp"
#include "index/multi_scan.hpp"
#include "index/sparse_scan.hpp"
#include "index/validate.hpp"

namespace sextant {
namespace {

ScoreType score_type_of(Metric metric) {
    switch (metric) {
        case Metric::cosine:
            return ScoreType::cosine;
        case Metric::dot:
            return ScoreType::dot;
        case Metric::l2:
            break;
    }
    return ScoreType::l2;
}

kernels::Scored after(const NearestOptions& options, std::size_t queries) {
    if (queries != 1) throw Error(ErrorCode::invalid_argument, "search_after is of one query, and there are " + std::to_string(queries) + ": ask for the next page of each alone");
    const auto cursor = index::Cursor::parse(options.search_after, /*of_hit=*/true, "search_after");
    return {*cursor.score, cursor.number, 0};
}

/// Throws unless rows have what is to be compared of them.
void check_part(const NearestOptions& options, const index::Rows& rows, const std::string& space) {
    if (!options.truncate_dim) return;
    const auto& layout = rows.layout();
    if (*options.truncate_dim > layout.dimensions())
        throw Error(ErrorCode::invalid_argument, "truncate_dim is " + std::to_string(*options.truncate_dim) + ", and the space " + index::shown(space) + " has " +
                                                     std::to_string(layout.dimensions()) + " dimensions");
    if (!options.binary && !layout.keeps_vectors())
        throw Error(ErrorCode::invalid_argument, "truncate_dim is given, and this index keeps no vectors in memory: compare signs only (binary), or open it with vectors_in_memory");
}

}  // namespace

/// Of what was found the first of each parent, at most k.
std::vector<kernels::Scored> Index::Impl::best_of_parents(const index::State& seen, std::size_t space, std::span<const kernels::Scored> found, std::size_t k) const {
    const auto& in = seen.spaces[space];
    std::unordered_set<std::string> parents;
    std::vector<kernels::Scored> best;
    for (const auto& one : found) {
        if (best.size() == k) break;
        std::string parent;
        seen.read(in, one.row, [&parent](const index::Details& details) { parent = details.parent; });
        if (parents.insert(parent.empty() ? in.rows->named(one.row).first : std::move(parent)).second) best.push_back(one);
    }
    return best;
}

SearchResult Index::Impl::result(const index::State& seen, std::size_t space, std::span<const kernels::Scored> found,
                                 const NearestOptions& options) const {
    SearchResult result;
    result.score_type = score_type_of(spaces[space].space.metric);
    if (found.size() < options.k) result.completeness = Completeness::exhausted;
    else if (!options.one_per_parent) result.next = index::Cursor{found.back().order, found.back().score}.to_string();
    const auto& in = seen.spaces[space];
    std::vector<const index::Named*> named;  // places in memory that are far apart, so they are asked for together
    for (const auto& best : found) named.push_back(&in.rows->named(best.row));
    for (const auto* one : named) __builtin_prefetch(one);
    result.hits.reserve(found.size());
    for (const auto& best : found) {
        auto& hit = result.hits.emplace_back(Hit{named[result.hits.size()]->first, best.score, best.score, {}, {}});
        if (options.records)
            seen.read(in, best.row, [&hit](const index::Details& details) {
                hit.payload = details.payload;
                hit.text = details.text;
                hit.parent = details.parent;
                hit.span = details.span;
            });
    }
    return result;
}

void NearestOptions::validate() const {
    const auto refuse = [](const std::string& what) { throw Error(ErrorCode::invalid_argument, what); };
    if (k == 0) refuse("k is 0: ask for at least 1 hit");
    if (threads == 0) refuse("threads is 0: the calling thread is one");
    if (min_score && std::isnan(*min_score)) refuse("min_score is NaN: every comparison with it is false");
    if (min_recall && !(*min_recall >= 0 && *min_recall <= 1)) refuse("min_recall is a part of 1: give a number from 0 to 1");
    if (ef && *ef < k) refuse("ef is less than k: keep at least as many candidates as hits are wanted");
    if (!search_after.empty()) (void)index::Cursor::parse(search_after, /*of_hit=*/true, "search_after");
    if (ef && !search_after.empty()) refuse("ef and search_after are both given: pages are searched exactly");
    if (one_per_parent && !search_after.empty()) refuse("one_per_parent and search_after are both given: which parents came before is not known");
    if (truncate_dim == 0) refuse("truncate_dim is 0: compare at least 1 component");
    if (oversample == 0 || oversample > 1'000) refuse("oversample is how many times k are compared as they were given: give 1 to 1000");
    if (binary || truncate_dim) {
        const std::string name = binary ? "binary" : "truncate_dim";
        if (!search_after.empty()) refuse(name + " and search_after are both given: pages are searched exactly");
        if (ef || min_recall) refuse(name + " and " + (ef ? "ef" : "min_recall") + " are both given: a walk of the graph compares codes of its own");
    }
    if (ef && min_recall) refuse("ef and min_recall are both given: one says the effort, the other what it is to give");
}

void GraphOptions::validate() const {
    const auto refuse = [](const char* what) { throw Error(ErrorCode::invalid_argument, what); };
    if (m < 2 || m > 256) refuse("m is the number of links of a record: give 2 to 256");
    if (ef_construction < m) refuse("ef_construction is less than m: links are chosen from so many candidates");
    if (threads == 0) refuse("threads is 0: the calling thread is one");
}

std::vector<SearchResult> Index::Impl::nearest(std::span<const store::AnyVector> queries, const NearestOptions& options) {
    const auto begin = std::chrono::steady_clock::now();
    options.validate();
    const auto space = number_of(options.space);
    const auto& table = spaces[space];
    const auto shown = now();
    const auto& [seen, linked, lists] = shown.spaces[space];
    const auto count = queries.size();
    for (std::size_t i = 0; i < count; ++i) index::check_vector(table.space, queries[i], "query " + std::to_string(i));
    if (table.space.kind == Output::dense) check_part(options, *seen, table.name);
    index::Wanted wanted{.k = options.k, .threads = options.threads};
    if (options.min_score) wanted.min_score = *options.min_score;
    if (!options.search_after.empty()) wanted.after = after(options, count);
    index::Bits allowed;
    auto rows = seen->size();
    if (options.filter) {
        allowed = meeting(shown, space, options.filter);
        wanted.allowed = allowed.data();
        rows = index::count_bits(allowed);
    }
    std::vector<SearchResult> results(count);
    std::vector<std::size_t> open(count), short_of_parents;  // queries
    std::iota(open.begin(), open.end(), std::size_t{0});
    auto asked = options;
    const auto search = [&](auto&& scan, const auto& finish) {
        for (const auto q : open) std::visit([&scan](const auto& vector) { if constexpr (requires { scan.add(vector); }) scan.add(vector); }, queries[q]);
        scan.run();
        std::mutex mutex;  // of `short_of_parents`
        index::share_out(open.size(), options.threads, [&](std::size_t i, std::size_t) {
            auto found = scan.take(i);
            if (options.one_per_parent) {
                const bool more = found.size() == asked.k;
                found = best_of_parents(shown, space, found, options.k);
                if (more && found.size() < options.k) {
                    const std::lock_guard lock(mutex);
                    short_of_parents.push_back(open[i]);
                    return;
                }
            }
            results[open[i]] = result(shown, space, found, options);
            finish(results[open[i]], scan, i);
        });
    };
    const auto search_all = [&](auto&& scan) {
        search(scan, [rows](SearchResult& result, const auto&, std::size_t) { result.rows_scored = rows; });
    };
    const auto coarse = [&, &seen = seen]() -> std::optional<index::Coarse> {
        if (!options.binary && !options.truncate_dim) return std::nullopt;
        const auto shortlist = std::min(rows, asked.k) * options.oversample;
        if (shortlist >= rows) return std::nullopt;  // all of them
        return index::Coarse{options.truncate_dim.value_or(seen->layout().dimensions()), options.binary, shortlist};
    };
    const auto walks = [&, &linked = linked, &seen = seen] {
        return wanted.after ? std::nullopt : index::reach_for(linked.get(), *seen, options.filter ? &allowed : nullptr, open.size(), asked);
    };
    while (!open.empty()) {
        wanted.k = asked.k;
        if (const auto reach = walks()) {
            search(index::GraphScan(shown.vectors(space), *linked->graph, linked->unlinked, wanted, *reach), [](SearchResult& result, const auto& scan, std::size_t i) {
                result.rows_scored = scan.compared(i);
                if (!scan.exact(i)) result.completeness = Completeness::approximate;
            });
        } else if (lists) {
            search_all(index::SparseScan(*seen, *lists, wanted));
        } else if (table.each) {
            search_all(index::MultiScan(*seen, *table.each, table.space.multi_score, wanted));
        } else if (const auto part = coarse()) {
            search(index::CoarseScan(shown.vectors(space), wanted, *part), [rows](SearchResult& result, const auto&, std::size_t) {
                result.rows_scored = rows;
                result.completeness = Completeness::approximate;
            });
        } else {
            search_all(index::ExactScan(shown.vectors(space), wanted));
        }
        asked.k *= 4;  // some of the nearest were parts of one
        if (asked.ef) asked.ef = std::max(*asked.ef, asked.k);
        open = std::exchange(short_of_parents, {});
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    for (auto& result : results) result.stages.push_back({"retrieve", elapsed.count()});
    return results;
}

void Index::build_graph(const GraphOptions& options) {
    options.validate();
    const auto space = impl_->number_of(options.space);
    const std::lock_guard builder(impl_->building);
    if (const auto kind = impl_->spaces[space].space.kind; kind != Output::dense)
        throw Error(ErrorCode::invalid_argument, impl_->name + ": the space " + index::shown(impl_->spaces[space].name) + " holds " + std::string(to_string(kind)) +
                                                     " vectors, and a graph links dense ones: such spaces are searched exactly without one");
    auto before = impl_->now();
    if (before.spaces[space].rows->layout().keeps_vectors()) before.file.reset();  // it would keep what it sees in the log for so long
    index::Linking linking(before.spaces[space].rows, before.spaces[space].linked, options);
    std::exception_ptr failure;
    try {
        linking.run(before.vectors(space));
    } catch (...) {
        failure = std::current_exception();
    }
    {
        const std::lock_guard writer(impl_->writing);
        const auto rows = impl_->last().spaces[space].rows;
        const auto linked = linking.result(*rows);
        if (linked || !failure) {
            auto shown = linked;
            const std::lock_guard lock(impl_->latest);
            std::swap(impl_->state.spaces[space].linked, shown);
        }
        if (linked && !failure) impl_->save_graph(space, *linked, *rows);
    }
    if (failure) std::rethrow_exception(failure);
}

std::optional<GraphInfo> Index::graph(std::string_view space) const {
    const auto state = impl_->now();
    const auto& [rows, linked, lists] = state.spaces[impl_->number_of(space)];
    if (!linked) return std::nullopt;
    const auto& [graph, effort, unlinked] = *linked;
    const auto left = index::count_bits(unlinked);
    return GraphInfo{graph->shape().m, graph->shape().ef_construction, rows->size() - left, left, graph->bytes()};
}

double Index::measure_recall(const Eigen::Ref<const Matrix>& queries, const NearestOptions& options) const {
    auto asked = options, exactly = options;
    asked.records = exactly.records = false;
    exactly.min_recall.reset();
    exactly.ef.reset();
    exactly.binary = false;
    exactly.truncate_dim.reset();
    const auto found = nearest(queries, asked), exact = nearest(queries, exactly);
    double sum = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
        const auto near_enough = [&](const Hit& hit) { return hit.score >= exact[i].hits.back().score; };
        sum += exact[i].empty() ? 1 : std::min(1.0, static_cast<double>(std::ranges::count_if(found[i], near_enough)) / static_cast<double>(exact[i].size()));
    }
    return exact.empty() ? 1 : sum / static_cast<double>(exact.size());
}

}  // namespace sextant
