// A network's products with matrices, in the form and the numbers that the processor multiplies fastest.
#pragma once

#include <cstddef>

#include <torch/script.h>

#include <sextant/model/model.hpp>

namespace sextant::model_detail {

/// Replaces every `aten::linear` of a frozen network whose weights are constants. The weights are brought once into the
/// layout that oneDNN multiplies fastest, where libtorch offers that (2.x). As `precision` says, the product is that
///
/// - of float32;
/// - of operands rounded to bfloat16, summed in float32;
/// - of 8-bit integers: weights rounded by output, when the network is loaded, and inputs by row, as they come, both
///   symmetric, so that no row depends on another (Yao et al., "ZeroQuant", 2022, section 3.2).
///
/// Where the processor has no such products (AVX512-BF16, AVX512-VNNI) or libtorch does not use them, what was rounded is
/// multiplied as float32: the same vectors but for the last digits, and not faster.
///
/// Returns how many were replaced.
std::size_t pack_linears(torch::jit::Module& frozen, Precision precision);

}  // namespace sextant::model_detail
