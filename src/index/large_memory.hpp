// Memory for what an index has most of.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

#include <sys/mman.h>

namespace sextant::index {

inline constexpr std::size_t huge_page = std::size_t{2} << 20;

struct FreeMemory {
    void operator()(std::byte* memory) const noexcept { std::free(memory); }  // NOLINT: of aligned_alloc
};
using Memory = std::unique_ptr<std::byte[], FreeMemory>;

/// Uninitialised, at a multiple of 64 bytes. Where much of it will be used, in huge pages if the system has them: it is had
/// sooner, and read with fewer misses of address translation.
[[nodiscard]] inline Memory new_memory(std::size_t bytes, bool huge) {
    const std::size_t alignment = huge ? huge_page : 64;
    const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    Memory memory(static_cast<std::byte*>(std::aligned_alloc(alignment, rounded)));
    if (!memory) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
    if (huge) (void)::madvise(memory.get(), rounded, MADV_HUGEPAGE);  // advice: without, all is slower and nothing else
#endif
    return memory;
}

}  // namespace sextant::index
