// The forms of meaning, and how the vectors of many are compared.
#pragma once

#include <string_view>

namespace sextant {

/// The forms in which a network says what an item means.
enum class Output {
    dense,   ///< one vector
    sparse,  ///< a weight for some of the tokens of a vocabulary
    multi,   ///< several vectors
};

[[nodiscard]] constexpr std::string_view to_string(Output output) noexcept {
    switch (output) {
        case Output::dense: return "dense";
        case Output::sparse: return "sparse";
        case Output::multi: return "multi";
    }
    return "unknown";
}

/// How the vectors q of a query are compared with the vectors d of a document.
enum class MultiScore {
    max_sim_sum,   ///< sum over q of the largest <q, d>: ColBERT
    max_sim_mean,  ///< the same, divided by the number of the query's vectors: BGE-M3
    max,           ///< the largest <q, d>: BLIP-2
};

[[nodiscard]] constexpr std::string_view to_string(MultiScore score) noexcept {
    switch (score) {
        case MultiScore::max_sim_sum: return "max_sim_sum";
        case MultiScore::max_sim_mean: return "max_sim_mean";
        case MultiScore::max: return "max";
    }
    return "unknown";
}

}  // namespace sextant
