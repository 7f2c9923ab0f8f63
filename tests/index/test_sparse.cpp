// Spaces of sparse vectors: weights for some of the ids of a vocabulary.
#include <sextant/index/index.hpp>

#include <cmath>
#include <numeric>
#include <set>

#include "index/kinds.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::ErrorCode;
using sextant::Filter;
using sextant::Index;

namespace {

Record word(std::string id, SparseVector vector, std::string payload = "{}") {
    auto made = record(std::move(id), {}, std::move(payload));
    made.sparse[""] = std::move(vector);
    return made;
}

SparseVector sparse(Random& random, const std::string& kind, std::size_t vocabulary) {
    std::set<std::int64_t> ids;
    const std::size_t count = 1 + random.below(std::min<std::size_t>(vocabulary, 30));
    while (ids.size() < count) ids.insert(static_cast<std::int64_t>(random.below(1 + random.below(vocabulary))));
    SparseVector vector;
    for (const auto id : ids) {
        auto weight = random.uniform();
        if (kind == "integers") weight = static_cast<float>(random.below(3)) - 1;  // many ties
        if (kind == "positive") weight = std::abs(weight);
        if (kind == "equal") weight = 1;
        if (kind == "spike" && random.below(10) == 0) weight = 1e16F;
        if (kind == "denormal") weight = std::numeric_limits<float>::denorm_min() * static_cast<float>(1 + random.below(9));
        if (kind == "spread") weight = std::ldexp(weight, static_cast<int>(random.below(140)) - 100);
        vector.ids.push_back(id);
        vector.weights.push_back(weight == 0 ? -2 : weight);
    }
    return vector;
}

auto score_by(const SparseVector& query) {
    return [&query](const Record& record) { return reference_score(record.sparse.at(""), query); };
}

sextant::SparseEmbeddings batch(const std::vector<SparseVector>& rows) {
    sextant::SparseEmbeddings all;
    for (const auto& row : rows) {
        all.ids.insert(all.ids.end(), row.ids.begin(), row.ids.end());
        all.weights.insert(all.weights.end(), row.weights.begin(), row.weights.end());
        all.offsets.push_back(all.ids.size());
        all.info.emplace_back();
    }
    return all;
}

}  // namespace

TEST_CASE("a sparse query finds the records that weigh its ids most, then those without any of them") {
    const TempFolder folder;
    for (const bool kept : {false, true}) {
        auto index = kept ? Index::create(folder / "an.sextant", sparse_space(100)) : Index::in_memory(sparse_space(100));
        index.upsert(std::vector{word("none", {{7}, {5}}), word("cat", {{1, 3}, {0.5F, 2}}), word("against", {{3}, {-1}}), word("dog", {{3}, {1}}), word("nor this", {{8}, {1}})});
        const SparseVector query{{1, 3, 50}, {2, 1, 9}};
        const auto found = index.nearest(query);
        CHECK(ranked(found) == std::vector<Ranked>{{"cat", 3}, {"dog", 1}, {"none", 0}, {"nor this", 0}, {"against", -1}});
        CHECK(found.completeness == sextant::Completeness::exhausted);
        CHECK(found.score_type == sextant::ScoreType::dot);
        CHECK(found.rows_scored == 5);
        CHECK(index.nearest(query, {.k = 3}).completeness == sextant::Completeness::exact);
        CHECK(ranked(index.nearest(query, {.min_score = 0.5F})) == std::vector<Ranked>{{"cat", 3}, {"dog", 1}});
        CHECK(ranked(index.nearest(query, {.min_recall = 0.5})) == ranked(found));
        CHECK(ranked(index.nearest(query, {.ef = 10})) == ranked(found));
        CHECK(index.measure_recall(Matrix(0, 3), {}) == 1);

        const auto cat = *index.get("cat");
        CHECK(cat.sparse.at("") == SparseVector{{1, 3}, {0.5F, 2}});
        CHECK(cat.vector.empty());
        index.verify();
    }
    CHECK(Index::open(folder / "an.sextant", sparse_space(100)).size() == 5);
    expect_error(ErrorCode::incompatible, {"sparse vectors", "not dense"}, [&] { (void)Index::open(folder / "an.sextant", space(100)); });
}

TEST_CASE("sparse searches equal a plain loop, whatever was written, removed, replaced and opened again") {
    const TempFolder folder;
    std::size_t looked = 0;
    for (const std::string kind : {"random", "positive", "integers", "equal", "spike", "denormal", "spread"})
        for (std::uint64_t seed = 0; seed < 12; ++seed) {
            Random random(seed + 100 * looked);
            const std::size_t vocabulary = seed % 3 == 0 ? 20 : seed % 3 == 1 ? 2000 : sextant::max_vocabulary;
            const auto file = folder / (kind + std::to_string(seed));
            std::optional<Index> index = seed % 2 == 0 ? Index::create(file, sparse_space(vocabulary)) : Index::in_memory(sparse_space(vocabulary));
            Kept model;
            for (int round = 0; round < 10; ++round) {
                std::vector<Record> added;
                for (std::size_t i = random.below(round == 4 ? 900 : 120); i > 0; --i)
                    added.push_back(word("id" + std::to_string(round) + "-" + std::to_string(i), sparse(random, kind, vocabulary), "{\"n\":" + std::to_string(i % 50) + "}"));
                std::set<std::string> replaced;
                for (std::size_t i = model.records.size() / 4; i > 0; --i) replaced.insert(model.records[random.below(model.records.size())].id);
                for (const auto& id : replaced) added.push_back(word(id, sparse(random, kind, vocabulary), "{\"n\":1}"));
                index->upsert(added);
                for (const auto& record : added) model.put(record);
                std::vector<std::string> gone;
                for (std::size_t i = round == 7 ? model.records.size() : random.below(20); i > 0 && !model.records.empty(); --i)
                    gone.push_back(model.records[random.below(model.records.size())].id);
                (void)index->remove(gone);
                for (const auto& id : gone) model.remove(id);
                if (seed % 4 == 2 && round % 3 == 0) {
                    index.reset();
                    index.emplace(Index::open(file, {.threads = 1 + 2 * random.below(2)}));
                }
                const auto filter = Filter::parse(random.below(2) == 0 ? "n = 3" : "n < 30");
                std::vector<Record> met;
                for (const auto& record : model.records)
                    if (filter.matches(record.payload)) met.push_back(record);
                std::vector<SparseVector> queries;
                for (int q = 0; q < 3; ++q) queries.push_back(sparse(random, kind, vocabulary));
                const std::size_t k = 1 + random.below(40), threads = random.below(8) == 0 ? 3 : 1;
                const auto together = index->nearest(batch(queries), {.k = k, .threads = threads});
                for (std::size_t q = 0; q < queries.size(); ++q) {
                    INFO(kind << " " << seed << " " << round << " " << k);
                    const auto expected = reference(model.records, k, score_by(queries[q]));
                    REQUIRE(ranked(index->nearest(queries[q], {.k = k, .threads = threads})) == expected);
                    REQUIRE(ranked(together[q]) == expected);
                    REQUIRE(ranked(index->nearest(queries[q], {.k = k, .filter = filter})) == reference(met, k, score_by(queries[q])));
                    ++looked;
                }
            }
            index->verify();
            CHECK(index->size() == model.records.size());
        }
    CHECK(looked > 2000);
}

TEST_CASE("pages, thresholds and parents of sparse searches are those of one long answer") {
    Random random(3);
    auto index = Index::in_memory(sparse_space(50));
    std::vector<Record> records;
    for (std::size_t i = 0; i < 700; ++i) {
        records.push_back(word("id" + std::to_string(i), sparse(random, "integers", 50)));
        records.back().parent = "p" + std::to_string(i % 60);
    }
    index.upsert(records);
    const auto query = sparse(random, "integers", 50);
    const auto all = reference(records, records.size(), score_by(query));
    std::vector<Ranked> pages;
    for (std::string next;;) {
        const auto page = index.nearest(query, {.k = 37, .search_after = next});
        const auto hits = ranked(page);
        pages.insert(pages.end(), hits.begin(), hits.end());
        next = page.next;
        if (next.empty()) break;
    }
    CHECK(pages == all);
    const auto near = index.nearest(query, {.k = 1000, .min_score = 1.0F});
    CHECK(near.size() == static_cast<std::size_t>(std::ranges::count_if(all, [](const Ranked& one) { return one.score >= 1; })));
    std::set<std::string> parents;
    for (const auto& hit : index.nearest(query, {.k = 60, .one_per_parent = true})) parents.insert(hit.parent);
    CHECK(parents.size() == 60);
}

TEST_CASE("what is no sparse vector of the space is refused, and by name") {
    auto index = Index::in_memory({{"words", sparse_space(10)}, {"picture", space(2)}});
    const auto refused = [&](SparseVector vector, std::initializer_list<std::string> parts) {
        auto bad = record("a", {});
        bad.sparse["words"] = vector;
        expect_error(ErrorCode::invalid_argument, {"record 0", "\"a\"", "\"words\""}, [&] { index.upsert(std::vector{bad}); });
        expect_error(ErrorCode::invalid_argument, parts, [&] { index.upsert(std::vector{bad}); });
        expect_error(ErrorCode::invalid_argument, parts, [&] { (void)index.nearest(vector); });
    };
    refused({}, {"no weights"});
    refused({{1, 2}, {1}}, {"2 ids and 1 weights"});
    refused({{2, 1}, {1, 1}}, {"id 1 comes after 2"});
    refused({{2, 2}, {1, 1}}, {"id 2 comes after 2"});
    refused({{-1}, {1}}, {"id -1", "10"});
    refused({{10}, {1}}, {"id 10", "10"});
    refused({{1, 2}, {1, 0}}, {"weight of id 2 is 0"});
    refused({{1, 2}, {1, std::nanf("")}}, {"weight of id 2 is NaN"});
    refused({{1, 2}, {1e18F, 1e18F}}, {"norm", "1e+18"});
    expect_error(ErrorCode::invalid_argument, {"query 0", "dense vector", "sparse ones"}, [&] { (void)index.nearest(std::vector<float>{1, 2}); });
    expect_error(ErrorCode::invalid_argument, {"query 0", "sparse vector", "dense ones"}, [&] { (void)index.nearest(SparseVector{{1}, {1}}, {.space = "picture"}); });
    expect_error(ErrorCode::invalid_argument, {"\"words\"", "sparse", "without one"}, [&] { index.build_graph(); });
    auto in_vector = record("a", {1, 2});
    expect_error(ErrorCode::invalid_argument, {"`vector`", "\"words\"", "sparse"}, [&] { index.upsert(std::vector{in_vector}); });
    auto wrong_kind = record("a", {});
    wrong_kind.sparse["picture"] = {{1}, {1}};
    expect_error(ErrorCode::invalid_argument, {"sparse vector", "\"picture\"", "dense"}, [&] { index.upsert(std::vector{wrong_kind}); });
    expect_error(ErrorCode::invalid_argument, {"no vector"}, [&] { index.upsert(std::vector{record("a", {})}); });
    auto queries = batch({{{1}, {1}}});
    queries.offsets = {0, 2};
    expect_error(ErrorCode::invalid_argument, {"offsets"}, [&] { (void)index.nearest(queries); });
    for (const auto metric : {sextant::Metric::cosine, sextant::Metric::l2}) {
        auto bad = sparse_space(10);
        bad.metric = metric;
        expect_error(ErrorCode::invalid_argument, {"sparse vectors", "metric dot"}, [&] { (void)Index::in_memory(bad); });
    }
    expect_error(ErrorCode::invalid_argument, {"1048577", "1048576"}, [] { (void)Index::in_memory(sparse_space(sextant::max_vocabulary + 1)); });
    CHECK(index.size() == 0);
}
