// Encodes texts again and again, one thread, for benchmarks/text.py.
//
//   text_benchmark TOKENIZER TEXTS          all of them: for each line of its input a round, and for each round a line
//                                           of output: seconds, tokens, allocations
//   text_benchmark TOKENIZER TEXTS ROUNDS   each of them: a line of output with the processor's seconds of the fastest
//                                           round, below 0 if the text was refused, which takes that long
//
// TEXTS is a sequence of texts, each a uint32 length, little-endian, and the bytes.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <iostream>
#include <limits>
#include <new>
#include <string>
#include <vector>

#include <sextant/core/error.hpp>
#include <sextant/tokenize/tokenizer.hpp>

#include "texts.hpp"

namespace {

std::size_t allocations = 0;

template <class Work>
double seconds_of(Work&& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Of this process, which others do not lengthen.
template <class Work>
double cpu_seconds_of(Work&& work) {
    const auto start = std::clock();
    work();
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

void measure_all(const sextant::Tokenizer& tokenizer, const std::vector<std::string>& texts) {
    for (std::string line; std::getline(std::cin, line);) {
        std::size_t tokens = 0;
        const auto before = allocations;
        const auto seconds = seconds_of([&] {
            for (const auto& text : texts) tokens += tokenizer.encode(text).ids.size();
        });
        std::cout << seconds << ' ' << tokens << ' ' << allocations - before << std::endl;
    }
}

void measure_each(const sextant::Tokenizer& tokenizer, const std::vector<std::string>& texts, int rounds) {
    for (const auto& text : texts) {
        auto best = std::numeric_limits<double>::max();
        bool refused = false;
        for (int round = 0; round < rounds; ++round)
            best = std::min(best, cpu_seconds_of([&] {
                                try {
                                    (void)tokenizer.encode(text);
                                } catch (const sextant::Error& error) {
                                    if (error.code() != sextant::ErrorCode::limit) throw;
                                    refused = true;
                                }
                            }));
        std::cout << (refused ? -best : best) << std::endl;
    }
}

}  // namespace

void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

int main(int argc, char** argv) {
    if (argc != 3 && argc != 4) {
        std::cerr << "usage: text_benchmark TOKENIZER TEXTS [ROUNDS]\n";
        return 2;
    }
    try {
        const auto tokenizer = sextant::Tokenizer::open(argv[1]);
        const auto texts = read_texts(argv[2]);
        argc == 3 ? measure_all(tokenizer, texts) : measure_each(tokenizer, texts, std::atoi(argv[3]));
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
