// Find pictures with words. Run it from the top of the tree.
#include <iostream>

#include <sextant/sextant.hpp>

int main() {
    const auto encoder = sextant::Encoder::open("examples/models/demo");
    auto index = sextant::Index::in_memory(encoder.space());  // Index::create("photos.sextant", ...) keeps it in a file
    sextant::upsert(encoder, index, sextant::read_images("examples/pictures"));

    for (const auto& hit : sextant::search(encoder, index, sextant::Text{"a tall tree"}, {.k = 3}))
        std::cout << hit.score << "  " << hit.id << '\n';
}
