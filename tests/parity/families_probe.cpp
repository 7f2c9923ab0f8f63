// Answers for parity_families.py, all that a bundle promises:  families_probe BUNDLE REQUEST FLOATS
// REQUEST is a JSON object {"batch_size": n, "documents": [text, ...], "queries": [text, ...], "pairs": [[query, document], ...],
// "images": [path, ...], "text_images": [[text, path], ...], "picture_pairs": [[text, path], ...]}, each list optional. FLOATS receives float32 values; standard output a JSON object of what they are, by the request's names.
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <sextant/encode/encoder.hpp>
#include <sextant/media/image.hpp>
#include <sextant/rerank/reranker.hpp>

namespace {

using Json = nlohmann::ordered_json;  // floats are written in the order of its names

std::ofstream floats;

void write(const float* values, std::size_t count) {
    floats.write(reinterpret_cast<const char*>(values), static_cast<std::streamsize>(count * sizeof(float)));
}

/// Of the matrices written.
Json shapes(std::initializer_list<std::pair<Eigen::Index, Eigen::Index>> matrices) {
    Json list = Json::array();
    for (const auto& [rows, columns] : matrices) list.push_back(Json::array({rows, columns}));
    return {{"shapes", list}};
}

std::vector<sextant::Item> texts(const Json& list) {
    std::vector<sextant::Item> items;
    for (const auto& text : list) items.emplace_back(sextant::Text{text.get<std::string>()});
    return items;
}

std::vector<sextant::Item> pictures(const Json& paths) {
    std::vector<sextant::Item> items;
    for (const auto& path : paths) items.emplace_back(sextant::read_image(path.get<std::string>()));
    return items;
}

std::vector<sextant::Item> both(const Json& pairs) {
    std::vector<sextant::Item> items;
    for (const auto& pair : pairs)
        items.emplace_back(sextant::TextImage{{pair[0].get<std::string>()}, sextant::read_image(pair[1].get<std::string>())});
    return items;
}

Json encoded(const sextant::Encoder& encoder, std::span<const sextant::Item> items, bool query) {
    const auto rows = query ? encoder.encode_query(items) : encoder.encode_document(items);
    write(rows.vectors.data(), static_cast<std::size_t>(rows.vectors.size()));
    return {{"dense", shapes({{rows.vectors.rows(), rows.vectors.cols()}})}};
}

/// `items` makes documents of the second of each pair.
Json scored(const sextant::CrossEncoder& reranker, const Json& pairs, std::vector<sextant::Item> (*items)(const Json&)) {
    for (const auto& pair : pairs) {
        const auto documents = items(Json::array({pair[1]}));
        const auto scores = reranker.score(sextant::Text{pair[0].get<std::string>()}, documents);
        write(scores.data(), scores.size());
    }
    return {{"scores", shapes({{static_cast<Eigen::Index>(pairs.size()), 1}})}};
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 4) return 2;
    std::ifstream in(argv[2]);
    const auto request = Json::parse(in);
    floats.open(argv[3], std::ios::binary);
    Json answer = Json::object();
    const std::size_t batch_size = request.at("batch_size");
    if (request.contains("pairs")) {
        answer["pairs"] = scored(sextant::CrossEncoder::open(argv[1], {.batch_size = batch_size}), request["pairs"], texts);
    } else if (request.contains("picture_pairs")) {
        answer["picture_pairs"] = scored(sextant::CrossEncoder::open(argv[1], {.batch_size = batch_size}), request["picture_pairs"], pictures);
    } else {
        const auto encoder = sextant::Encoder::open(argv[1], {.batch_size = batch_size});
        for (const char* kind : {"documents", "queries"})
            if (request.contains(kind)) answer[kind] = encoded(encoder, texts(request[kind]), std::string(kind) == "queries");
        if (request.contains("images")) answer["images"] = encoded(encoder, pictures(request["images"]), false);
        if (request.contains("text_images")) answer["text_images"] = encoded(encoder, both(request["text_images"]), false);
    }
    std::cout << answer << '\n';
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
