// The answers, against a plain loop in double precision over the vectors as they were given.
#include <sextant/index/index.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "index/reference.hpp"
#include "support/catch.hpp"

using namespace fixture;
using sextant::Index;
using sextant::Metric;
using sextant::Record;

namespace {

struct Case {
    Metric metric;
    std::string kind;
    std::size_t count, dimensions, k;
};

void check_case(const Case& c, std::uint64_t seed) {
    INFO("metric " << to_string(c.metric) << ", " << c.kind << ", " << c.count << " x " << c.dimensions << ", k " << c.k
                   << ", seed " << seed);
    Random random(seed);
    const auto rows = rows_of(c.kind, c.count, c.dimensions, random);
    auto index = Index::in_memory(space(c.dimensions, c.metric));
    std::vector<Record> records;
    for (std::size_t i = 0; i < rows.size(); ++i) records.push_back(record(std::to_string(i), rows[i]));
    index.upsert(records);

    constexpr Eigen::Index count = 6;
    sextant::Matrix queries(count, static_cast<Eigen::Index>(c.dimensions));
    for (Eigen::Index i = 0; i < count; ++i) {
        auto query = random.vector(c.dimensions);
        if (i % 3 == 1 && !rows.empty()) query = rows[random.below(rows.size())];
        if (i % 3 == 2) query = rows_of(c.kind, 1, c.dimensions, random)[0];
        for (std::size_t d = 0; d < c.dimensions; ++d) queries(i, static_cast<Eigen::Index>(d)) = query[d];
    }
    const auto batch = index.nearest(queries, {.k = c.k});
    for (Eigen::Index i = 0; i < count; ++i) {
        const Vector query(queries.row(i).begin(), queries.row(i).end());
        const auto result = index.nearest(query, {.k = c.k});
        CHECK(same(batch[static_cast<std::size_t>(i)], result));
        const auto expected = reference(c.metric, rows, query, c.k);
        REQUIRE(result.size() == expected.size());
        std::size_t wrong = 0;
        for (std::size_t j = 0; j < expected.size(); ++j)
            if (result[j].id != std::to_string(expected[j]) ||
                result[j].score != reference_score(c.metric, rows[expected[j]], query))
                ++wrong;
        CHECK(wrong == 0);
    }
}

}  // namespace

TEST_CASE("the best of huge rows are found for queries that hardly are any", "[exact]") {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        Random random(seed);
        const std::size_t dimensions = 1 + random.below(seed % 2 == 0 ? 2 : 40);
        auto index = Index::in_memory(space(dimensions, Metric::dot));
        std::vector<Vector> rows;
        std::vector<Record> records;
        for (std::size_t i = 0; i < 200; ++i) {
            auto& vector = rows.emplace_back(random.vector(dimensions));
            for (auto& x : vector) x *= 1e17F * static_cast<float>(i < 64 ? 0.5 : 1);
            records.push_back(record(std::to_string(i), vector));
        }
        index.upsert(records);
        auto query = random.vector(dimensions);
        for (auto& x : query) x *= static_cast<float>(std::ldexp(100, -149));
        const auto expected = reference(Metric::dot, rows, query, 5);
        const auto found = index.nearest(query, {.k = 5});
        for (std::size_t i = 0; i < 5; ++i) CHECK(found[i].id == std::to_string(expected[i]));
    }
}

TEST_CASE("the nearest are those of a double-precision scan, order and ties included", "[exact]") {
    std::uint64_t seed = 1;
    for (const auto metric : {Metric::cosine, Metric::dot, Metric::l2})
        for (const std::string kind : {"random", "tied", "equal", "scaled", "near", "spike", "spread", "denormal",
                                       "integers", "cancelling", "zeros"})
            for (const std::size_t dimensions : {1, 2, 3, 8, 17, 64, 129})
                for (const std::size_t count : {0, 1, 9, 200})
                    for (const std::size_t k : {1, 10}) check_case({metric, kind, count, dimensions, k}, seed++);
}

TEST_CASE("larger sets, whose rows lie in several blocks", "[exact]") {
    std::uint64_t seed = 5000;
    for (const auto metric : {Metric::cosine, Metric::dot, Metric::l2})
        for (const std::string kind : {"random", "tied", "near", "spread"})
            for (const std::size_t k : {1, 10, 1000, 5000}) check_case({metric, kind, 4000, 48, k}, seed++);
    for (const auto metric : {Metric::cosine, Metric::dot, Metric::l2})
        check_case({metric, "random", 50, 2000, 10}, seed++);
}

TEST_CASE("where a vector lies does not change its score") {
    // Equal vectors in every slot of several blocks, amid others: all have one score, and come in the order of
    // insertion.
    for (const auto metric : {Metric::cosine, Metric::dot, Metric::l2}) {
        Random random(3);
        const auto one = random.vector(387);
        auto index = Index::in_memory(space(387, metric));
        std::vector<Record> records;
        for (std::size_t i = 0; i < 1000; ++i)
            records.push_back(record(std::to_string(i), i % 3 == 0 ? random.vector(387) : one));
        index.upsert(records);
        const auto query = metric == Metric::dot ? one : random.vector(387);
        const auto all = index.nearest(query, {.k = 1000});
        std::size_t last = 0, seen = 0;
        float score = 0;
        for (const auto& hit : all) {
            const auto i = std::stoul(hit.id);
            if (i % 3 == 0) continue;
            if (seen++ > 0) {
                CHECK(hit.score == score);
                CHECK(i > last);
            }
            score = hit.score;
            last = i;
        }
        CHECK(seen == 666);
    }
}

namespace {

/// Rows that were added, replaced and removed at random, beside a list of those that must be left.
class History {
public:
    explicit History(std::uint64_t seed) : random_(seed) {
        static const std::vector<std::string> kinds{"random", "tied", "equal", "scaled", "near", "spike", "spread",
                                                    "denormal", "integers", "cancelling", "zeros", "clusters",
                                                    "all zero"};
        metric_ = std::vector{Metric::cosine, Metric::dot, Metric::l2}[random_.below(3)];
        kind_ = kinds[random_.below(kinds.size() - (metric_ == Metric::cosine ? 1 : 0))];
        dimensions_ = size_up_to(2000);
        const std::size_t most = seed % 100 == 0 ? 50'000 : 3'000;
        count_ = random_.below(20) == 0 ? 0 : std::min(size_up_to(most), 1 + 1'500'000 / dimensions_);
    }

    [[nodiscard]] std::string story() const {
        return std::string(to_string(metric_)) + ", " + kind_ + ", " + std::to_string(count_) + " x " +
               std::to_string(dimensions_);
    }

    void write() {
        index_ = Index::in_memory(space(dimensions_, metric_));
        const auto rows = rows_of(kind_, count_, dimensions_, random_);
        std::vector<Record> records;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            records.push_back(record(std::to_string(i), rows[i]));
            left_[i] = rows[i];
        }
        index_->upsert(records);
        if (count_ == 0) return;
        std::vector<std::string> gone;
        for (std::size_t n = random_.below(2) * random_.below(count_); n > 0; --n) {
            const auto i = random_.below(count_);
            if (left_.erase(i) > 0) gone.push_back(std::to_string(i));
        }
        CHECK(index_->remove(gone) == gone.size());
        for (std::size_t n = std::min<std::size_t>(random_.below(20), left_.size()); n > 0; --n) {
            auto& [i, row] = *std::next(left_.begin(), static_cast<std::ptrdiff_t>(random_.below(left_.size())));
            row = rows[random_.below(count_)];
            index_->upsert(std::vector{record(std::to_string(i), row)});
        }
    }

    /// How many answers are not those of the plain loop.
    [[nodiscard]] std::size_t wrong_answers() {
        std::vector<std::size_t> numbers;
        std::vector<Vector> rows;
        for (const auto& [i, row] : left_) {
            numbers.push_back(i);
            rows.push_back(row);
        }
        std::size_t wrong = 0;
        for (std::size_t n = 0; n < 3; ++n) {
            auto query = rows_of(kind_, 1, dimensions_, random_)[0];
            if (n == 0 && !rows.empty()) query = rows[random_.below(rows.size())];
            if (n == 2 && kind_ != "all zero") query = random_.vector(dimensions_);
            sextant::NearestOptions options{.threads = 1 + n};
            options.k = 1 + random_.below(2) * random_.below(2 * rows.size() + 10);
            auto expected = reference(metric_, rows, query, options.k);
            if (n == 1 && !expected.empty()) {  // a score that some have, exactly
                const float least = reference_score(metric_, rows[expected[random_.below(expected.size())]], query);
                std::erase_if(expected, [&](std::size_t i) { return reference_score(metric_, rows[i], query) < least; });
                options.min_score = least;
            }
            const auto found = index_->nearest(query, options);
            bool same = found.size() == expected.size();
            for (std::size_t j = 0; same && j < expected.size(); ++j)
                same = found[j].id == std::to_string(numbers[expected[j]]) &&
                       found[j].score == reference_score(metric_, rows[expected[j]], query);
            if (!same) ++wrong;
        }
        return wrong;
    }

private:
    /// As often between 1 and 10 as between 100 and 1000.
    [[nodiscard]] std::size_t size_up_to(std::size_t most) {
        const double share = (random_.uniform() + 1) / 2;
        return static_cast<std::size_t>(std::pow(static_cast<double>(most), share));
    }

    Random random_;
    Metric metric_{};
    std::string kind_;
    std::size_t dimensions_, count_;
    std::optional<Index> index_;
    std::map<std::size_t, Vector> left_;  // by the order of insertion, which replacing keeps
};

}  // namespace

TEST_CASE("a thousand histories of rows added, replaced and removed", "[exact]") {
    for (std::uint64_t seed = 10'000; seed < 11'000; ++seed) {
        History history(seed);
        INFO("seed " << seed << ": " << history.story());
        history.write();
        REQUIRE(history.wrong_answers() == 0);
    }
}
