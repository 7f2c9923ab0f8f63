// Kills a process that fills an index, at random moments, again and again on the same file. After each kill the file
// must hold exactly what was acknowledged, and of the batch that was under way all or nothing.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include <sys/wait.h>

#include "hostile/options.hpp"
#include "index/fixture.hpp"

namespace {

constexpr std::size_t dimensions = 16;
constexpr std::size_t ids = 400;

/// What batch number n does: a pure function of n, so that parent and child need not talk about it.
struct Batch {
    std::vector<sextant::Record> upserts;
    std::vector<std::string> removals;  // only if there are no upserts: one batch is one transaction
};

Batch make_batch(std::uint64_t n) {
    fixture::Random random(n * 7919 + 13);
    Batch batch;
    const bool removes = random.below(4) == 0;
    std::map<std::size_t, bool> used;
    for (std::size_t count = 1 + random.below(20); count > 0; --count) {
        const auto which = random.below(ids);
        if (!used.emplace(which, true).second) continue;
        const auto id = "id-" + std::to_string(which);
        if (removes) {
            batch.removals.push_back(id);
        } else {
            batch.upserts.push_back(
                fixture::record(id, random.vector(dimensions), "{\"batch\":" + std::to_string(n) + "}",
                                std::string(random.below(30) == 0 ? 40'000 : random.below(100), 't')));
        }
    }
    return batch;
}

using Model = std::map<std::string, sextant::Record>;

void carry_out(Model& model, const Batch& batch) {
    for (const auto& r : batch.upserts) model[r.id] = r;
    for (const auto& id : batch.removals) model.erase(id);
}

bool holds(const sextant::Index& index, const Model& model) {
    if (index.size() != model.size()) return false;
    for (const auto& [id, expected] : model) {
        const auto found = index.get(id);
        if (!found || !fixture::same(*found, expected)) return false;
    }
    return true;
}

/// Writes batches from `next` on, and says after each that it is done.
[[noreturn]] void write_batches(const std::filesystem::path& file, std::uint64_t next, int acknowledge) {
    auto index = std::filesystem::exists(file) ? sextant::Index::open(file)
                                               : sextant::Index::create(file, fixture::space(dimensions));
    for (;; ++next) {
        const auto b = make_batch(next);
        if (b.upserts.empty()) {
            (void)index.remove(b.removals);
        } else {
            index.upsert(b.upserts);
        }
        if (::write(acknowledge, &next, sizeof(next)) != sizeof(next)) ::_exit(1);
    }
}

/// Runs a child for this long, kills it, and returns the number of the first batch that it did not acknowledge.
std::uint64_t run_and_kill(const std::filesystem::path& file, std::uint64_t next, std::chrono::microseconds time) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    const auto child = ::fork();
    if (child == 0) {
        try {
            ::close(ends[0]);
            write_batches(file, next, ends[1]);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "child: %s\n", error.what());
            ::_exit(3);
        }
    }
    ::close(ends[1]);
    std::optional<std::uint64_t> seen;
    std::thread reader([&] {
        std::uint64_t number = 0;
        while (::read(ends[0], &number, sizeof(number)) == sizeof(number)) seen = number;
    });
    std::this_thread::sleep_for(time);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    reader.join();
    ::close(ends[0]);
    if (!WIFSIGNALED(status)) throw std::runtime_error("the child ended by itself");
    return seen ? *seen + 1 : next;
}

}  // namespace

int main(int argc, char** argv) try {
    const auto options = hostile::read_options(argc, argv);
    const std::size_t kills = options.count > 0 ? options.count : options.all ? 300 : 30;
    fixture::Random random(options.seed);
    const TempFolder folder;
    const auto file = folder / "killed.sextant";
    Model model;
    std::uint64_t next = 0, total = 0;
    std::size_t in_flight = 0, bad = 0, not_yet_made = 0;
    for (std::size_t n = 0; n < kills; ++n) {
        const bool anew = n % 10 == 3;  // kills that hit the making of the file
        if (anew) {
            std::filesystem::remove(file);
            model.clear();
            total += std::exchange(next, 0);
        }
        const std::size_t longest = anew ? 6'000 : n % 5 == 0 ? 20'000 : 200'000;
        const auto acknowledged = run_and_kill(file, next, std::chrono::microseconds(random.below(longest)));
        for (; next < acknowledged; ++next) carry_out(model, make_batch(next));
        if (!std::filesystem::exists(file)) {
            ++not_yet_made;  // killed before the file had appeared
            continue;
        }
        const auto index = sextant::Index::open(file);
        index.verify();
        if (holds(index, model)) continue;
        Model with_next = model;
        carry_out(with_next, make_batch(next));
        if (holds(index, with_next)) {
            model = std::move(with_next);
            ++next;
            ++in_flight;
        } else {
            std::fprintf(stderr,
                         "kill %zu: the file holds neither the acknowledged batches nor one more (next is %llu)\n", n,
                         static_cast<unsigned long long>(next));
            ++bad;
            break;
        }
    }
    std::printf("index_kill: %zu kills, seed %llu: %llu batches acknowledged or found whole, %zu of them in flight, ",
                kills, static_cast<unsigned long long>(options.seed), static_cast<unsigned long long>(total + next),
                in_flight);
    std::printf("%zu kills before the file was there, %zu lost or torn\n", not_yet_made, bad);
    return bad == 0 && total + next > 0 ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "index_kill: %s\n", error.what());
    return 2;
}
