// Readers beside a writer: each sees one state, none waits for long, nothing tears.
#include <sextant/index/index.hpp>

#include <atomic>
#include <thread>

#include "index/fixture.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::Index;
using sextant::Record;

namespace {

constexpr std::size_t ids = 24;

/// In generation g the first half of the ids is there if g is even, the second half if it is odd, and everything says
/// g.
std::vector<Record> generation(std::size_t g) {
    std::vector<Record> records;
    for (std::size_t i = 0; i < ids / 2; ++i) {
        const auto id = std::to_string(i + (g % 2) * ids / 2);
        records.push_back(record(id, {1, static_cast<float>(g), static_cast<float>(i)},
                                 "{\"g\":" + std::to_string(g) + "}", std::to_string(g)));
    }
    return records;
}

/// What a reader saw wrong, or nothing.
std::string look(const Index& index) {
    const auto result = index.nearest(std::vector<float>{0, 1, 0}, {.k = 2 * ids});
    // After the upsert and before the removal both halves are there, of two generations in a row.
    if (result.size() != ids / 2 && result.size() != ids) return std::to_string(result.size()) + " records";
    std::size_t first = 0;
    for (const auto& hit : result) {
        if (hit.payload != "{\"g\":" + hit.text + "}") return "payload " + hit.payload + " beside text " + hit.text;
        if (hit.text == result[0].text) ++first;
    }
    if (first != ids / 2) return "a generation of " + std::to_string(first) + " records";
    for (const std::string id : {"0", "12"})
        if (const auto seen = index.get(id); seen && seen->vector[1] != std::stof(seen->text))
            return "vector and text of two generations";
    return "";
}

void readers_beside_a_writer(Index index, std::size_t generations) {
    index.upsert(generation(0));
    std::atomic<bool> done{false};
    std::atomic<std::size_t> looks{0}, wrong{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 4; ++i)
        readers.emplace_back([&] {
            while (!done) {
                try {
                    if (!look(index).empty()) ++wrong;
                } catch (const std::exception&) {
                    ++wrong;
                }
                ++looks;
            }
        });
    for (std::size_t g = 1; g <= generations; ++g) {
        index.upsert(generation(g));
        std::vector<std::string> old;
        for (const auto& r : generation(g - 1)) old.push_back(r.id);
        CHECK(index.remove(old) == ids / 2);
        if (g % 10 == 0) index.verify();
    }
    while (looks < 100) std::this_thread::yield();
    done = true;
    for (auto& reader : readers) reader.join();
    CHECK(wrong == 0);
    CHECK(look(index).empty());
}

}  // namespace

TEST_CASE("each search sees one state of a file") {
    const TempFolder folder;
    readers_beside_a_writer(Index::create(folder / "an.sextant", space(3)), 200);
}

TEST_CASE("each search sees one state of an index in memory") {
    readers_beside_a_writer(Index::in_memory(space(3)), 1000);
}

TEST_CASE("writers take turns") {
    const TempFolder folder;
    auto index = Index::create(folder / "an.sextant", space(3));
    std::vector<std::thread> writers;
    for (int w = 0; w < 4; ++w)
        writers.emplace_back([&index, w] {
            for (int i = 0; i < 25; ++i) {
                const auto name = std::to_string(w) + "/" + std::to_string(i);
                index.upsert(std::vector{record(name, {1, 2, 3}), record(name + "'", {1, 2, 3})});
                (void)index.remove(std::vector{name + "'"});
            }
        });
    for (auto& writer : writers) writer.join();
    CHECK(index.size() == 100);
    index.verify();
}
