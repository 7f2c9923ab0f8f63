// Vectors that were computed before.
#include <sextant/store/embedding_cache.hpp>

#include <cmath>
#include <thread>

#include <sys/stat.h>

#include <sqlite3.h>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/temp_folder.hpp"

using namespace sextant;

namespace {

const Fingerprint mine{"mine"}, other{"other"};

Embeddings rows(std::initializer_list<std::vector<float>> vectors) {
    Embeddings all;
    all.vectors.resize(static_cast<Eigen::Index>(vectors.size()), static_cast<Eigen::Index>(vectors.begin()->size()));
    for (const auto& vector : vectors) {
        std::copy(vector.begin(), vector.end(), all.vectors.row(static_cast<Eigen::Index>(all.info.size())).begin());
        all.info.push_back({10 + all.info.size(), 7});
    }
    return all;
}

void change(const std::filesystem::path& file, const std::string& sql) {
    sqlite3* connection = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &connection) == SQLITE_OK);
    REQUIRE(sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(connection);
}

}  // namespace

TEST_CASE("what was put in comes back, bit for bit, also after the file was closed") {
    const TempFolder folder;
    const std::vector<std::string> names{"a", "b"};
    {
        auto cache = EmbeddingCache::open(folder / "vectors.cache");
        CHECK(cache.size() == 0);
        cache.insert(mine, names, rows({{1.0F, -0.0F}, {std::nextafter(2.0F, 3.0F), 1e-40F}}));
    }
    const auto cache = EmbeddingCache::open(folder / "vectors.cache");
    CHECK(cache.size() == 2);
    const std::vector<std::string> asked{"b", "c", "a"};
    const auto found = cache.find(mine, asked);
    REQUIRE(found.size() == 3);
    CHECK(found[0].vector == std::vector<float>{std::nextafter(2.0F, 3.0F), 1e-40F});
    CHECK(found[0].info.tokens_total == 11);
    CHECK(found[0].info.tokens_used == 7);
    CHECK(found[1].vector.empty());
    CHECK(std::signbit(found[2].vector[1]));

    struct stat status {};
    REQUIRE(::stat((folder / "vectors.cache").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("encoders do not see each other's vectors, and a new one replaces the old") {
    const TempFolder folder;
    const std::vector<std::string> names{"a"};
    auto cache = EmbeddingCache::open(folder / "vectors.cache");
    cache.insert(mine, names, rows({{1, 2}}));
    cache.insert(other, names, rows({{3, 4, 5}}));
    CHECK(cache.find(mine, names)[0].vector == std::vector<float>{1, 2});
    CHECK(cache.find(other, names)[0].vector == std::vector<float>{3, 4, 5});
    cache.insert(mine, names, rows({{6, 7}}));
    CHECK(cache.find(mine, names)[0].vector == std::vector<float>{6, 7});
    CHECK(cache.size() == 2);
}

TEST_CASE("a damaged entry counts as not there, whatever of it is damaged") {
    for (const std::string damage : {"vector = x'0000803F00000041'", "vector = x'00'", "tokens_used = 6", "tokens_total = NULL", "checksum = x'00'",
                                     "checksum = NULL", "content = 'b'"}) {
        const TempFolder folder;
        const std::vector<std::string> names{"a", "b"};
        auto cache = EmbeddingCache::open(folder / "vectors.cache");
        cache.insert(mine, std::span(names).first(1), rows({{1, 2}}));
        change(folder / "vectors.cache", "UPDATE entries SET " + damage);
        const auto found = cache.find(mine, names);
        CAPTURE(damage);
        CHECK(found[0].vector.empty());
        CHECK(found[1].vector.empty());
        cache.insert(mine, names, rows({{1, 2}, {3, 4}}));
        CHECK(cache.find(mine, names)[0].vector == std::vector<float>{1, 2});
    }
}

TEST_CASE("all of a batch goes in, or none") {
    const TempFolder folder;
    auto cache = EmbeddingCache::open(folder / "vectors.cache");
    const std::vector<std::string> names{"a", "b"};
    expect_error(ErrorCode::invalid_argument, {"2 contents", "1 vectors"}, [&] { cache.insert(mine, names, rows({{1, 2}})); });
    expect_error(ErrorCode::invalid_argument, {"fingerprint"}, [&] { cache.insert({}, names, rows({{1, 2}, {3, 4}})); });
    change(folder / "vectors.cache",
           "CREATE TRIGGER refuse BEFORE INSERT ON entries WHEN NEW.content = 'b' BEGIN SELECT RAISE(ABORT, 'no'); END");
    CHECK_THROWS_AS(cache.insert(mine, names, rows({{1, 2}, {3, 4}})), Error);
    CHECK(cache.size() == 0);
    change(folder / "vectors.cache", "DROP TRIGGER refuse");
    cache.insert(mine, names, rows({{1, 2}, {3, 4}}));
    CHECK(cache.size() == 2);
}

TEST_CASE("a cache is shared: writers take turns, readers see what others wrote") {
    const TempFolder folder;
    constexpr int writers = 4, batches = 25;
    std::vector<std::thread> threads;
    for (int writer = 0; writer < writers; ++writer)
        threads.emplace_back([&, writer] {
            auto cache = EmbeddingCache::open(folder / "vectors.cache");
            for (int batch = 0; batch < batches; ++batch) {
                const std::vector<std::string> names{std::to_string(writer) + "/" + std::to_string(batch)};
                cache.insert(mine, names, rows({{static_cast<float>(writer), static_cast<float>(batch)}}));
            }
        });
    for (auto& thread : threads) thread.join();
    const auto cache = EmbeddingCache::open(folder / "vectors.cache");
    CHECK(cache.size() == writers * batches);
    const std::vector<std::string> names{"3/24"};
    CHECK(cache.find(mine, names)[0].vector == std::vector<float>{3, 24});
}

TEST_CASE("what is no cache is refused, and left as it is") {
    const TempFolder folder;
    write_file(folder / "words", "these are words and no database at all, and there are enough of them for a header, which has a hundred bytes");
    CHECK_THROWS_AS(EmbeddingCache::open(folder / "words"), Error);
    CHECK(read_file(folder / "words").starts_with("these are words"));
    change(folder / "other.db", "CREATE TABLE t(x)");
    expect_error(ErrorCode::incompatible, {"other.db", "not a cache"}, [&] { (void)EmbeddingCache::open(folder / "other.db"); });
    (void)EmbeddingCache::open(folder / "newer.cache");
    change(folder / "newer.cache", "PRAGMA user_version = 2");
    expect_error(ErrorCode::incompatible, {"newer.cache", "version 2"}, [&] { (void)EmbeddingCache::open(folder / "newer.cache"); });
    expect_error(ErrorCode::not_found, {"nowhere"}, [&] { (void)EmbeddingCache::open(folder / "nowhere" / "x.cache"); });
    expect_error(ErrorCode::invalid_argument, {"''"}, [&] { (void)EmbeddingCache::open(""); });
}
