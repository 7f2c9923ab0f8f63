// Every level of CPU makes the same bytes as the slow and obvious form.
#include <sextant/kernels/cpu.hpp>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include "preprocess/resample.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace sextant;
using namespace sextant::resample_detail;

namespace {

struct Level {
    CpuLevel level;
    const Kernels* kernels;
};

std::vector<Level> faster_levels() {
    std::vector<Level> levels;
#if defined(__x86_64__)
    if (cpu_has(CpuLevel::avx2)) levels.push_back({CpuLevel::avx2, &avx2_kernels});
    if (cpu_has(CpuLevel::avx512)) levels.push_back({CpuLevel::avx512, &avx512_kernels});
#endif
    return levels;
}

/// Just as long as the picture, so that a sanitizer sees one byte too many.
std::vector<std::uint8_t> noise(int width, int height, int seed) {
    std::mt19937 random(static_cast<unsigned>(seed));
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
    // Half of the levels are extremes: these overflow first.
    for (auto& level : pixels) level = static_cast<std::uint8_t>(random() % 2 ? random() % 256 : random() % 2 * 255);
    return pixels;
}

/// Bytes with memory behind them that may not be touched.
class Guarded {
public:
    explicit Guarded(const std::vector<std::uint8_t>& bytes) : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
        const std::size_t room = (bytes.size() + page_ - 1) / page_ * page_;
        size_ = room + page_;
        void* memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        REQUIRE(memory != MAP_FAILED);
        memory_ = static_cast<std::uint8_t*>(memory);
        REQUIRE(mprotect(memory_ + room, page_, PROT_NONE) == 0);
        begin_ = memory_ + room - bytes.size();
        std::copy(bytes.begin(), bytes.end(), begin_);
    }
    ~Guarded() { munmap(memory_, size_); }
    Guarded(const Guarded&) = delete;
    Guarded& operator=(const Guarded&) = delete;

    [[nodiscard]] const std::uint8_t* data() const { return begin_; }

private:
    std::size_t page_, size_ = 0;
    std::uint8_t *memory_ = nullptr, *begin_ = nullptr;
};

std::vector<std::uint8_t> made(const View& in, const Job& job, const Kernels& with, Workspace& workspace) {
    const auto stride = static_cast<std::size_t>(job.window.width) * channels;
    std::vector<std::uint8_t> out(stride * static_cast<std::size_t>(job.window.height), 77);
    resample(in, job, with, workspace, out.data(), stride);
    return out;
}

std::vector<std::uint8_t> made(const View& in, const Job& job, const Kernels& with) {
    Workspace fresh;
    return made(in, job, with, fresh);
}

}  // namespace

TEST_CASE("all levels agree in every bit", "[kernels]") {
    const int sides[] = {1, 2, 3, 5, 7, 8, 9, 15, 17, 22, 33, 64, 65, 130};
    int seed = 0, compared = 0;
    for (const int width : sides)
        for (const int height : sides)
            for (const auto filter : {Resampling::box, Resampling::bicubic, Resampling::mks2021}) {
                const int new_width = sides[static_cast<std::size_t>(seed * 5 + 3) % 14];
                const int new_height = sides[static_cast<std::size_t>(seed * 11 + 1) % 14];
                const auto pixels = noise(width, height, ++seed);
                const View in{width, height, pixels.data()};
                const Job job{{0, 0, static_cast<float>(width), static_cast<float>(height)},
                              new_width, new_height, filter, {0, 0, new_width, new_height},
                              seed % 2 == 0 ? Arithmetic::pillow : Arithmetic::torch};
                const auto expected = made(in, job, baseline_kernels);
                for (const auto& [level, with] : faster_levels()) {
                    ++compared;
                    CAPTURE(to_string(level), width, height, new_width, new_height, to_string(filter));
                    REQUIRE(made(in, job, *with) == expected);
                }
            }
    CAPTURE(compared);
    CHECK(static_cast<std::size_t>(compared) == 588 * faster_levels().size());
}

TEST_CASE("all levels agree where there are more taps than a faster level plans for", "[kernels]") {
    const auto pixels = noise(3000, 6, 3);
    for (const int outputs : {1, 2, 7, 40, 300}) {
        const Job job{{0, 0, 3000, 6}, outputs, 5, Resampling::mks2021, {0, 0, outputs, 5}};
        const auto expected = made({3000, 6, pixels.data()}, job, baseline_kernels);
        for (const auto& [level, with] : faster_levels()) {
            CAPTURE(to_string(level), outputs);
            CHECK(made({3000, 6, pixels.data()}, job, *with) == expected);
        }
    }
}

TEST_CASE("no level reads behind the last pixel", "[kernels]") {
    for (int width = 1; width <= 70; ++width)
        for (const int height : {1, 4, 9, 17}) {
            const auto pixels = noise(width, height, width);
            const Guarded guarded(pixels);
            const int new_width = 1 + width * 7 % 31, new_height = 1 + height * 5 % 11;
            const Job job{{0, 0, static_cast<float>(width), static_cast<float>(height)},
                          new_width, new_height, Resampling::bicubic, {0, 0, new_width, new_height}};
            const auto expected = made({width, height, pixels.data()}, job, baseline_kernels);
            for (const auto& [level, with] : faster_levels()) {
                CAPTURE(to_string(level), width, height);
                REQUIRE(made({width, height, guarded.data()}, job, *with) == expected);
            }
        }
}

TEST_CASE("all levels find the same values for levels", "[kernels]") {
    std::mt19937 random(4);
    std::vector<float> tables[3];
    for (auto& table : tables)
        for (int level = 0; level < 256; ++level) table.push_back(static_cast<float>(random()) / 1e9F - 2);
    const float* const pointers[] = {tables[0].data(), tables[1].data(), tables[2].data()};
    for (const int count : {1, 2, 63, 64, 65, 127, 128, 200, 1000}) {
        const auto pixels = noise(count, 1, count);
        const auto area = static_cast<std::size_t>(count);
        std::vector<float> expected;
        for (std::size_t c = 0; c < channels; ++c)
            for (std::size_t i = 0; i < area; ++i) expected.push_back(tables[c][pixels[3 * i + c]]);
        std::vector<float> values(3 * area);
        baseline_kernels.look_up(pixels.data(), area, pointers, values.data(), area);
        CHECK(values == expected);
        for (const auto& [level, with] : faster_levels()) {
            CAPTURE(to_string(level), count);
            std::fill(values.begin(), values.end(), 0.0F);
            with->look_up(pixels.data(), area, pointers, values.data(), area);
            CHECK(values == expected);
        }
    }
}

TEST_CASE("a window of the result is that part of the whole result, in memory used before", "[kernels]") {
    Workspace used;  // and it may keep the weights of the picture before
    std::mt19937 random(5);
    const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
    for (int i = 0; i < 400; ++i) {
        const int width = 1 + below(60), height = 1 + below(60), new_width = 1 + below(60), new_height = 1 + below(60);
        const auto filter = static_cast<Resampling>(below(8));
        const auto pixels = noise(width, height, i);
        const View in{width, height, pixels.data()};
        Job job{{0, 0, static_cast<float>(width), static_cast<float>(height)}, new_width, new_height, filter,
                {0, 0, new_width, new_height}};
        const auto whole = made(in, job, kernels());
        job.window.left = below(new_width), job.window.top = below(new_height);
        job.window.width = 1 + below(new_width - job.window.left), job.window.height = 1 + below(new_height - job.window.top);
        std::vector<std::uint8_t> part;
        for (int y = job.window.top; y < job.window.top + job.window.height; ++y) {
            const auto row = whole.begin() + (static_cast<std::ptrdiff_t>(y) * new_width + job.window.left) * 3;
            part.insert(part.end(), row, row + job.window.width * 3);
        }
        CAPTURE(width, height, new_width, new_height, to_string(filter));
        REQUIRE(made(in, job, kernels(), used) == part);
        REQUIRE(made(in, job, kernels(), used) == part);
    }
}

TEST_CASE("SEXTANT_CPU chooses the level", "[kernels]") {
    using kernels_detail::choose_cpu_level;
    CHECK(choose_cpu_level("baseline") == CpuLevel::baseline);
    CHECK(choose_cpu_level(nullptr) == choose_cpu_level(""));
    CHECK(cpu_has(choose_cpu_level(nullptr)));
    for (const auto& [level, with] : faster_levels())
        CHECK(choose_cpu_level(std::string(to_string(level)).c_str()) == level);
    expect_error(ErrorCode::invalid_argument, {"SEXTANT_CPU", "'avx9'", "avx512"}, [] { (void)choose_cpu_level("avx9"); });
    // The tests run once per level: see CMakeLists.txt.
    if (const char* forced = std::getenv("SEXTANT_CPU"); forced && *forced) CHECK(to_string(cpu_level()) == forced);
}
