// sextant index FOLDER --into FILE
#include <csignal>
#include <iostream>
#include <memory>
#include <optional>

#include "cli.hpp"

namespace cli {
namespace {

struct Options {
    std::string folder;
    std::string into;
    std::string model = default_model();
    bool strict = false;
    std::string cache;
};

volatile std::sig_atomic_t interrupted = 0;

int run(const Options& options) {
    const auto encoder = sextant::Encoder::open(options.model);
    auto pictures = sextant::read_images(options.folder, {.strict = options.strict});
    if (pictures.files() == 0)
        throw sextant::Error(sextant::ErrorCode::not_found, options.folder + " holds no pictures (JPEG, PNG, WebP, GIF, BMP, PNM, TGA or PSD)");
    std::optional<sextant::EmbeddingCache> cache;
    if (!options.cache.empty()) cache = sextant::EmbeddingCache::open(options.cache);
    const bool existed = std::filesystem::exists(options.into);
    auto index = existed ? sextant::Index::open(options.into, encoder.space()) : sextant::Index::create(options.into, encoder.space());

    Progress progress("indexing " + options.folder, pictures.files());
    const auto at = [&](std::size_t done) {
        if (interrupted != 0)
            throw sextant::Error(sextant::ErrorCode::io, "interrupted; nothing was written to " + options.into +
                                                             (cache ? ": run it again, and it goes on where it stopped" : ""));
        progress.at(done + pictures.unreadable().size());
    };
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        if (std::signal(signal, [](int) { interrupted = 1; }) == SIG_IGN) std::signal(signal, SIG_IGN);
    std::size_t added = 0;
    try {
        added = sextant::upsert(encoder, index, pictures, {.progress = at, .cache = cache ? &*cache : nullptr});
    } catch (...) {
        progress.finish();
        if (!existed) {
            // Nothing went into the file that was made for it a moment ago.
            index = sextant::Index::in_memory(encoder.space());
            std::filesystem::remove(options.into);
        }
        throw;
    }
    progress.finish();

    std::cout << "indexed " << added << " pictures into " << options.into << " (" << index.size() << " records, " << encoder.dimensions() << " dimensions)\n";
    for (const auto& [id, reason] : pictures.unreadable()) std::cerr << "left out " << sextant::one_line(id + ": " + reason) << '\n';
    if (pictures.unreadable().empty()) return success;
    std::cerr << pictures.unreadable().size() << " pictures could not be read\n";
    return incomplete;
}

}  // namespace

void add_index_command(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("index", "Encode every picture of a folder and put them into an index file.");
    command->add_option("folder", options->folder, "Folder of pictures, searched with all folders below it")->required();
    command->add_option("--into", options->into, "Index file; made if it is not there, else added to")->required();
    command->add_option("--model", options->model, "Bundle of a dual encoder")->envname("SEXTANT_MODEL");
    command->add_option("--cache", options->cache, "File that remembers the vectors of pictures, so that none is encoded twice; made if it is not there");
    command->add_flag("--strict", options->strict, "Refuse the folder if any picture in it cannot be read");
    command->callback([options, &status] { status = run(*options); });
}

}  // namespace cli
