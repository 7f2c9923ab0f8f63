// Opens bundles that want no good. Used by hostile_models.py.
//
//   hostile_models open BUNDLE...         one line each: whether libtorch was reached, the code of the error, its message
//   hostile_models flip BUNDLE STRIDE     every STRIDE-th bit of every file is flipped, one at a time; counts
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include <sextant/encode/encoder.hpp>
#include <sextant/encode/verify.hpp>

#include "model/archive.hpp"

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

void write(const fs::path& file, const std::string& bytes) { std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes; }

/// `load_torchscript` in its two steps, so that it shows whether the second was reached.
sextant::ModelLoader watched(bool& reached) {
    return [&reached](std::span<const std::byte> bytes, std::string_view name, sextant::Precision precision) {
        sextant::model_detail::check_archive(bytes, name);
        reached = true;
        return sextant::load_any_torchscript(bytes, name, precision);
    };
}

void open(const std::string& bundle) {
    bool reached = false;
    std::string outcome = "- opened and encoded";
    try {
        const auto encoder = sextant::Encoder::open(bundle, {.load_model = watched(reached)});
        (void)encoder.encode_query(sextant::Text{"red blue"});
    } catch (const sextant::Error& error) {
        outcome = std::string(to_string(error.code())) + " " + error.what();
    }
    std::cout << (reached ? "reached " : "kept ") << outcome << std::endl;
}

/// A bundle that was changed is refused by `Encoder::open` before any of it reaches libtorch, or, where it concerns what
/// only verification reads, by that.
bool is_refused(const fs::path& bundle, const std::string& sound_network) {
    bool changed_reached = false;
    const auto loader = [&](std::span<const std::byte> bytes, std::string_view name, sextant::Precision precision) {
        changed_reached |= std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()) != sound_network;
        return sextant::load_torchscript(bytes, name, precision);
    };
    try {
        (void)sextant::Encoder::open(bundle, {.load_model = loader});
        return !sextant::verify_bundle(bundle, loader).passed() && !changed_reached;
    } catch (const sextant::Error&) {
        return !changed_reached;
    }
}

int flip(const fs::path& bundle, std::size_t stride) {
    const auto network = read(bundle / "text.pt");
    std::size_t flips = 0, missed = 0;
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(bundle))
        if (entry.is_regular_file()) files.push_back(entry.path());
    for (const auto& file : files) {
        const auto sound = read(file);
        for (std::size_t bit = flips % stride; bit < 8 * sound.size(); bit += stride) {
            auto flipped = sound;
            flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
            write(file, flipped);
            ++flips;
            if (is_refused(bundle, network)) continue;
            ++missed;
            std::cout << "not refused: bit " << bit << " of " << file.filename().string() << '\n';
        }
        write(file, sound);
    }
    std::cout << "bits flipped " << flips << ", refused " << flips - missed << ", not refused " << missed << '\n';
    return missed == 0 && flips > 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    const std::vector<std::string> words(arguments + 1, arguments + count);
    if (words.size() == 3 && words[0] == "flip") return flip(words[1], std::stoul(words[2]));
    if (words.size() < 2 || words[0] != "open") return 2;
    for (std::size_t i = 1; i < words.size(); ++i) open(words[i]);
}
