// sextant preprocess BUNDLE FILE... --out TENSORS.npy
#include <iostream>
#include <memory>

#include "cli.hpp"
#include "files.hpp"

namespace cli {
namespace {

struct Options {
    std::string bundle;
    std::vector<std::string> files;
    std::string out;
};

int run(const Options& options) {
    const auto bundle = sextant::Bundle::open(options.bundle);
    if (!bundle.manifest().image) throw sextant::Error(sextant::ErrorCode::unsupported, options.bundle + " reads no pictures");
    const sextant::StandardImageTransform transform(*bundle.manifest().image);
    const auto needed = [&](int width, int height) { return transform.needed({height, width}); };
    sextant::Tensor::Shape shape;
    std::vector<float> values;
    for (const auto& file : options.files) {
        const auto pixels = transform(sextant::read_image(file, {}, needed));
        if (!shape.empty() && shape != pixels.shape())
            throw sextant::Error(sextant::ErrorCode::invalid_argument, file + " becomes " + sextant::Tensor::describe(pixels.shape()) + ", those before it " +
                                                                           sextant::Tensor::describe(shape) + ": one array holds one size, so write them one by one");
        shape = pixels.shape();
        values.insert(values.end(), pixels.floats().begin(), pixels.floats().end());
    }
    shape.insert(shape.begin(), static_cast<std::int64_t>(options.files.size()));
    write_npy(options.out, shape, values);
    std::cout << options.out << ": float32 " << sextant::Tensor::describe(shape) << '\n';
    return success;
}

}  // namespace

void add_preprocess_command(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("preprocess", "Write the tensors that a model's image network is fed, for numpy.load.");
    command->add_option("bundle", options->bundle, "Folder of a model")->required();
    command->add_option("files", options->files, "Pictures")->required();
    command->add_option("--out", options->out, "Array file to write: float32 [pictures, 3, height, width]")->required();
    command->callback([options, &status] { status = run(*options); });
}

}  // namespace cli
