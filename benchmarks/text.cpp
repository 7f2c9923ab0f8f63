// Encodes the lines of a file again and again, one thread, for benchmarks/text.py.
//
//   text_benchmark TOKENIZER TEXTS
//
// Reads a number of rounds from each line of its input, and answers with: seconds of the fastest round, tokens of a
// round, allocations of a round.
#include <chrono>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <limits>
#include <new>
#include <string>
#include <vector>

#include <sextant/tokenize/tokenizer.hpp>

namespace {

std::size_t allocations = 0;

std::vector<std::string> read_lines(const char* file) {
    std::ifstream in(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

void measure(const sextant::Tokenizer& tokenizer, const std::vector<std::string>& texts, int rounds) {
    using Clock = std::chrono::steady_clock;
    double best = std::numeric_limits<double>::max();
    std::size_t tokens = 0;
    const auto before = allocations;
    for (int round = 0; round < rounds; ++round) {
        const auto start = Clock::now();
        for (const auto& text : texts) tokens += tokenizer.encode(text).ids.size();
        best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
    }
    const auto share = static_cast<std::size_t>(rounds);
    std::cout << best << ' ' << tokens / share << ' ' << (allocations - before) / share << std::endl;
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
    if (argc != 3) {
        std::cerr << "usage: text_benchmark TOKENIZER TEXTS\n";
        return 2;
    }
    try {
        const auto tokenizer = sextant::Tokenizer::open(argv[1]);
        const auto texts = read_lines(argv[2]);
        for (int rounds = 0; std::cin >> rounds;) measure(tokenizer, texts, rounds);
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
