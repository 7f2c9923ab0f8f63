// Retrieve a hundred candidates with the encoder, then let a slower, more careful model put them in order.
#include <iostream>

#include <sextant/sextant.hpp>

int main() {
    const auto encoder = sextant::Encoder::open("examples/models/demo");
    const auto reranker = sextant::CrossEncoder::open("examples/models/demo-rerank");
    auto index = sextant::Index::in_memory(encoder.space());
    sextant::upsert(encoder, index, sextant::read_images("examples/pictures"));

    const auto result = sextant::search(encoder, index, sextant::Text{"a tall tree"}, {.k = 5, .rerank = &reranker, .candidates = 100});
    for (const auto& hit : result)
        std::cout << to_string(result.score_type) << ' ' << hit.score << "  (retrieved with " << hit.retrieval_score << ")  " << hit.id << '\n';
    for (const auto& [stage, seconds] : result.stages) std::cout << stage << ": " << seconds * 1000 << " ms\n";
}
