// Searches an index again and again, for benchmarks/index.py and benchmarks/graph.py.
//
//   index_benchmark VECTORS ROWS DIMENSIONS METRIC FILE
//
// Makes the index FILE out of VECTORS (32-bit floats) and answers with the seconds that writing took; then reads
// commands, and answers each with seconds:
//   search QUERIES COUNT K THREADS EFFORT VALUE IDS
//                                         all queries of a file in one call; their ids go to IDS, as 64-bit integers.
//                                         EFFORT is exact, ef or min_recall, and VALUE what it is (0 if exact)
//   each QUERIES COUNT K THREADS EFFORT VALUE IDS
//                                         the same, one call for each query
//   build M EF_CONSTRUCTION THREADS       links all that is not linked yet
//   stream THREADS                        reads every float of VECTORS once
//   peak THREADS                          multiplies and adds of 8-bit integers, not stored: answers with their number
//                                         per second
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <fstream>
#include <functional>
#include <future>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sextant/index/index.hpp>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void in_threads(std::size_t threads, const std::function<void(std::size_t)>& work) {
    std::vector<std::future<void>> others;
    for (std::size_t i = 1; i < threads; ++i) others.push_back(std::async(std::launch::async, work, i));
    work(0);
    for (auto& other : others) other.get();
}

/// A file of floats, in memory for as long as this lives.
class Floats {
public:
    Floats(const std::string& path, std::size_t size) : size_(size) {
        const int file = ::open(path.c_str(), O_RDONLY);
        void* mapped = ::mmap(nullptr, size * sizeof(float), PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
        ::close(file);
        if (mapped == MAP_FAILED) throw std::runtime_error("cannot read " + path);
        data_ = static_cast<const float*>(mapped);
    }
    ~Floats() { ::munmap(const_cast<float*>(data_), size_ * sizeof(float)); }
    Floats(const Floats&) = delete;
    Floats& operator=(const Floats&) = delete;
    [[nodiscard]] const float* data() const { return data_; }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    std::size_t size_;
    const float* data_;
};

std::atomic<std::uint64_t> sink{0};

void stream(const Floats& floats, std::size_t threads) {
    in_threads(threads, [&](std::size_t i) {
        const auto* words = reinterpret_cast<const std::uint64_t*>(floats.data());
        const std::size_t count = floats.size() / 2;
        std::uint64_t sum = 0;
        for (std::size_t j = count * i / threads; j < count * (i + 1) / threads; ++j) sum += words[j];
        sink += sum;
    });
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512vnni"))) double multiply_avx512(std::size_t rounds) {
    __m512i sums[12];
    const __m512i a = _mm512_set1_epi8(static_cast<char>(sink.load() & 3)), b = _mm512_set1_epi8(3);
    for (auto& sum : sums) sum = a;
    for (std::size_t i = 0; i < rounds; ++i)
        for (auto& sum : sums) {
            sum = _mm512_dpbusd_epi32(sum, a, b);
            __asm__ volatile("" : "+v"(sum));
        }
    for (const auto& sum : sums) sink += static_cast<std::uint64_t>(sum[0]);
    return static_cast<double>(rounds) * 12 * 64;
}
#endif

double peak([[maybe_unused]] std::size_t threads) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512vnni")) {
        const auto start = Clock::now();
        std::atomic<std::uint64_t> products{0};
        in_threads(threads, [&](std::size_t) { products += static_cast<std::uint64_t>(multiply_avx512(4'000'000)); });
        return static_cast<double>(products) / seconds_since(start);
    }
#endif
    return 0;
}

sextant::Index fill(const Floats& vectors, std::size_t rows, const sextant::Space& space, const std::string& file) {
    auto index = sextant::Index::create(file, space);
    const auto start = Clock::now();
    std::vector<sextant::Record> records;
    for (std::size_t i = 0; i < rows; ++i) {
        const float* row = vectors.data() + i * space.dimensions;
        records.push_back({std::to_string(i), std::vector<float>(row, row + space.dimensions), "{}", ""});
        if (records.size() == 10'000 || i + 1 == rows) {
            index.upsert(records);
            records.clear();
        }
    }
    std::cout << seconds_since(start) << std::endl;
    return index;
}

/// The seconds that `search` or `each` took, and the ids to a file.
double search(const sextant::Index& index, bool each) {
    std::string queries, effort, ids;
    std::size_t count = 0;
    double value = 0;
    sextant::NearestOptions options;
    options.records = false;  // peers give ids and scores
    std::cin >> queries >> count >> options.k >> options.threads >> effort >> value >> ids;
    if (effort == "ef") options.ef = static_cast<std::size_t>(value);
    if (effort == "min_recall") options.min_recall = value;
    const auto dimensions = index.space().dimensions;
    const Floats floats(queries, count * dimensions);
    const Eigen::Map<const sextant::Matrix> matrix(floats.data(), static_cast<Eigen::Index>(count),
                                                   static_cast<Eigen::Index>(dimensions));
    std::vector<sextant::SearchResult> results;
    const auto start = Clock::now();
    if (each) {
        for (std::size_t i = 0; i < count; ++i) results.push_back(index.nearest({floats.data() + i * dimensions, dimensions}, options));
    } else {
        results = index.nearest(matrix, options);
    }
    const double seconds = seconds_since(start);
    std::ofstream out(ids, std::ios::binary);
    for (const auto& result : results)
        for (const auto& hit : result) {
            const std::int64_t id = std::stoll(hit.id);
            out.write(reinterpret_cast<const char*>(&id), sizeof id);
        }
    return seconds;
}

double build(sextant::Index& index) {
    sextant::GraphOptions options;
    std::cin >> options.m >> options.ef_construction >> options.threads;
    const auto start = Clock::now();
    index.build_graph(options);
    return seconds_since(start);
}

/// Of `stream` or `peak`.
double measure_machine(const std::string& command, const Floats& vectors) {
    std::size_t threads = 0;
    std::cin >> threads;
    if (command == "peak") return peak(threads);
    const auto start = Clock::now();
    stream(vectors, threads);
    return seconds_since(start);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) {
        std::cerr << "usage: index_benchmark VECTORS ROWS DIMENSIONS METRIC FILE\n";
        return 2;
    }
    try {
        sextant::Space space;
        const std::size_t rows = std::stoul(argv[2]);
        space.dimensions = std::stoul(argv[3]);
        for (const auto metric : {sextant::Metric::cosine, sextant::Metric::dot, sextant::Metric::l2})
            if (to_string(metric) == argv[4]) space.metric = metric;
        const Floats vectors(argv[1], rows * space.dimensions);
        auto index = fill(vectors, rows, space, argv[5]);
        for (std::string command; std::cin >> command;) {
            double answer = 0;
            if (command == "search" || command == "each")
                answer = search(index, command == "each");
            else if (command == "build")
                answer = build(index);
            else
                answer = measure_machine(command, vectors);
            std::cout << answer << std::endl;
        }
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
