// Writes what sextant makes of a file of texts, for tests/parity/parity_tokenize.py to compare.
//
//   tokenize_probe TOKENIZER.json INPUTS OUT
//   tokenize_probe --clean INPUTS OUT
//
// INPUTS is a sequence of records, little-endian: six uint32 (max_length, 0: none; strategy; side; stride; whether to
// decode; whether it is a pair), then for one or two texts uint32 length and the bytes. OUT has for each: uint32 number
// of windows, 0 if sextant refused; for each window uint32 count, uint32 tokens_total and count times five int32: id,
// type, begin, end, sequence; and if decoded, two strings: with special tokens and without. With --clean, INPUTS has
// uint32 cleaning and a text for each record, OUT the cleaned text.
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/core/error.hpp>
#include <sextant/tokenize/clean.hpp>
#include <sextant/tokenize/tokenizer.hpp>

namespace {

using sextant::Encoding;
using sextant::Truncation;

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

struct Case {
    Truncation truncation;
    bool decode, is_pair;
    std::string_view first, second;
};

Case read_case(std::string_view& bytes) {
    Case one;
    if (const auto limit = read_number(bytes)) one.truncation.max_length = limit;
    one.truncation.strategy = static_cast<Truncation::Strategy>(read_number(bytes));
    one.truncation.side = static_cast<Truncation::Side>(read_number(bytes));
    one.truncation.stride = read_number(bytes);
    one.decode = read_number(bytes) != 0;
    one.is_pair = read_number(bytes) != 0;
    one.first = read_text(bytes);
    if (one.is_pair) one.second = read_text(bytes);
    return one;
}

void write_number(std::string& out, std::size_t number) {
    const auto small = static_cast<std::uint32_t>(number);
    out.append(reinterpret_cast<const char*>(&small), sizeof(small));
}

void write_text(std::string& out, const std::string& text) {
    write_number(out, text.size());
    out += text;
}

void write(std::string& out, const Encoding& encoding) {
    write_number(out, encoding.ids.size());
    write_number(out, encoding.tokens_total);
    for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
        write_number(out, static_cast<std::size_t>(encoding.ids[i]));
        write_number(out, static_cast<std::size_t>(encoding.type_ids[i]));
        write_number(out, encoding.offsets[i].begin);
        write_number(out, encoding.offsets[i].end);
        write_number(out, static_cast<std::size_t>(encoding.sequence_ids[i]));
    }
}

std::vector<Encoding> encode(const sextant::Tokenizer& tokenizer, const Case& one) {
    const bool cut = one.truncation.max_length != Truncation::no_limit;
    if (one.is_pair && cut) return tokenizer.encode_pair_windows(one.first, one.second, one.truncation);
    if (one.is_pair) return {tokenizer.encode_pair(one.first, one.second)};
    if (cut) return tokenizer.encode_windows(one.first, one.truncation);
    return {tokenizer.encode(one.first)};
}

void run(const sextant::Tokenizer& tokenizer, const Case& one, std::string& out) {
    std::vector<Encoding> windows;
    try {
        windows = encode(tokenizer, one);
    } catch (const sextant::Error& error) {
        if (error.code() != sextant::ErrorCode::invalid_argument) throw;
    }
    write_number(out, windows.size());
    for (const auto& window : windows) write(out, window);
    if (!one.decode || windows.empty()) return;
    for (const bool skip : {false, true}) write_text(out, tokenizer.decode(windows[0].ids, skip));
}

std::string read_file(const char* file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

int clean_all(const char* inputs_file, const char* out_file) {
    const auto inputs = read_file(inputs_file);
    std::string out;
    for (std::string_view rest = inputs; !rest.empty();) {
        const auto cleaning = static_cast<sextant::TextCleaning>(read_number(rest));
        write_text(out, sextant::clean_text(read_text(rest), cleaning));
    }
    std::ofstream(out_file, std::ios::binary) << out;
    return 0;
}

int run_all(const char* tokenizer_file, const char* inputs_file, const char* out_file) {
    const auto tokenizer = sextant::Tokenizer::open(tokenizer_file);
    const auto inputs = read_file(inputs_file);
    std::string out;
    std::size_t count = 0;
    const auto start = std::chrono::steady_clock::now();
    for (std::string_view rest = inputs; !rest.empty(); ++count) run(tokenizer, read_case(rest), out);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::ofstream(out_file, std::ios::binary) << out;
    std::cout << count << " inputs, " << seconds.count() << " s\n";
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc == 4 && argv[1] == std::string_view("--clean")) return clean_all(argv[2], argv[3]);
        if (argc == 4) return run_all(argv[1], argv[2], argv[3]);
        std::cerr << "usage: tokenize_probe TOKENIZER.json|--clean INPUTS OUT\n";
    } catch (const sextant::Error& error) {
        std::cerr << to_string(error.code()) << ": " << error.what() << '\n';
    }
    return 2;
}
