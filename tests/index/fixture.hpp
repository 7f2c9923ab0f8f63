// Small verbs for tests of the index; without the test framework, for the programs in tests/hostile use them too.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <sextant/index/index.hpp>

#include "support/temp_folder.hpp"

namespace fixture {

/// Temporary folders lie in memory if the machine has room there: thousands of commits wait for no disk.
inline const bool in_memory = [] {
    return ::access("/dev/shm", W_OK) == 0 && ::setenv("TMPDIR", "/dev/shm", 0) == 0;
}();

/// The names of the files in it, sorted.
[[nodiscard]] inline std::vector<std::string> names(const TempFolder& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

/// Random numbers that are the same everywhere.
class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}
    [[nodiscard]] std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }
    [[nodiscard]] float uniform() {
        return static_cast<float>(static_cast<double>(engine_() >> 40) / double(1 << 23) - 1);
    }
    [[nodiscard]] std::vector<float> vector(std::size_t dimensions) {
        std::vector<float> v(dimensions);
        for (auto& x : v) x = uniform();
        return v;
    }

private:
    std::mt19937_64 engine_;
};

inline sextant::Space space(std::size_t dimensions, sextant::Metric metric = sextant::Metric::cosine) {
    sextant::Space space;
    space.dimensions = dimensions;
    space.metric = metric;
    return space;
}

inline sextant::Record record(std::string id, std::vector<float> vector, std::string payload = "{}",
                              std::string text = "") {
    return {std::move(id), std::move(vector), std::move(payload), std::move(text)};
}

inline bool same(const sextant::Record& a, const sextant::Record& b) {
    return a.id == b.id && a.vector == b.vector && a.payload == b.payload && a.text == b.text;
}

/// Equal in everything but the time that was taken.
inline bool same(const sextant::SearchResult& a, const sextant::SearchResult& b) {
    if (a.size() != b.size() || a.completeness != b.completeness || a.rows_scored != b.rows_scored) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i].id != b[i].id || a[i].score != b[i].score || a[i].payload != b[i].payload || a[i].text != b[i].text)
            return false;
    return true;
}

}  // namespace fixture
