// Decodes pictures for parity_decode.py. Each line of the standard input names a picture, the options as
// DecodeOptions::name() writes them, and a file to write, with tabs between; that file gets the size and the number of the
// native mode in text on the first line, then the pixels and what is native, or "error", the code and the message.
#include <fstream>
#include <iostream>
#include <string>

#include <sextant/core/error.hpp>
#include <sextant/media/image.hpp>

int main() {
    std::string picture, options, result;
    while (std::getline(std::cin, picture, '\t') && std::getline(std::cin, options, '\t') &&
           std::getline(std::cin, result)) {
        std::ofstream out(result, std::ios::binary);
        try {
            const auto image = sextant::read_image(picture, sextant::DecodeOptions::named(options));
            out << image.width << ' ' << image.height << ' ' << static_cast<int>(image.mode) << '\n';
            for (const auto* bytes : {&image.pixels, &image.native})
                out.write(reinterpret_cast<const char*>(bytes->data()), static_cast<std::streamsize>(bytes->size()));
        } catch (const sextant::Error& error) {
            out << "error " << to_string(error.code()) << ' ' << error.what() << '\n';
        }
    }
}
