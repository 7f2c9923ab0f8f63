// TorchScript networks, run by libtorch.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <sextant/model/model.hpp>

namespace sextant {

/// True if this build has libtorch.
[[nodiscard]] bool has_torchscript() noexcept;

/// Loads a TorchScript archive from memory and freezes it. Loading such an archive runs the code in it, and libtorch
/// checks no checksum: hand in only bytes that are known by their hash, as `Encoder::open` does.
///
/// Runs on the CPU, with as many threads as libtorch is set to use in the calling thread (OMP_NUM_THREADS).
/// If the environment does not say otherwise, the first call limits libtorch's and oneDNN's caches of compiled shapes
/// (LRU_CACHE_CAPACITY, ONEDNN_PRIMITIVE_CACHE_CAPACITY) to 16, as memory would grow with every new input shape. It
/// sets them in the environment: make that call before other threads read the environment.
///
/// Throws `Error(model)` if libtorch cannot read the archive, `Error(unsupported)` in a build without libtorch.
[[nodiscard]] std::unique_ptr<Model> load_torchscript(std::span<const std::byte> bytes, std::string_view name,
                                                      Precision precision = Precision::float32);

}  // namespace sextant
