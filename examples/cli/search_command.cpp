// sextant search FILE "words"
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "cli.hpp"
#include "search_vectors.hpp"

namespace cli {
namespace {

struct Options {
    std::string file;
    std::string words;
    std::string image;
    std::string model = default_model();
    bool rerank = false;
    std::string reranker = default_reranker();
    std::size_t k = 10;
    std::size_t candidates = 0;  // 100, or k if that is more
    bool json = false;
    std::string page;
    std::string filter;
    VectorSearch vectors;
};

std::optional<sextant::Filter> filter_of(const Options& options) {
    if (options.filter.empty()) return std::nullopt;
    return sextant::Filter::parse(options.filter);
}

nlohmann::json to_json(const Options& options, const sextant::SearchResult& result) {
    nlohmann::json out{{"query", options.image.empty() ? options.words : options.image},
                       {"completeness", to_string(result.completeness)},
                       {"score_type", to_string(result.score_type)},
                       {"rows_scored", result.rows_scored},
                       {"hits", nlohmann::json::array()},
                       {"seconds", nlohmann::json::object()},
                       {"unreadable", nlohmann::json::array()}};
    for (const auto& hit : result) {
        out["hits"].push_back({{"id", hit.id},
                               {"score", hit.score},
                               {"retrieval_score", hit.retrieval_score},
                               {"payload", nlohmann::json::parse(hit.payload, nullptr, false)}});
    }
    for (const auto& [stage, seconds] : result.stages) out["seconds"][stage] = seconds;
    for (const auto& [id, reason] : result.unreadable) out["unreadable"].push_back({{"id", id}, {"reason", reason}});
    return out;
}

void print(const sextant::SearchResult& result) {
    int place = 0;
    for (const auto& hit : result) std::printf("%3d  %8.4f  %s\n", ++place, static_cast<double>(hit.score), sextant::one_line(hit.id).c_str());
    std::string times;
    for (const auto& [stage, seconds] : result.stages) {
        char text[64];
        std::snprintf(text, sizeof text, "%s%s %.1f ms", times.empty() ? "" : ", ", stage.c_str(), seconds * 1e3);
        times += text;
    }
    const auto completeness = to_string(result.completeness);
    const auto type = to_string(result.score_type);
    std::printf("     %.*s scores, %.*s over %zu rows; %s\n", static_cast<int>(type.size()), type.data(), static_cast<int>(completeness.size()),
                completeness.data(), result.rows_scored, times.c_str());
}

int run(Options& options) {
    const auto filter = filter_of(options);
    if (!options.vectors.vectors.empty()) {
        options.vectors.k = options.k;
        options.vectors.filter = filter;
        return search_vectors(options.file, options.vectors);
    }
    const auto encoder = sextant::Encoder::open(options.model);
    const auto index = sextant::Index::open(options.file, encoder.space(), {.read_only = true});
    std::optional<sextant::CrossEncoder> reranker;
    if (options.rerank) reranker = sextant::CrossEncoder::open(options.reranker);

    const sextant::Item query = options.image.empty() ? sextant::Item(sextant::Text{options.words}) : sextant::Item(sextant::read_image(options.image));
    const auto result = sextant::search(encoder, index, query,
                                        {.k = options.k, .filter = filter, .rerank = reranker ? &*reranker : nullptr, .candidates = options.candidates > 0 ? options.candidates : std::max<std::size_t>(100, options.k)});
    if (options.json) std::cout << to_json(options, result).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    else print(result);
    if (!options.page.empty()) {
        write_contact_sheet(options.page, options.image.empty() ? options.words : options.image, result);
        if (!options.json) std::cout << "     contact sheet: " << options.page << '\n';
    }
    for (const auto& [id, reason] : result.unreadable) std::cerr << "not reranked " << sextant::one_line(id + ": " + reason) << '\n';
    return result.unreadable.empty() ? success : incomplete;
}

}  // namespace

void add_search_command(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("search", "Find the records nearest to some words, or to a picture.");
    command->add_option("file", options->file, "Index file")->required();
    auto* words = command->add_option("words", options->words, "What to look for");
    auto* image = command->add_option("--image", options->image, "Look for pictures like this one");
    words->excludes(image);
    auto* vectors = command->add_option("--vectors", options->vectors.vectors, "Look for every vector of this file (.npy, .fvecs, .bvecs); needs no model");
    vectors->excludes(words)->excludes(image);
    auto* out = command->add_option("--out", options->vectors.ids, "With --vectors: array file of ids to write, int64 [queries, hits], -1 where there are fewer; or, named .jsonl, lines of JSON")->needs(vectors);
    command->add_option("--scores", options->vectors.scores, "With --vectors: array file of scores to write, float32 [queries, hits]")->needs(vectors);
    command->add_option("--threads", options->vectors.threads, "With --vectors: threads that search [as many as processors]")->needs(vectors)->check(CLI::Range(1, 1 << 16));
    command->add_option("--k", options->k, "Hits to show")->capture_default_str()->check(CLI::Range(0, 1 << 30));
    command->add_option("--filter", options->filter, "Only records whose payloads meet this: 'year >= 2020 and tags contains \"dog\"'");
    auto* exact = command->add_flag("--exact")->description("With --vectors: prove the answer, whatever the index has [so it is unless --min-recall is given]")->needs(vectors);
    command->add_option("--min-recall", options->vectors.min_recall, "With --vectors: be content with so much of the nearest, on average, if the index has a graph")
        ->needs(vectors)->excludes(exact)->check(CLI::Range(0.0, 1.0));
    command->add_flag("--binary", options->vectors.binary, "With --vectors: compare the signs of components first, then the best of these as they are")
        ->needs(vectors)->excludes(exact)->excludes("--min-recall");
    command->add_option("--truncate-dim", options->vectors.truncate_dim, "With --vectors: compare so many dimensions first, then the best of these as they are")
        ->needs(vectors)->excludes(exact)->excludes("--min-recall")->check(CLI::Range(1, 1 << 30));
    auto* oversample = command->add_option("--oversample", options->vectors.oversample, "With --binary or --truncate-dim: so many times k are compared as they are")
        ->needs(vectors)->capture_default_str()->check(CLI::Range(1, 1000));
    auto* rerank = command->add_flag("--rerank", options->rerank, "Reorder the best candidates with a cross-encoder")->excludes(vectors);
    command->add_option("--reranker", options->reranker, "Bundle of the cross-encoder")->needs(rerank);
    command->add_option("--candidates", options->candidates, "Hits that the reranker looks at [100, or k if that is more]")->check(CLI::Range(1, 1 << 30))->needs(rerank);
    command->add_option("--model", options->model, "Bundle of the dual encoder that filled the index")->envname("SEXTANT_MODEL");
    command->add_flag("--json", options->json, "Print JSON")->excludes(vectors);
    command->add_option("--html", options->page, "Write a page that shows the hits in a browser")->excludes(vectors);
    command->callback([options, words, image, vectors, out, oversample, &status] {
        if (oversample->count() > 0 && !options->vectors.binary && !options->vectors.truncate_dim) throw CLI::RequiredError("--binary or --truncate-dim, for --oversample");
        if (words->count() + image->count() + vectors->count() == 0) throw CLI::RequiredError("words, --image with a picture, or --vectors with a file");
        if (vectors->count() > out->count()) throw CLI::RequiredError("--out with the name of a file");
        status = run(*options);
    });
}

}  // namespace cli
