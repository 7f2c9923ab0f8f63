// Between libtorch and the rest: bytes, arrays and errors. Seen by the files of this room that see libtorch.
#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <new>
#include <span>
#include <streambuf>
#include <string>
#include <utility>
#include <vector>

#include <torch/script.h>

#include <sextant/core/error.hpp>
#include <sextant/core/tensor.hpp>

namespace sextant::model_detail {

/// libtorch's messages carry a C++ or TorchScript trace of many lines; the cause is in the first few words of it.
inline std::string short_message(const std::string& message) {
    constexpr std::size_t longest = 300;
    std::string line;
    for (std::size_t begin = 0; begin < message.size() && line.size() < longest;) {
        const auto end = std::min(message.find('\n', begin), message.size());
        const std::string part = message.substr(begin, end - begin);
        if (part.find("Exception raised from") != std::string::npos) break;
        if (part.find("Error") != std::string::npos || line.empty()) line += (line.empty() ? "" : " | ") + part;
        begin = end + 1;
    }
    return line.substr(0, longest);
}

/// Runs `action`, turning whatever libtorch throws into an Error.
template <class Action>
auto guarded(const std::string& doing, Action&& action) {
    try {
        return action();
    } catch (const Error&) {
        throw;
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const c10::Error& error) {
        throw Error(ErrorCode::model, doing + ": " + short_message(error.what_without_backtrace()));
    } catch (const std::exception& error) {
        throw Error(ErrorCode::model, doing + ": " + short_message(error.what()));
    }
}

/// Reads bytes that someone else owns; seekable, as the zip reader jumps about.
class MemoryBuffer : public std::streambuf {
public:
    explicit MemoryBuffer(std::span<const std::byte> bytes) {
        char* begin = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));  // read only: no put area is set
        setg(begin, begin, begin + bytes.size());
    }

private:
    pos_type seekoff(off_type offset, std::ios_base::seekdir from, std::ios_base::openmode) override {
        const off_type base = from == std::ios_base::beg ? 0 : from == std::ios_base::cur ? gptr() - eback() : egptr() - eback();
        const off_type target = base + offset;
        if (target < 0 || target > egptr() - eback()) return pos_type(off_type(-1));
        setg(eback(), eback() + target, egptr());
        return pos_type(target);
    }
    pos_type seekpos(pos_type position, std::ios_base::openmode which) override {
        return seekoff(off_type(position), std::ios_base::beg, which);
    }
};

template <class T>
at::Tensor copy_tensor(const Tensor::Shape& shape, std::span<const T> values, c10::ScalarType type) {
    auto tensor = torch::empty(shape, type);
    std::ranges::copy(values, tensor.template data_ptr<T>());
    return tensor;
}

/// A copy, aligned as libtorch aligns: sums may round otherwise where memory begins elsewhere.
inline at::Tensor to_torch(const Tensor& tensor) {
    return tensor.is_float() ? copy_tensor(tensor.shape(), tensor.floats(), torch::kFloat32) : copy_tensor(tensor.shape(), tensor.integers(), torch::kInt64);
}

template <class T>
std::vector<T> copy_values(const at::Tensor& tensor) {
    const T* data = tensor.data_ptr<T>();
    return {data, data + tensor.numel()};
}

inline Tensor from_torch(const at::Tensor& tensor) {
    const bool integral = at::isIntegralType(tensor.scalar_type(), /*includeBool=*/true);
    const auto dense = tensor.to(integral ? torch::kInt64 : torch::kFloat32).contiguous();
    Tensor::Shape shape(dense.sizes().begin(), dense.sizes().end());
    if (integral) return {std::move(shape), copy_values<std::int64_t>(dense)};
    return {std::move(shape), copy_values<float>(dense)};
}

}  // namespace sextant::model_detail
