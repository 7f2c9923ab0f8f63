// Several openers of one file: readers, one writer, other processes.
#include <sextant/index/index.hpp>

#include <algorithm>
#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "index/fixture.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::ErrorCode;
using sextant::Index;
using sextant::Record;

namespace {

using Names = std::vector<std::string>;

void make(const std::filesystem::path& file) {
    auto index = Index::create(file, space(2));
    index.upsert(std::vector{record("a", {1, 0}), record("b", {0, 1})});
}

/// Runs one test of this program in a process of its own, and returns its exit status.
int run_self(const char* test) {
    const auto child = ::fork();
    if (child == 0) {
        ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
        ::execl("/proc/self/exe", "test_index", test, nullptr);
        ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("reading only") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    make(file);
    const auto before = read_file(file);
    {
        auto reader = Index::open(file, {.read_only = true});
        auto second = Index::open(file, {.read_only = true});
        CHECK(reader.nearest(std::vector<float>{1, 0})[0].id == "a");
        expect_error(ErrorCode::invalid_argument, {"read_only"}, [&] {
            reader.upsert(std::vector{record("c", {1, 1})});
        });
        expect_error(ErrorCode::invalid_argument, {"read_only"}, [&] { (void)reader.remove(Names{"a"}); });
        CHECK(second.size() == 2);
        reader.verify();
    }
    CHECK(read_file(file) == before);
    CHECK(names(folder) == Names{"an.sextant"});
}

TEST_CASE("a reader sees what a writer commits at its next call") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    make(file);
    auto writer = Index::open(file);
    const auto reader = Index::open(file, {.read_only = true});
    CHECK(reader.nearest(std::vector<float>{0, 1}, {.k = 1})[0].id == "b");
    writer.upsert(std::vector{record("a", {0, 1}, R"({"new":1})"), record("c", {1, 1})});
    CHECK(reader.nearest(std::vector<float>{0, 1}, {.k = 1})[0].id == "a");
    (void)writer.remove(Names{"b"});
    CHECK(reader.size() == 2);
    (void)writer.remove(Names{"c"});
    CHECK_FALSE(reader.contains("c"));
    writer.upsert(std::vector{record("c", {2, 1}, R"({"new":2})")});
    CHECK(reader.get("c")->vector == std::vector<float>{2, 1});
    const auto found = reader.nearest(std::vector<float>{0, 1}, {.filter = sextant::field("new") >= 1});
    REQUIRE(found.size() == 2);
    CHECK(found[0].id == "a");
    CHECK(found[1].payload == R"({"new":2})");
    writer.verify();
    reader.verify();
}

// One record more or less, or one with another vector, would show: all are compared after each write.
TEST_CASE("a reader that misses many commits catches up, whatever they did") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    auto writer = Index::create(file, space(3));
    const auto reader = Index::open(file, {.read_only = true});
    Random random(7);
    const auto equal = [&] {
        const auto query = random.vector(3);
        return same(reader.nearest(query, {.k = 10'000}), writer.nearest(query, {.k = 10'000}));
    };
    for (int round = 0; round < 60; ++round) {
        for (std::size_t commits = 1 + random.below(6); commits > 0; --commits) {
            std::vector<Record> records;
            std::vector<std::string> ids;
            const std::size_t size = random.below(10) == 0 ? 3000 : 20;  // now and then more than the file remembers
            for (std::size_t i = 0; i < size; ++i) {
                const auto id = std::to_string(random.below(4000));
                if (random.below(3) != 0) records.push_back(record(id, random.vector(3), R"({"n":)" + id + "}"));
                else ids.push_back(id);
            }
            std::ranges::sort(records, {}, &Record::id);
            records.erase(std::unique(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.id == b.id; }), records.end());
            writer.upsert(records);
            (void)writer.remove(ids);
        }
        REQUIRE(equal());
    }
    reader.verify();
}

// The log begins anew once all that it holds has been moved to the file and nobody looks at a commit in it.
TEST_CASE("a reader between two calls keeps nothing in the log of a writer") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    auto writer = Index::create(file, space(2));
    const auto reader = Index::open(file, {.read_only = true});
    std::uintmax_t longest = 0;
    constexpr std::uintmax_t checkpoint = 1000 * 16'384;
    for (int commit = 0; commit < 120; ++commit) {
        std::vector<Record> records;  // four pages each
        for (int i = 0; i < 20; ++i) records.push_back(record(std::to_string(i), {1, static_cast<float>(commit)}, "{}", std::string(60'000, static_cast<char>('a' + commit % 26))));
        writer.upsert(records);
        REQUIRE(reader.get("0")->vector[1] == static_cast<float>(commit));
        longest = std::max(longest, std::filesystem::file_size(file.string() + "-wal"));
    }
    CHECK(longest > checkpoint / 2);
    CHECK(longest < 2 * checkpoint);
}

TEST_CASE("a file in a folder that cannot be written to") {
    const TempFolder folder;
    std::filesystem::create_directory(folder / "sealed");
    const auto file = folder / "sealed/an.sextant";
    make(file);
    ::chmod(file.c_str(), 0400);
    ::chmod((folder / "sealed").c_str(), 0500);
    if (::geteuid() != 0) {  // nothing is sealed to root
        CHECK(Index::open(file, {.read_only = true}).size() == 2);
        expect_error(ErrorCode::io, {"an.sextant"}, [&] { (void)Index::open(file); });
    }
    ::chmod((folder / "sealed").c_str(), 0700);
}

// Run by the test below in a process of its own.
TEST_CASE("second process", "[.second-process]") {
    const char* const file = std::getenv("SEXTANT_TEST_INDEX");
    REQUIRE(file != nullptr);
    expect_error(ErrorCode::busy, {file, "writing", "read_only"}, [&] { (void)Index::open(file); });
    CHECK(Index::open(file, {.read_only = true}).size() == 2);
}

TEST_CASE("second process that writes", "[.second-process]") {
    const char* const file = std::getenv("SEXTANT_TEST_INDEX");
    REQUIRE(file != nullptr);
    CHECK(Index::open(file).size() == 2);
}

TEST_CASE("second process that adds", "[.second-process]") {
    const char* const file = std::getenv("SEXTANT_TEST_INDEX");
    REQUIRE(file != nullptr);
    Index::open(file).upsert(std::vector{record("theirs", {1, static_cast<float>(::getpid())})});
}

// fcntl(2): a process that closes any descriptor of a file loses all its locks on it.
TEST_CASE("a writer whose locks were dropped notices that another program has written") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    make(file);
    ::setenv("SEXTANT_TEST_INDEX", file.c_str(), 1);
    {
        auto writer = Index::open(file);
        writer.upsert(std::vector{record("ours", {1, 2})});
        (void)read_file(file.string() + "-shm");
        REQUIRE(run_self("second process that adds") == 0);
        expect_error(ErrorCode::busy, {"an.sextant", "another program", "open it again"}, [&] {
            writer.upsert(std::vector{record("lost", {2, 1})});
        });
        CHECK_THROWS_AS(writer.remove(Names{"a"}), sextant::Error);
    }
    {
        auto untouched = Index::open(file);  // its log is still empty, and the other program takes it along
        (void)read_file(file.string() + "-shm");
        REQUIRE(run_self("second process that adds") == 0);
        expect_error(ErrorCode::busy, {"another program"}, [&] { untouched.upsert(std::vector{record("lost", {2, 1})}); });
    }
    const auto index = Index::open(file);
    index.verify();
    CHECK(index.size() == 4);
    CHECK(index.contains("theirs"));
    CHECK_FALSE(index.contains("lost"));
}

TEST_CASE("one writer at a time, in this process and in others") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    make(file);
    ::setenv("SEXTANT_TEST_INDEX", file.c_str(), 1);
    const auto second_process = [] { return run_self("second process"); };
    const auto second_process_writes = [] { return run_self("second process that writes"); };
    {
        auto writer = Index::open(file);
        for (int round = 0; round < 3; ++round) {
            expect_error(ErrorCode::busy, {"an.sextant", "writing", "read_only"}, [&] { (void)Index::open(file); });
            CHECK(second_process() == 0);
            writer.upsert(std::vector{
                record("a", {1, static_cast<float>(round)})});  // its lock outlives a commit, and all those refusals
        }
        CHECK(Index::open(file, {.read_only = true}).size() == 2);
        expect_error(ErrorCode::busy, {"writing"}, [&] { (void)Index::open(file); });
        auto moved = std::move(writer);
        expect_error(ErrorCode::busy, {"writing"}, [&] { (void)Index::open(file); });
    }
    CHECK(names(folder) == Names{"an.sextant"});
    const auto reader = Index::open(file, {.read_only = true});
    for (int round = 0; round < 3; ++round) {  // a reader in the same process keeps no lock of a writer that is gone
        CHECK(Index::open(file).size() == 2);
        CHECK(second_process_writes() == 0);
    }
    const auto again = Index::open(file);
    CHECK(again.get("a")->vector == std::vector<float>{1, 2});
    CHECK(second_process() == 0);
}
