#include "fuzz/pictures.hpp"

using namespace std::string_literals;

namespace {

/// With a file size that is true.
fuzz::Bytes repaired(fuzz::Bytes bytes) {
    if (bytes.size() >= 12) bytes.replace(4, 4, make::little_endian(static_cast<std::uint32_t>(bytes.size()) - 8, 4));
    return bytes;
}

fuzz::Bytes animation(const fuzz::Bytes& picture) {
    const auto frame = make::little_endian(2, 3) + make::little_endian(1, 3) + make::little_endian(18, 3) +
                       make::little_endian(10, 3) + fuzz::Bytes(4, '\0') + picture;
    return make::webp_file(make::webp_chunk("VP8X", make::webp_canvas(30, 20, 0x12)) +
                           make::webp_chunk("ANIM", fuzz::Bytes(6, '\0')) + make::webp_chunk("ANMF", frame) +
                           make::webp_chunk("ANMF", frame));
}

}  // namespace

std::vector<fuzz::Bytes> fuzz::seeds() {
    std::vector<Bytes> pictures;
    for (const bool lossless : {false, true})
        for (const bool alpha : {false, true}) {
            const auto picture = make::webp_picture(19, 11, lossless, alpha);
            if (picture.starts_with("VP8X")) {  // with its canvas and its alpha, which cannot be a frame's
                pictures.push_back(make::webp_file(picture));
                continue;
            }
            pictures.push_back(make::webp_file(picture));
            pictures.push_back(animation(picture));
            pictures.push_back(make::webp_file(make::webp_chunk("VP8X", make::webp_canvas(19, 11, 0x38)) +
                                               make::webp_chunk("ICCP", "abc") + picture +
                                               make::webp_chunk("EXIF", make::exif(6))));
        }
    return pictures;
}

std::vector<fuzz::Bytes> fuzz::tokens() {
    return {"RIFF", "WEBP", "VP8 ", "VP8L", "VP8X", "ALPH",
            "ANIM", "ANMF", "ICCP", "EXIF", "XMP ", make::webp_chunk("ALPH", "\0abc"s)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::decode(repaired({reinterpret_cast<const char*>(data), size}));
    return 0;
}
