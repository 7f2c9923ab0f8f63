// Encodes for long, in many threads: the bits stay the same, and memory does not grow.
//
//   encode_soak           2,000 encodes of each kind
//   encode_soak --all     100,000 encodes in deterministic mode, 20,000 of ever new lengths for memory
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sextant/encode/encoder.hpp>

namespace {

using sextant::Encoder;
using sextant::Item;

constexpr int threads = 8, parts = 5;
constexpr const char* bundle = "examples/models/demo";

// What all heaps have given out and not taken back. (Resident memory also moves with what the heaps keep for later.)
double given_out_mb() {
    const auto heaps = ::mallinfo2();
    return static_cast<double>(heaps.uordblks + heaps.hblkhd) / 1e6;
}

// A text of so many letters, of words that the model knows and words that it does not.
std::string make_text(std::mt19937& random, std::size_t letters) {
    static const std::vector<std::string> words{"red", "blue", "circle", "a", "boat", "zygote", "under", "the", "tree", "x"};
    std::string text;
    while (text.size() < letters) text += words[random() % words.size()] + " ";
    return text.substr(0, letters);
}

template <class Work>
void in_threads(Work&& work) {
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t) all.emplace_back([&work, t] { work(t); });
    for (auto& thread : all) thread.join();
}

// Vectors made alone, then by eight threads at once, singly and in batches. How many differ in some bit.
int count_different(int encodes) {
    const auto encoder = Encoder::open(bundle, {.threads = 2, .deterministic = true});
    std::mt19937 random(1);
    std::vector<Item> texts;
    for (int i = 0; i < 200; ++i) texts.emplace_back(sextant::Text{make_text(random, 1 + random() % 300)});
    std::vector<std::vector<float>> expected;
    for (const auto& text : texts) expected.push_back(encoder.encode_document(text).vector);
    std::atomic<int> different = 0;
    in_threads([&](int t) {
        std::mt19937 mine(static_cast<unsigned>(100 + t));
        for (int done = 0; done < encodes / threads;) {
            const auto first = mine() % texts.size(), count = std::min<std::size_t>(1 + mine() % 5, texts.size() - first);
            const auto rows = encoder.encode_document(std::span(texts).subspan(first, count));
            for (std::size_t i = 0; i < count; ++i, ++done)
                if (!std::ranges::equal(rows.row(i), expected[first + i])) ++different;
        }
    });
    return different;
}

// How much memory grows in 10,000 encodes, after 2,000 in which libtorch's and oneDNN's caches fill: the median of five
// parts, since a leak grows in each of them, and a cache that one part fills or empties says nothing.
double growth_mb(int encodes) {
    const auto encoder = Encoder::open(bundle);
    unsigned seed = 200;
    const auto encode = [&](int count) {
        seed += threads;
        in_threads([&](int t) {
            std::mt19937 mine(seed + static_cast<unsigned>(t));
            for (int i = 0; i < count / threads; ++i) (void)encoder.encode_document(Item(sextant::Text{make_text(mine, 1 + mine() % 600)}));
        });
    };
    encode(2'000);
    std::vector<double> growths;
    for (int part = 0; part < parts; ++part) {
        const auto before = given_out_mb();
        encode(encodes / parts);
        growths.push_back((given_out_mb() - before) * 10'000 * parts / encodes);
    }
    std::ranges::sort(growths);
    return growths[parts / 2];
}

}  // namespace

int main(int argc, char** argv) {
    const bool all = argc == 2 && argv[1] == std::string_view("--all");
    ::setenv("OMP_NUM_THREADS", "1", 0);
    const int compared = all ? 100'000 : 2'000, grown = all ? 20'000 : 2'000;
    const int different = count_different(compared);
    const double growth = growth_mb(grown);
    const double allowed = 1;  // MB
    std::printf("%d encodes in %d threads, %d differ from those alone; %d encodes of up to 600 letters, memory grows by %.2f MB in 10,000 (at most %.0f)\n", compared,
                threads, different, grown, growth, allowed);
    return different == 0 && growth <= allowed ? 0 : 1;
}
