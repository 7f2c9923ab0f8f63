#include <sextant/model/torchscript.hpp>

#include <algorithm>
#include <cstdlib>
#include <istream>
#include <mutex>
#include <string>
#include <utility>

#include <torch/script.h>
#include <torch/utils.h>

#include "model/archive.hpp"
#include "model/packed_linear.hpp"
#include "model/torch_values.hpp"

namespace sextant {
namespace {

using namespace model_detail;

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
