// A network that someone else trained.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <sextant/core/tensor.hpp>

namespace sextant {

/// Tensors in, tensors out: all that the rest of the library knows of a network.
/// Threads: `run` may be called by any number of threads at once.
class Model {
public:
    Model() = default;
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;
    virtual ~Model() = default;

    /// The outputs for these inputs, in the order of the network's own arguments and results.
    /// Throws `Error(model)` if the network refuses them.
    [[nodiscard]] virtual std::vector<Tensor> run(std::span<const Tensor> inputs) const = 0;
};

/// Makes a Model of the bytes of a network's file, whose hash has been checked. `name` is used in messages.
using ModelLoader = std::function<std::unique_ptr<Model>(std::span<const std::byte> bytes, std::string_view name)>;

}  // namespace sextant
