// Times the way from a JPEG file to CLIP's tensor, and resizing alone. Arguments: JPEG RAW WIDTH HEIGHT SECONDS; RAW holds
// the decoded pixels. Prints "NAME MICROSECONDS ALLOCATIONS" per line: the median time of a call, and how often one call
// allocates in the steady state.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <new>
#include <span>
#include <string>
#include <vector>

#include <sextant/media/image.hpp>
#include <sextant/preprocess/image.hpp>

namespace {

std::atomic<long> allocations{0};

std::vector<std::uint8_t> read(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

template <class Call>
void measure(const std::string& name, double seconds, Call&& call) {
    using clock = std::chrono::steady_clock;
    for (int i = 0; i < 3; ++i) call();
    const long before = allocations;
    call();
    const long each = allocations - before;
    std::vector<double> times;
    const auto end = clock::now() + std::chrono::duration<double>(seconds);
    while (times.size() < 20 || clock::now() < end) {
        const auto start = clock::now();
        call();
        times.push_back(std::chrono::duration<double, std::micro>(clock::now() - start).count());
    }
    std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
    std::cout << name << ' ' << times[times.size() / 2] << ' ' << each << '\n';
}

sextant::ImageSpec clip() {
    sextant::ImageSpec spec;
    spec.resize.mode = sextant::ResizeMode::shortest_edge;
    spec.crop = sextant::ImageSpec::Crop{{224, 224}, sextant::CropRounding::round_even};
    spec.mean = {0.48145466, 0.4578275, 0.40821073};
    spec.stddev = {0.26862954, 0.26130258, 0.27577711};
    return spec;
}

}  // namespace

void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

int main(int count, char** arguments) {
    if (count != 6) return 2;
    const auto file = read(arguments[1]);
    const auto jpeg = std::as_bytes(std::span(file));
    const auto raw = read(arguments[2]);
    const sextant::Image picture{std::atoi(arguments[3]), std::atoi(arguments[4]), {raw.begin(), raw.end()}};
    const double seconds = std::atof(arguments[5]);
    const sextant::StandardImageTransform transform(clip());
    const double scale = 224.0 / std::min(picture.width, picture.height);
    const int width = static_cast<int>(picture.width * scale), height = static_cast<int>(picture.height * scale);
    std::vector<float> out(std::size_t{3} * 224 * 224);

    measure("decode", seconds, [&] { (void)sextant::decode_image(jpeg); });
    measure("resize", seconds, [&] { (void)sextant::resize(picture, width, height, sextant::Resampling::bicubic); });
    measure("transform", seconds, [&] { (void)transform(picture); });
    measure("transform_write", seconds, [&] { transform.write(picture, out); });
    const auto needed = [&](int columns, int rows) { return transform.needed({rows, columns}); };
    measure("jpeg_to_tensor", seconds, [&] { (void)transform(sextant::decode_image(jpeg, "photo", {}, needed)); });
}
