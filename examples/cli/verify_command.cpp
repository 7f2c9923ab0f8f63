// sextant verify BUNDLE|FILE, sextant export-table BUNDLE...
#include <algorithm>
#include <iostream>
#include <memory>
#include <vector>

#include "cli.hpp"

namespace cli {
namespace {

/// Text that fits into a cell of a Markdown table.
std::string cell(const std::string& text) {
    std::string line;
    for (const char c : sextant::one_line(text)) line += c == '|' ? "\\|" : std::string(1, c);
    return line;
}

/// What a bundle says of itself; nothing where it cannot be read, which its verification then tells.
std::string describe(const std::string& path) {
    try {
        const auto bundle = sextant::Bundle::open(path);
        const auto& manifest = bundle.manifest();
        return cell(manifest.name) + " | " + cell(manifest.family) + " | " + std::string(to_string(manifest.kind)) + " | " +
               std::to_string(manifest.dimensions);
    } catch (const sextant::Error&) {
        return cell(path) + " | | | ";
    }
}

/// One row; false if the bundle is not verified.
bool print_row(const std::string& path) {
    const auto report = sextant::verify_bundle(path);
    const auto stage = std::ranges::find(report.stages, "network", &sextant::StageReport::stage);
    std::cout << "| " << describe(path) << " | ";
    if (report.passed())
        std::cout << "yes | " << (stage == report.stages.end() ? "" : cell(stage->detail)) << " |" << std::endl;
    else
        std::cout << "**no** | " << (report.stages.empty() ? "" : cell(report.stages.back().stage + ": " + report.stages.back().detail)) << " |" << std::endl;
    return report.passed();
}

int verify_index(const std::string& path) {
    const auto index = sextant::Index::open(path, {.read_only = true});  // which checks every byte that counts
    std::cout << path << " is whole: " << index.size() << " records, every checksum matches\n";
    return success;
}

int verify_model(const std::string& path) {
    const auto report = sextant::verify_bundle(path);
    for (const auto& stage : report.stages)
        std::cout << (stage.passed ? "passed  " : "FAILED  ") << sextant::one_line(stage.stage + ": " + stage.detail) << '\n';
    std::cout << path << (report.passed() ? " is verified\n" : " is NOT verified\n");
    return report.passed() ? success : failure;
}

}  // namespace

void add_verify_command(CLI::App& app, int& status) {
    auto path = std::make_shared<std::string>();
    auto* command = app.add_subcommand("verify", "Check every record of an index file, or replay a bundle's goldens and name the first stage that differs.");
    command->add_option("path", *path, "Index file, or folder of a model")->required();
    command->callback([path, &status] { status = std::filesystem::is_regular_file(*path) ? verify_index(*path) : verify_model(*path); });
}

void add_export_table_command(CLI::App& app, int& status) {
    auto bundles = std::make_shared<std::vector<std::string>>();
    auto* command = app.add_subcommand("export-table", "Verify bundles and print them as a table in Markdown, a row for each.");
    command->add_option("bundles", *bundles, "Folders of models")->required();
    command->callback([bundles, &status] {
        std::cout << "| model | family | kind | dimensions | verified here | worst, or what differs |\n|---|---|---|---|---|---|\n";
        bool all = true;
        for (const auto& bundle : *bundles) all = print_row(bundle) && all;
        status = all ? success : failure;
    });
}

}  // namespace cli
