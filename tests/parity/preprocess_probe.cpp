// Scales and transforms pictures for parity_preprocess.py. The standard input is a list of jobs, one per line:
//   resize IN WIDTH HEIGHT OUT KEY=VALUE...        width height filter [box=l,t,r,b] [gap]; OUT gets the pixels
//   reduce IN WIDTH HEIGHT OUT x=FACTOR y=FACTOR   OUT gets the pixels
//   interpolate IN WIDTH HEIGHT OUT KEY=VALUE...   planes width height filter antialias; IN holds floats, OUT gets them
//   levels IN WIDTH HEIGHT OUT KEY=VALUE...        the fields of an ImageSpec; OUT gets the pixels of its 8-bit picture
//   transform IN WIDTH HEIGHT OUT KEY=VALUE...     the fields of an ImageSpec
// IN holds height x width x 3 bytes, or is a picture to decode if WIDTH and HEIGHT are 0. Tensors of a transform are
// written as a line "NAME TYPE EXTENT..." and the values; a picture that is refused gives the line "error CODE".
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <iostream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

#include <sextant/media/image.hpp>
#include <sextant/preprocess/image.hpp>

namespace {

using namespace sextant;

struct Job {
    std::string verb, in, out;
    int width = 0, height = 0;
    std::map<std::string, std::string> values;

    [[nodiscard]] bool has(const std::string& key) const { return values.contains(key); }
    [[nodiscard]] const std::string& text(const std::string& key) const { return values.at(key); }
    [[nodiscard]] double number(const std::string& key) const { return std::stod(values.at(key)); }
    [[nodiscard]] int integer(const std::string& key, int fallback = 0) const {
        return has(key) ? std::stoi(values.at(key)) : fallback;
    }
    [[nodiscard]] std::vector<double> list(const std::string& key) const {
        std::istringstream words(values.at(key));
        std::vector<double> numbers;
        for (std::string word; std::getline(words, word, ',');) numbers.push_back(std::stod(word));
        return numbers;
    }
    [[nodiscard]] ImageSize size(const std::string& key) const {
        const auto sides = list(key);
        return {static_cast<int>(sides.at(0)), static_cast<int>(sides.at(1))};
    }
};

Job parse(const std::string& line) {
    std::istringstream words(line);
    Job job;
    words >> job.verb >> job.in >> job.width >> job.height >> job.out;
    for (std::string word; words >> word;) {
        const auto equals = word.find('=');
        job.values[word.substr(0, equals)] = word.substr(equals + 1);
    }
    return job;
}

/// The value of an enumeration of `count` values that has this name.
template <class Enum>
Enum named(const std::string& name, int count) {
    for (int i = 0; i < count; ++i)
        if (to_string(static_cast<Enum>(i)) == name) return static_cast<Enum>(i);
    throw std::invalid_argument("no such name: " + name);
}

Resampling filter_of(const Job& job) { return named<Resampling>(job.text("filter"), 8); }

std::vector<char> read_bytes(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

Image read_pixels(const Job& job) {
    if (job.width == 0) return read_image(job.in);
    const auto bytes = read_bytes(job.in);
    return {job.width, job.height, {bytes.begin(), bytes.end()}};
}

template <class T>
void write(std::ostream& out, std::span<const T> values) {
    out.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
}

Image run_resize(const Job& job) {
    ResizeOptions options{filter_of(job), {}, {}};
    if (job.has("box")) {
        const auto edges = job.list("box");
        options.box = PixelBox{edges.at(0), edges.at(1), edges.at(2), edges.at(3)};
    }
    if (job.has("gap")) options.reducing_gap = job.number("gap");
    return resize(read_pixels(job), job.integer("width"), job.integer("height"), options);
}

Tensor run_interpolate(const Job& job) {
    const auto bytes = read_bytes(job.in);
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return interpolate(Tensor({job.integer("planes"), job.height, job.width}, std::move(values)), job.integer("height"),
                       job.integer("width"), filter_of(job), job.integer("antialias") != 0);
}

ImageSpec spec_of(const Job& job) {
    ImageSpec spec;
    if (job.has("convert")) spec.convert = named<Convert>(job.text("convert"), 2);
    auto& resize = spec.resize;
    resize.mode = named<ResizeMode>(job.text("mode"), 9);
    if (job.has("size")) resize.size = job.size("size");
    resize.edge = job.integer("edge", resize.edge);
    resize.multiple = job.integer("multiple", resize.multiple);
    resize.max_patches = job.integer("max_patches", resize.max_patches);
    if (job.has("min_pixels")) resize.min_pixels = std::stoll(job.text("min_pixels"));
    if (job.has("max_pixels")) resize.max_pixels = std::stoll(job.text("max_pixels"));
    resize.filter = filter_of(job);
    if (job.has("resampler")) resize.resampler = named<Resampler>(job.text("resampler"), 4);
    if (job.has("crop")) spec.crop = ImageSpec::Crop{job.size("crop"), named<CropRounding>(job.text("rounding"), 4)};
    if (job.has("place")) spec.crop.value().place = named<CropPlace>(job.text("place"), 3);
    if (job.has("pad")) spec.pad = job.size("pad");
    if (job.has("fill")) spec.fill.fill(static_cast<std::uint8_t>(job.integer("fill")));
    spec.rescale = named<Rescale>(job.text("rescale"), 3);
    if (job.has("divisor")) spec.divisor = job.number("divisor");
    const auto mean = job.list("mean"), deviation = job.list("std");
    for (std::size_t c = 0; c < 3; ++c) {
        spec.mean[c] = mean.at(c);
        spec.stddev[c] = deviation.at(c);
    }
    if (job.has("patch"))
        spec.patches = ImageSpec::Patches{job.integer("patch"), named<PatchOrder>(job.text("order"), 2), job.integer("merge", 1),
                                          job.integer("repeat", 1), job.integer("pad_to", 0)};
    return spec;
}

void run_transform(const Job& job, std::ostream& out) {
    for (const auto& [name, tensor] : StandardImageTransform(spec_of(job)).inputs(read_pixels(job))) {
        out << name << (tensor.is_float() ? " float32" : " int64");
        for (const auto extent : tensor.shape()) out << ' ' << extent;
        out << '\n';
        if (tensor.is_float()) write<float>(out, tensor.floats());
        else write<std::int64_t>(out, tensor.integers());
    }
}

void run(const Job& job, std::ostream& out) {
    if (job.verb == "resize") return write<std::uint8_t>(out, run_resize(job).pixels);
    if (job.verb == "reduce")
        return write<std::uint8_t>(out, reduce(read_pixels(job), job.integer("x"), job.integer("y")).pixels);
    if (job.verb == "interpolate") return write<float>(out, run_interpolate(job).floats());
    if (job.verb == "levels")
        return write<std::uint8_t>(out, StandardImageTransform(spec_of(job)).geometry(read_pixels(job)).pixels);
    if (job.verb == "transform") return run_transform(job, out);
    throw std::invalid_argument("no such verb: " + job.verb);
}

}  // namespace

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        const Job job = parse(line);
        std::ofstream out(job.out, std::ios::binary);
        try {
            run(job, out);
        } catch (const Error& error) {
            out << "error " << to_string(error.code()) << '\n';
        } catch (const std::exception& error) {
            std::cerr << line << ": " << error.what() << '\n';
            return 1;
        }
    }
}
