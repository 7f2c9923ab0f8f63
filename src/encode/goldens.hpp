// Compares what a pipeline makes of the goldens with what the reference made of them.
#pragma once

#include <span>
#include <string>

#include <sextant/encode/encoder.hpp>

#include "encode/pipeline.hpp"

namespace sextant::encode_detail {

/// Each returns what differs first, or an empty string. Steps of the caller's own are not compared.
[[nodiscard]] std::string check_tokens(const Pipeline& pipeline, std::span<const Golden> goldens);
/// Raises `worst` to the largest difference seen.
[[nodiscard]] std::string check_pixels(const Pipeline& pipeline, std::span<const Golden> goldens, double& worst);
/// Every network with its goldens. Networks that compute in `precision` may differ more from the reference, which
/// computed in float32. Raises `drift` by each vector, or score, that is compared.
[[nodiscard]] std::string check_networks(const Pipeline& pipeline, const Goldens& goldens, Precision precision, Drift& drift);

/// Runs the first golden of every network, or all of them if they are to tell how far a lower precision drifts; throws
/// `Error(model)` if one differs. Networks that see what a step of the caller's own makes are left out.
Drift self_test(const Pipeline& pipeline, Precision precision = Precision::float32);

}  // namespace sextant::encode_detail
