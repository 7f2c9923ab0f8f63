// Answers for parity_families.py, all that a bundle promises:  families_probe BUNDLE REQUEST FLOATS
// REQUEST is a JSON object {"batch_sizes": [n, ...], ...} with some of the lists "documents" and "queries" (texts), "images" (files),
// "text_images" ([text, file]), "pairs" ([query, text]) and "picture_pairs" ([query, file]). FLOATS receives float32 values;
// standard output, for each batch size, a JSON object of what they are, by the request's names, in the order in which they
// stand there. With "scores": true the scores of all queries with each kind of documents follow, as "queries of documents"
// and so on. With "verify": true the bundle must verify itself first.
#include <fstream>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <sextant/encode/encoder.hpp>
#include <sextant/encode/verify.hpp>
#include <sextant/media/image.hpp>
#include <sextant/rerank/reranker.hpp>

namespace {

using Json = nlohmann::ordered_json;
using Shape = std::pair<Eigen::Index, Eigen::Index>;

std::ofstream floats;

/// Writes one matrix; returns its shape.
Json write(const float* values, Shape shape) {
    floats.write(reinterpret_cast<const char*>(values), static_cast<std::streamsize>(shape.first * shape.second) * std::streamsize{sizeof(float)});
    return Json::array({shape.first, shape.second});
}

Json write(const sextant::Matrix& matrix) { return Json::array({write(matrix.data(), {matrix.rows(), matrix.cols()})}); }

/// A text or a file's picture, or both.
sextant::Item item(const std::string& kind, const Json& value) {
    if (kind == "images") return sextant::read_image(value.get<std::string>());
    if (kind == "text_images") return sextant::TextImage{{value[0].get<std::string>()}, sextant::read_image(value[1].get<std::string>())};
    return sextant::Text{value.get<std::string>()};
}

std::vector<sextant::Item> items(const std::string& kind, const Json& list) {
    std::vector<sextant::Item> items;
    for (const auto& value : list) items.push_back(item(kind, value));
    return items;
}

std::vector<sextant::Output> promised(const sextant::Encoder& encoder) {
    std::vector<sextant::Output> outputs;
    for (const auto output : {sextant::Output::dense, sextant::Output::sparse, sextant::Output::multi})
        if (encoder.supports(output)) outputs.push_back(output);
    return outputs;
}

/// The answer for one list, in the order in which the program at the other end reads it.
Json described(const sextant::Encoder& encoder, const sextant::Encoded& encoded) {
    Json answer = Json::object();
    if (encoder.supports(sextant::Output::dense)) answer["dense"] = write(encoded.dense.vectors);
    if (encoder.supports(sextant::Output::multi)) {
        answer["multi"] = Json::array();
        for (std::size_t i = 0; i < encoded.multi.size(); ++i) {
            const auto rows = encoded.multi.row(i);
            answer["multi"].push_back(write(rows.data(), {rows.rows(), rows.cols()}));
        }
    }
    if (encoder.supports(sextant::Output::sparse)) {
        answer["sparse"] = Json::array();
        for (std::size_t i = 0; i < encoded.sparse.size(); ++i) {
            const auto row = encoded.sparse.row(i);
            Json weights = Json::array();
            for (std::size_t j = 0; j < row.ids.size(); ++j) weights.push_back(Json::array({row.ids[j], row.weights[j]}));
            answer["sparse"].push_back(std::move(weights));
        }
    }
    return answer;
}

Json similarity(const sextant::Encoder& encoder, const sextant::Encoded& queries, const sextant::Encoded& documents) {
    Json answer = Json::object();
    if (encoder.supports(sextant::Output::dense)) answer["dense"] = write(encoder.similarity(queries.dense, documents.dense));
    if (encoder.supports(sextant::Output::multi)) answer["multi"] = write(encoder.similarity(queries.multi, documents.multi));
    if (encoder.supports(sextant::Output::sparse)) answer["sparse"] = write(encoder.similarity(queries.sparse, documents.sparse));
    return answer;
}

Json encoded(const sextant::Encoder& encoder, const Json& request) {
    Json answer = Json::object();
    std::map<std::string, sextant::Encoded> made;
    for (const char* kind : {"documents", "queries", "images", "text_images"}) {
        if (!request.contains(kind)) continue;
        const auto role = kind == std::string("queries") ? sextant::Role::query : sextant::Role::document;
        made[kind] = encoder.encode(items(kind, request[kind]), {.role = role, .outputs = promised(encoder)});
        answer[kind] = described(encoder, made[kind]);
    }
    for (const char* searched : {"documents", "images", "text_images"})
        if (request.value("scores", false) && made.contains("queries") && made.contains(searched))
            answer[std::string("queries of ") + searched] = similarity(encoder, made["queries"], made[searched]);
    return answer;
}

/// `kind` of the second of each pair.
Json scored(const sextant::CrossEncoder& reranker, const std::string& kind, const Json& pairs) {
    std::vector<float> scores;
    for (const auto& pair : pairs)
        scores.push_back(reranker.score(sextant::Text{pair[0].get<std::string>()}, std::vector{item(kind, pair[1])}).front());
    return {{"scores", Json::array({write(scores.data(), {static_cast<Eigen::Index>(scores.size()), 1})})}};
}

Json answer(const std::string& bundle, const Json& request, std::size_t batch_size) {
    if (!request.contains("pairs") && !request.contains("picture_pairs"))
        return encoded(sextant::Encoder::open(bundle, {.batch_size = batch_size}), request);
    const auto reranker = sextant::CrossEncoder::open(bundle, {.batch_size = batch_size});
    if (request.contains("pairs")) return {{"pairs", scored(reranker, "documents", request["pairs"])}};
    return {{"picture_pairs", scored(reranker, "images", request["picture_pairs"])}};
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 4) return 2;
    std::ifstream in(argv[2]);
    const auto request = Json::parse(in);
    if (request.value("verify", false))
        for (const auto& stage : sextant::verify_bundle(argv[1]).stages)
            if (!stage.passed) throw std::runtime_error("is not verified: " + stage.stage + ": " + stage.detail);
    floats.open(argv[3], std::ios::binary);
    Json answers = Json::array();
    for (const std::size_t batch_size : request.at("batch_sizes")) answers.push_back(answer(argv[1], request, batch_size));
    std::cout << answers << '\n';
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
