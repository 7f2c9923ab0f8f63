// The k best rows for each query among those that seem nearest when only a part of each vector is compared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include <sextant/kernels/top_k.hpp>

#include "index/best_rows.hpp"
#include "index/query.hpp"
#include "index/vectors.hpp"

namespace sextant::index {

/// Which part is compared, and how many of the rows that seem nearest are scored as `ExactScan` does.
struct Coarse {
    std::size_t dimensions = 0;  ///< the first so many, at least 1
    bool signs = false;          ///< of these, by Hamming distance; else they themselves, by the metric of the index
    std::size_t shortlist = 0;   ///< at least k
};

class CoarseScan {
public:
    /// All but `coarse` must outlive this. Without signs, the rows must keep their vectors.
    CoarseScan(const Vectors& vectors, const Wanted& wanted, const Coarse& coarse) : vectors_(vectors), rows_(vectors.rows()), wanted_(wanted), coarse_(coarse) {}

    /// `vector` must stay where it is, and be one that the index could hold.
    void add(std::span<const float> vector) { queries_.emplace_back(vector, wanted_); }
    void run();
    /// As `ExactScan::take`.
    [[nodiscard]] std::vector<kernels::Scored> take(std::size_t q) { return queries_[q].best.take(); }

private:
    struct Asked {
        Asked(std::span<const float> asked, const Wanted& wanted) : vector(asked), best(wanted) {}
        std::span<const float> vector;
        BestRows best;
    };
    void answer(Asked& asked, std::size_t threads);
    void compare_signs(const Block& block, std::uint64_t rows, std::span<const std::uint64_t> query, std::span<float> scores) const;
    void compare_prefixes(const Block& block, std::uint64_t rows, std::span<const float> query, std::span<float> scores) const;

    Vectors vectors_;
    const Rows& rows_;
    const Wanted& wanted_;
    Coarse coarse_;
    std::deque<Asked> queries_;
};

}  // namespace sextant::index
