// Plain scans of vectors in several precisions, to compare them.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/core/embeddings.hpp>

#include "index/query.hpp"
#include "index/row_table.hpp"

namespace sextant::index {

/// Throws `invalid_argument`, naming `what` and the row, unless an index of so many dimensions could hold every row.
void check_rows(const Eigen::Ref<const Matrix>& rows, Eigen::Index dimensions, Metric metric, const std::string& what);

/// What is scanned: vectors in slots, as an index has them, and queries. Both are checked.
class Sample {
public:
    Sample(const Eigen::Ref<const Matrix>& vectors, const Eigen::Ref<const Matrix>& queries, Metric metric);

    [[nodiscard]] const Rows& rows() const noexcept { return *table_.rows(); }
    [[nodiscard]] const std::deque<Query>& queries() const noexcept { return queries_; }
    [[nodiscard]] std::span<const float> query(std::size_t q) const;
    /// In 64 bits, as an index would give it.
    [[nodiscard]] float score(std::size_t q, std::size_t slot) const { return queries_[q].score(rows().vector(slot), rows().info(slot).norm); }
    [[nodiscard]] std::size_t dimensions() const noexcept { return rows().layout().dimensions(); }
    [[nodiscard]] Metric metric() const noexcept { return rows().layout().metric(); }
    /// The slots of vectors; others fill the last block, so that it has 4-bit codes. A new table fills its blocks from the first on.
    [[nodiscard]] const Bits& slots() const noexcept { return slots_; }
    /// Those that hold rows: a table has room for more.
    [[nodiscard]] std::size_t blocks() const noexcept { return slots_.size(); }
    [[nodiscard]] std::size_t slot_count() const noexcept { return blocks() * word_bits; }

private:
    RowTable table_;
    Bits slots_;
    Eigen::Ref<const Matrix> asked_;
    std::deque<Query> queries_;
};

/// Vectors in one precision.
struct Scanned {
    std::string name;
    std::size_t bytes;  ///< of each vector
    /// How near each slot seems to query q, higher is nearer; may be called by any threads at once.
    std::function<void(std::size_t q, std::span<float> scores)> score;
};

/// Each keeps a reference to the sample.
[[nodiscard]] Scanned as_floats(const Sample& sample, std::size_t dimensions, std::string name);
[[nodiscard]] Scanned as_bfloat16(const Sample& sample);
[[nodiscard]] Scanned as_bytes(const Sample& sample);
[[nodiscard]] Scanned as_nibbles(const Sample& sample);
[[nodiscard]] Scanned as_signs(const Sample& sample);

}  // namespace sextant::index
