// Writes the rows that sextant feeds a network, for tests/parity/parity_padding.py to compare.
//
//   padding_probe TOKENIZER.json < JOBS > ROWS
//
// A line of JOBS: {"texts": [...], "seconds": null or [...], "max_length": n, "side": "left" or "right", "multiple": n,
// "fixed": bool, "pad_id": n, "pad_type_id": n}; a line of ROWS: [input_ids, attention_mask, token_type_ids].
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <sextant/preprocess/text.hpp>

namespace {

using nlohmann::json;

json rows_of(const sextant::Tensor& tensor) {
    json rows = json::array();
    const auto width = static_cast<std::size_t>(tensor.shape().at(1));
    const auto numbers = tensor.integers();
    for (std::size_t at = 0; at < numbers.size(); at += width)
        rows.push_back(std::vector<std::int64_t>(numbers.begin() + static_cast<std::ptrdiff_t>(at), numbers.begin() + static_cast<std::ptrdiff_t>(at + width)));
    return rows;
}

json run(const sextant::Tokenizer& tokenizer, const json& job) {
    sextant::TextSpec spec;
    spec.max_length = job.at("max_length");
    spec.pad_to_max_length = job.at("fixed");
    spec.pad_to_multiple_of = job.at("multiple");
    spec.padding_side = job.at("side") == "left" ? sextant::Padding::Side::left : sextant::Padding::Side::right;
    spec.pad_id = job.at("pad_id");
    spec.pad_type_id = job.at("pad_type_id");
    const sextant::TextPreprocessor preprocessor(tokenizer, spec);
    std::vector<sextant::Encoding> encodings;
    for (std::size_t i = 0; i < job.at("texts").size(); ++i) {
        const std::string first = job["texts"][i];
        encodings.push_back(job.at("seconds").is_null() ? preprocessor.encode(first)
                                                        : preprocessor.encode_pair(first, job["seconds"][i].get<std::string>()));
    }
    const auto batch = preprocessor.batch(encodings);
    return {rows_of(batch.input_ids), rows_of(batch.attention_mask), rows_of(batch.token_type_ids)};
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: padding_probe TOKENIZER.json < JOBS > ROWS\n";
        return 2;
    }
    try {
        const auto tokenizer = sextant::Tokenizer::open(argv[1]);
        for (std::string line; std::getline(std::cin, line);) std::cout << run(tokenizer, json::parse(line)).dump() << '\n';
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
