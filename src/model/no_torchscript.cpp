// Stands in for torchscript.cpp in a build without libtorch.
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

}  // namespace sextant
