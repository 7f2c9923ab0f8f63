// Work in steps, so that one thread can take turns with several pieces of it.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

namespace sextant::index {

/// A coroutine that ends a step, by `co_await Turn()`, when it has asked for memory (prefetch) that it is about to read: until its
/// next turn others compute. What its parameters refer to must outlive it.
class Steps {
public:
    struct promise_type {
        Steps get_return_object() { return Steps(std::coroutine_handle<promise_type>::from_promise(*this)); }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        void unhandled_exception() noexcept { thrown = std::current_exception(); }
        std::exception_ptr thrown;
    };

    Steps(Steps&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Steps& operator=(Steps&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Steps() {
        if (handle_) handle_.destroy();
    }

    /// False if it has come to its end. Throws what it throws.
    bool next() {
        handle_.resume();
        if (!handle_.done()) return true;
        if (handle_.promise().thrown) std::rethrow_exception(handle_.promise().thrown);
        return false;
    }
    /// All that are left.
    void finish() {
        while (next()) {
        }
    }

private:
    explicit Steps(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    std::coroutine_handle<promise_type> handle_;
};

/// What ends a step.
using Turn = std::suspend_always;

/// Takes all steps of what `more`, a function that gives an optional `Steps`, gives until it gives none, in turns of so many at once.
/// If one throws, no more are begun, those that were are brought to their ends, and what it threw is thrown.
template <class More>
void take_turns(std::size_t at_once, More&& more) {
    std::vector<Steps> running;
    std::exception_ptr failure;
    const auto attempt = [&failure](auto&& work) {
        try {
            return work();
        } catch (...) {
            if (!failure) failure = std::current_exception();
            return false;
        }
    };
    const auto begin_one = [&] {
        std::optional<Steps> one = more();
        if (one) running.push_back(std::move(*one));
        return one.has_value();
    };
    for (bool all = false; !all || !running.empty();) {
        while (!all && running.size() < at_once) all = !attempt(begin_one);
        for (std::size_t i = 0; i < running.size();) {
            if (attempt([&one = running[i]] { return one.next(); })) ++i;
            else running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
        }
        all = all || failure;
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace sextant::index
