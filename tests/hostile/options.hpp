// The command line of the programs in this folder.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hostile {

struct Options {
    bool all = false;        ///< --all: the long form
    std::uint64_t seed = 1;  ///< --seed N
    std::size_t count = 0;   ///< --count N: cases, instead of the form's own number
    std::size_t seconds = 0; ///< --seconds N: of each part, instead of the form's own time
};

inline Options read_options(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--all") {
            options.all = true;
        } else if ((argument == "--seed" || argument == "--count" || argument == "--seconds") && i + 1 < argc) {
            const auto value = std::stoull(argv[++i]);
            if (argument == "--seed") options.seed = value;
            if (argument == "--count") options.count = value;
            if (argument == "--seconds") options.seconds = value;
        } else {
            throw std::runtime_error("unknown argument " + std::string(argument) +
                                     "; expected --all, --seed N, --count N or --seconds N");
        }
    }
    return options;
}

}  // namespace hostile
