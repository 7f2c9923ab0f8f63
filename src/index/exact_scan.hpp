// The k best rows for each query, proved.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include <sextant/kernels/top_k.hpp>

#include "index/best_rows.hpp"
#include "index/bits.hpp"
#include "index/query.hpp"
#include "index/vectors.hpp"

namespace sextant::index {

/// The part of the time of a scan of all rows that one of these takes, a word for each block, with so many queries.
[[nodiscard]] double part_of_scan(const Bits& allowed, std::size_t queries);

/// Looks at 4-bit codes; at the byte codes of rows that could be among the k best after all errors are accounted for;
/// and scores those that still could, in 64 bits. How the rows lie in memory does not show in the result, nor does the
/// number of threads.
///
/// Rows are compared by their scores in 32 bits, then by the order of insertion; the bound holds for scores in 32 bits.
class ExactScan {
public:
    /// The rows and `Wanted::allowed` must outlive this. k is at least 1.
    ExactScan(const Vectors& vectors, const Wanted& wanted) : vectors_(vectors), rows_(vectors.rows()), wanted_(wanted) {}

    /// `vector` must stay where it is, and be one that the index could hold.
    void add(std::span<const float> vector);

    /// Looks at all rows with all queries.
    void run();

    /// The rows for query `q`, in the order in which they were added, best first, with `Scored::row` their slots.
    [[nodiscard]] std::vector<kernels::Scored> take(std::size_t q) { return queries_[q].best.take(); }

    /// How many scores were computed in 64 bits.
    [[nodiscard]] std::size_t rescored() const noexcept { return rescored_; }

private:
    struct Asked {
        Asked(const RowLayout& layout, std::span<const float> vector, const Wanted& wanted) : query(layout, vector, wanted.trust), best(wanted) {}

        Query query;
        BestRows best;

        [[nodiscard]] kernels::Test test_now() const { return query.test(best.worst()); }
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
    [[nodiscard]] std::uint64_t pass_bytes(const Block& block, std::uint64_t rows, const Asked& asked) const;
    void score_all(const Block& block, std::uint64_t rows, Asked& asked, std::vector<float>& room);

    Vectors vectors_;
    const Rows& rows_;
    Wanted wanted_;
    const kernels::CodeKernels& kernels_ = kernels::code_kernels();
    std::deque<Asked> queries_;
    std::vector<Tile> tiles_;
    std::size_t tiles_per_job_ = 1, stretches_ = 0, jobs_ = 0;  // of blocks; each with each part of the tiles is a job
    std::atomic<std::size_t> next_job_{0};
    std::atomic<std::size_t> rescored_{0};
};

}  // namespace sextant::index
