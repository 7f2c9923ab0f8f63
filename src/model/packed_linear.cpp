#include "model/packed_linear.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/custom_class.h>
#include <torch/library.h>

namespace sextant::model_detail {
namespace {

using at::Tensor;

/// An operator of libtorch that not every version has.
std::optional<c10::OperatorHandle> find_operator(const char* name) {
    if (const auto found = c10::Dispatcher::singleton().findSchema({name, ""})) return *found;
    return std::nullopt;
}

/// Calls an operator by its schema, for which no header of all versions has a function.
template <class... Arguments>
Tensor call(const c10::OperatorHandle& op, Arguments&&... arguments) {
    torch::jit::Stack stack;
    torch::jit::push(stack, std::forward<Arguments>(arguments)...);
    op.callBoxed(stack);
    return stack.at(0).toTensor();
}

bool processor_multiplies(Precision precision) {
#if defined(__x86_64__)
    return precision == Precision::bfloat16 ? __builtin_cpu_supports("avx512bf16") : precision == Precision::int8 && __builtin_cpu_supports("avx512vnni");
#else
    return precision == Precision::float32;
#endif
}

/// What takes the place of one `aten::linear`.
class PackedLinear : public torch::CustomClassHolder {
public:
    [[nodiscard]] virtual Tensor multiply(const Tensor& x) const = 0;
};

c10::IValue or_none(const Tensor& tensor) { return tensor.defined() ? c10::IValue(tensor) : c10::IValue(); }

/// In float32 or bfloat16. An undefined bias is none.
class FloatLinear final : public PackedLinear {
public:
    FloatLinear(const Tensor& weight, const Tensor& bias, at::ScalarType type)
        : type_(type), weight_(weight.to(type).contiguous()), bias_(bias.defined() ? bias.to(type) : bias), linear_(find_operator("mkldnn::_linear_pointwise")) {
        const auto pack = find_operator("mkldnn::_reorder_linear_weight");
        if (!pack) linear_.reset();
        if (linear_) weight_ = call(*pack, weight_, c10::IValue());
    }

    [[nodiscard]] Tensor multiply(const Tensor& x) const override {
        const auto rows = x.to(type_);
        const auto product = linear_ ? call(*linear_, rows, weight_, or_none(bias_), "none", c10::List<c10::optional<at::Scalar>>(), "") : at::linear(rows, weight_, bias_);
        return product.to(at::kFloat);
    }

private:
    at::ScalarType type_;
    Tensor weight_, bias_;
    std::optional<c10::OperatorHandle> linear_;
};

/// Rounded to bfloat16, multiplied as float32.
class RoundedLinear final : public PackedLinear {
public:
    RoundedLinear(const Tensor& weight, const Tensor& bias) : linear_(rounded(weight), bias, at::kFloat) {}

    [[nodiscard]] Tensor multiply(const Tensor& x) const override { return linear_.multiply(rounded(x)); }

private:
    static Tensor rounded(const Tensor& tensor) { return tensor.to(at::kBFloat16).to(at::kFloat); }

    FloatLinear linear_;
};

/// Of 8-bit integers.
class IntegerLinear final : public PackedLinear {
public:
    IntegerLinear(const Tensor& weight, const Tensor& bias) : bias_(bias), linear_(find_operator("onednn::qlinear_pointwise")) {
        const auto scales = scale_of(weight);
        const auto integers = rounded(weight, scales);
        scales_ = scales.flatten();
        const auto pack = find_operator("onednn::qlinear_prepack");
        if (linear_ && pack && processor_multiplies(Precision::int8)) {
            weight_ = call(*pack, integers.to(at::kChar), c10::IValue());
            zeros_ = at::zeros(scales_.sizes(), at::kInt);
        } else {
            float_linear_.emplace(integers, Tensor(), at::kFloat);
        }
    }

    [[nodiscard]] Tensor multiply(const Tensor& x) const override {
        const auto rows = x.reshape({-1, x.size(-1)});
        const auto scales = scale_of(rows);
        auto y = product(rounded(rows, scales)).mul_(scales);
        if (bias_.defined()) y.add_(bias_);
        auto shape = x.sizes().vec();
        shape.back() = scales_.size(0);
        return y.reshape(shape);
    }

private:
    static constexpr double largest = 127;

    /// What 1 stands for in each row; nothing is divided by 0.
    static Tensor scale_of(const Tensor& rows) { return rows.abs().amax({1}, true).div_(largest).clamp_min_(1e-30); }
    static Tensor rounded(const Tensor& rows, const Tensor& scales) { return rows.div(scales).round_(); }

    [[nodiscard]] Tensor product(const Tensor& integers) const {
        if (float_linear_) return float_linear_->multiply(integers).mul_(scales_);
        return call(*linear_, integers.to(at::kChar), 1.0, 0, weight_, scales_, zeros_, c10::IValue(), 1.0, 0, static_cast<int64_t>(at::kFloat), "none",
                    c10::List<c10::optional<at::Scalar>>(), "");
    }

    Tensor weight_, bias_, scales_, zeros_;
    std::optional<c10::OperatorHandle> linear_;
    std::optional<FloatLinear> float_linear_;
};

c10::intrusive_ptr<PackedLinear> make_linear(const Tensor& weight, const Tensor& bias, Precision precision) {
    if (precision == Precision::int8) return c10::make_intrusive<IntegerLinear>(weight, bias);
    if (precision == Precision::float32) return c10::make_intrusive<FloatLinear>(weight, bias, at::kFloat);
    if (processor_multiplies(precision)) return c10::make_intrusive<FloatLinear>(weight, bias, at::kBFloat16);
    return c10::make_intrusive<RoundedLinear>(weight, bias);
}

/// Nothing makes or reads one but this file: it has no constructor that a network's code could name.
const auto registration = torch::class_<PackedLinear>("sextant", "PackedLinear").def("multiply", &PackedLinear::multiply);

/// The value of a constant tensor of floats; nothing for anything else.
std::optional<Tensor> constant_floats(const torch::jit::Value* value) {
    const auto constant = torch::jit::toIValue(value);
    if (!constant || !constant->isTensor()) return std::nullopt;
    const auto tensor = constant->toTensor();
    return tensor.defined() && tensor.scalar_type() == at::kFloat && tensor.layout() == at::kStrided && tensor.device().is_cpu() ? std::optional(tensor) : std::nullopt;
}

void collect_linears(torch::jit::Block* block, std::vector<torch::jit::Node*>& found) {
    for (auto* node : block->nodes()) {
        for (auto* inner : node->blocks()) collect_linears(inner, found);
        if (node->kind() == c10::aten::linear) found.push_back(node);
    }
}

}  // namespace

std::size_t pack_linears(torch::jit::Module& frozen, Precision precision) {
    auto graph = frozen.get_method("forward").graph();
    auto* self = graph->inputs().at(0);
    std::vector<torch::jit::Node*> linears;
    collect_linears(graph->block(), linears);
    std::size_t packed = 0;
    for (auto* node : linears) {
        const auto weight = constant_floats(node->input(1));
        if (!weight || weight->dim() != 2) continue;
        const auto bias = constant_floats(node->input(2));
        if (!bias && !node->input(2)->mustBeNone()) continue;
        const auto attribute = "packed_linear_" + std::to_string(packed++);
        const auto object = c10::IValue(make_linear(*weight, bias.value_or(Tensor()), precision));
        frozen.register_attribute(attribute, object.type(), object);
        const torch::jit::WithInsertPoint here(node);
        auto* get = graph->insertNode(graph->createGetAttr(self, attribute));
        auto* product = graph->insertNode(graph->create(c10::prim::CallMethod, {get->output(), node->input(0)}));
        product->s_(c10::attr::name, "multiply");
        product->output()->setType(node->output()->type());
        node->output()->replaceAllUsesWith(product->output());
        node->destroy();
    }
    torch::jit::EliminateDeadCode(graph);  // the weights as they were
    return packed;
}

}  // namespace sextant::model_detail
