// Many records: the work per record stays the same, and the log stays small. Work is counted, not timed.
#include <sextant/index/index.hpp>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "index/fixture.hpp"
#include "support/catch.hpp"

using namespace fixture;
using sextant::Index;
using sextant::Record;

namespace {

/// Bytes that this process has handed to or taken from the system so far.
double bytes_moved() {
    std::ifstream counters("/proc/self/io");
    std::string name;
    double value = 0, sum = 0;
    while (counters >> name >> value)
        if (name == "rchar:" || name == "wchar:") sum += value;
    return sum;
}

std::vector<Record> batch(std::size_t first, std::size_t count, Random& random) {
    std::vector<Record> records;
    for (std::size_t i = first; i < first + count; ++i)
        records.push_back(record("record " + std::to_string(i), random.vector(16)));
    return records;
}

}  // namespace

TEST_CASE("100,000 records, in batches: the last cost what the first did") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    Random random(1);
    std::vector<double> moved;
    std::uintmax_t longest_log = 0;
    {
        auto index = Index::create(file, space(16));
        constexpr std::size_t batches = 200, size = 500;
        for (std::size_t n = 0; n < batches; ++n) {
            const auto records = batch(n * size, size, random);
            const double before = bytes_moved();
            index.upsert(records);
            moved.push_back(bytes_moved() - before);
            longest_log = std::max(longest_log, std::filesystem::file_size(file.string() + "-wal"));
        }
        CHECK(index.size() == 100'000);
    }
    const auto median = [&](std::size_t from) {  // of 50: some of them move the log into the file too
        std::vector<double> some(moved.begin() + static_cast<std::ptrdiff_t>(from), moved.begin() + static_cast<std::ptrdiff_t>(from + 50));
        std::ranges::nth_element(some, some.begin() + 25);
        return some[25];
    };
    if (median(0) > 0) CHECK(median(150) < 1.3 * median(0));
    CHECK(longest_log < 20'000'000);
    CHECK(std::filesystem::file_size(file) < 100'000 * (16 * 4 + 90));
    const auto index = Index::open(file);
    CHECK(index.size() == 100'000);
    CHECK(index.get("record 99999").has_value());
}

TEST_CASE("the log stays small however much is written, also while it is read") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    auto index = Index::create(file, space(16));
    Random random(1);
    std::uintmax_t longest_log = 0;
    for (std::size_t n = 0; n < 100; ++n) {  // the same 100 records, again and again, with large texts
        auto records = batch(0, 100, random);
        for (auto& r : records) r.text = std::string(10'000, static_cast<char>('a' + n % 26));
        index.upsert(records);
        CHECK(index.nearest(random.vector(16)).size() == 10);
        longest_log = std::max(longest_log, std::filesystem::file_size(file.string() + "-wal"));
    }
    CHECK(longest_log < 20'000'000);
    CHECK(std::filesystem::file_size(file) < 4'000'000);
    index.verify();
}

TEST_CASE("room that was freed is used again") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    std::uintmax_t once = 0;
    for (int round = 0; round < 4; ++round) {
        {
            auto index = round == 0 ? Index::create(file, space(16)) : Index::open(file);
            Random random(1);
            const auto records = batch(static_cast<std::size_t>(round) * 2000, 2000, random);
            index.upsert(records);
            std::vector<std::string> ids;
            for (const auto& r : records) ids.push_back(r.id);
            CHECK(index.remove(ids) == 2000);
        }
        if (round == 0) once = std::filesystem::file_size(file);
        CHECK(std::filesystem::file_size(file) <= once + 65'536);
    }
    CHECK(Index::open(file).size() == 0);
}
