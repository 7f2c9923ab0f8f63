// Which items run together, and on which threads.
#include "encode/batches.hpp"
#include "encode/workers.hpp"

#include <atomic>
#include <chrono>
#include <random>
#include <set>
#include <stdexcept>

#include "support/catch.hpp"

using namespace sextant::encode_detail;

TEST_CASE("lengths are rounded up to few, and by little") {
    std::set<std::size_t> seen;
    for (std::size_t length = 1; length <= 8192; ++length) {
        const auto rounded = rounded_length(length, 8192);
        seen.insert(rounded);
        if (rounded < length || rounded > length + std::max<std::size_t>(8, length / 8)) FAIL(length << " became " << rounded);
        if (rounded_length(rounded, 8192) != rounded) FAIL(rounded << " is rounded again");
    }
    CHECK(seen.size() < 80);
    CHECK(rounded_length(200, 201) == 201);  // no farther than the model reads
    CHECK(rounded_length(300, 256) == 300);
}

TEST_CASE("batches hold every item once, longest first, within their limits") {
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
        std::vector<std::size_t> lengths(random() % 100);
        for (auto& length : lengths) length = random() % 300;
        const BatchLimits limits{.items = 1 + random() % 20, .tokens = 1 + random() % 2000, .equal_lengths = round % 2 == 0, .longest = 256};
        std::multiset<std::size_t> items;
        std::size_t before = 1000;
        for (const auto& batch : plan_batches(lengths, limits)) {
            REQUIRE_FALSE(batch.empty());
            CHECK(batch.size() <= limits.items);
            const auto longest = lengths[batch.front()];
            CHECK((batch.size() == 1 || batch.size() * rounded_length(longest, limits.equal_lengths ? longest : 256) <= limits.tokens));
            for (const auto item : batch) {
                items.insert(item);
                CHECK(lengths[item] <= before);
                if (limits.equal_lengths) CHECK(lengths[item] == longest);
                before = lengths[item];
            }
        }
        CHECK(items.size() == lengths.size());
        CHECK(std::set<std::size_t>(items.begin(), items.end()).size() == lengths.size());
    }
}

TEST_CASE("workers run every job once, for any number of callers") {
    Workers workers(3);
    CHECK(workers.threads() == 3);
    std::atomic<int> wrong = 0;
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller) {
        callers.emplace_back([&] {
            for (std::size_t jobs = 0; jobs < 60; ++jobs) {
                std::vector<std::atomic<int>> done(jobs);
                workers.run(jobs, [&](std::size_t job) { ++done[job]; });
                for (const auto& times : done) wrong += times == 1 ? 0 : 1;
            }
        });
    }
    for (auto& caller : callers) caller.join();
    CHECK(wrong == 0);
}

TEST_CASE("a job that fails ends its call, and no other") {
    for (const std::size_t threads : {1, 4}) {
        Workers workers(threads);
        std::atomic<int> begun = 0;
        const auto fail = [&](std::size_t job) {
            ++begun;
            if (job == 5) throw std::runtime_error("job 5");
            if (job > 5) std::this_thread::sleep_for(std::chrono::milliseconds(1));  // longer than an exception takes to arrive
        };
        for (int round = 0; round < 20; ++round) {
            begun = 0;
            CHECK_THROWS_WITH(workers.run(1000, fail), "job 5");
            CHECK(begun < 1000);
        }
        std::atomic<int> after = 0;
        workers.run(10, [&](std::size_t) { ++after; });
        CHECK(after == 10);
    }
}
