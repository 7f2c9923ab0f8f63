// Your own image preprocessing: here pictures are read in grey, so that colour plays no part.
// Its name enters the encoder's fingerprint: an index filled without it refuses to be searched with it.
#include <iostream>
#include <memory>

#include <sextant/sextant.hpp>

class GreyTransform final : public sextant::ImageTransform {
public:
    explicit GreyTransform(const sextant::ImageSpec& spec) : standard_(spec) {}

    [[nodiscard]] std::string name() const override { return "grey/1"; }

    [[nodiscard]] sextant::Tensor operator()(const sextant::Image& image) const override {
        sextant::Image grey = image;
        for (std::size_t i = 0; i + 2 < grey.pixels.size(); i += 3) {
            const auto level = (299 * image.pixels[i] + 587 * image.pixels[i + 1] + 114 * image.pixels[i + 2]) / 1000;
            grey.pixels[i] = grey.pixels[i + 1] = grey.pixels[i + 2] = static_cast<std::uint8_t>(level);
        }
        return standard_(grey);
    }

private:
    sextant::StandardImageTransform standard_;
};

int main() {
    const auto bundle = sextant::Bundle::open("examples/models/demo");
    const auto grey = sextant::Encoder::open("examples/models/demo",
                                             {.image_transform = std::make_shared<GreyTransform>(*bundle.manifest().image)});
    auto index = sextant::Index::in_memory(grey.space());
    sextant::upsert(grey, index, sextant::read_images("examples/pictures"));

    for (const auto& hit : sextant::search(grey, index, sextant::Text{"heart"}, {.k = 3}))
        std::cout << hit.score << "  " << hit.id << '\n';

    try {
        const auto plain = sextant::Encoder::open("examples/models/demo");
        (void)sextant::search(plain, index, sextant::Text{"heart"});
    } catch (const sextant::Error& error) {
        std::cout << "refused: " << error.what() << '\n';
    }
}
