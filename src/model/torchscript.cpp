#include <sextant/model/torchscript.hpp>

#include <algorithm>
#include <cstdlib>
#include <istream>
#include <mutex>
#include <streambuf>
#include <string>
#include <utility>

#include <torch/script.h>
#include <torch/utils.h>

#include "model/archive.hpp"
#include "model/packed_linear.hpp"

namespace sextant {
namespace {

/// libtorch's messages carry a C++ or TorchScript trace of many lines; the cause is in the first few words of it.
std::string short_message(const std::string& message) {
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
at::Tensor to_torch(const Tensor& tensor) {
    return tensor.is_float() ? copy_tensor(tensor.shape(), tensor.floats(), torch::kFloat32) : copy_tensor(tensor.shape(), tensor.integers(), torch::kInt64);
}

template <class T>
std::vector<T> copy_values(const at::Tensor& tensor) {
    const T* data = tensor.data_ptr<T>();
    return {data, data + tensor.numel()};
}

Tensor from_torch(const at::Tensor& tensor) {
    const bool integral = at::isIntegralType(tensor.scalar_type(), /*includeBool=*/true);
    const auto dense = tensor.to(integral ? torch::kInt64 : torch::kFloat32).contiguous();
    Tensor::Shape shape(dense.sizes().begin(), dense.sizes().end());
    if (integral) return {std::move(shape), copy_values<std::int64_t>(dense)};
    return {std::move(shape), copy_values<float>(dense)};
}

void collect(const c10::IValue& value, std::vector<Tensor>& outputs) {
    if (value.isTensor()) {
        outputs.push_back(from_torch(value.toTensor()));
    } else if (value.isTuple()) {
        for (const auto& element : value.toTupleRef().elements()) collect(element, outputs);
    } else {
        throw Error(ErrorCode::model, "the network returned a " + value.tagKind() + "; expected a tensor or a tuple of tensors");
    }
}

/// Sets, as long as it lives, how many threads libtorch may use for what the calling thread asks of it; 0 changes nothing.
class ThreadCount {
public:
    explicit ThreadCount(std::size_t threads) : before_(at::get_num_threads()) {
        if (threads > 0) set(static_cast<int>(threads));
    }
    ~ThreadCount() { set(before_); }
    ThreadCount(const ThreadCount&) = delete;
    ThreadCount& operator=(const ThreadCount&) = delete;

private:
    static void set(int threads) {
        if (at::get_num_threads() != threads) at::set_num_threads(threads);
    }
    int before_;
};

class TorchScriptModel final : public Model {
public:
    TorchScriptModel(torch::jit::Module module, std::string name) : module_(std::move(module)), name_(std::move(name)) {}

    [[nodiscard]] std::vector<Tensor> run(std::span<const Tensor> inputs, std::size_t threads) const override {
        return guarded("running " + name_, [&] {
            const ThreadCount count(threads);
            const c10::InferenceMode inference;
            // The optimizing executor re-compiles for shapes it has not seen, which makes first calls slow and gains
            // nothing on frozen networks.
            const torch::jit::GraphOptimizerEnabledGuard plain(false);
            std::vector<c10::IValue> arguments;
            for (const auto& input : inputs) arguments.emplace_back(to_torch(input));
            std::vector<Tensor> outputs;
            collect(module_.get_method("forward")(std::move(arguments)), outputs);
            return outputs;
        });
    }

private:
    torch::jit::Module module_;
    std::string name_;
};

void limit_shape_caches() {
    static std::once_flag once;
    std::call_once(once, [] {
        ::setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16", 0);
        ::setenv("LRU_CACHE_CAPACITY", "16", 0);
    });
}

}  // namespace

bool has_torchscript() noexcept { return true; }

std::unique_ptr<Model> load_torchscript(std::span<const std::byte> bytes, std::string_view name, Precision precision) {
    model_detail::check_archive(bytes, name);
    return load_any_torchscript(bytes, name, precision);
}

std::unique_ptr<Model> load_any_torchscript(std::span<const std::byte> bytes, std::string_view name, Precision precision) {
    limit_shape_caches();
    return guarded("loading " + std::string(name), [&] {
        const c10::InferenceMode inference;
        MemoryBuffer buffer(bytes);
        std::istream stream(&buffer);
        auto module = torch::jit::load(stream, torch::kCPU);
        module.eval();
        auto frozen = torch::jit::freeze(module);
        if (model_detail::pack_linears(frozen, precision) == 0 && precision != Precision::float32)
            throw Error(ErrorCode::unsupported, std::string(name) + ": the network has no product with a constant matrix (aten::linear), so there is nothing to compute in " +
                                                    std::string(to_string(precision)) + ": leave EncoderOptions::precision at its default");
        return std::make_unique<TorchScriptModel>(std::move(frozen), std::string(name));
    });
}

}  // namespace sextant
