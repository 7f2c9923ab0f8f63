// Working memory of a known size.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

namespace sextant::tokenize {

/// Room for `count` values, not initialised: on the stack up to `few`, so that a usual word takes no memory.
template <class T, std::size_t few>
class Scratch {
    static_assert(std::is_trivially_copyable_v<T>);

public:
    explicit Scratch(std::size_t count) : many_(count > few ? count : 0), count_(count) {}
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    [[nodiscard]] std::span<T> values() noexcept { return {count_ > few ? many_.data() : few_.data(), count_}; }

private:
    std::array<T, few> few_;
    std::vector<T> many_;
    std::size_t count_;
};

}  // namespace sextant::tokenize
