#include <iostream>

#include <sextant/sextant.hpp>

int main() {
    if (!sextant::has_torchscript()) {
        try {
            (void)sextant::Encoder::open("examples/models/demo");
        } catch (const sextant::Error& error) {
            std::cout << "without libtorch: " << to_string(error.code()) << '\n';
            return error.code() == sextant::ErrorCode::unsupported ? 0 : 1;
        }
        return 1;
    }
    const auto encoder = sextant::Encoder::open("examples/models/demo");
    auto index = sextant::Index::in_memory(encoder.space());
    sextant::upsert(encoder, index, std::vector<sextant::Document>{{"bee", sextant::read_image("examples/pictures/bee.png")}});
    const auto hits = sextant::search(encoder, index, sextant::Text{"an insect"});
    std::cout << "whole: " << hits.size() << " hit, " << hits[0].id << '\n';
    return hits.size() == 1 ? 0 : 1;
}
