// Copies of an index: backups, files without the room of what was removed, and what can be saved of a damaged one.
#include <sextant/index/index.hpp>
#include <sextant/index/salvage.hpp>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "index/fixture.hpp"
#include "index/run_sql.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::ErrorCode;
using sextant::Index;
using sextant::Record;
using Ids = std::vector<std::string>;

namespace {

std::vector<Record> many(std::size_t count, std::string text = "") {
    Random random(5);
    std::vector<Record> records;
    for (std::size_t i = 0; i < count; ++i) {
        records.push_back(record("id-" + std::to_string(i), random.vector(8), "{\"n\": " + std::to_string(i) + "}", text));
        if (i % 2 == 0) {
            records.back().parent = "whole";
            records.back().span = sextant::ByteSpan{i, i + 1};
        }
    }
    return records;
}

/// All that a search shows, in the order of scores.
bool equal(const Index& a, const Index& b) {
    Random random(9);
    const auto query = random.vector(8);
    return a.size() == b.size() && same(a.nearest(query, {.k = 1'000'000}), b.nearest(query, {.k = 1'000'000}));
}

}  // namespace

TEST_CASE("a backup is what the index was, and an index of its own") {
    const TempFolder folder;
    for (const bool kept : {false, true}) {
        const auto copy = folder / (kept ? "kept" : "memory");
        auto index = kept ? Index::create(folder / "an.sextant", space(8)) : Index::in_memory(space(8));
        index.upsert(many(300));
        (void)index.remove(Ids{"id-7", "id-8"});
        index.upsert(std::vector{record("id-7", {1, 2, 3, 4, 5, 6, 7, 8})});  // it is the last one now
        index.backup(copy);
        {
            auto second = Index::open(copy);
            CHECK(equal(index, second));
            CHECK(second.get("id-10")->span == sextant::Span(sextant::ByteSpan{10, 11}));
            second.verify();
            (void)second.remove(Ids{"id-1"});
            CHECK(index.contains("id-1"));
        }
        CHECK(Index::open(copy).size() == 298);
        expect_error(ErrorCode::invalid_argument, {"exists already"}, [&] { index.backup(copy); });
        expect_error(ErrorCode::not_found, {"not a folder"}, [&] { index.backup(folder / "nowhere" / "x"); });
    }
    CHECK(names(folder) == Ids{"an.sextant", "kept", "memory"});
}

// Each commit adds ten records with the number of the commit: a copy that holds part of one would show.
TEST_CASE("a backup beside a writer holds whole commits") {
    const TempFolder folder;
    auto index = Index::create(folder / "an.sextant", space(2));
    std::atomic<bool> done{false};
    std::thread writer([&] {
        for (int n = 0; n < 300; ++n) {
            std::vector<Record> records;
            for (int i = 0; i < 10; ++i) records.push_back(record(std::to_string(n) + "/" + std::to_string(i), {1, static_cast<float>(n)}, "{}", std::string(2000, 't')));
            index.upsert(records);
        }
        done = true;
    });
    for (int copies = 0; copies < 3 || (!done && copies < 30); ++copies) {
        const auto copy = folder / ("copy" + std::to_string(copies));
        index.backup(copy);
        const auto size = Index::open(copy).size();
        CHECK(size % 10 == 0);
        std::filesystem::remove(copy);
    }
    writer.join();
    CHECK(index.size() == 3000);
}

TEST_CASE("compact gives room back, and changes nothing else") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    {
        Index::create(file, space(8)).upsert(many(2000, std::string(3000, 'x')));
        auto index = Index::open(file);
        const auto before = std::filesystem::file_size(file);
        Ids gone;
        for (int i = 0; i < 1900; ++i) gone.push_back("id-" + std::to_string(i));
        (void)index.remove(gone);
        index.compact();
        CHECK(std::filesystem::file_size(file) < before / 4);
        const auto reader = Index::open(file, {.read_only = true});
        index.compact();
        CHECK(equal(index, reader));
        index.upsert(std::vector{record("after", {1, 2, 3, 4, 5, 6, 7, 8})});
        CHECK(reader.contains("after"));
        index.verify();
        reader.verify();
        expect_error(ErrorCode::invalid_argument, {"read_only"}, [&] { const_cast<Index&>(reader).compact(); });
    }
    CHECK(std::filesystem::file_size(file) < 900'000);
    CHECK(Index::open(file).size() == 101);
    auto memory = Index::in_memory(space(8));
    memory.compact();
}

TEST_CASE("all records but the damaged are saved, and these are named") {
    const TempFolder folder;
    const auto file = folder / "an.sextant", saved = folder / "saved";
    const auto records = many(40);
    {
        auto index = Index::create(file, space(8));
        index.upsert(records);
        (void)index.remove(Ids{"id-5"});
    }
    run_sql(file, "UPDATE vectors_0 SET vector = zeroblob(32) WHERE row = 3");
    run_sql(file, "UPDATE records SET payload = '{}' WHERE id = 'id-10'");
    run_sql(file, "UPDATE records SET id = x'00ff' WHERE row = 21");
    run_sql(file, "DELETE FROM records WHERE row IN (31, 32)");
    run_sql(file, "UPDATE meta SET value = '00000000000000000000000000000000' WHERE key = 'root'");
    CHECK_THROWS_AS(Index::open(file), sextant::Error);
    const auto before = read_file(file);
    const auto result = sextant::salvage(file, saved);
    CHECK(result.saved == 34);
    CHECK(result.missing == 2);
    REQUIRE(result.lost.size() == 3);
    CHECK(result.lost[0].row == 3);
    CHECK(result.lost[0].id == "id-2");
    CHECK(result.lost[0].why.find("checksum") != std::string::npos);
    CHECK(result.lost[1].id == "id-10");
    CHECK(result.lost[2].row == 21);
    CHECK(result.lost[2].id.empty());
    const auto index = Index::open(saved, {.read_only = true});
    CHECK(index.size() == 34);
    for (std::size_t i = 0; i < records.size(); ++i) {
        const bool gone = i == 5 || i == 2 || i == 10 || i == 20 || i == 30 || i == 31;
        const auto found = index.get(records[i].id);
        REQUIRE(found.has_value() == !gone);
        if (gone) continue;
        CHECK(same(*found, records[i]));
        CHECK(found->span == records[i].span);
    }
    CHECK(read_file(file) == before);
    expect_error(ErrorCode::invalid_argument, {"exists already"}, [&] { (void)sextant::salvage(file, saved); });
    expect_error(ErrorCode::not_found, {"nothing"}, [&] { (void)sextant::salvage(folder / "nothing", folder / "x"); });
    CHECK_FALSE(std::filesystem::exists(folder / "x"));
}

TEST_CASE("pages that are torn out take only their own records along") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    {
        auto index = Index::create(file, space(8));
        index.upsert(many(2000, std::string(500, 'x')));
    }
    auto bytes = read_file(file);
    const std::size_t page = 16'384, pages = bytes.size() / page;
    REQUIRE(pages > 60);
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(pages / 2 * page), page, '\x55');
    write_file(folder / "damaged", bytes);
    CHECK_THROWS_AS(Index::open(folder / "damaged"), sextant::Error);
    const auto result = sextant::salvage(folder / "damaged", folder / "saved");
    CHECK(result.saved > 1700);
    CHECK(result.saved + result.lost.size() + result.missing == 2000);
    CHECK(Index::open(folder / "saved").size() == result.saved);
}

TEST_CASE("what the file says of itself is not believed when it is damaged") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    Index::create(file, space(8)).upsert(many(50));
    run_sql(file, "UPDATE meta SET value = '9000000000000000000' WHERE key IN ('next_row', 'rows')");
    auto result = sextant::salvage(file, folder / "saved");
    CHECK(result.saved == 50);
    CHECK(result.missing > 1'000'000'000);  // so it says

    // Rows as far apart as numbers go, and a row that comes twice.
    run_sql(file, "UPDATE records SET row = 8000000000000000000 WHERE row = 50");
    result = sextant::salvage(file, folder / "again");
    CHECK(result.saved == 49);
    REQUIRE(result.lost.size() == 1);
    CHECK(result.lost[0].row == 8'000'000'000'000'000'000U);
}

TEST_CASE("what the file says of itself is not needed to save its records, and not copied unchecked") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    const sextant::Space told{.dimensions = 8, .metric = sextant::Metric::dot, .fingerprint = {"an encoder", {{"weights", "aa"}}}};
    Index::create(file, {{"picture", told}, {"caption", space(2)}}).upsert(many(50));
    auto result = sextant::salvage(file, folder / "whole");
    CHECK_FALSE(result.summary_damaged);
    CHECK(Index::open(folder / "whole").space().fingerprint == told.fingerprint);

    const Ids damages = {"UPDATE meta SET value = 'another encoder' WHERE key = 'space.0.fingerprint'",
                         "UPDATE meta SET value = x'00' WHERE key IN ('rows', 'next_row')", "DELETE FROM meta WHERE key IN ('root', 'checksum')",
                         "UPDATE meta SET value = 'caption' || char(1) WHERE key = 'space.1.name'"};
    for (std::size_t i = 0; i < damages.size(); ++i) {
        run_sql(file, damages[i]);
        CHECK_THROWS_AS(Index::open(file), sextant::Error);
        const auto saved = folder / std::to_string(i);
        result = sextant::salvage(file, saved);
        CHECK(result.summary_damaged);
        CHECK(result.saved == 50);
        CHECK(result.missing == 0);
        const auto index = Index::open(saved);
        CHECK(index.space("picture").metric == sextant::Metric::dot);
        CHECK(index.space().fingerprint == sextant::Fingerprint());
    }
    run_sql(file, "UPDATE meta SET value = CAST(x'70ff' AS TEXT) WHERE key = 'space.1.name'");  // no UTF-8
    (void)sextant::salvage(file, folder / "renamed");
    CHECK(Index::open(folder / "renamed").space("space 1").dimensions == 2);
}

// Whoever closes a file last otherwise moves its log into it: that of a damaged file is evidence, and may be what is damaged.
TEST_CASE("salvage leaves a file and its log as they were after a crash") {
    const TempFolder folder;
    auto index = Index::create(folder / "an.sextant", space(8));
    index.upsert(many(50));
    const auto file = folder / "crashed", log = folder / "crashed-wal";
    const auto bytes = read_file(folder / "an.sextant"), log_bytes = read_file(folder / "an.sextant-wal");
    REQUIRE_FALSE(log_bytes.empty());
    write_file(file, bytes);
    write_file(log, log_bytes);
    CHECK(sextant::salvage(file, folder / "saved").saved == 50);
    CHECK(read_file(file) == bytes);
    REQUIRE(std::filesystem::exists(log));
    CHECK(read_file(log) == log_bytes);
}

TEST_CASE("records of a file of format 1 are brought along") {
    // tests/index/files/README.md says how it was made.
    const TempFolder folder;
    const std::filesystem::path old = "tests/index/files/version_1.sextant";
    REQUIRE(std::filesystem::exists(old));
    std::filesystem::copy_file(old, folder / "old");
    expect_error(ErrorCode::incompatible, {"format version 1", "salvage"}, [&] { (void)Index::open(folder / "old"); });
    const auto result = sextant::salvage(folder / "old", folder / "new");
    CHECK(result.saved == 3);
    CHECK(result.lost.empty());
    CHECK(result.missing == 0);
    const auto index = Index::open(folder / "new");
    CHECK(index.space().metric == sextant::Metric::l2);
    CHECK(index.get("one")->vector == std::vector<float>{1, 2.5F, -3});
    CHECK(index.get("three")->payload == R"({"n": 3})");
    CHECK(index.get("two")->payload == R"({"n": 2})");
}

namespace {

/// What `version_2.sextant` holds.
Index fill_version_2(const std::filesystem::path& file) {
    auto index = Index::create(file, {{"picture", {3, sextant::Metric::cosine, {"an encoder", {{"weights", "aa"}}}}}, {"caption", space(2, sextant::Metric::dot)}});
    auto one = record("one", {1, 2.5F, -3}, "{\"n\": 1, \"tags\": [\"\xC3\xA4\", null]}", "the first");
    one.vectors["caption"] = {0.5F, -0.0F};
    auto two = record("two", {}, R"({"n": 2})");
    two.vectors["caption"] = {1e-40F, 1e18F};
    two.parent = "one";
    two.span = sextant::Box{0, 0.1, 1e300, 2};
    index.upsert(std::vector{one, record("gone", {4, 5, 6}), two, record("three", {0.1F, 0.2F, 0.3F}, "{}", "\"quoted\" \xE2\x80\x94 \xE2\x82\xAC")});
    (void)index.remove(Ids{"gone"});
    return index;
}

}  // namespace

// Writes the file anew; by hand, when a format is new.
TEST_CASE("write version_2.sextant", "[.write-files]") { (void)fill_version_2("tests/index/files/version_2.sextant"); }

TEST_CASE("a file of format 2 is what it was when it was written") {
    const TempFolder folder;
    std::filesystem::copy_file("tests/index/files/version_2.sextant", folder / "old");
    const auto index = Index::open(folder / "old");
    const auto expected = fill_version_2(folder / "new");
    CHECK(index.space().fingerprint == expected.space().fingerprint);
    CHECK(index.spaces().size() == 2);
    CHECK(index.size() == 3);
    for (const auto& wanted : expected.scroll().records) {
        const auto found = index.get(wanted.id);
        REQUIRE(found);
        CHECK(same(*found, wanted));
        CHECK(found->vectors == wanted.vectors);
        CHECK(found->parent == wanted.parent);
        CHECK(found->span == wanted.span);
    }
}
