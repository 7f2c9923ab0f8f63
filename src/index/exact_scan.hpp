// The k best rows for each query, proved.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <mutex>
#include <span>
#include <vector>

#include <sextant/kernels/top_k.hpp>

#include "index/rows.hpp"

namespace sextant::index {

/// What a scan is to find.
struct Wanted {
    std::size_t k = 10;
    float min_score = -std::numeric_limits<float>::infinity();
    /// Only these rows are looked at, a word for each block. Null: all.
    const std::uint64_t* allowed = nullptr;
    std::size_t threads = 1;
    /// Multiplies the errors of codes. Below 1 nothing is proved: for tests, which have to notice.
    double trust = 1;
};

/// Looks at 4-bit codes; at the byte codes of rows that could be among the k best after all errors are accounted for;
/// and scores those that still could, in 64 bits. How the rows lie in memory does not show in the result, nor does the
/// number of threads.
///
/// The bound. Let x be a row, y the query, w = |x| and v = |y| (both 1 if the metric is cosine), c their cosine. Codes
/// give a with |x/|x| - a| <= e, and b with |y/|y| - b| <= f (Quantizer), so by Cauchy-Schwarz, as |y/|y|| = 1,
///     c <= <a, b> + e + |a| f <= <a, b> + e (1 + f) + f,     <a, b> = scale of x * scale of y * an exact integer.
/// A score is v w c (cosine, dot) or 2 v w c - w^2 - v^2 (l2); put in, that is the sum that `kernels::Test` describes,
/// and a row whose sum is less than the k-th best score found so far, + v^2 if the metric is l2, is not among the k
/// best.
///
/// Rounding. With u = 2^-24: e and f are less than 1.3, so no term of the sum and no sum of some of its terms is more
/// than 20 v w + w^2. It has no more than twelve roundings, of factors, products and sums, so it is off by no more than
/// 12 u (20 v w + w^2); the score, 64-bit sums rounded to 32 bits, by u (2 v w + w^2 + v^2) and less than that in 64
/// bits; the limit by u (|score| + v^2). So 2^-15 is added to f where it stands alone, w^2 is taken 2^-19 smaller than
/// it is, and the limit lower by 2^-20 of |score| + v^2. Underflow, also where denormals are flushed to zero, adds at
/// most 2^-126 times the integer (2^31) times v, and some of 2^-126: the limit is 2^-90 (1 + v) lower. Nothing
/// overflows: `max_norm`.
///
/// Rows are compared by their scores in 32 bits, then by the order of insertion; the bound holds for scores in 32 bits.
class ExactScan {
public:
    /// Both must outlive this. k is at least 1.
    ExactScan(const Rows& rows, const Wanted& wanted) : rows_(rows), wanted_(wanted) {}

    /// `query` must stay where it is, and be a vector that the index could hold.
    void add(std::span<const float> query);

    /// Looks at all rows with all queries.
    void run();

    /// The rows for query `q`, in the order in which they were added, best first, with `Scored::row` their slots.
    [[nodiscard]] std::vector<kernels::Scored> take(std::size_t q) { return queries_[q].best.take(); }

    /// How many scores were computed in 64 bits.
    [[nodiscard]] std::size_t rescored() const noexcept { return rescored_; }

private:
    struct Query {
        std::span<const float> vector;
        double norm = 0;
        double weight = 0;                     // v
        double offset = 0;                     // v^2 if the metric is l2
        kernels::Test test{};                  // but for its limit
        std::int32_t sum = 0;                  // of its components
        std::vector<std::int8_t> components;   // of the vector's byte codes
        std::atomic<float> worst{0};           // what a score must reach: min_score, or the k-th best found
        std::mutex mutex;                      // of `best`
        kernels::TopK best{0};

        [[nodiscard]] kernels::Test test_now() const;
    };
    /// Queries whose components lie as `CodeKernels::nibble_dots` takes them.
    struct Tile {
        std::size_t first = 0;
        int count = 0;
        std::vector<std::int8_t> components;
        std::int32_t bias[kernels::most_queries] = {};
    };
    struct Job;
    struct Candidates;

    void make_tiles();
    void work();
    void do_job(std::span<const Tile> tiles, std::size_t first_block, std::size_t last_block);
    void look_at(Candidates& candidates, const Tile& tile, const Job& job);
    void fetch(Candidates& candidates, std::uint64_t rows) const;
    void finish(const Candidates& candidates, Job& job);
    [[nodiscard]] std::uint64_t pass_bytes(const Block& block, std::uint64_t rows, const Query& query) const;
    void score_all(const Block& block, std::uint64_t rows, Query& query);
    [[nodiscard]] float score(std::size_t slot, const Query& query) const;

    const Rows& rows_;
    const Wanted& wanted_;
    const kernels::CodeKernels& kernels_ = kernels::code_kernels();
    std::deque<Query> queries_;
    std::vector<Tile> tiles_;
    std::size_t tiles_per_job_ = 1, stretches_ = 0, jobs_ = 0;  // of blocks; each with each part of the tiles is a job
    std::atomic<std::size_t> next_job_{0};
    std::atomic<std::size_t> rescored_{0};
};

}  // namespace sextant::index
