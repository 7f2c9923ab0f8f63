#include "fuzz/pictures.hpp"

using namespace std::string_literals;

std::vector<fuzz::Bytes> fuzz::seeds() {
    return {make::jpeg(19, 11),
            make::jpeg(9, 9, {.channels = 1}),
            make::jpeg(9, 9, {.channels = 4}),
            make::jpeg(33, 17, {.channels = 4, .ycck = true}),
            make::jpeg(19, 11, {.progressive = true}),
            make::jpeg(19, 11, {.arithmetic = true}),
            make::jpeg(19, 11, {.progressive = true, .arithmetic = true}),
            make::jpeg(40, 24, {.restart_interval = 1}),
            make::jpeg(40, 24, {.sampling = {41, 11, 11}}),
            make::jpeg(40, 24, {.sampling = {12, 11, 11}}),
            make::jpeg(16, 16, {.channels = 1, .many_scans = true}),
            make::with_segment(make::jpeg(19, 11), 0xE1, "Exif\0\0"s + make::exif(6))};
}

std::vector<fuzz::Bytes> fuzz::tokens() {
    std::vector<Bytes> markers{"Adobe\0\x64\0\0\0\0\1"s, "JFIF\0"s, "Exif\0\0II*\0\x08\0\0\0"s, "\xFF\x00"s};
    for (int code = 0xC0; code <= 0xFF; ++code) markers.push_back("\xFF"s + static_cast<char>(code));
    return markers;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::decode({reinterpret_cast<const char*>(data), size});
    return 0;
}
