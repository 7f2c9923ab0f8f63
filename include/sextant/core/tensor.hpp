// The arrays that go into a network and come out of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <sextant/core/error.hpp>

namespace sextant {

/// An owned, dense, row-major array of 32-bit floats or 64-bit integers.
class Tensor {
public:
    using Shape = std::vector<std::int64_t>;

    /// Throws `invalid_argument` if `values` does not hold exactly the elements that `shape` asks for.
    Tensor(Shape shape, std::vector<float> values) : Tensor(std::move(shape), Values(std::move(values))) {}
    Tensor(Shape shape, std::vector<std::int64_t> values) : Tensor(std::move(shape), Values(std::move(values))) {}

    [[nodiscard]] const Shape& shape() const noexcept { return shape_; }
    [[nodiscard]] bool is_float() const noexcept { return std::holds_alternative<std::vector<float>>(values_); }

    /// The elements, for the type that the tensor holds; throws `invalid_argument` for the other.
    [[nodiscard]] std::span<const float> floats() const { return get<float>(); }
    [[nodiscard]] std::span<const std::int64_t> integers() const { return get<std::int64_t>(); }

    /// "[2, 3, 64, 64]"
    [[nodiscard]] static std::string describe(const Shape& shape) {
        std::string text = "[";
        for (const auto extent : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
        return text + "]";
    }

private:
    using Values = std::variant<std::vector<float>, std::vector<std::int64_t>>;

    Tensor(Shape shape, Values values) : shape_(std::move(shape)), values_(std::move(values)) {
        std::int64_t expected = 1;
        for (const auto extent : shape_) {
            if (extent < 0 || __builtin_mul_overflow(expected, extent, &expected))
                throw Error(ErrorCode::invalid_argument, "a tensor cannot have the shape " + describe(shape_));
        }
        const auto seen = std::visit([](const auto& v) { return v.size(); }, values_);
        if (static_cast<std::uint64_t>(expected) != seen)
            throw Error(ErrorCode::invalid_argument, "a tensor of shape " + describe(shape_) + " needs " +
                                                         std::to_string(expected) + " values, not " + std::to_string(seen));
    }

    template <class T>
    [[nodiscard]] std::span<const T> get() const {
        if (const auto* values = std::get_if<std::vector<T>>(&values_)) return *values;
        throw Error(ErrorCode::invalid_argument, is_float() ? "the tensor holds floats, integers were asked for"
                                                            : "the tensor holds integers, floats were asked for");
    }

    Shape shape_;
    Values values_;
};

}  // namespace sextant
