// The scan itself: filters, threads, how much work codes save, and that its bound is needed.
#include "index/exact_scan.hpp"

#include <sextant/kernels/similarity.hpp>

#include "index/reference.hpp"
#include "index/row_table.hpp"
#include "support/catch.hpp"

using namespace fixture;
using sextant::Metric;
using sextant::index::ExactScan;
using sextant::index::Rows;
using sextant::index::RowTable;
using sextant::index::Wanted;
using sextant::kernels::Scored;

namespace {

constexpr Metric metrics[] = {Metric::cosine, Metric::dot, Metric::l2};

/// Vectors in the slots of their numbers.
class Remembered {
public:
    Remembered(Metric metric, const std::vector<Vector>& vectors, std::size_t dimensions) : table_(dimensions, metric) {
        RowTable::Change change(table_);
        for (std::size_t i = 0; i < vectors.size(); ++i)
            change.put(std::to_string(i), {i, {}, sextant::kernels::norm(vectors[i])}, vectors[i]);
        change.prepare();
        change.make_room();
        change.publish();
        REQUIRE(rows().size() == vectors.size());
    }
    [[nodiscard]] const Rows& rows() const { return *table_.rows(); }

private:
    RowTable table_;
};

struct Answer {
    std::vector<std::size_t> rows;
    std::size_t rescored;
};

Answer search(const Rows& rows, const Vector& query, const Wanted& wanted) {
    ExactScan scan(rows, wanted);
    scan.add(query);
    scan.run();
    Answer answer{{}, scan.rescored()};
    for (const Scored& hit : scan.take(0)) answer.rows.push_back(hit.row);
    return answer;
}

/// Neighbours that differ from their centre, and from queries near it, by a little.
struct Clustered {
    Clustered(std::size_t count, std::size_t dimensions, std::uint64_t seed) : random(seed) {
        for (std::size_t i = 0; i < count / 40 + 1; ++i) centres.push_back(random.vector(dimensions));
        for (std::size_t i = 0; i < count; ++i) vectors.push_back(near(0.6F));
    }
    Vector near(float distance) {
        auto v = centres[random.below(centres.size())];
        for (auto& x : v) x += distance * random.uniform();
        return v;
    }
    Random random;
    std::vector<Vector> centres, vectors;
};

}  // namespace

TEST_CASE("only rows that are allowed are found, and k of them while there are so many", "[exact]") {
    constexpr std::size_t dimensions = 50;
    for (const auto metric : metrics) {
        Random random(1);
        const auto vectors = rows_of("random", 1500, dimensions, random);
        const Remembered remembered(metric, vectors, dimensions);
        const auto& rows = remembered.rows();
        for (const std::size_t one_in : {1U, 2U, 10U, 100U, 1000U, 0U}) {
            std::vector<std::uint64_t> allowed(rows.blocks());
            std::vector<std::size_t> slots;
            for (std::size_t i = 0; i < vectors.size(); ++i)
                if (one_in > 0 && random.below(one_in) == 0) {
                    allowed[i / 64] |= std::uint64_t{1} << (i % 64);
                    slots.push_back(i);
                }
            std::vector<Vector> left;
            for (const auto slot : slots) left.push_back(vectors[slot]);
            const auto query = random.vector(dimensions);
            std::vector<std::size_t> expected;
            for (const auto i : reference(metric, left, query, 12)) expected.push_back(slots[i]);
            CHECK(search(rows, query, {.k = 12, .allowed = allowed.data()}).rows == expected);
        }
    }
}

TEST_CASE("any number of queries and threads gives one answer", "[exact]") {
    constexpr std::size_t dimensions = 70;
    for (const auto metric : metrics) {
        Clustered data(9000, dimensions, 2);
        const Remembered remembered(metric, data.vectors, dimensions);
        const auto& rows = remembered.rows();
        std::vector<Vector> queries;
        for (int i = 0; i < 21; ++i) queries.push_back(data.near(0.5F));
        for (const std::size_t count : {1U, 7U, 8U, 9U, 21U})
            for (const std::size_t threads : {1U, 2U, 5U}) {
                const Wanted wanted{.k = 10, .threads = threads};
                ExactScan scan(rows, wanted);
                for (std::size_t q = 0; q < count; ++q) scan.add(queries[q]);
                scan.run();
                for (std::size_t q = 0; q < count; ++q) {
                    std::vector<std::size_t> found;
                    for (const auto& hit : scan.take(q)) found.push_back(hit.row);
                    CHECK(found == reference(metric, data.vectors, queries[q], 10));
                }
            }
    }
}

TEST_CASE("of rows that differ, few are scored; of rows that do not, all, and the answer is as right", "[exact]") {
    constexpr std::size_t count = 20'000, dimensions = 128;
    for (const auto metric : metrics) {
        Clustered data(count, dimensions, 3);
        const auto query = data.near(0.6F);
        const auto few = search(Remembered(metric, data.vectors, dimensions).rows(), query, {});
        CHECK(few.rows == reference(metric, data.vectors, query, 10));
        CHECK(few.rescored < count / 50);

        const std::vector<Vector> equal(2000, query);
        const auto all = search(Remembered(metric, equal, dimensions).rows(), query, {});
        CHECK(all.rows == reference(metric, equal, query, 10));
        CHECK(all.rescored == equal.size());
    }
}

TEST_CASE("a bound that is weaker than the proved one loses rows, and such tests notice", "[exact]") {
    // Few dimensions, and rows across the query: there, errors may lie along it.
    constexpr std::size_t count = 6000, dimensions = 4, k = 50;
    constexpr double trusts[] = {1, 0.7, 0.4};
    std::size_t wrong[3] = {};
    for (std::uint64_t seed = 0; seed < 90; ++seed) {
        Random random(seed);
        auto vectors = rows_of("random", count, dimensions, random);
        for (auto& v : vectors) v[0] *= 0.05F;
        const Remembered remembered(metrics[seed % 3], vectors, dimensions);
        const auto& rows = remembered.rows();
        const Vector query{1, 0, 0, 0};
        const auto expected = reference(metrics[seed % 3], vectors, query, k);
        for (std::size_t i = 0; i < 3; ++i)
            if (search(rows, query, {.k = k, .trust = trusts[i]}).rows != expected) ++wrong[i];
    }
    CAPTURE(wrong[0], wrong[1], wrong[2]);
    CHECK(wrong[0] == 0);
    CHECK(wrong[1] > 0);
    CHECK(wrong[2] > wrong[1]);
}
