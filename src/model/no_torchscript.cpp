// Stands in for torchscript.cpp and clip_archive.cpp in a build without libtorch.
#include <sextant/model/clip_archive.hpp>
#include <sextant/model/torchscript.hpp>

#include <string>

namespace sextant {

bool has_torchscript() noexcept { return false; }

std::unique_ptr<Model> load_torchscript(std::span<const std::byte>, std::string_view name, Precision) {
    throw Error(ErrorCode::unsupported, std::string(name) + " is a TorchScript network, and this build of sextant has no libtorch: "
                                            "install libtorch-dev and configure with -DSEXTANT_WITH_TORCH=ON, or give a ModelLoader of your own");
}

std::unique_ptr<Model> load_any_torchscript(std::span<const std::byte> bytes, std::string_view name, Precision precision) {
    return load_torchscript(bytes, name, precision);
}

struct ClipArchive::State {};

ClipArchive::ClipArchive(std::unique_ptr<State> state) : state_(std::move(state)) {}
ClipArchive::ClipArchive(ClipArchive&&) noexcept = default;
ClipArchive& ClipArchive::operator=(ClipArchive&&) noexcept = default;
ClipArchive::~ClipArchive() = default;

ClipArchive ClipArchive::open(std::span<const std::byte> bytes, std::string_view name) {
    (void)load_torchscript(bytes, name);  // which throws
    return ClipArchive(nullptr);
}

// None of these can be called, as no archive can be opened.
std::int64_t ClipArchive::image_size() const noexcept { return 0; }
std::int64_t ClipArchive::context_length() const noexcept { return 0; }
std::int64_t ClipArchive::vocabulary_size() const noexcept { return 0; }
std::int64_t ClipArchive::dimensions() const noexcept { return 0; }
double ClipArchive::logit_scale() const noexcept { return 0; }
Tensor ClipArchive::encode_image(const Tensor& pixels) const { return pixels; }
Tensor ClipArchive::encode_text(const Tensor& ids) const { return ids; }
std::string ClipArchive::image_network() const { return {}; }
std::string ClipArchive::text_network() const { return {}; }

}  // namespace sextant
