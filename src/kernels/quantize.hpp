// Vectors as codes of 4 and of 8 bits per dimension, with proved errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/code_kernels.hpp"

namespace sextant::kernels {

/// The highest level that this CPU has, or the one that SEXTANT_CPU names: `cpu_level`.
[[nodiscard]] const CodeKernels& code_kernels();

/// No less than `value`.
[[nodiscard]] float rounded_up(double value);

/// Codes q of a vector v, times `scale`: |v - scale q| <= error, where v is not what was computed, but what it stands
/// for.
struct Approximation {
    float scale = 0;
    float error = 0;
};

/// A unit vector as codes, one per byte: `nibbles` from 0 to 15 (see `nibble_values`), `bytes` less `byte_offset`. Both
/// are filled up to a multiple of 16; what lies behind the dimensions means nothing.
struct Codes {
    std::vector<std::uint8_t> nibbles, bytes;
    Approximation by_nibbles, by_bytes;
    std::vector<float> turned = {};  // room to work in
};

/// Turns vectors of one number of dimensions into codes: divided by their norm, and turned so that their components are
/// about as large as each other, whatever they were. That keeps errors small: one large component, as vectors of many
/// models have, would take the levels of all others. All vectors are turned alike, so their inner products stay.
///
/// The turn. Signs are flipped, then the first m components go through a Walsh-Hadamard transform, m the largest power
/// of two there is room for; then, if that was not all, the same for the last m (Ailon and Chazelle, The fast
/// Johnson-Lindenstrauss transform, 2009; they and others transform all at once and fill up with zeros). Each step is
/// orthogonal if it is computed exactly.
///
/// The errors. Let u = 2^-24. Dividing by the norm, in 64 bits, rounds each component to 32 once, and what underflows is
/// less than 2^-126 each. A step of the transform adds and subtracts: each component is rounded once, so the result is off by at most u
/// times its norm; with scaling, the error of the scale too, a transform of m components is off by (log2 m + 2) u. The
/// residue is a sum of n squares, off by at most (n + 3) u of itself, and what underflows there is less than n 2^-126;
/// its terms are rounded twice, off by u (|v| + |scale q|) in all. `error` is the sum of all that and the root of the
/// residue, rounded up.
///
/// Threads: may be used by many at once.
class Quantizer {
public:
    explicit Quantizer(std::size_t dimensions);

    /// Codes of v / norm. `norm` must be that of `v` but for rounding in 64 bits; if it is 0, all is 0.
    void encode(std::span<const float> v, double norm, Codes& codes) const;
    /// The same without 4-bit codes: of these nothing is said.
    void encode_bytes(std::span<const float> v, double norm, Codes& codes) const;

private:
    void turn(float* v) const;
    [[nodiscard]] Approximation approximation(const CodeFit& fit) const;

    std::size_t dimensions_;
    std::size_t transformed_;    // m
    std::vector<float> signs_;   // of the first transform, then of the second
    float first_scale_;          // 4-bit codes of normally distributed components begin with it
    double rounding_;            // of everything but the sum of the residue
    double sum_error_;           // of the residue, relative
};

}  // namespace sextant::kernels
