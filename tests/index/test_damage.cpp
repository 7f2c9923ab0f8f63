// Damage that is done to a file is reported with the place, and by whatever meets it. All bits of a small file:
// tests/hostile.
#include <sextant/index/index.hpp>

#include "index/fixture.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::ErrorCode;
using sextant::Index;
using sextant::Record;

namespace {

/// 600 records with texts of 16 KB: more than a connection keeps in memory.
std::vector<Record> large_records() {
    std::vector<Record> records;
    for (std::size_t i = 0; i < 600; ++i)
        records.push_back(record("id" + std::to_string(i), {1, static_cast<float>(i)}, "{}",
                                 "<text " + std::to_string(i) + ">" + std::string(16'000, 't')));
    return records;
}

void change(const std::filesystem::path& file, const std::string& from, const std::string& to) {
    const auto bytes = read_file(file);
    const auto at = bytes.find(from);
    REQUIRE(at != bytes.npos);
    REQUIRE(bytes.find(from, at + 1) == bytes.npos);
    std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
    stream.seekp(static_cast<std::streamoff>(at));
    stream.write(to.data(), static_cast<std::streamsize>(to.size()));
}

}  // namespace

TEST_CASE("a damaged row is named when the file is opened, and the file left as it was") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    Index::create(file, space(2)).upsert(large_records());
    change(file, "<text 317>", "<TEXT 317>");
    const auto before = read_file(file);
    for (const bool read_only : {true, false})
        for (const std::size_t threads : {1, 4})
            expect_error(ErrorCode::corrupt, {"an.sextant", "row 318", "id317", "checksum", "restore"},
                         [&] { (void)Index::open(file, {.read_only = read_only, .threads = threads}); });
    CHECK(read_file(file) == before);
    CHECK(names(folder) == std::vector<std::string>{"an.sextant"});
    change(file, "<TEXT 317>", "<text 317>");
    CHECK(Index::open(file).size() == 600);
}

TEST_CASE("a row that is damaged while the index is open is reported by what reads it, and by nothing else") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    Index::create(file, space(2)).upsert(large_records());
    const auto index = Index::open(file, {.read_only = true});
    change(file, "<text 7>", "<TEXT 7>");
    expect_error(ErrorCode::corrupt, {"an.sextant", "row 8", "id7"}, [&] { (void)index.get("id7"); });
    expect_error(ErrorCode::corrupt, {"row 8", "id7"}, [&] {
        (void)index.nearest(std::vector<float>{1, 7}, {.k = 3});
    });
    expect_error(ErrorCode::corrupt, {"row 8", "id7"}, [&] { index.verify(); });
    CHECK(index.get("id8")->text == large_records()[8].text);
    CHECK(index.nearest(std::vector<float>{1, 300}, {.k = 3}).size() == 3);
}
