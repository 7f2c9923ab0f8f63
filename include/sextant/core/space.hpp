// Where vectors live: how long they are, how they are compared, and who made them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <sextant/core/error.hpp>
#include <sextant/core/fingerprint.hpp>
#include <sextant/core/output.hpp>

namespace sextant {

/// How two vectors are compared. Higher is better in every metric.
enum class Metric {
    cosine,  ///< <x, y> / (|x| |y|), from -1 to 1
    dot,     ///< <x, y>
    l2,      ///< minus the squared Euclidean distance, at most 0
};

[[nodiscard]] constexpr std::string_view to_string(Metric metric) noexcept {
    switch (metric) {
        case Metric::cosine: return "cosine";
        case Metric::dot: return "dot";
        case Metric::l2: return "l2";
    }
    return "unknown";
}

/// The largest number of dimensions a vector may have.
inline constexpr std::size_t max_dimensions = 65'536;
/// The largest size of a vocabulary.
inline constexpr std::size_t max_vocabulary = std::size_t{1} << 20;

/// Of a space of this kind.
[[nodiscard]] constexpr std::size_t most_dimensions(Output kind) noexcept { return kind == Output::sparse ? max_vocabulary : max_dimensions; }

/// All that two vectors must share to be comparable.
struct Space {
    /// Of a vector, or of each of several: 1 to `max_dimensions`. Of sparse ones the size of the vocabulary, above all ids:
    /// 1 to `max_vocabulary`.
    std::size_t dimensions = 0;
    Metric metric = Metric::cosine;  ///< always `dot` unless the kind is `dense`
    Fingerprint fingerprint = {};    ///< of the encoder that fills the space; empty for vectors of unstated origin
    Output kind = Output::dense;
    MultiScore multi_score = MultiScore::max_sim_sum;  ///< looked at only if the kind is `multi`
};

/// One of several spaces of an index.
struct NamedSpace {
    std::string name;  ///< UTF-8, at most `max_space_name_bytes`; that of the first may be empty
    Space space;
};

inline constexpr std::size_t max_space_name_bytes = 256;
inline constexpr std::size_t max_spaces = 64;  ///< of an index

/// Throws `incompatible` unless vectors of `wanted` may be compared with those of `found`, and says what differs and what
/// to do. `where` names what holds the vectors of `found`: an index file, say.
inline void require_compatible(const std::string& where, const Space& found, const Space& wanted) {
    const auto refuse = [&where](const std::string& difference, const std::string& remedy) {
        throw Error(ErrorCode::incompatible, where + " " + difference + ": " + remedy);
    };
    const auto rebuild = "use the encoder that filled it, or build it again";
    if (found.kind != wanted.kind)
        refuse("holds " + std::string(to_string(found.kind)) + " vectors, not " + std::string(to_string(wanted.kind)), "ask for a space of that kind");
    if (found.dimensions != wanted.dimensions)
        refuse("holds vectors of " + std::to_string(found.dimensions) + " dimensions, not " + std::to_string(wanted.dimensions), rebuild);
    if (found.metric != wanted.metric)
        refuse("compares vectors by " + std::string(to_string(found.metric)) + ", not " + std::string(to_string(wanted.metric)), rebuild);
    if (found.kind == Output::multi && found.multi_score != wanted.multi_score)
        refuse("scores vectors by " + std::string(to_string(found.multi_score)) + ", not " + std::string(to_string(wanted.multi_score)), rebuild);
    if (found.fingerprint == wanted.fingerprint) return;
    const auto difference = found.fingerprint.difference(wanted.fingerprint);
    refuse("was filled by " + found.fingerprint.short_name() + "; this is " + wanted.fingerprint.short_name() +
               (difference.empty() ? "" : " (different: " + difference + ")"),
           "embed its records again with this encoder, or open it with allow_compatible");
}

}  // namespace sextant
