// sextant tokenize BUNDLE_OR_TOKENIZER_JSON < LINES
#include <functional>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "cli.hpp"

namespace cli {
namespace {

struct Options {
    std::string source;
    bool query = false;
    std::size_t max_length = 0;
};

using Encode = std::function<sextant::Encoding(const std::string&)>;

/// A bundle's texts come behind its prompt and are cut as its model wants it; a tokenizer alone adds and cuts nothing.
Encode encoder_of(const Options& options) {
    if (!std::filesystem::is_directory(options.source)) {
        const auto length = options.max_length > 0 ? options.max_length : sextant::Tokenizer::no_limit;
        return [tokenizer = sextant::Tokenizer::open(options.source), length](const std::string& text) { return tokenizer.encode(text, length); };
    }
    const auto bundle = sextant::Bundle::open(options.source);
    if (!bundle.manifest().text) throw sextant::Error(sextant::ErrorCode::unsupported, options.source + " reads no text");
    auto spec = *bundle.manifest().text;
    if (options.max_length > 0) spec.max_length = options.max_length;
    const auto prompt = options.query ? spec.query_prompt : spec.document_prompt;
    const auto tokenizer = sextant::Tokenizer::from_json(bundle.read_text(spec.tokenizer), options.source + "/" + spec.tokenizer);
    return [texts = sextant::TextPreprocessor(tokenizer, spec), prompt](const std::string& text) { return texts.encode(text, prompt); };
}

std::string to_json(const sextant::Encoding& encoding) {
    auto offsets = nlohmann::json::array();
    for (const auto& [begin, end] : encoding.offsets) offsets.push_back({begin, end});
    return nlohmann::json{{"ids", encoding.ids}, {"type_ids", encoding.type_ids}, {"offsets", offsets}, {"tokens_total", encoding.tokens_total}, {"truncated", encoding.truncated()}}.dump();
}

int run(const Options& options) {
    const auto encode = encoder_of(options);
    std::string line;
    for (std::size_t number = 1; std::getline(std::cin, line); ++number) {
        try {
            std::cout << to_json(encode(line)) << '\n';
        } catch (const sextant::Error& error) {
            throw sextant::Error(error.code(), "line " + std::to_string(number) + ": " + error.what());
        }
    }
    return success;
}

}  // namespace

void add_tokenize_command(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("tokenize", "Print, as one line of JSON for each line of standard input, the tokens that a text network is fed.");
    command->add_option("source", options->source, "Folder of a model, or a tokenizer.json")->required();
    command->add_flag("--query", options->query, "Put a model's query prompt before each line, not its document prompt");
    command->add_option("--max-length", options->max_length, "Tokens at most [what the model wants; a tokenizer alone: no limit]");
    command->callback([options, &status] { status = run(*options); });
}

}  // namespace cli
