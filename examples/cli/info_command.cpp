// sextant info FILE|BUNDLE
#include <iostream>
#include <memory>

#include "cli.hpp"

namespace cli {
namespace {

void show_bundle(const std::string& path) {
    const auto bundle = sextant::Bundle::open(path);
    const auto& manifest = bundle.manifest();
    using sextant::one_line;  // what a stranger wrote must not look like lines of ours
    std::cout << "bundle       " << path << "\nname         " << one_line(manifest.name) << "\nkind         " << to_string(manifest.kind)
              << "\nfamily       " << one_line(manifest.family) << "\nsource       " << one_line(manifest.source) << "\nlicence      " << one_line(manifest.licence)
              << "\ndimensions   " << manifest.dimensions << "\nnetworks    ";
    for (const auto& [name, network] : manifest.networks) std::cout << ' ' << one_line(name + " (" + network.file + ")");
    std::cout << "\nfingerprint  " << sextant::make_fingerprint(manifest.parts).value << "\nfigures      " << one_line(manifest.figures) << '\n';
}

void show_space(const sextant::Space& space) {
    if (space.kind != sextant::Output::dense)
        std::cout << "kind         " << to_string(space.kind) << (space.kind == sextant::Output::multi ? ", " + std::string(to_string(space.multi_score)) : "") << '\n';
    std::cout << "dimensions   " << space.dimensions << "\nmetric       " << to_string(space.metric) << "\nfingerprint  "
              << (space.fingerprint.value.empty() ? "not stated" : sextant::one_line(space.fingerprint.value)) << '\n';
}

void show_index(const std::string& path) {
    const auto index = sextant::Index::open(path, {.read_only = true});
    std::cout << "index        " << path << "\nrecords      " << index.size() << "\nbytes        " << std::filesystem::file_size(path) << '\n';
    for (const auto& [name, space] : index.spaces()) {
        if (!name.empty()) std::cout << "space        " << sextant::one_line(name) << '\n';
        show_space(space);
        if (const auto graph = index.graph(name))
            std::cout << "graph        " << graph->linked << " records linked, " << graph->unlinked << " not; m " << graph->m << ", ef_construction "
                      << graph->ef_construction << '\n';
    }
}

}  // namespace

void add_info_command(CLI::App& app, int& status) {
    auto path = std::make_shared<std::string>();
    auto* command = app.add_subcommand("info", "Say what an index file or a bundle holds.");
    command->add_option("path", *path, "Index file, or folder of a model")->required();
    command->callback([path, &status] {
        if (std::filesystem::is_directory(*path)) show_bundle(*path);
        else show_index(*path);
        status = success;
    });
}

}  // namespace cli
