// Which precision a set of vectors bears, measured.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <sextant/core/embeddings.hpp>
#include <sextant/core/space.hpp>

namespace sextant {

struct AdviseOptions {
    std::size_t k = 10;           ///< how many of the nearest are to be found, at least 1
    double min_recall = 0.95;     ///< the part of them that must be found on average, 0 to 1
    Metric metric = Metric::cosine;
    std::size_t oversample = 4;   ///< rescoring looks at so many times k, 1 to 1000
    std::size_t held_out = 200;   ///< vectors that serve as queries if there are none, at least 2, and at most half of all
    std::size_t threads = 1;      ///< each asks another query; those that share a memory bus slow each other down

    /// Throws `invalid_argument` naming the field.
    void validate() const;
};

/// One way to keep vectors.
struct PrecisionTrial {
    std::string name;            ///< "int8", "binary", "96 dimensions": what the scan reads
    bool rescored = false;       ///< the best `oversample * k` are compared again as they were given, in 64 bits
    std::size_t bytes = 0;       ///< of each vector that the scan reads; rescoring needs the vector itself too, on a disk perhaps
    double recall = 0;           ///< the part of the k nearest that is found, on average; what is as near as the k-th counts
    double standard_error = 0;   ///< of that, from query to query
    double seconds = 0;          ///< of a query, one thread: a plain loop over all, no index
};

struct Advice {
    std::vector<PrecisionTrial> precisions;    ///< all that were tried
    std::optional<std::size_t> cheapest;  ///< of the least bytes whose recall less two standard errors is enough, if there is one
    std::size_t vectors = 0, dimensions = 0, queries = 0;
    bool held_out = false;                ///< the queries are some of the vectors, which the others were searched for
    AdviseOptions options = {};

    /// A table.
    [[nodiscard]] std::string to_string() const;
};

/// Searches `vectors` for the k nearest to each query, exactly and with each precision: float32, bfloat16, bytes and
/// 4-bit codes as an index has them, signs compared by Hamming distance, and the first half, quarter and eighth of the
/// dimensions (of unit length again if the metric is cosine), each alone and rescored. Needs about 10 bytes per dimension.
/// Throws `invalid_argument` for options out of their range, fewer than 2 queries or k vectors, or a vector that an index
/// could not hold, naming its row.
[[nodiscard]] Advice advise(const Eigen::Ref<const Matrix>& vectors, const Eigen::Ref<const Matrix>& queries, const AdviseOptions& options = {});

/// The same with `options.held_out` of the vectors, drawn by chance but the same each time, as queries for the others. Queries
/// of another kind, such as texts for pictures, are another thing: give those if there are any.
[[nodiscard]] Advice advise(const Eigen::Ref<const Matrix>& vectors, const AdviseOptions& options = {});

}  // namespace sextant
