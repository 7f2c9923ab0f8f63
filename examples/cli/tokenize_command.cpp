// sextant tokenize BUNDLE_OR_TOKENIZER_JSON < LINES
#include <functional>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "cli.hpp"
#include "lines.hpp"

namespace cli {
namespace {

struct Options {
    std::string source;
    bool query = false;
    std::size_t max_length = 0;
};

/// What was tokenized, and what became of it.
struct Tokenized {
    std::string text;
    sextant::Encoding encoding;
};
using Tokenize = std::function<Tokenized(const std::string&)>;

/// A bundle's texts come behind its prompt, are cleaned and cut as its model wants it; a tokenizer alone adds and cuts nothing.
Tokenize tokenizer_of(const Options& options) {
    if (!std::filesystem::is_directory(options.source)) {
        if (options.query) throw sextant::Error(sextant::ErrorCode::invalid_argument, options.source + " is a tokenizer and knows no prompts: --query is for the folder of a model");
        const auto length = options.max_length > 0 ? options.max_length : sextant::Tokenizer::no_limit;
        return [tokenizer = sextant::Tokenizer::open(options.source), length](const std::string& text) { return Tokenized{text, tokenizer.encode(text, length)}; };
    }
    const auto bundle = sextant::Bundle::open(options.source);
    if (!bundle.manifest().text) throw sextant::Error(sextant::ErrorCode::unsupported, options.source + " reads no text");
    auto spec = *bundle.manifest().text;
    if (options.max_length > spec.max_length)
        throw sextant::Error(sextant::ErrorCode::invalid_argument, "--max-length is " + std::to_string(options.max_length) + ", but " + options.source +
                                                                       " reads " + std::to_string(spec.max_length) + " tokens at most");
    if (options.max_length > 0) spec.max_length = options.max_length;
    const auto prompt = options.query ? spec.query_prompt : spec.document_prompt;
    const auto tokenizer = sextant::Tokenizer::from_json(bundle.read_text(spec.tokenizer), options.source + "/" + spec.tokenizer);
    return [texts = sextant::TextPreprocessor(tokenizer, spec), prompt](const std::string& text) { return Tokenized{texts.prepared(text, prompt), texts.encode(text, prompt)}; };
}

std::string to_json(const Tokenized& tokenized) {
    const auto& [text, encoding] = tokenized;
    auto offsets = nlohmann::json::array();
    for (const auto& [begin, end] : encoding.offsets) offsets.push_back({begin, end});
    return nlohmann::json{{"text", text}, {"ids", encoding.ids}, {"type_ids", encoding.type_ids}, {"offsets", offsets}, {"tokens_total", encoding.tokens_total}, {"truncated", encoding.truncated()}}.dump();
}

int run(const Options& options) {
    const auto tokenize = tokenizer_of(options);
    Lines lines("-");
    while (const auto line = lines.next()) {
        try {
            std::cout << to_json(tokenize(*line)) << '\n';
        } catch (const sextant::Error& error) {
            throw sextant::Error(error.code(), "line " + std::to_string(lines.number()) + ": " + error.what());
        }
    }
    return success;
}

}  // namespace

void add_tokenize_command(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("tokenize", "Print, as one line of JSON for each line of standard input, the tokens that a text network is fed. Offsets are bytes of \"text\": the line behind its prompt, and cleaned, as it was tokenized.");
    command->add_option("source", options->source, "Folder of a model, or a tokenizer.json")->required();
    command->add_flag("--query", options->query, "Put a model's query prompt before each line, not its document prompt");
    command->add_option("--max-length", options->max_length, "Tokens at most [what the model wants; a tokenizer alone: no limit]")->check(CLI::Range(1, 1 << 30));
    command->callback([options, &status] { status = run(*options); });
}

}  // namespace cli
