// Writes the JPEG files for parity_decode.py that Pillow cannot write. The standard input holds, for each, a line
// "WIDTH HEIGHT CHANNELS QUALITY FLAG..." and the pixels; the standard output gets the file's size on a line, then the
// file. Flags: a sampling factor "22" or more of them, one per component; progressive arithmetic rgb ycck bare (no JFIF
// or Adobe marker) restart=MCUS.
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "media/make.hpp"

namespace {

void read_flag(const std::string& flag, make::JpegOptions& options) {
    if (flag == "progressive")
        options.progressive = true;
    else if (flag == "arithmetic")
        options.arithmetic = true;
    else if (flag == "rgb" || flag == "ycck")
        (flag == "rgb" ? options.rgb : options.ycck) = true;
    else if (flag == "bare")
        options.bare = true;
    else if (flag.starts_with("restart="))
        options.restart_interval = std::stoi(flag.substr(8));
    else
        options.sampling.push_back(std::stoi(flag));
}

}  // namespace

int main() {
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream words(line);
        int width = 0, height = 0;
        make::JpegOptions options;
        if (!(words >> width >> height >> options.channels >> options.quality)) throw std::runtime_error(line);
        for (std::string flag; words >> flag;) read_flag(flag, options);
        make::Bytes pixels(static_cast<std::size_t>(width * height * options.channels), '\0');
        std::cin.read(pixels.data(), static_cast<std::streamsize>(pixels.size()));
        const auto file = make::jpeg_of(width, height, pixels, options);
        std::cout << file.size() << '\n' << file;
    }
}
