// Drives a fuzzer's target for a time: seeded, and with nothing but the standard library.
//
//   fuzz_TARGET [--seconds N] [--runs N] [--seed N] [--write-seeds FOLDER] [FILE...]    seconds of processor time
//
// Files are given to the target as they are, and nothing else is done: so a finding is looked at again. The same seed
// makes the same inputs in the same order. A finding is left in the working directory as TARGET-SEED-RUN.input.
#include <algorithm>
#include <csignal>
#include <cstring>
#include <ctime>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <unordered_set>

#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include "fuzz/mutator.hpp"
#include "fuzz/target.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();  // GCC lacks sanitizer/allocator_interface.h
/// No input needs a block of more than 256 MB. Leaks are findings.
extern "C" const char* __asan_default_options() { return "max_allocation_size_mb=256:detect_leaks=1"; }
/// GCC's UBSan has a runtime of its own, which does not know what ASan's was asked to do when all is lost.
extern "C" const char* __ubsan_default_options() { return "abort_on_error=1:print_stacktrace=1"; }
#endif

namespace fuzz {
namespace {

constexpr int hangs_after_seconds = 20;  // of processor time
constexpr std::size_t largest_corpus = 4'000;

/// The input that the target is looking at, for whoever must save it when all is lost.
const Bytes* present = nullptr;
char present_file[512];

void save_present() {
    if (present == nullptr) return;
    const int file = open(present_file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0) return;
    const bool saved = write(file, present->data(), present->size()) == static_cast<ssize_t>(present->size());
    constexpr char text[] = "fuzz: the input is in ";
    if (saved && write(2, text, sizeof text - 1) > 0 && write(2, present_file, std::strlen(present_file)) > 0 &&
        write(2, "\n", 1) > 0)
        present = nullptr;
}

void on_signal(int signal) {
    save_present();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

std::size_t allocated_bytes() {
#if defined(__SANITIZE_ADDRESS__)
    return __sanitizer_get_current_allocated_bytes();
#else
    return 0;
#endif
}

bool leaks() {
#if defined(__SANITIZE_ADDRESS__)
    return __lsan_do_recoverable_leak_check() != 0;
#else
    return false;
#endif
}

/// Raises SIGPROF when the processor has worked for us that long; 0: not any more.
void set_clock(int seconds) {
    const itimerval time{{0, 0}, {seconds, 0}};
    setitimer(ITIMER_PROF, &time, nullptr);
}

void watch() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_set_death_callback(save_present);
#else
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, on_signal);
#endif
    for (const int signal : {SIGABRT, SIGPROF}) std::signal(signal, on_signal);
}

/// The long words of a message, but for those in quotation marks and what nlohmann::json quotes of a file: numbers,
/// names and bytes would make every message new.
std::size_t gist(std::string_view message) {
    std::string words, word;
    bool quoted = false;
    for (const char c : std::string(message.substr(0, std::min<std::size_t>(300, message.find("last read")))) + '.') {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (letter) {
            word += c;
            continue;
        }
        if (word.size() > 4 && !quoted) words += word + ' ';
        if (c == '"') quoted = !quoted;
        word.clear();
    }
    return std::hash<std::string>{}(words);
}

std::unordered_set<std::size_t> heard;
bool something_new = false;

void listen(std::string_view words) {
    if (heard.size() < largest_corpus && heard.insert(gist(words)).second) something_new = true;
}

struct Options {
    double seconds = 10;
    std::uint64_t runs = ~std::uint64_t{0};
    std::uint64_t seed = 1;
    std::string seed_folder;
    std::vector<std::string> files;
};

Options read_options(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (!argument.starts_with("--")) {
            options.files.emplace_back(argument);
            continue;
        }
        if (i + 1 == argc) throw std::runtime_error(std::string(argument) + " needs a value");
        const std::string value = argv[++i];
        if (argument == "--seconds")
            options.seconds = std::stod(value);
        else if (argument == "--runs")
            options.runs = std::stoull(value);
        else if (argument == "--seed")
            options.seed = std::stoull(value);
        else if (argument == "--write-seeds")
            options.seed_folder = value;
        else
            throw std::runtime_error("unknown argument " + std::string(argument));
    }
    return options;
}

void run(const Bytes& input) {
    // A block of its own, of the very size: reading one byte too far is then seen.
    const std::vector<std::uint8_t> data(input.begin(), input.end());
    present = &input;
    const auto allocated = allocated_bytes();
    set_clock(hangs_after_seconds);
    try {
        LLVMFuzzerTestOneInput(data.data(), data.size());
    } catch (const std::exception& error) {
        broken(std::string("an exception left the library: ") + error.what());
    }
    set_clock(0);
    if (!something_new && allocated_bytes() > allocated && leaks()) broken("memory is lost");
    present = nullptr;
}

void replay(const std::vector<std::string>& files) {
    for (const auto& name : files) {
        std::ifstream file(name, std::ios::binary);
        run({std::istreambuf_iterator<char>(file), {}});
        std::cout << name << ": nothing found\n";
    }
}

void write_seeds(const std::string& folder) {
    std::size_t number = 0;
    for (const auto& seed : seeds())
        std::ofstream(folder + "/seed-" + std::to_string(number++), std::ios::binary) << seed;
}

void fuzz_for_a_time(const std::string& name, const Options& options) {
    // The processor's, so that a busy machine shortens nothing.
    const auto seconds = [start = std::clock()] { return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC; };
    auto corpus = seeds();
    const std::size_t seeded = corpus.size();
    Mutator mutator(options.seed, tokens());
    on_outcome = listen;
    const auto folder = std::filesystem::current_path().string();
    std::uint64_t done = 0;
    const auto attempt = [&](const Bytes& input) {
        std::snprintf(present_file, sizeof present_file, "%s/%s-%llu-%llu.input", folder.c_str(), name.c_str(),
                      static_cast<unsigned long long>(options.seed), static_cast<unsigned long long>(done));
        something_new = false;
        run(input);
        ++done;
    };
    for (std::size_t i = 0; i < seeded && done < options.runs; ++i) attempt(corpus[i]);
    while (done < options.runs && seconds() < options.seconds) {
        // Half are children of sound inputs, since most of what is kept is broken.
        const auto& parent = corpus[mutator.below(mutator.below(2) == 0 ? seeded : corpus.size())];
        auto input = mutator.mutate(parent, corpus[mutator.below(corpus.size())]);
        attempt(input);
        if (something_new) corpus.push_back(std::move(input));
    }
    const double busy = seconds();
    std::cout << name << ": " << done << " runs in " << busy << " s of processor time ("
              << static_cast<std::uint64_t>(static_cast<double>(done) / busy) << "/s), seed " << options.seed << ", corpus " << corpus.size() << " (" << seeded << " seeds), "
              << heard.size() << " outcomes, 0 findings\n";
}

}  // namespace

}  // namespace fuzz

int main(int argc, char** argv) {
    try {
        const auto options = fuzz::read_options(argc, argv);
        std::string name = argv[0];
        name.erase(0, name.rfind('/') + 1);
        fuzz::watch();
        if (!options.seed_folder.empty()) fuzz::write_seeds(options.seed_folder);
        if (!options.files.empty()) fuzz::replay(options.files);
        if (options.seed_folder.empty() && options.files.empty()) fuzz::fuzz_for_a_time(name, options);
    } catch (const std::exception& error) {
        std::cerr << "fuzz: " << error.what() << '\n';
        return 2;
    }
}
