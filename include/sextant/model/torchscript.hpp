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
/// Before libtorch sees it, an archive is refused that is not as exporters write it, or whose code could do more than
/// arithmetic: read or write files, run when it is loaded, start threads, call other libraries, or loop. Traced networks
/// do none of this. It keeps out what the format invites to; it is no sandbox.
///
/// Runs on the CPU, with as many threads as libtorch is set to use in the calling thread (OMP_NUM_THREADS).
/// If the environment does not say otherwise, the first call limits libtorch's and oneDNN's caches of compiled shapes
/// (LRU_CACHE_CAPACITY, ONEDNN_PRIMITIVE_CACHE_CAPACITY) to 16, as memory would grow with every new input shape. It
/// sets them in the environment: make that call before other threads read the environment.
///
/// Throws `corrupt` or `limit` for an archive that is not as it should be, `model` for code as above, naming the word, or
/// if libtorch cannot read the archive, and `unsupported` in a build without libtorch, and for a lower precision if the
/// network has no product with a constant matrix.
///
/// Products with constant matrices are computed in `precision`, from float32 to float32; all else stays in float32. Weights
/// are brought into oneDNN's own layout where libtorch offers that (2.x). 8-bit products round the weights of each output
/// and each row of the input by their largest magnitude (Yao et al., "ZeroQuant", 2022). A processor that has no such
/// products (AVX512-BF16, AVX512-VNNI) gives the same vectors but for the last digits, more slowly than float32.
[[nodiscard]] std::unique_ptr<Model> load_torchscript(std::span<const std::byte> bytes, std::string_view name,
                                                      Precision precision = Precision::float32);

/// The same for a network that may do anything: its author's program runs with all the rights of this one. For scripted
/// networks with loops, say. Give it to `EncoderOptions::load_model`.
[[nodiscard]] std::unique_ptr<Model> load_any_torchscript(std::span<const std::byte> bytes, std::string_view name,
                                                          Precision precision = Precision::float32);

}  // namespace sextant
