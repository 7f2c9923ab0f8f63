// Asks for memory that is about to be read.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sextant::kernels {

/// Every line of these bytes; any address will do.
inline void prefetch(const void* at, std::size_t bytes) noexcept {
    constexpr std::uintptr_t line = 64;
    const auto begin = reinterpret_cast<std::uintptr_t>(at);
    for (auto each = begin / line * line; each < begin + bytes; each += line) __builtin_prefetch(reinterpret_cast<const void*>(each));
}

}  // namespace sextant::kernels
