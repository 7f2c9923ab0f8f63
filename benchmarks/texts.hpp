// Reads what shared.py's write_texts wrote.
#pragma once

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

inline std::string read_file(const char* file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// Texts, each behind its length in four bytes.
inline std::vector<std::string> read_texts(const char* file) {
    const auto bytes = read_file(file);
    std::vector<std::string> texts;
    std::uint32_t length = 0;
    for (std::size_t at = 0; at < bytes.size(); at += length) {
        std::memcpy(&length, bytes.data() + at, sizeof(length));
        at += sizeof(length);
        texts.push_back(bytes.substr(at, length));
    }
    return texts;
}
