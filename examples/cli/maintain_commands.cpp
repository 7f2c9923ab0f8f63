// sextant graph FILE, sextant compact FILE, sextant backup FILE --into NEW, sextant salvage FILE --into NEW
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

#include "cli.hpp"

namespace cli {
namespace {

struct Paths {
    std::string file, into;
};

CLI::App* add_copying(CLI::App& app, const char* name, const char* what, const std::shared_ptr<Paths>& paths) {
    auto* command = app.add_subcommand(name, what);
    command->add_option("file", paths->file, "Index file")->required();
    command->add_option("--into", paths->into, "New index file")->required();
    return command;
}

void add_graph(CLI::App& app, int& status) {
    struct Options {
        std::string file;
        sextant::GraphOptions graph;
    };
    auto options = std::make_shared<Options>();
    auto& graph = options->graph;
    graph.threads = std::max(1U, std::thread::hardware_concurrency());
    auto* command = app.add_subcommand("graph", "Link the records of an index, for searches with --min-recall; done again, it adds what was written since.");
    command->add_option("file", options->file, "Index file")->required();
    command->add_option("--space", graph.space, "Of the index, by name [the first]");
    command->add_option("--m", graph.m, "Links of a record [16]");
    command->add_option("--ef-construction", graph.ef_construction, "Candidates of which these are chosen [200]");
    command->add_option("--threads", graph.threads, "That link together [as many as processors]");
    command->callback([options, &status] {
        auto index = sextant::Index::open(options->file, {.threads = options->graph.threads});
        std::optional<Progress> progress;
        options->graph.progress = [&](std::size_t done, std::size_t of) {
            if (!progress) progress.emplace("linking", of);
            progress->at(done);
        };
        index.build_graph(options->graph);
        if (progress) progress->finish();
        const auto info = index.graph(options->graph.space);
        if (info) std::cout << options->file << ": " << info->linked << " records are linked, " << info->bytes << " bytes of memory\n";
        else std::cout << options->file << " has too few records for a graph: every search of it is exact\n";
        status = success;
    });
}

void add_compact(CLI::App& app, int& status) {
    auto file = std::make_shared<std::string>();
    auto* command = app.add_subcommand("compact", "Give the room of removed records back to the system.");
    command->add_option("file", *file, "Index file")->required();
    command->callback([file, &status] {
        std::uintmax_t before = 0;
        {
            auto index = sextant::Index::open(*file);
            before = std::filesystem::file_size(*file);
            index.compact();
        }
        std::cout << *file << ": " << before << " bytes before, " << std::filesystem::file_size(*file) << " now\n";
        status = success;
    });
}

void add_backup(CLI::App& app, int& status) {
    auto paths = std::make_shared<Paths>();
    add_copying(app, "backup", "Copy an index, also while another program writes to it.", paths)->callback([paths, &status] {
        sextant::Index::open(paths->file, {.read_only = true}).backup(paths->into);
        const auto copy = sextant::Index::open(paths->into, {.read_only = true});
        std::cout << "copied " << copy.size() << " records into " << paths->into << '\n';
        status = success;
    });
}

void add_salvage(CLI::App& app, int& status) {
    auto paths = std::make_shared<Paths>();
    add_copying(app, "salvage", "Copy what can still be read of a damaged index, or of one of an older format.", paths)->callback([paths, &status] {
        const auto result = sextant::salvage(paths->file, paths->into);
        for (const auto& lost : result.lost)
            std::cerr << sextant::one_line("lost: row " + std::to_string(lost.row) + (lost.id.empty() ? "" : ", id " + lost.id) + ": " + lost.why) << '\n';
        if (result.missing > 0) std::cerr << "lost: " << result.missing << " records of which nothing was found\n";
        if (result.summary_damaged) std::cerr << "lost: fingerprints, for what the file says of itself is damaged; check names and metrics with `sextant info`\n";
        std::cout << "saved " << result.saved << " records into " << paths->into << "; " << result.lost.size() + result.missing << " are lost\n";
        status = result.lost.empty() && result.missing == 0 && !result.summary_damaged ? success : incomplete;
    });
}

}  // namespace

void add_maintain_commands(CLI::App& app, int& status) {
    add_graph(app, status);
    add_compact(app, status);
    add_backup(app, status);
    add_salvage(app, status);
}

}  // namespace cli
