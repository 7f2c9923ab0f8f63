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

/// The numbers in which a network's large matrix products are computed. What goes in and comes out is float32 always.
enum class Precision { float32, bfloat16, int8 };

[[nodiscard]] constexpr std::string_view to_string(Precision precision) noexcept {
    switch (precision) {
        case Precision::float32: return "float32";
        case Precision::bfloat16: return "bfloat16";
        case Precision::int8: return "int8";
    }
    return "unknown";
}

/// Tensors in, tensors out: all that the rest of the library knows of a network.
/// Threads: `run` may be called by any number of threads at once.
class Model {
public:
    Model() = default;
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;
    virtual ~Model() = default;

    /// The outputs for these inputs, in the order of the network's own arguments and results.
    /// `threads`: how many the call may use; 0: as many as the network's library is set to use in the calling thread.
    /// Throws `Error(model)` if the network refuses them.
    [[nodiscard]] virtual std::vector<Tensor> run(std::span<const Tensor> inputs, std::size_t threads = 0) const = 0;
};

/// Makes a Model of the bytes of a network's file, whose hash has been checked. `name` is used in messages.
/// Throws `Error(unsupported)` for a precision that it does not have.
using ModelLoader = std::function<std::unique_ptr<Model>(std::span<const std::byte> bytes, std::string_view name, Precision precision)>;

}  // namespace sextant
