// What networks return becomes vectors, checked against what the manifest promises.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <sextant/bundle/manifest.hpp>
#include <sextant/core/embeddings.hpp>
#include <sextant/core/tensor.hpp>

namespace sextant::encode_detail {

/// The named tensors of one batch, ready for a network.
using NamedTensors = std::map<std::string, Tensor>;

struct SparseVector {
    std::vector<std::int64_t> ids;  ///< ascending
    std::vector<float> weights;
};

/// What a network made of one item; forms that were not asked for are empty.
struct Vectors {
    std::vector<float> dense = {};
    SparseVector sparse = {};
    Matrix multi = {};
};

/// One run of a network: what went in, and what came out.
struct Run {
    const Manifest& manifest;
    const std::string& network;
    Role role;
    const NamedTensors& inputs;
    std::span<const Tensor> outputs;

    [[nodiscard]] const NetworkSpec& spec() const { return manifest.networks.at(network); }
    [[nodiscard]] std::int64_t batch() const { return inputs.begin()->second.shape().front(); }
    /// What tells the tokens of the batch from padding; nullptr if it has no tokens.
    [[nodiscard]] const Tensor* mask() const;
    /// Throws `model`: an output is not what the manifest promises.
    [[noreturn]] void wrong_output(const Tensor& output, const std::string& expected) const;
    [[noreturn]] void fail(const std::string& what) const;
};

/// The rows of a run in the forms that are `wanted`, pooled and normalised as the manifest says. Throws `model` for
/// what the manifest does not promise, and for what is not finite or has a length of 0.
[[nodiscard]] std::vector<Vectors> read_outputs(const Run& run, std::span<const Output> wanted);

/// The token vectors of the first row of a run whose dense output is pooled: tokens x dimensions, as they are.
[[nodiscard]] Matrix read_tokens(const Run& run);

}  // namespace sextant::encode_detail
