// Flips single bits of an index file. Each flip must be reported, or change no answer; and no file may be changed by
// looking at it. Flips are tried in a child process, so that a crash is counted and not suffered.
#include <cstdio>
#include <numeric>

#include <sys/wait.h>

#include "hostile/answers.hpp"
#include "hostile/options.hpp"

namespace {

enum Outcome : unsigned char { reported, unchanged, wrong, modified };

Outcome look(const std::filesystem::path& file, bool read_only, const hostile::Answers& expected) {
    try {
        const auto index = sextant::Index::open(file, {.read_only = read_only});
        const auto answers = hostile::ask(index);
        return answers.same_as(expected) ? unchanged : wrong;
    } catch (const sextant::Error&) {
        return reported;
    }
}

Outcome try_bit(const std::filesystem::path& file, std::size_t bit, const std::string& sound,
                const hostile::Answers& expected) {
    auto damaged = sound;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ static_cast<char>(1 << (bit % 8)));
    write_file(file, damaged);
    const auto outcome = look(file, bit % 2 == 0, expected);  // half of them for writing
    return outcome == reported && read_file(file) != damaged ? modified : outcome;
}

struct Counts {
    std::size_t outcomes[4] = {};
    std::size_t crashed = 0;
};

/// A child tries the bits from `next` on, and sends an outcome for each; returns how many it sent.
std::size_t run_child(const std::vector<std::size_t>& bits, std::size_t next, const std::filesystem::path& file,
                      const std::string& sound, const hostile::Answers& expected, Counts& counts) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    const auto child = ::fork();
    if (child == 0) {
        for (; next < bits.size(); ++next) {
            ::alarm(60);  // a case that hangs is a crash
            const auto outcome = try_bit(file, bits[next], sound, expected);
            if (outcome == wrong || outcome == modified)
                std::fprintf(stderr, "bit %zu of byte %zu: %s\n", bits[next] % 8, bits[next] / 8,
                             outcome == wrong ? "silently wrong" : "changed by a refused open");
            if (::write(ends[1], &outcome, 1) != 1) ::_exit(1);
        }
        ::_exit(0);
    }
    ::close(ends[1]);
    std::size_t sent = 0;
    unsigned char outcome = 0;
    for (; ::read(ends[0], &outcome, 1) == 1; ++sent) ++counts.outcomes[outcome];
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    return sent;
}

std::vector<std::size_t> choose_bits(std::size_t bytes, const hostile::Options& options) {
    std::vector<std::size_t> bits(8 * bytes);
    std::iota(bits.begin(), bits.end(), std::size_t{0});
    if (options.all && options.count == 0) return bits;
    const std::size_t wanted = options.count > 0 ? options.count : 20'000;
    fixture::Random random(options.seed);
    for (std::size_t i = 0; i < std::min(wanted, bits.size()); ++i)
        std::swap(bits[i], bits[i + random.below(bits.size() - i)]);
    bits.resize(std::min(wanted, bits.size()));
    return bits;
}

}  // namespace

int main(int argc, char** argv) try {
    const auto options = hostile::read_options(argc, argv);
    const TempFolder folder;
    const auto file = folder / "flipped.sextant";
    hostile::make_index(file);
    const auto sound = read_file(file);
    const auto expected = hostile::ask(sextant::Index::open(file));
    const auto bits = choose_bits(sound.size(), options);

    Counts counts;
    for (std::size_t next = 0; next < bits.size();) {
        next += run_child(bits, next, file, sound, expected, counts);
        if (next == bits.size()) break;
        std::fprintf(stderr, "bit %zu of byte %zu: crashed\n", bits[next] % 8, bits[next] / 8);
        ++counts.crashed;
        ++next;
        for (const char* ending : {"-wal", "-shm"}) std::filesystem::remove(file.string() + ending);
    }
    std::printf("index_bit_flips: %zu of %zu bits of a %zu-byte file, seed %llu: %zu reported, %zu unchanged, ",
                bits.size(), 8 * sound.size(), sound.size(), static_cast<unsigned long long>(options.seed),
                counts.outcomes[reported], counts.outcomes[unchanged]);
    std::printf("%zu silently wrong, %zu changed by a refused open, %zu crashed\n", counts.outcomes[wrong],
                counts.outcomes[modified], counts.crashed);
    return counts.outcomes[wrong] + counts.outcomes[modified] + counts.crashed == 0 ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "index_bit_flips: %s\n", error.what());
    return 2;
}
