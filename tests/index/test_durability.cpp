// What was acknowledged stays; what was removed is gone; what failed has not happened. Kills: tests/hostile.
#include <sextant/index/index.hpp>

#include <csignal>

#include <sys/resource.h>

#include "index/fixture.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::ErrorCode;
using sextant::Index;
using sextant::Record;

namespace {

/// While it lives, no file of this process can grow beyond a size: the disk is full.
class FullDisk {
public:
    explicit FullDisk(rlim_t bytes) {
        old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &old_limit_);
        rlimit limit = old_limit_;
        limit.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &old_limit_);
        std::signal(SIGXFSZ, old_handler_);
    }

private:
    rlimit old_limit_{};
    void (*old_handler_)(int) = nullptr;
};

std::vector<Record> batch(std::size_t first, std::size_t count, std::size_t text_bytes = 0) {
    std::vector<Record> records;
    for (std::size_t i = first; i < first + count; ++i)
        records.push_back(record(std::to_string(i), {1, static_cast<float>(i)}, "{}", std::string(text_bytes, 't')));
    return records;
}

}  // namespace

TEST_CASE("what was acknowledged is there if the program never closes the file") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    auto index = Index::create(file, space(2));
    for (std::size_t n = 0; n < 10; ++n) {
        index.upsert(batch(10 * n, 10));
        const TempFolder crash;  // the files as they would be found
        std::filesystem::copy(file, crash / "an.sextant");
        std::filesystem::copy(file.string() + "-wal", crash / "an.sextant-wal");
        CHECK(Index::open(crash / "an.sextant", {.read_only = true}).size() == 10 * (n + 1));
        CHECK(Index::open(crash / "an.sextant").size() == 10 * (n + 1));
        CHECK(names(crash) == std::vector<std::string>{"an.sextant"});
    }
}

TEST_CASE("what was removed or replaced is gone from the file") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    const auto secret = [](const std::string& where, int n) { return "secret-" + where + "-" + std::to_string(n); };
    const std::vector<float> vector = {1.2345678F, -7.654321F};
    const std::string vector_bytes(reinterpret_cast<const char*>(vector.data()), 8);
    for (const std::size_t filler : {std::size_t{0}, std::size_t{50'000}}) {  // within a page, and over several
        std::filesystem::remove(file);
        {
            auto index = Index::create(file, space(2));
            std::vector<Record> records = batch(0, 50, 300);
            for (int n = 0; n < 20; ++n)
                records.push_back(record(secret("id", n), vector,
                                         "{\"a\":\"" + secret("payload", n) + std::string(filler, 'x') + "\"}",
                                         secret("text", n) + std::string(filler, 'y') + secret("end", n)));
            index.upsert(records);
        }
        REQUIRE(read_file(file).find("secret-text-19") != std::string::npos);
        REQUIRE(read_file(file).find(vector_bytes) != std::string::npos);
        {
            auto index = Index::open(file);
            std::vector<std::string> ids;
            for (int n = 0; n < 19; ++n) ids.push_back(secret("id", n));
            CHECK(index.remove(ids) == 19);
            (void)index.remove(std::vector{secret("id", 19)});
            index.upsert(std::vector{record(secret("id", 19), {1, 1})});
            index.upsert(
                std::vector{record(secret("id", 19), {1, 1}, "{}", "secret-text-" + std::string(filler, 'z'))});
            index.upsert(std::vector{record(secret("id", 19), {2, 1})});
            (void)index.remove(std::vector{secret("id", 19)});
        }
        CHECK(names(folder) == std::vector<std::string>{"an.sextant"});
        const auto bytes = read_file(file);
        CHECK(bytes.find("secret") == std::string::npos);
        CHECK(bytes.find(vector_bytes) == std::string::npos);
        for (const char filling : {'x', 'y', 'z'}) CHECK(bytes.find(std::string(16, filling)) == std::string::npos);
        CHECK(Index::open(file).size() == 50);
    }
}

TEST_CASE("a full disk changes nothing, and ends the writing until the file is opened again") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    for (const std::size_t text_bytes :
         {std::size_t{100}, std::size_t{60'000}}) {  // fails at the commit, and long before it
        std::filesystem::remove(file);
        auto index = Index::create(file, space(2));
        index.upsert(batch(0, 10));
        {
            const FullDisk full(std::filesystem::file_size(file.string() + "-wal") + 4096);
            expect_error(ErrorCode::io, {"an.sextant", "free space"}, [&] { index.upsert(batch(5, 100, text_bytes)); });
        }
        CHECK(index.size() == 10);
        CHECK(index.get("7")->text.empty());
        CHECK(index.nearest(std::vector<float>{0, 1}, {.k = 100}).size() == 10);
        index.verify();
        expect_error(ErrorCode::io, {"earlier write failed", "open it again"}, [&] { index.upsert(batch(20, 1)); });
        expect_error(ErrorCode::io, {"open it again"}, [&] { (void)index.remove(std::vector<std::string>{"1"}); });
        CHECK(Index::open(file, {.read_only = true}).size() == 10);
        index = Index::in_memory(space(2));  // closes the file
        index = Index::open(file);
        CHECK(index.size() == 10);
        index.upsert(batch(5, 100, text_bytes));
        CHECK(index.size() == 105);
        index.verify();
        index = Index::in_memory(space(2));
        CHECK(Index::open(file).size() == 105);
    }
}

TEST_CASE("a full disk leaves no file behind that was not there") {
    const TempFolder folder;
    for (rlim_t limit = 1000; limit < 48'000; limit += 4'000) {
        {
            const FullDisk full(limit);
            expect_error(ErrorCode::io, {"an.sextant"}, [&] { (void)Index::create(folder / "an.sextant", space(2)); });
        }
        CHECK(names(folder).empty());
    }
}
