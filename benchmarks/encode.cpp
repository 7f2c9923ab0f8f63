// Encodes the same again and again, for benchmarks/encode.py.
//
//   encode_benchmark BUNDLE PRECISION THREADS texts|query TEXTS OUT     TEXTS: each a uint32 length and the bytes
//   encode_benchmark BUNDLE PRECISION THREADS images PIXELS OUT SIDE    PIXELS: RGB, SIDE x SIDE x 3 bytes each
//
// For each line of its input a round, for each round a line of output with its seconds: all texts or pictures in one call
// of encode_document, or each text in a call of encode_query. The vectors of the last round go to OUT, float32.
#include <chrono>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <sextant/encode/encoder.hpp>

#include "texts.hpp"

namespace {

using sextant::Item;

std::vector<Item> items_of(std::vector<std::string> texts) {
    std::vector<Item> items;
    for (auto& text : texts) items.emplace_back(sextant::Text{std::move(text)});
    return items;
}

std::vector<Item> read_images(const char* file, int side) {
    const auto bytes = read_file(file);
    const std::size_t size = static_cast<std::size_t>(side) * static_cast<std::size_t>(side) * 3;
    std::vector<Item> images;
    for (std::size_t at = 0; at + size <= bytes.size(); at += size)
        images.emplace_back(sextant::Image{side, side, {bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin() + static_cast<std::ptrdiff_t>(at + size)}});
    return images;
}

sextant::EncoderOptions options_of(const std::string& precision, std::size_t threads) {
    sextant::EncoderOptions options;
    for (const auto known : {sextant::Precision::float32, sextant::Precision::bfloat16, sextant::Precision::int8})
        if (precision == to_string(known)) options.precision = known;
    options.threads = threads;
    return options;
}

void encode_each(const sextant::Encoder& encoder, const std::vector<Item>& items, std::vector<float>& vectors) {
    for (const auto& item : items) {
        const auto vector = encoder.encode_query(item).vector;
        vectors.insert(vectors.end(), vector.begin(), vector.end());
    }
}

void encode_all(const sextant::Encoder& encoder, const std::vector<Item>& items, std::vector<float>& vectors) {
    const auto rows = encoder.encode_document(items);
    for (std::size_t i = 0; i < rows.size(); ++i) vectors.insert(vectors.end(), rows.row(i).begin(), rows.row(i).end());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 7 && argc != 8) {
        std::cerr << "usage: encode_benchmark BUNDLE PRECISION THREADS texts|query|images INPUT OUT [SIDE]\n";
        return 2;
    }
    try {
        const auto encoder = sextant::Encoder::open(argv[1], options_of(argv[2], std::stoul(argv[3])));
        const auto items = argc == 7 ? items_of(read_texts(argv[5])) : read_images(argv[5], std::stoi(argv[7]));
        const auto encode = argv[4] == std::string("query") ? encode_each : encode_all;
        std::vector<float> vectors;
        for (std::string line; std::getline(std::cin, line);) {
            vectors.clear();
            const auto start = std::chrono::steady_clock::now();
            encode(encoder, items, vectors);
            std::cout << std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() << std::endl;
        }
        std::ofstream(argv[6], std::ios::binary).write(reinterpret_cast<const char*>(vectors.data()), static_cast<std::streamsize>(vectors.size() * sizeof(float)));
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
