// How much of a graph must be walked for how much recall.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "index/graph.hpp"

namespace sextant::index {

/// Recalls that were measured with queries whose answers are known: rows that the graph does not have yet.
class Effort {
public:
    /// Asks for the rows in the slots `sample` among those in `linked`, by walks and exactly. Its own threads.
    static Effort measured(const Rows& rows, const Graph& graph, const Bits& linked, std::span<const std::size_t> sample, std::size_t threads);

    /// The least `ef` whose recall at k was so high that it is at least `recall` for queries of this kind with a probability
    /// of 97 %; nothing if there is none, or if k was not measured.
    [[nodiscard]] std::optional<std::size_t> ef_for(std::size_t k, double recall) const;

    /// The time of a walk, as a part of that of an exact search for one query alone, and for one of many.
    [[nodiscard]] double cost(std::size_t ef, bool many) const;

private:
    struct Point {
        std::size_t ef;
        double recall;  // less twice its standard error
        double seconds;
    };
    struct Curve {
        std::size_t k;
        std::vector<Point> points;  // rising
    };
    std::vector<Curve> curves_;  // rising k
    double exact_one_ = 0, exact_many_ = 0;
};

}  // namespace sextant::index
