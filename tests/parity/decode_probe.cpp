// Decodes pictures for parity_decode.py. Each line of the standard input names a picture, the options as
// DecodeOptions::name() writes them, and a file to write, with tabs between; that file gets the size in text on the
// first line, then the pixels, or "error", the code and the message.
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>

#include <sextant/core/error.hpp>
#include <sextant/media/image.hpp>

namespace {

sextant::DecodeOptions read_options(const std::string& text) {
    sextant::DecodeOptions options;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        const auto value = word.substr(word.find('=') + 1);
        if (word == "apply_orientation") options.apply_orientation = true;
        if (word == "scale_16_bit") options.scale_16_bit = true;
        if (word.starts_with("jpeg_scale=")) options.jpeg_scale = std::stoi(value);
        if (!word.starts_with("background=")) continue;
        const auto colour = std::stoul(value, nullptr, 16);
        options.background = {static_cast<std::uint8_t>(colour >> 16), static_cast<std::uint8_t>(colour >> 8),
                              static_cast<std::uint8_t>(colour)};
    }
    if (options.name() != text) throw std::runtime_error("options " + text + " were read as " + options.name());
    return options;
}

}  // namespace

int main() {
    std::string picture, options, result;
    while (std::getline(std::cin, picture, '\t') && std::getline(std::cin, options, '\t') &&
           std::getline(std::cin, result)) {
        std::ofstream out(result, std::ios::binary);
        try {
            const auto image = sextant::read_image(picture, read_options(options));
            out << image.width << ' ' << image.height << '\n';
            out.write(reinterpret_cast<const char*>(image.pixels.data()),
                      static_cast<std::streamsize>(image.pixels.size()));
        } catch (const sextant::Error& error) {
            out << "error " << to_string(error.code()) << ' ' << error.what() << '\n';
        }
    }
}
