// Which level of the CPU's instructions the kernels use that are compiled once per level.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include <sextant/core/error.hpp>

namespace sextant {

enum class CpuLevel {
    baseline,  ///< what the compiler was told to assume
    avx2,      ///< AVX2 and FMA
    avx512,    ///< AVX-512 F, BW, DQ, VL, VNNI and VBMI: Intel since 2019 (Ice Lake), AMD since 2022 (Zen 4)
    neon,      ///< what every 64-bit ARM has
};

[[nodiscard]] constexpr std::string_view to_string(CpuLevel level) noexcept {
    switch (level) {
        case CpuLevel::baseline: return "baseline";
        case CpuLevel::avx2: return "avx2";
        case CpuLevel::avx512: return "avx512";
        case CpuLevel::neon: return "neon";
    }
    return "unknown";
}

/// Whether this CPU has the instructions of `level`.
[[nodiscard]] inline bool cpu_has(CpuLevel level) noexcept {
#if defined(__x86_64__)
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (level == CpuLevel::avx2) return avx2;
    if (level == CpuLevel::avx512)
        return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vbmi");
#elif defined(__aarch64__)
    if (level == CpuLevel::neon) return true;
#endif
    return level == CpuLevel::baseline;
}

namespace kernels_detail {

inline CpuLevel choose_cpu_level(const char* wanted) {
    constexpr CpuLevel levels[] = {CpuLevel::avx512, CpuLevel::avx2, CpuLevel::neon, CpuLevel::baseline};
    for (const CpuLevel level : levels) {
        if (!wanted || !*wanted) {
            if (cpu_has(level)) return level;
        } else if (to_string(level) == wanted) {
            if (cpu_has(level)) return level;
            throw Error(ErrorCode::unsupported, "SEXTANT_CPU asks for " + std::string(wanted) + ", which this CPU lacks");
        }
    }
    throw Error(ErrorCode::invalid_argument,
                "SEXTANT_CPU is '" + std::string(wanted) + "'; expected baseline, avx2, avx512, neon or nothing");
}

}  // namespace kernels_detail

/// The highest level that this CPU has, or the one that the environment variable SEXTANT_CPU names; chosen at the first
/// call, for the life of the program. Throws `unsupported` for a level that the CPU lacks, `invalid_argument` for a name
/// that is none. May run in many threads.
[[nodiscard]] inline CpuLevel cpu_level() {
    static const CpuLevel level = kernels_detail::choose_cpu_level(std::getenv("SEXTANT_CPU"));
    return level;
}

}  // namespace sextant
