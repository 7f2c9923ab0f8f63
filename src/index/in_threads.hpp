// Work that several threads share.
#pragma once

#include <cstddef>
#include <future>
#include <system_error>
#include <vector>

namespace sextant::index {

/// Calls `work` in so many threads at once, the calling one among them, and throws what one of them threw. If the system
/// has no more threads, those that there are do it.
template <class Work>
void in_threads(std::size_t threads, Work&& work) {
    std::vector<std::future<void>> others;
    try {
        while (others.size() + 1 < threads) others.push_back(std::async(std::launch::async, [&work] { work(); }));
    } catch (const std::system_error&) {
    }
    work();
    for (auto& other : others) other.get();
}

}  // namespace sextant::index
