// An index of your own vectors: no model, no libtorch. Links sextant::index alone.
#include <iostream>

#include <sextant/index/index.hpp>

int main() {
    auto index = sextant::Index::in_memory({.dimensions = 3, .metric = sextant::Metric::cosine});
    index.upsert(std::vector<sextant::Record>{
        {.id = "lemon", .vector = {0.9F, 0.1F, 0.0F}, .payload = R"({"colour": "yellow"})"},
        {.id = "banana", .vector = {0.8F, 0.3F, 0.1F}, .payload = R"({"colour": "yellow"})"},
        {.id = "truck", .vector = {0.0F, 0.1F, 0.9F}},
    });

    const std::vector<float> query{1.0F, 0.2F, 0.0F};
    for (const auto& hit : index.nearest(query, {.k = 2})) std::cout << hit.score << "  " << hit.id << "  " << hit.payload << '\n';
}
