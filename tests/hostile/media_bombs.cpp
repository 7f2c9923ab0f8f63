// Decodes hundreds of bombs and broken pictures, each in a process of its own, and holds each to 50 ms of processor
// time and 16 MB of memory. The time is the thread's own, so that a busy machine changes nothing; the memory is what
// the process had at most, beyond what it had before, as the kernel counts it: what is asked for and never touched is
// not taken from anyone.
//
//   media_bombs [--list]
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sextant/core/error.hpp>
#include <sextant/media/image.hpp>

#include "hostile/bombs.hpp"

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double slowness = 20;
constexpr long shadow = 4;  // the sanitizer writes a byte for eight that are asked for, touched or not
#else
constexpr double slowness = 1;
constexpr long shadow = 1;
#endif
constexpr double allowed_seconds = 0.050 * slowness;
constexpr long allowed_kilobytes = 16 * 1024 * shadow;
constexpr unsigned hangs_after_seconds = 60;

enum class Outcome : int { refused, decoded, foreign_exception };

/// What a child says of itself.
struct Report {
    Outcome outcome = Outcome::foreign_exception;
    sextant::ErrorCode code{};
    bool named = false;  ///< the message names the picture
    double seconds = 0;
    long kilobytes = 0;
};

double thread_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

long peak_kilobytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/// As a caller would.
Report decode(const make::Bytes& bytes) {
    Report report;
    const long before = peak_kilobytes();
    const double start = thread_seconds();
    try {
        (void)sextant::decode_image(make::view(bytes), "bomb");
        report.outcome = Outcome::decoded;
    } catch (const sextant::Error& error) {
        report.outcome = Outcome::refused;
        report.code = error.code();
        report.named = std::string_view(error.what()).starts_with("bomb: ");
    } catch (...) {
        report.outcome = Outcome::foreign_exception;
    }
    report.seconds = thread_seconds() - start;
    report.kilobytes = peak_kilobytes() - before;
    return report;
}

/// Throws if the child dies.
Report decode_apart(const make::Bytes& bytes) {
    malloc_trim(0);  // a child starts with its parent's memory: what is free in it would hide what it takes
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("no process");
    if (child == 0) {
        alarm(hangs_after_seconds);
        const Report report = decode(bytes);
        const bool told = write(ends[1], &report, sizeof report) == static_cast<ssize_t>(sizeof report);
        _exit(told ? 0 : 1);
    }
    close(ends[1]);
    Report report;
    const bool told = read(ends[0], &report, sizeof report) == static_cast<ssize_t>(sizeof report);
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (told && status == 0) return report;
    throw std::runtime_error(WIFSIGNALED(status) ? "died of signal " + std::to_string(WTERMSIG(status)) : "died");
}

struct Tally {
    std::size_t refused = 0, decoded = 0, failed = 0;
    double slowest = 0;
    long largest = 0;
    std::map<std::string_view, std::size_t> codes;
};

/// Empty, or what is wrong.
std::string fault(const Report& report, hostile::Fate fate) {
    if (report.outcome == Outcome::foreign_exception) return "threw something else than sextant::Error";
    if (report.outcome == Outcome::decoded && fate == hostile::Fate::refused) return "was decoded";
    if (report.outcome == Outcome::refused && !report.named) return "was refused without its name";
    if (report.seconds > allowed_seconds) return "took " + std::to_string(1e3 * report.seconds) + " ms";
    if (report.kilobytes > allowed_kilobytes) return "took " + std::to_string(report.kilobytes) + " KB";
    return "";
}

std::string printable(const std::string& text) {
    std::string shown;
    for (const char c : text) shown += c >= ' ' && c <= '~' ? c : '?';
    return shown;
}

}  // namespace

int main(int argc, char** argv) {
    const bool list = argc > 1 && std::string_view(argv[1]) == "--list";
    mallopt(M_MMAP_THRESHOLD, 64 << 10);  // large blocks come from the kernel and go back to it
    Tally tally;
    const auto attempt = [&](const std::string& name, const make::Bytes& bytes, hostile::Fate fate) {
        std::string wrong;
        try {
            Report report = decode_apart(bytes);
            // What a busy machine adds, even to processor time, it does not add three times running.
            for (int more = 0; more < 2 && report.seconds > allowed_seconds; ++more)
                report.seconds = std::min(report.seconds, decode_apart(bytes).seconds);
            wrong = fault(report, fate);
            ++(report.outcome == Outcome::decoded ? tally.decoded : tally.refused);
            if (report.outcome == Outcome::refused) ++tally.codes[to_string(report.code)];
            tally.slowest = std::max(tally.slowest, report.seconds);
            tally.largest = std::max(tally.largest, report.kilobytes);
            if (list)
                std::cout << (report.outcome == Outcome::decoded ? "decoded" : to_string(report.code)) << ", "
                          << 1e3 * report.seconds << " ms, " << report.kilobytes << " KB: " << printable(name) << '\n';
        } catch (const std::runtime_error& error) {
            wrong = error.what();
        }
        if (wrong.empty()) return;
        ++tally.failed;
        std::cout << "FAILED: " << printable(name) << ": " << wrong << '\n';
    };
    for (const auto bombs : {hostile::jpeg_bombs, hostile::png_bombs, hostile::webp_bombs, hostile::other_bombs})
        bombs(attempt);

    std::cout << "media bombs: " << tally.refused << " refused (";
    for (const auto& [code, count] : tally.codes)
        std::cout << (code == tally.codes.begin()->first ? "" : ", ") << count << ' ' << code;
    std::cout << "), " << tally.decoded << " decoded that may be; slowest " << 1e3 * tally.slowest << " ms of "
              << 1e3 * allowed_seconds << ", largest " << tally.largest << " KB of " << allowed_kilobytes << "; "
              << tally.failed << " failures\n";
    return tally.failed == 0 && tally.refused >= 300 ? 0 : 1;
}
