// What a fuzzer's target says of itself. A target is one file; it has the shape that libFuzzer drives, and driver.cpp
// drives it where there is no libFuzzer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

using Bytes = std::string;

/// Sound inputs, from which all others are made.
[[nodiscard]] std::vector<Bytes> seeds();

/// Pieces that inputs are made of and that chance would not find.
[[nodiscard]] std::vector<Bytes> tokens();

/// What the library said to this input. An input that leads to words not heard before is worth keeping: the driver goes
/// on from there. (libFuzzer watches branches instead.)
inline void (*on_outcome)(std::string_view) = nullptr;
inline void outcome(std::string_view words) {
    if (on_outcome != nullptr) on_outcome(words);
}

/// Stops the fuzzer: the library broke a promise.
[[noreturn]] void broken(const std::string& promise);

}  // namespace fuzz

/// Gives the library one input. Returns 0. Any exception that leaves it, and any crash, is a finding.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
