// What an index costs as it grows, for benchmarks/scale.py. Random normal vectors, cosine; ids are numbers.
//
//   scale_benchmark write FILE ROWS DIMENSIONS       makes an index: seconds of all calls of upsert
//   scale_benchmark open FILE THREADS                seconds, and bytes of memory that are then this process's own
//   scale_benchmark search FILE READERS SECONDS WRITE
//       so many threads search one query at a time for so long, if WRITE is 1 beside one that replaces 20 records without
//       a pause: searches, median and 99th percentile in seconds, commits
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sextant/index/index.hpp>

namespace {

using Clock = std::chrono::steady_clock;
using sextant::Index;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

class Vectors {
public:
    Vectors(std::uint64_t seed, std::size_t dimensions) : engine_(seed), dimensions_(dimensions) {}
    std::vector<float> operator()() {
        std::vector<float> vector(dimensions_);
        for (auto& x : vector) x = normal_(engine_);
        return vector;
    }
    std::size_t below(std::size_t limit) { return engine_() % limit; }

private:
    std::mt19937_64 engine_;
    std::normal_distribution<float> normal_;
    std::size_t dimensions_;
};

sextant::Record record(std::size_t number, Vectors& vectors) {
    return {std::to_string(number), vectors(), "{\"year\":" + std::to_string(1900 + number % 100) + "}", "text " + std::to_string(number)};
}

void write(const std::string& file, std::size_t rows, std::size_t dimensions) {
    constexpr std::size_t rows_per_call = 10'000;
    sextant::Space space;
    space.dimensions = dimensions;
    auto index = Index::create(file, space);
    Vectors vectors(1, dimensions);
    double seconds = 0;
    for (std::size_t i = 0; i < rows;) {
        std::vector<sextant::Record> records;
        for (; i < rows && records.size() < rows_per_call; ++i) records.push_back(record(i, vectors));
        const auto start = Clock::now();
        index.upsert(records);
        seconds += seconds_since(start);
    }
    std::cout << seconds << "\n";
}

/// What is not of a file.
std::size_t own_memory() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        std::size_t kilobytes = 0;
        if (word == "RssAnon:" && status >> kilobytes) return kilobytes * 1024;
    }
    return 0;
}

void open(const std::string& file, std::size_t threads) {
    const auto start = Clock::now();
    const auto index = Index::open(file, {.threads = threads});
    std::cout << seconds_since(start) << " " << own_memory() << "\n";
}

void search(const std::string& file, std::size_t readers, double seconds, bool writes) {
    auto index = Index::open(file);
    const auto start = Clock::now();
    std::vector<std::vector<double>> times(readers);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < readers; ++t)
        threads.emplace_back([&, t] {
            Vectors vectors(10 + t, index.space().dimensions);
            while (seconds_since(start) < seconds) {
                const auto query = vectors();
                const auto asked = Clock::now();
                (void)index.nearest(query);
                times[t].push_back(seconds_since(asked));
            }
        });
    std::size_t commits = 0;
    Vectors vectors(9, index.space().dimensions);
    for (; writes && seconds_since(start) < seconds; ++commits) {
        std::vector<sextant::Record> records;
        for (const auto first = vectors.below(index.size() - 20); records.size() < 20;) records.push_back(record(first + records.size(), vectors));
        index.upsert(records);
    }
    for (auto& thread : threads) thread.join();
    std::vector<double> all;
    for (const auto& some : times) all.insert(all.end(), some.begin(), some.end());
    if (all.empty()) throw std::runtime_error("no search has ended");
    std::ranges::sort(all);
    std::cout << all.size() << " " << all[all.size() / 2] << " " << all[all.size() * 99 / 100] << " " << commits << "\n";
}

}  // namespace

int main(int argc, char** argv) try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() == 4 && words[0] == "write") {
        write(words[1], std::stoull(words[2]), std::stoull(words[3]));
    } else if (words.size() == 3 && words[0] == "open") {
        open(words[1], std::stoull(words[2]));
    } else if (words.size() == 5 && words[0] == "search") {
        search(words[1], std::stoull(words[2]), std::stod(words[3]), words[4] == "1");
    } else {
        std::cerr << "usage: scale_benchmark write FILE ROWS DIMENSIONS | open FILE THREADS | search FILE READERS SECONDS WRITE\n";
        return 2;
    }
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
}
