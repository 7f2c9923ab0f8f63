// sextant search FILE --vectors QUERIES --out IDS: what needs no model.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <sextant/filter/filter.hpp>

namespace cli {

struct VectorSearch {
    std::string vectors;
    std::string ids;     ///< where to write the ids of the hits: .npy, or lines of JSON
    std::string scores;  ///< and their scores as .npy; empty: nowhere
    std::size_t k = 10;
    std::size_t threads = 0;  ///< 0: as many as there are processors
    std::optional<double> min_recall;  ///< walk the index's graph, if it has one, as far as that needs; none: search exactly
    bool binary = false;               ///< as `NearestOptions`
    std::optional<std::size_t> truncate_dim;
    std::size_t oversample = 4;
    std::optional<sextant::Filter> filter;
};

/// Searches the index for every vector of a file, all in one state of it. Returns the exit code.
int search_vectors(const std::string& index, const VectorSearch& wanted);

}  // namespace cli
