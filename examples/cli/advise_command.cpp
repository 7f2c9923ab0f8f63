// sextant advise VECTORS
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include "cli.hpp"

namespace cli {
namespace {

struct Options {
    std::string vectors, queries;
    std::string metric = "cosine";
    sextant::AdviseOptions advise;
};

sextant::Matrix read_all(const std::string& file) {
    auto vectors = sextant::VectorFile::open(file);
    return vectors.read(0, vectors.size());
}

int run(Options& options) {
    for (const auto metric : {sextant::Metric::cosine, sextant::Metric::dot, sextant::Metric::l2})
        if (to_string(metric) == options.metric) options.advise.metric = metric;
    const auto vectors = read_all(options.vectors);
    if (options.queries.empty()) {
        std::cout << sextant::advise(vectors, options.advise).to_string();
        return success;
    }
    const auto queries = read_all(options.queries);
    if (queries.cols() != vectors.cols())
        throw sextant::Error(sextant::ErrorCode::invalid_argument, options.queries + " has vectors of " + std::to_string(queries.cols()) + " dimensions, " + options.vectors + " of " + std::to_string(vectors.cols()));
    std::cout << sextant::advise(vectors, queries, options.advise).to_string();
    return success;
}

}  // namespace

void add_advise_command(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    auto& advise = options->advise;
    advise.threads = std::max(1U, std::thread::hardware_concurrency());
    auto* command = app.add_subcommand("advise", "Measure which precision vectors bear: recall, bytes and time of each.");
    command->add_option("vectors", options->vectors, "File of vectors (.npy, .fvecs, .bvecs)")->required();
    auto* queries = command->add_option("--queries", options->queries, "File of queries; else some of the vectors are held out");
    command->add_option("--held-out", advise.held_out, "Without --queries: how many vectors are held out")->capture_default_str()->check(CLI::Range(2, 1 << 20))->excludes(queries);
    command->add_option("--k", advise.k, "How many of the nearest are to be found")->capture_default_str()->check(CLI::Range(1, 1 << 20));
    command->add_option("--min-recall", advise.min_recall, "The part of them that must be found on average")->capture_default_str()->check(CLI::Range(0.0, 1.0));
    command->add_option("--metric", options->metric, "cosine, dot or l2")->capture_default_str()->check(CLI::IsMember({"cosine", "dot", "l2"}));
    command->add_option("--oversample", advise.oversample, "Rescoring looks at so many times k")->capture_default_str()->check(CLI::Range(1, 1000));
    command->add_option("--threads", advise.threads, "Threads that search, each with another query [as many as processors]")->check(CLI::Range(1, 1 << 16));
    command->callback([options, &status] { status = run(*options); });
}

}  // namespace cli
