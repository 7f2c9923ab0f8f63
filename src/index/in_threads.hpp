// Work that several threads share.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <future>
#include <mutex>
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

/// Calls `each(i, threads)` for every i below `count`, for as many at once as there are threads; if there are more threads, `each`
/// is given several.
template <class Each>
void share_out(std::size_t count, std::size_t threads, Each&& each) {
    if (count == 0) return;
    const std::size_t at_once = count < threads ? count : threads;
    std::atomic<std::size_t> next{0};
    in_threads(at_once, [&] {
        for (std::size_t i = next++; i < count; i = next++) each(i, threads / at_once);
    });
}

[[nodiscard]] constexpr std::size_t divided_up(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

/// Calls `each(first, last)` for stretches of so many, the last perhaps shorter, of all numbers below `count`.
template <class Each>
void share_out_stretches(std::size_t count, std::size_t length, std::size_t threads, Each&& each) {
    share_out(divided_up(count, length), threads, [&](std::size_t i, std::size_t) { each(i * length, count - i * length < length ? count : (i + 1) * length); });
}

/// Remembers, of several tasks that may fail, what the one with the lowest number threw. Threads: any, but for `rethrow`.
class FirstFailure {
public:
    /// Whether a task with a lower number has failed.
    [[nodiscard]] bool before(std::uint64_t task) const noexcept { return failed_ < task; }

    template <class Work>
    void watch(std::uint64_t task, Work&& work) {
        try {
            work();
        } catch (...) {
            const std::lock_guard lock(mutex_);
            if (task >= failed_) return;
            failed_ = task;
            what_ = std::current_exception();
        }
    }

    void rethrow() const {
        if (what_) std::rethrow_exception(what_);
    }

private:
    std::mutex mutex_;
    std::atomic<std::uint64_t> failed_{~std::uint64_t{0}};
    std::exception_ptr what_;
};

}  // namespace sextant::index
