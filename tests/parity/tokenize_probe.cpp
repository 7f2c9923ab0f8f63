// Writes the ids that sextant makes of a file of texts, for tests/parity/parity_tokenize.py to compare.
//
//   tokenize_probe TOKENIZER.json INPUTS OUT
//
// INPUTS is a sequence of records, little-endian: uint32 max_length (0: none), uint32 is_pair, then for one or two
// texts uint32 length and the bytes. OUT has for each: uint32 count, uint32 tokens_total, count x int32 id, count x
// int32 type.
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include <sextant/core/error.hpp>
#include <sextant/tokenize/tokenizer.hpp>

namespace {

std::uint32_t read_number(std::string_view& bytes) {
    std::uint32_t number = 0;
    std::memcpy(&number, bytes.substr(0, 4).data(), sizeof(number));
    bytes.remove_prefix(4);
    return number;
}

std::string_view read_text(std::string_view& bytes) {
    const auto length = read_number(bytes);
    const auto text = bytes.substr(0, length);
    bytes.remove_prefix(length);
    return text;
}

void write_number(std::string& out, std::int64_t number) {
    const auto small = static_cast<std::int32_t>(number);
    out.append(reinterpret_cast<const char*>(&small), sizeof(small));
}

int encode_all(const char* tokenizer_file, const char* inputs_file, const char* out_file) {
    const auto tokenizer = sextant::Tokenizer::open(tokenizer_file);
    std::ifstream in(inputs_file, std::ios::binary);
    const std::string inputs{std::istreambuf_iterator<char>(in), {}};
    std::string out;
    std::size_t count = 0;
    const auto start = std::chrono::steady_clock::now();
    for (std::string_view rest = inputs; !rest.empty(); ++count) {
        const auto limit = read_number(rest);
        const bool is_pair = read_number(rest) != 0;
        const auto max_length = limit == 0 ? sextant::Tokenizer::no_limit : limit;
        const auto first = read_text(rest);
        const auto encoding =
            is_pair ? tokenizer.encode_pair(first, read_text(rest), max_length) : tokenizer.encode(first, max_length);
        write_number(out, static_cast<std::int64_t>(encoding.ids.size()));
        write_number(out, static_cast<std::int64_t>(encoding.tokens_total));
        for (const auto id : encoding.ids) write_number(out, id);
        for (const auto type : encoding.type_ids) write_number(out, type);
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::ofstream(out_file, std::ios::binary) << out;
    std::cout << count << " inputs, " << seconds.count() << " s\n";
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc == 4) return encode_all(argv[1], argv[2], argv[3]);
        std::cerr << "usage: tokenize_probe TOKENIZER.json INPUTS OUT\n";
    } catch (const sextant::Error& error) {
        std::cerr << to_string(error.code()) << ": " << error.what() << '\n';
    }
    return 2;
}
