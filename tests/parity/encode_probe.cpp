// Encodes or scores what a file holds, for parity_encode.py:  encode_probe encode BUNDLE TEXTS OUT
//                                                      encode_probe score BUNDLE PAIRS OUT
// TEXTS is a JSON list of strings, PAIRS of [query, document]; OUT receives float32 values, row after row.
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <sextant/encode/encoder.hpp>
#include <sextant/rerank/reranker.hpp>

int main(int argc, char** argv) try {
    if (argc != 5) return 2;
    const std::string verb = argv[1], bundle = argv[2];
    std::ifstream in(argv[3]);
    const auto inputs = nlohmann::json::parse(in);
    std::ofstream out(argv[4], std::ios::binary);
    const auto write = [&out](const float* values, std::size_t count) {
        out.write(reinterpret_cast<const char*>(values), static_cast<std::streamsize>(count * sizeof(float)));
    };
    if (verb == "encode") {
        const auto encoder = sextant::Encoder::open(bundle);
        std::vector<sextant::Item> items;
        for (const auto& text : inputs) items.emplace_back(sextant::Text{text.get<std::string>()});
        const auto rows = encoder.encode_document(items);
        write(rows.vectors.data(), static_cast<std::size_t>(rows.vectors.size()));
    } else {
        const auto reranker = sextant::CrossEncoder::open(bundle);
        for (const auto& pair : inputs) {
            const std::vector<sextant::Item> document{sextant::Text{pair[1].get<std::string>()}};
            const auto scores = reranker.score(sextant::Text{pair[0].get<std::string>()}, document);
            write(scores.data(), scores.size());
        }
    }
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
