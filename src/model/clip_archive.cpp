#include <sextant/model/clip_archive.hpp>

#include <algorithm>
#include <cmath>
#include <istream>
#include <sstream>
#include <utility>

#include <torch/script.h>

#include "model/torch_values.hpp"

namespace sextant {

struct ClipArchive::State {
    torch::jit::Module clip;
    std::string name;
    std::int64_t image_size = 0, context_length = 0, vocabulary_size = 0, dimensions = 0;
    double logit_scale = 1;

    [[nodiscard]] std::int64_t size(const char* attribute) const { return clip.attr(attribute).toTensor().item<std::int64_t>(); }

    [[nodiscard]] Tensor run(const char* method, const Tensor& input) const {
        return model_detail::guarded("running " + std::string(method) + " of " + name, [&] {
            const c10::InferenceMode inference;
            return model_detail::from_torch(clip.get_method(method)({model_detail::to_torch(input)}).toTensor());
        });
    }

    [[nodiscard]] std::string tower(const std::string& method, const std::string& argument) const {
        return model_detail::guarded("taking " + method + " out of " + name, [&] {
            const c10::InferenceMode inference;
            torch::jit::Module wrapper(method);
            wrapper.register_module("clip", clip);
            wrapper.define("def forward(self, " + argument + ": Tensor) -> Tensor:\n    return self.clip." + method + "(" + argument + ")\n");
            wrapper.eval();
            std::ostringstream out;
            torch::jit::freeze(wrapper).save(out);  // which leaves the other tower behind
            return std::move(out).str();
        });
    }
};

namespace {

bool names_a_graphics_card(const torch::jit::Node& node) {
    return node.kind() == c10::prim::Constant && node.hasAttribute(c10::attr::value) &&
           node.kindOf(c10::attr::value) == torch::jit::AttributeKind::s && node.s(c10::attr::value).starts_with("cuda");
}

/// Tensors are made on the CPU, and what was cast to float16 is cast to float32.
void bring_to_cpu(torch::jit::Block& block, torch::jit::Graph& graph) {
    for (torch::jit::Node* node : block.nodes()) {
        for (torch::jit::Block* inner : node->blocks()) bring_to_cpu(*inner, graph);
        if (names_a_graphics_card(*node)) node->s_(c10::attr::value, "cpu");
        if (node->kind() != c10::aten::to) continue;
        const torch::jit::WithInsertPoint before(node);
        constexpr std::size_t last_place_of_type = 2;
        for (std::size_t i = 1; i < std::min(node->inputs().size(), last_place_of_type + 1); ++i) {
            const auto value = torch::jit::toIValue(node->input(i));
            if (value && value->isInt() && value->toInt() == static_cast<std::int64_t>(c10::ScalarType::Half))
                node->replaceInput(i, graph.insertConstant(static_cast<std::int64_t>(c10::ScalarType::Float)));
        }
    }
}

}  // namespace

ClipArchive::ClipArchive(std::unique_ptr<State> state) : state_(std::move(state)) {}
ClipArchive::ClipArchive(ClipArchive&&) noexcept = default;
ClipArchive& ClipArchive::operator=(ClipArchive&&) noexcept = default;
ClipArchive::~ClipArchive() = default;

ClipArchive ClipArchive::open(std::span<const std::byte> bytes, std::string_view name) {
    auto state = std::make_unique<State>();
    state->name = name;
    model_detail::guarded("loading " + state->name, [&] {
        const c10::InferenceMode inference;
        model_detail::MemoryBuffer buffer(bytes);
        std::istream stream(&buffer);
        state->clip = torch::jit::load(stream, torch::kCPU);
        const auto require = [&](bool found, const char* what) {
            if (!found) throw Error(ErrorCode::model, state->name + " has no " + what + ": it is not CLIP as OpenAI published it; export other models with examples/export");
        };
        require(state->clip.find_method("encode_image").has_value(), "method encode_image");
        require(state->clip.find_method("encode_text").has_value(), "method encode_text");
        for (const char* attribute : {"input_resolution", "context_length", "vocab_size", "logit_scale"}) require(state->clip.hasattr(attribute), attribute);
        for (const auto& module : state->clip.modules())
            for (const auto& method : module.get_methods()) bring_to_cpu(*method.graph()->block(), *method.graph());
        state->clip.to(torch::kFloat32);
        state->clip.eval();
        state->image_size = state->size("input_resolution");
        state->context_length = state->size("context_length");
        state->vocabulary_size = state->size("vocab_size");
        state->logit_scale = std::exp(state->clip.attr("logit_scale").toTensor().item<double>());
    });
    constexpr std::int64_t most = 4096;
    if (state->image_size < 1 || state->image_size > most || state->context_length < 1 || state->context_length > most)
        throw Error(ErrorCode::model, state->name + " wants pictures of " + std::to_string(state->image_size) + " pixels and texts of " +
                                          std::to_string(state->context_length) + " tokens; 1 to 4096 of both were expected");
    const auto side = state->image_size;
    const auto vectors = state->run("encode_image", Tensor({1, 3, side, side}, std::vector<float>(static_cast<std::size_t>(3 * side * side))));
    state->dimensions = vectors.shape().back();
    return ClipArchive(std::move(state));
}

std::int64_t ClipArchive::image_size() const noexcept { return state_->image_size; }
std::int64_t ClipArchive::context_length() const noexcept { return state_->context_length; }
std::int64_t ClipArchive::vocabulary_size() const noexcept { return state_->vocabulary_size; }
std::int64_t ClipArchive::dimensions() const noexcept { return state_->dimensions; }
double ClipArchive::logit_scale() const noexcept { return state_->logit_scale; }
Tensor ClipArchive::encode_image(const Tensor& pixels) const { return state_->run("encode_image", pixels); }
Tensor ClipArchive::encode_text(const Tensor& ids) const { return state_->run("encode_text", ids); }
std::string ClipArchive::image_network() const { return state_->tower("encode_image", "pixel_values"); }
std::string ClipArchive::text_network() const { return state_->tower("encode_text", "input_ids"); }

}  // namespace sextant
