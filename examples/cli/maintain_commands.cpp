// sextant compact FILE, sextant backup FILE --into NEW, sextant salvage FILE --into NEW
#include <iostream>
#include <memory>

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
        std::cout << "saved " << result.saved << " records into " << paths->into << "; " << result.lost.size() + result.missing << " are lost\n";
        status = result.lost.empty() && result.missing == 0 ? success : incomplete;
    });
}

}  // namespace

void add_maintain_commands(CLI::App& app, int& status) {
    add_compact(app, status);
    add_backup(app, status);
    add_salvage(app, status);
}

}  // namespace cli
