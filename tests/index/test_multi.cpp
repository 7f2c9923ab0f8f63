// Spaces in which a record has many vectors: each of a query's finds its like among them.
#include <sextant/index/index.hpp>

#include <cmath>
#include <set>

#include <sextant/kernels/similarity.hpp>

#include "index/kinds.hpp"
#include "index/multi_scan.hpp"
#include "index/row_table.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::ErrorCode;
using sextant::Filter;
using sextant::Index;
using sextant::MultiRow;

namespace {

constexpr MultiScore scores[] = {MultiScore::max_sim_sum, MultiScore::max_sim_mean, MultiScore::max};

Record page(std::string id, Matrix vectors, std::string payload = "{}") {
    auto made = record(std::move(id), {}, std::move(payload));
    made.multi[""] = std::move(vectors);
    return made;
}

Matrix rows(std::initializer_list<std::vector<float>> rows) {
    Matrix made(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows.begin()->size()));
    Eigen::Index i = 0;
    for (const auto& row : rows) std::copy(row.begin(), row.end(), made.row(i++).begin());
    return made;
}

Matrix multi(Random& random, const std::string& kind, std::size_t count, std::size_t dimensions) {
    Matrix made(static_cast<Eigen::Index>(count), static_cast<Eigen::Index>(dimensions));
    for (Eigen::Index i = 0; i < made.rows(); ++i) {
        for (auto& x : made.row(i)) x = random.uniform();
        if (kind == "unit") made.row(i).normalize();
        if (kind == "equal") made.row(i).setConstant(0.25F);
        if (kind == "spike") made(i, static_cast<Eigen::Index>(random.below(dimensions))) = 1e15F;
        if (kind == "zeros" && random.below(2) == 0) made.row(i).setZero();
        if (kind == "integers")
            for (auto& x : made.row(i)) x = static_cast<float>(random.below(3)) - 1;
        if (kind == "denormal")
            for (auto& x : made.row(i)) x = std::numeric_limits<float>::denorm_min() * static_cast<float>(1 + random.below(20));
        if (kind == "spread") made.row(i) *= std::ldexp(1.0F, static_cast<int>(random.below(120)) - 90);
        if (kind == "negative") made.row(i) = -made.row(i).cwiseAbs();
    }
    if (kind == "negative") made *= random.below(2) == 0 ? -1 : 1;
    return made;
}

auto score_by(const Matrix& query, MultiScore score) {
    return [&query, score](const Record& record) { return reference_score(record.multi.at(""), query, score); };
}

sextant::MultiEmbeddings batch(const std::vector<Matrix>& queries) {
    sextant::MultiEmbeddings all;
    Eigen::Index count = 0;
    for (const auto& query : queries) count += query.rows();
    all.vectors.resize(count, queries.front().cols());
    for (const auto& query : queries) {
        all.vectors.middleRows(static_cast<Eigen::Index>(all.offsets.back()), query.rows()) = query;
        all.offsets.push_back(all.offsets.back() + static_cast<std::size_t>(query.rows()));
        all.info.emplace_back();
    }
    return all;
}

}  // namespace

TEST_CASE("each vector of a query finds its like, and the score says what becomes of that") {
    const TempFolder folder;
    const std::vector pages{page("first", rows({{1, 0}, {0, 3}})), page("second", rows({{2, 0}})), page("third", rows({{0, 0}, {-1, -1}, {0, 1}}))};
    const auto query = rows({{1, 0}, {0, 1}});
    const std::map<MultiScore, std::vector<Ranked>> expected{{MultiScore::max_sim_sum, {{"first", 4}, {"second", 2}, {"third", 1}}},
                                                             {MultiScore::max_sim_mean, {{"first", 2}, {"second", 1}, {"third", 0.5F}}},
                                                             {MultiScore::max, {{"first", 3}, {"second", 2}, {"third", 1}}}};
    for (const auto score : scores) {
        const auto file = folder / std::string(to_string(score));
        Index::create(file, multi_space(2, score)).upsert(pages);
        auto index = Index::open(file);
        CHECK(index.space().multi_score == score);
        const auto found = index.nearest(MultiRow(query));
        CHECK(ranked(found) == expected.at(score));
        CHECK(found.score_type == sextant::ScoreType::dot);
        CHECK(found.completeness == sextant::Completeness::exhausted);
        CHECK(index.get("first")->multi.at("") == pages[0].multi.at(""));
        index.verify();
        auto other = multi_space(2, score == MultiScore::max ? MultiScore::max_sim_sum : MultiScore::max);
        expect_error(ErrorCode::incompatible, {"scores vectors by", to_string(score).data()}, [&] { (void)Index::open(file, other, {.read_only = true}); });
    }
}

TEST_CASE("searches for many vectors equal a plain loop, whatever was written, removed, replaced and opened again", "[exact]") {
    const TempFolder folder;
    std::size_t looked = 0;
    for (const std::string kind : {"random", "unit", "equal", "spike", "zeros", "integers", "denormal", "spread", "negative"})
        for (std::uint64_t seed = 0; seed < 8; ++seed) {
            Random random(seed + 100 * looked);
            const auto score = scores[seed % 3];
            const std::size_t dimensions = 1 + random.below(40);
            const auto file = folder / (kind + std::to_string(seed));
            std::optional<Index> index = seed % 2 == 0 ? Index::create(file, multi_space(dimensions, score)) : Index::in_memory(multi_space(dimensions, score));
            Kept model;
            for (int round = 0; round < 6; ++round) {
                std::vector<Record> added;
                for (std::size_t i = random.below(60); i > 0; --i)
                    added.push_back(page("id" + std::to_string(round) + "-" + std::to_string(i), multi(random, kind, 1 + random.below(9), dimensions), "{\"n\":" + std::to_string(i % 4) + "}"));
                std::set<std::string> replaced;
                for (std::size_t i = model.records.size() / 5; i > 0; --i) replaced.insert(model.records[random.below(model.records.size())].id);
                for (const auto& id : replaced) added.push_back(page(id, multi(random, kind, 1 + random.below(9), dimensions), "{\"n\":1}"));
                index->upsert(added);
                for (const auto& record : added) model.put(record);
                std::vector<std::string> gone;
                for (std::size_t i = random.below(15); i > 0 && !model.records.empty(); --i) gone.push_back(model.records[random.below(model.records.size())].id);
                (void)index->remove(gone);
                for (const auto& id : gone) model.remove(id);
                if (seed % 4 == 2 && round % 2 == 0) {
                    index.reset();
                    index.emplace(Index::open(file, {.threads = 1 + 2 * random.below(2)}));
                }
                const auto filter = Filter::parse("n = 1");
                std::vector<Record> met;
                for (const auto& record : model.records)
                    if (filter.matches(record.payload)) met.push_back(record);
                std::vector<Matrix> queries;
                for (int q = 0; q < 3; ++q) queries.push_back(multi(random, kind, 1 + random.below(7), dimensions));
                const std::size_t k = 1 + random.below(20), threads = random.below(8) == 0 ? 3 : 1;
                const auto together = index->nearest(batch(queries), {.k = k, .threads = threads});
                for (std::size_t q = 0; q < queries.size(); ++q) {
                    INFO(kind << " " << seed << " " << round << " " << k);
                    const auto expected = reference(model.records, k, score_by(queries[q], score));
                    REQUIRE(ranked(index->nearest(MultiRow(queries[q]), {.k = k, .threads = threads})) == expected);
                    REQUIRE(ranked(together[q]) == expected);
                    REQUIRE(ranked(index->nearest(MultiRow(queries[q]), {.k = k, .filter = filter})) == reference(met, k, score_by(queries[q], score)));
                    ++looked;
                }
            }
            index->verify();
        }
    CHECK(looked > 1000);
}

TEST_CASE("pages, thresholds and parents of searches for many vectors are those of one long answer") {
    Random random(3);
    auto index = Index::in_memory(multi_space(5));
    std::vector<Record> records;
    for (std::size_t i = 0; i < 300; ++i) {
        records.push_back(page("id" + std::to_string(i), multi(random, "integers", 3, 5)));
        records.back().parent = "p" + std::to_string(i % 40);
    }
    index.upsert(records);
    const auto query = multi(random, "integers", 4, 5);
    const auto all = reference(records, records.size(), score_by(query, MultiScore::max_sim_sum));
    std::vector<Ranked> pages;
    for (std::string next;;) {
        const auto found = index.nearest(MultiRow(query), {.k = 37, .search_after = next});
        const auto hits = ranked(found);
        pages.insert(pages.end(), hits.begin(), hits.end());
        next = found.next;
        if (next.empty()) break;
    }
    CHECK(pages == all);
    CHECK(index.nearest(MultiRow(query), {.k = 1000, .min_score = 3.0F}).size() ==
          static_cast<std::size_t>(std::ranges::count_if(all, [](const Ranked& one) { return one.score >= 3; })));
    std::set<std::string> parents;
    for (const auto& hit : index.nearest(MultiRow(query), {.k = 40, .one_per_parent = true})) parents.insert(hit.parent);
    CHECK(parents.size() == 40);
}

namespace {

/// Rows in the slots of their numbers.
class Remembered {
public:
    explicit Remembered(const std::vector<Matrix>& all) : each_(static_cast<std::size_t>(all.front().cols()), sextant::Metric::dot), table_(0, sextant::Metric::dot) {
        using sextant::index::Blob;
        sextant::index::RowTable::Change change(table_);
        for (std::size_t i = 0; i < all.size(); ++i) {
            const MultiRow row(all[i]);
            const auto bytes = std::as_bytes(row.values);
            (void)change.add(std::to_string(i), {i, {}, 1}, {},
                             std::make_unique<const Blob>(Blob{{bytes.begin(), bytes.end()}, sextant::index::MultiCodes::make(each_.quantizer(), row)}));
        }
        change.prepare();
        change.make_room();
        change.publish();
    }

    struct Answer {
        std::vector<std::size_t> rows;
        std::size_t rescored;
    };
    [[nodiscard]] Answer search(const Matrix& query, const sextant::index::Wanted& wanted) const {
        sextant::index::MultiScan scan(*table_.rows(), each_, MultiScore::max_sim_sum, wanted);
        scan.add(MultiRow(query));
        scan.run();
        Answer answer;
        for (const auto& hit : scan.take(0)) answer.rows.push_back(hit.row);
        answer.rescored = scan.rescored();
        return answer;
    }

private:
    sextant::index::RowLayout each_;
    sextant::index::RowTable table_;
};

std::vector<std::size_t> reference(const std::vector<Matrix>& all, const Matrix& query, std::size_t k) {
    std::vector<sextant::kernels::Scored> scored;
    for (std::size_t i = 0; i < all.size(); ++i) scored.push_back({reference_score(all[i], query, MultiScore::max_sim_sum), i, i});
    std::ranges::sort(scored, sextant::kernels::better);
    std::vector<std::size_t> best;
    for (std::size_t i = 0; i < std::min(k, scored.size()); ++i) best.push_back(scored[i].row);
    return best;
}

}  // namespace

TEST_CASE("the best of huge rows is found for a query that hardly is one", "[exact]") {
    auto index = Index::in_memory(multi_space(2));
    const float tiny = 63 * 0x1p-149F;
    const auto one = [](float x, float y) { return Matrix{{x, y}}; };
    index.upsert(std::vector{page("half", one(5e17F, 1e15F)), page("whole", one(9.99e17F, 0))});
    const auto query = one(tiny, 0);
    CHECK(index.nearest(MultiRow(query), {.k = 1})[0].id == "whole");
}

TEST_CASE("a record has as many vectors as are allowed, in a file too") {
    const TempFolder folder;
    Random random(9);
    auto index = Index::create(folder / "an.sextant", multi_space(1024));
    const auto large = multi(random, "unit", 16'384, 1024);  // 64 MiB
    index.upsert(std::vector{page("large", large)});
    CHECK(index.get("large")->multi.at("") == large);
    index.backup(folder / "copy.sextant");
    CHECK(Index::open(folder / "copy.sextant").get("large")->multi.at("") == large);
}

TEST_CASE("of many rows few are scored", "[exact]") {
    Random random(4);
    std::vector<Matrix> all;
    for (int i = 0; i < 2000; ++i) all.push_back(multi(random, "unit", 8, 64));
    const auto query = multi(random, "unit", 6, 64);
    for (const std::size_t threads : {1U, 3U}) {
        const auto found = Remembered(all).search(query, {.k = 10, .threads = threads});
        CHECK(found.rows == reference(all, query, 10));
        CHECK(found.rescored < 200);
    }
}

TEST_CASE("a bound for many vectors that is weaker than the proved one loses rows, and such tests notice", "[exact]") {
    constexpr double trusts[] = {1, 0};
    std::size_t wrong[2] = {};
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        Random random(seed);
        std::vector<Matrix> all;
        for (int i = 0; i < 1500; ++i) all.push_back(multi(random, "unit", 1, 3));
        const auto query = multi(random, "unit", 1, 3);
        const auto expected = reference(all, query, 40);
        const Remembered remembered(all);
        for (std::size_t i = 0; i < 2; ++i)
            if (remembered.search(query, {.k = 40, .trust = trusts[i]}).rows != expected) ++wrong[i];
    }
    CHECK(wrong[0] == 0);
    CHECK(wrong[1] > 0);
}

TEST_CASE("what are no vectors of the space is refused, and by name") {
    auto index = Index::in_memory({{"page", multi_space(2)}, {"words", sparse_space(9)}});
    const auto refused = [&](Matrix vectors, std::initializer_list<std::string> parts) {
        auto bad = record("a", {});
        bad.multi["page"] = vectors;
        expect_error(ErrorCode::invalid_argument, {"record 0", "\"a\"", "\"page\""}, [&] { index.upsert(std::vector{bad}); });
        expect_error(ErrorCode::invalid_argument, parts, [&] { index.upsert(std::vector{bad}); });
        expect_error(ErrorCode::invalid_argument, parts, [&] { (void)index.nearest(MultiRow(vectors)); });
    };
    refused(Matrix(0, 2), {"no vectors"});
    refused(rows({{1, 2, 3}}), {"3 components", "2"});
    refused(rows({{1, 2}, {3, std::nanf("")}}), {"component 1 of vector 1", "NaN"});
    refused(rows({{8e17F, 0}, {8e17F, 0}}), {"norm", "1e+18"});
    expect_error(ErrorCode::invalid_argument, {"3 components in all"}, [&] { (void)index.nearest(MultiRow(std::vector<float>{1, 2, 3}, 2)); });
    expect_error(ErrorCode::limit, {"65537 vectors"}, [&] { (void)index.nearest(MultiRow(Matrix(Matrix::Zero(65'537, 2)))); });
    expect_error(ErrorCode::invalid_argument, {"multi vector", "sparse ones"}, [&] { (void)index.nearest(MultiRow(rows({{1, 2}})), {.space = "words"}); });
    expect_error(ErrorCode::invalid_argument, {"sparse vector", "multi ones"}, [&] { (void)index.nearest(SparseVector{{1}, {1}}); });
    expect_error(ErrorCode::invalid_argument, {"dense vector", "multi ones"}, [&] { (void)index.nearest(rows({{1, 2}})); });
    expect_error(ErrorCode::invalid_argument, {"\"page\"", "multi", "without one"}, [&] { index.build_graph({.space = "page"}); });
    auto bad = multi_space(2);
    bad.metric = sextant::Metric::cosine;
    expect_error(ErrorCode::invalid_argument, {"multi vectors", "metric dot"}, [&] { (void)Index::in_memory(bad); });
    CHECK(index.size() == 0);
}
