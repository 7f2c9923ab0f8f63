#include <iostream>

#include <sextant/index/index.hpp>

int main() {
    auto index = sextant::Index::in_memory({.dimensions = 2});
    index.upsert(std::vector<sextant::Record>{{.id = "east", .vector = {1, 0}}, {.id = "north", .vector = {0, 1}}});
    const auto hits = index.nearest(std::vector<float>{0.1F, 0.9F}, {.k = 1});
    std::cout << "index only: " << hits[0].id << '\n';
    return hits[0].id == "north" ? 0 : 1;
}
