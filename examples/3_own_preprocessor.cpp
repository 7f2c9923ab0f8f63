// Your own steps before a network: one for pictures and one for texts as lambdas, and a tokenizer as a class.
// Their names enter the encoder's fingerprint: an index filled without them refuses to be searched with them.
#include <iostream>
#include <memory>

#include <sextant/sextant.hpp>

const char* const model = "examples/models/demo";

// Pictures are seen in grey, so that colour plays no part.
sextant::Image in_grey(sextant::Image image) {
    for (std::size_t i = 0; i + 2 < image.pixels.size(); i += 3) {
        const auto level = (299 * image.pixels[i] + 587 * image.pixels[i + 1] + 114 * image.pixels[i + 2]) / 1000;
        image.pixels[i] = image.pixels[i + 1] = image.pixels[i + 2] = static_cast<std::uint8_t>(level);
    }
    image.mode = sextant::NativeMode::rgb;  // what it was in its file does not go with these pixels
    image.native.clear();
    return image;
}

// The model's own tokenizer, but texts longer than eight tokens are cut.
class ShortTokenizer final : public sextant::TextTokenizer {
public:
    [[nodiscard]] std::string name() const override { return "first-eight/1"; }

    [[nodiscard]] sextant::Encoding encode(std::string_view text, const sextant::Truncation& truncation) const override {
        auto shorter = truncation;
        shorter.max_length = std::min<std::size_t>(shorter.max_length, 8);
        return tokenizer_.encode(text, shorter);
    }

private:
    sextant::Tokenizer tokenizer_ = sextant::Tokenizer::open(std::string(model) + "/tokenizer.json");
};

int main() {
    const auto bundle = sextant::Bundle::open(model);
    const auto standard = std::make_shared<sextant::StandardImageTransform>(*bundle.manifest().image);

    sextant::EncoderOptions options;
    options.image_transform = sextant::make_image_transform("grey/1", [standard](const sextant::Image& image) { return (*standard)(in_grey(image)); });
    options.text.transform = sextant::make_text_transform("no-please/1", [](std::string_view text) {
        return std::string(text.starts_with("please ") ? text.substr(7) : text);
    });
    options.text.tokenizer = std::make_shared<ShortTokenizer>();
    const auto own = sextant::Encoder::open(model, options);

    auto index = sextant::Index::in_memory(own.space());
    sextant::upsert(own, index, sextant::read_images("examples/pictures"));
    for (const auto& hit : sextant::search(own, index, sextant::Text{"please heart"}, {.k = 3}))
        std::cout << hit.score << "  " << hit.id << '\n';

    try {
        const auto plain = sextant::Encoder::open(model);
        (void)sextant::search(plain, index, sextant::Text{"heart"});
    } catch (const sextant::Error& error) {
        std::cout << "refused: " << error.what() << '\n';
    }
}
