// Resizes and transforms pictures for preprocess.py. The standard input is a list of jobs, one per line:
//   resize IN WIDTH HEIGHT NEW_WIDTH NEW_HEIGHT FILTER OUT
//   transform IN WIDTH HEIGHT MODE SIZE_HEIGHT SIZE_WIDTH FILTER CROP_HEIGHT CROP_WIDTH ROUNDING PAD_HEIGHT PAD_WIDTH
//             RESCALE MEAN MEAN MEAN STD STD STD OUT
// IN holds height x width x 3 bytes. OUT gets the pixels, or three 64-bit extents and the 32-bit floats. A crop or pad
// height of 0 means none; for shortest_edge and longest_edge the edge is SIZE_HEIGHT.
#include <fstream>
#include <initializer_list>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>

#include <sextant/preprocess/image.hpp>

namespace {

using namespace sextant;

template <class Enum>
Enum named(const std::string& name, std::initializer_list<Enum> values) {
    for (const Enum value : values)
        if (to_string(value) == name) return value;
    throw std::invalid_argument("no such name: " + name);
}

Filter filter_named(const std::string& name) {
    return named(name,
                 {Filter::nearest, Filter::box, Filter::bilinear, Filter::hamming, Filter::bicubic, Filter::lanczos});
}

Image read_pixels(std::istream& job) {
    std::string file;
    Image image;
    job >> file >> image.width >> image.height;
    std::ifstream in(file, std::ios::binary);
    image.pixels.assign(std::istreambuf_iterator<char>(in), {});
    return image;
}

template <class T>
void write(std::ostream& out, std::span<const T> values) {
    out.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
}

void run_resize(std::istream& job) {
    const Image image = read_pixels(job);
    int width = 0, height = 0;
    std::string filter, result;
    job >> width >> height >> filter >> result;
    std::ofstream out(result, std::ios::binary);
    write<std::uint8_t>(out, resize(image, width, height, filter_named(filter)).pixels);
}

void run_transform(std::istream& job) {
    const Image image = read_pixels(job);
    ImageSpec spec;
    ImageSpec::Crop crop;
    ImageSize pad;
    std::string mode, filter, rounding, rescale, result;
    job >> mode >> spec.resize.size.height >> spec.resize.size.width >> filter >> crop.size.height >> crop.size.width >>
        rounding >> pad.height >> pad.width >> rescale;
    for (double& mean : spec.mean) job >> mean;
    for (double& deviation : spec.stddev) job >> deviation;
    job >> result;
    spec.resize.mode =
        named(mode, {ResizeMode::squash, ResizeMode::shortest_edge, ResizeMode::longest_edge, ResizeMode::none});
    spec.resize.edge = spec.resize.size.height;
    spec.resize.filter = filter_named(filter);
    crop.rounding = named(rounding, {CropRounding::floor, CropRounding::round_even});
    spec.rescale = named(rescale, {Rescale::divide_255, Rescale::multiply_reciprocal});
    if (crop.size.height > 0) spec.crop = crop;
    if (pad.height > 0) spec.pad = pad;

    const Tensor tensor = StandardImageTransform(spec)(image);
    std::ofstream out(result, std::ios::binary);
    write<std::int64_t>(out, tensor.shape());
    write<float>(out, tensor.floats());
}

}  // namespace

int main() {
    std::string line, verb;
    while (std::getline(std::cin, line)) {
        std::istringstream job(line);
        job >> verb;
        try {
            verb == "resize" ? run_resize(job) : run_transform(job);
        } catch (const std::exception& error) {
            std::cerr << line << ": " << error.what() << '\n';
            return 1;
        }
    }
}
