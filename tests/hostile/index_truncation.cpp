// Cuts an index file at every length, and a write-ahead log too. A cut file must be reported; a cut log must leave the
// state of one of its commits, whole.
#include <cstdio>

#include "hostile/answers.hpp"
#include "hostile/options.hpp"

namespace {

struct Counts {
    std::size_t reported = 0, sound = 0, wrong = 0;
};

/// The lengths that are tried: all, or every n-th and those at the borders of pages.
std::vector<std::size_t> lengths(std::size_t bytes, std::size_t step) {
    std::vector<std::size_t> chosen;
    for (std::size_t length = 0; length < bytes; ++length)
        if (length % step == 0 || length < 200 || length % 4096 <= 1 || length % 4096 == 4095) chosen.push_back(length);
    return chosen;
}

void cut_file(std::size_t step, Counts& counts) {
    const TempFolder folder;
    const auto file = folder / "cut.sextant";
    hostile::make_index(file);
    const auto sound = read_file(file);
    auto cuts = lengths(sound.size(), step);
    for (const auto length : cuts) {
        write_file(file, std::string_view(sound).substr(0, length));
        try {
            (void)hostile::ask(sextant::Index::open(file, {.read_only = length % 2 == 0}));
            std::fprintf(stderr, "file cut to %zu bytes: not reported\n", length);
            ++counts.wrong;
        } catch (const sextant::Error&) {
            ++counts.reported;
            if (std::filesystem::file_size(file) != length) {
                std::fprintf(stderr, "file cut to %zu bytes: changed by a refused open\n", length);
                ++counts.wrong;
            }
        }
    }
}

/// Three commits of 4 records each lie in the log of a file that was never closed.
void cut_log(std::size_t step, Counts& counts) {
    const TempFolder folder, crash;
    const auto file = folder / "an.sextant";
    auto index = sextant::Index::create(file, fixture::space(2));
    for (int n = 0; n < 3; ++n) {
        std::vector<sextant::Record> batch;
        for (int i = 0; i < 4; ++i)
            batch.push_back(fixture::record(std::to_string(4 * n + i), {1, static_cast<float>(n)}));
        index.upsert(batch);
    }
    const auto sound = read_file(file), log = read_file(file.string() + "-wal");
    std::size_t last = 0;
    auto cuts = lengths(log.size(), step);
    cuts.push_back(log.size());
    for (const auto length : cuts) {
        write_file(crash / "an.sextant", sound);
        write_file(crash / "an.sextant-wal", std::string_view(log).substr(0, length));
        const auto reopened = sextant::Index::open(crash / "an.sextant");
        reopened.verify();
        const auto size = reopened.size();
        if (size % 4 == 0 && size >= last && size <= 12) {
            ++counts.sound;
            last = size;
        } else {
            std::fprintf(stderr, "log cut to %zu bytes: %zu records\n", length, size);
            ++counts.wrong;
        }
    }
    if (last != 12) ++counts.wrong;
}

}  // namespace

int main(int argc, char** argv) try {
    const auto options = hostile::read_options(argc, argv);
    const std::size_t step = options.all ? 1 : 37;
    Counts counts;
    cut_file(step, counts);
    cut_log(step, counts);
    std::printf(
        "index_truncation: every %s length: %zu cut files reported, %zu cut logs recovered to a commit, %zu wrong\n",
        options.all ? "single" : "37th", counts.reported, counts.sound, counts.wrong);
    return counts.wrong == 0 ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "index_truncation: %s\n", error.what());
    return 2;
}
