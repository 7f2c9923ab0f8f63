// Lets every call to the file system fail, one after the other: each time only that one, then that one and all after it.
// Whatever an index was doing: it must say so, answer rightly or not at all, and when the fault has passed the file must
// hold what was acknowledged, and of what was being written all or nothing.
#include <cstdio>
#include <optional>

#include <sqlite3.h>

#include <sextant/index/salvage.hpp>

#include "hostile/io_trial.hpp"
#include "hostile/options.hpp"

namespace {

using hostile::Batch;
using hostile::Disk;
using hostile::Fault;
using hostile::Plan;
using hostile::Trial;
using sextant::Index;

sextant::Space space() { return fixture::space(hostile::io_dimensions, sextant::Metric::l2); }

/// Records of these numbers, some too long for one page. Other versions have other vectors and texts.
Batch records(std::size_t first, std::size_t count, std::size_t version) {
    fixture::Random random(100 * version + first);
    Batch batch;
    for (std::size_t i = first; i < first + count; ++i)
        batch.upserts.push_back(fixture::record("record-" + std::to_string(i), random.vector(hostile::io_dimensions), "{\"n\":" + std::to_string(i) + "}",
                                                std::string(i % 5 == 3 ? 20'000 : 40, static_cast<char>('a' + version % 26))));
    return batch;
}

Batch removals(std::size_t first, std::size_t count) {
    Batch batch;
    for (std::size_t i = first; i < first + count; ++i) batch.removals.push_back("record-" + std::to_string(i));
    return batch;
}

/// The disk after a crash: `fill` writes, and the file is not closed.
template <class Fill>
Disk crashed(const Fill& fill) {
    const TempFolder folder;
    const auto path = folder / "an.sextant";
    auto index = Index::create(path, space());
    Disk disk;
    const auto write = [&](const Batch& batch) {
        batch.write_to(index);
        batch.write_to(disk.model);
        return std::filesystem::file_size(path.string() + "-wal");
    };
    fill(write);
    disk.file = read_file(path);
    disk.log = read_file(path.string() + "-wal");
    return disk;
}

Disk with_log() {
    return crashed([](const auto& write) {
        write(records(0, 12, 0));
        write(removals(4, 2));
        write(records(6, 3, 1));
    });
}

Disk closed() {
    auto disk = with_log();
    const TempFolder folder;
    write_file(folder / "an.sextant", disk.file);
    write_file(folder / "an.sextant-wal", disk.log);
    (void)Index::open(folder / "an.sextant");
    return {read_file(folder / "an.sextant"), "", disk.model};
}

/// A little more, and the log is so long that a checkpoint is due: 1000 pages.
Disk with_long_log() {
    return crashed([](const auto& write) {
        constexpr std::uintmax_t frame = 16'384 + 24;
        for (std::size_t version = 0; write(records(0, 12, version)) < 960 * frame; ++version) {
        }
    });
}

void create(Trial& trial) {
    trial.may_be_missing();
    trial.begin();
    trial.attempt([&] { trial.ask(Index::create(trial.path, space())); });
}

void open(Trial& trial) {
    trial.begin();
    trial.attempt([&] { trial.ask(Index::open(trial.path)); });
}

void open_to_read(Trial& trial) {
    trial.begin();
    trial.attempt([&] { trial.ask(Index::open(trial.path, {.read_only = true})); });
}

/// The second write needs a second connection, the third the first one again.
void write(Trial& trial) {
    auto index = Index::open(trial.path);
    trial.begin();
    const bool written = trial.write(index, records(20, 5, 2));
    trial.require(!written || !trial.first_sync_fails(), "a commit was reported as done though its sync had failed");
    if (written && trial.write(index, records(5, 6, 3)) && trial.write(index, removals(0, 9))) trial.ask(index);
}

void read(Trial& trial) {
    const auto index = Index::open(trial.path, {.read_only = true});
    trial.begin();
    trial.ask(index);
}

void verify(Trial& trial) {
    const auto index = Index::open(trial.path);
    trial.begin();
    if (trial.attempt([&] { index.verify(); })) return;
    const hostile::Lifted lifted;
    trial.attempt([&] { index.verify(); });
    trial.ask(index);
}

void checkpoint(Trial& trial) {
    auto index = Index::open(trial.path);
    trial.begin();
    for (std::size_t version = 0; version < 4; ++version)
        if (!trial.write(index, records(0, 12, 50 + version))) return;
    trial.ask(index);
}

void close(Trial& trial) {
    std::optional<Index> index(Index::open(trial.path));
    if (!trial.write(*index, records(7, 8, 4))) return;
    trial.begin();
    index.reset();
}

/// Who reads sees the records as they were, also after a read failed and another one has written.
void keep(Trial& trial) {
    const auto reader = Index::open(trial.path, {.read_only = true});
    trial.begin();
    trial.ask(reader);
    const hostile::Lifted lifted;
    {
        auto writer = Index::open(trial.path);
        if (!trial.write(writer, records(5, 6, 5))) return;
    }
    trial.attempt([&] { (void)reader.get("record-6"); });
    trial.attempt([&] { (void)reader.nearest(std::vector<float>(hostile::io_dimensions, 0.5F), {.k = 20}); });
}

void backup(Trial& trial) {
    const auto index = Index::open(trial.path);
    const auto copy = trial.path.parent_path() / "copy.sextant";
    trial.begin();
    trial.look_at_copy(copy, trial.attempt([&] { index.backup(copy); }));
    trial.ask(index);
}

void compact(Trial& trial) {
    auto index = Index::open(trial.path);
    trial.begin();
    trial.attempt([&] { index.compact(); });
    trial.ask(index);
}

/// What cannot be read for half of its bytes is damaged, as far as one can see, and may be lost; nothing else.
void salvage(Trial& trial) {
    const auto copy = trial.path.parent_path() / "copy.sextant";
    trial.begin();
    sextant::Salvage result;
    const bool made = trial.attempt([&] { result = sextant::salvage(trial.path, copy); });
    const bool lost = !result.lost.empty() || result.missing > 0 || result.summary_damaged;
    if (!lost) return trial.look_at_copy(copy, made);
    trial.require(trial.reads_short(), "something was lost without damage");
    std::filesystem::remove(copy);
}

struct Scenario {
    const char* name;
    Disk disk;
    void (*run)(Trial&);
    bool cached = true;  // else SQLite remembers hardly a page, and reads it again
};

struct Counts {
    std::size_t trials = 0, errors = 0, faulty = 0;
};

/// False if the call was not reached: then everything went well.
bool run(const Scenario& scenario, const hostile::NamedFault& fault, const Plan& plan, Counts& counts) {
    ::sqlite3_soft_heap_limit64(scenario.cached ? 0 : 1);
    Trial trial(scenario.disk, plan);
    try {
        scenario.run(trial);
    } catch (const std::exception& error) {
        trial.require(false, error.what());
    }
    const bool reached = hostile::disarm();
    if (!reached) trial.require(trial.errors() == 0, "an error without a fault");
    trial.look_at_file();
    ++counts.trials;
    counts.errors += trial.errors();
    counts.faulty += trial.faults().empty() ? 0 : 1;
    for (const auto& what : trial.faults())
        std::fprintf(stderr, "%s, %s at call %zu%s: %s\n", scenario.name, fault.name, plan.call, plan.lasting ? " and after" : "", what.c_str());
    return reached;
}

}  // namespace

int main(int argc, char** argv) try {
    const auto options = hostile::read_options(argc, argv);
    hostile::install_faulty_vfs();
    const Disk after_close = closed(), after_crash = with_log(), long_log = with_long_log();
    const Scenario scenarios[] = {
        {"create", {}, create},
        {"open", after_close, open},
        {"open after a crash", after_crash, open},
        {"open to read after a crash", after_crash, open_to_read},
        {"write", after_close, write},
        {"write without a cache", after_close, write, false},
        {"read", after_close, read, false},
        {"verify", after_close, verify, false},
        {"checkpoint", long_log, checkpoint},
        {"close", after_close, close},
        {"keep", after_close, keep, false},
        {"backup", after_close, backup, false},
        {"compact", after_close, compact, false},
        {"salvage", after_close, salvage, false},
        {"salvage after a crash", after_crash, salvage},
    };
    Counts counts;
    for (const auto& scenario : scenarios) {
        const auto before = counts;
        for (const auto& fault : hostile::all_faults)
            for (const bool lasting : {false, true})
                for (std::size_t call = 1; run(scenario, fault, {fault.fault, call, lasting}, counts);)
                    call += options.all ? 1 : 1 + call / 4;
        std::printf("%s: %zu trials, %zu errors, %zu faulty\n", scenario.name, counts.trials - before.trials, counts.errors - before.errors,
                    counts.faulty - before.faulty);
        std::fflush(stdout);
    }
    std::printf("index_io_errors: %zu trials of %zu kinds of fault, %zu errors reported, %zu trials with a crash, a wrong answer or a loss\n", counts.trials,
                hostile::all_faults.size(), counts.errors, counts.faulty);
    return counts.faulty == 0 && counts.errors > 0 ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "index_io_errors: %s\n", error.what());
    return 2;
}
