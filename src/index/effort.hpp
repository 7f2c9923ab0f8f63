// How much of a graph must be walked for how much recall.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "index/graph.hpp"
#include "index/vectors.hpp"

namespace sextant::index {

/// Recalls that were measured with queries whose answers are known: rows that the graph does not have yet.
class Effort {
public:
    /// Asks for the rows in the slots `sample` among those in `linked`, by walks and exactly. Its own threads.
    static Effort measure(const Vectors& vectors, const Graph& graph, const Bits& linked, std::span<const std::size_t> sample, std::size_t threads);

    /// The least `ef` whose recall at k was so high that it is at least `recall` for queries of this kind with a probability
    /// of 99.8 %; nothing if there is none, or if k was not measured.
    [[nodiscard]] std::optional<std::size_t> ef_for(std::size_t k, double recall) const;

    /// The time of a walk, as a part of that of an exact search for one query alone, and for one of many.
    [[nodiscard]] double cost(std::size_t ef, bool many) const;

    struct Point {
        std::size_t ef;
        double recall;   ///< less three standard errors
        double seconds;  ///< of one walk among many
    };
    struct Curve {
        std::size_t k;
        std::vector<Point> points;  ///< rising
    };
    /// All that was measured.
    struct Measured {
        std::vector<Curve> curves;                   ///< rising k
        /// Seconds of an exact search; for one query alone, times what a walk among many takes of the time of a walk alone.
        double exact_one = 0, exact_many = 0;
    };
    Effort() = default;
    explicit Effort(Measured measured) : measured_(std::move(measured)) {}
    [[nodiscard]] const Measured& measured() const noexcept { return measured_; }

private:
    Measured measured_;
};

}  // namespace sextant::index
