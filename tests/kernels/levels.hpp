// The levels of CPU that this machine has.
#pragma once

#include <vector>

#include <sextant/kernels/cpu.hpp>

#include "kernels/code_kernels.hpp"

struct Level {
    sextant::CpuLevel level;
    const sextant::kernels::CodeKernels* kernels;
};

inline std::vector<Level> faster_levels() {
    using sextant::CpuLevel;
    std::vector<Level> levels;
#if defined(__x86_64__)
    if (cpu_has(CpuLevel::avx2)) levels.push_back({CpuLevel::avx2, &sextant::kernels::avx2_codes});
    if (cpu_has(CpuLevel::avx512)) levels.push_back({CpuLevel::avx512, &sextant::kernels::avx512_codes});
#elif defined(__aarch64__)
    levels.push_back({CpuLevel::neon, &sextant::kernels::neon_codes});
#endif
    return levels;
}
