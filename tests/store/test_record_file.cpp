// Rows in a file, below ids and searching.
#include "store/record_file.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "store/database.hpp"
#include "store/json_check.hpp"
#include "store/new_file.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/temp_folder.hpp"

using namespace sextant::store;
using sextant::ErrorCode;
using sextant::Record;

namespace {

sextant::Space space() {
    sextant::Space space;
    space.dimensions = 2;
    space.fingerprint.value = "mine";
    space.fingerprint.parts = {{"weights", "aa"}};
    return space;
}

std::vector<std::string> rows_of(const RecordView& view) {
    std::vector<std::string> rows;
    view.scan([&](const Row& row) {
        rows.push_back(std::to_string(row.number) + ":" + std::string(row.id) + ":" + std::string(row.text));
    });
    return rows;
}

using Rows = std::vector<std::string>;

Record record(std::string id, std::string text) { return {std::move(id), {1, 2}, "{}", std::move(text)}; }

std::size_t files_in(const TempFolder& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder.path()), {}));
}

}  // namespace

TEST_CASE("rows are numbered once, in the order of insertion") {
    const TempFolder folder;
    auto file = RecordFile::create(folder / "an.sextant", space());
    RecordFile::Placed first, second;
    {
        RecordFile::Transaction transaction(file);
        first = transaction.insert(record("a", "1"));
        second = transaction.insert(record("b", "2"));
        transaction.commit();
    }
    CHECK(first.number == 1);
    CHECK(second.number == 2);
    const auto before = file.view();
    {
        RecordFile::Transaction transaction(file);
        transaction.remove(2, second.checksum);
        CHECK(transaction.insert(record("c", "3")).number == 3);
        first.checksum = transaction.replace(1, first.checksum, record("a", "one"));
        transaction.commit();
    }
    CHECK(file.rows() == 2);
    CHECK(rows_of(*before) == Rows{"1:a:1", "2:b:2"});  // it sees what it saw
    CHECK(rows_of(*file.view()) == Rows{"1:a:one", "3:c:3"});
    CHECK(rows_of(*RecordFile::open(folder / "an.sextant", RecordFile::Access::read).view()) == Rows{"1:a:one", "3:c:3"});
}

TEST_CASE("what is not committed has not happened") {
    const TempFolder folder;
    {
        auto file = RecordFile::create(folder / "an.sextant", space());
        {
            RecordFile::Transaction transaction(file);
            transaction.insert(record("a", "1"));
        }
        CHECK(rows_of(*file.view()).empty());
        {
            RecordFile::Transaction transaction(file);
            CHECK(transaction.insert(record("b", "2")).number == 1);
            CHECK(rows_of(*file.view()).empty());
            transaction.commit();
        }
        CHECK(rows_of(*file.view()) == Rows{"1:b:2"});
    }
    CHECK(files_in(folder) == 1);
}

TEST_CASE("views see a commit each, for as long as they live, in any number") {
    const TempFolder folder;
    auto file = RecordFile::create(folder / "an.sextant", space());
    std::vector<std::shared_ptr<const RecordView>> views{file.view()};
    std::vector<Rows> expected{{}};
    for (int i = 1; i <= 12; ++i) {
        RecordFile::Transaction transaction(file);
        transaction.insert(record("r", std::to_string(i)));
        transaction.commit();
        views.push_back(file.view());
        expected.push_back(expected.back());
        expected.back().push_back(std::to_string(i) + ":r:" + std::to_string(i));
        if (i % 3 == 0) {  // its connection serves the next view
            views.erase(views.begin());
            expected.erase(expected.begin());
        }
        file.checkpoint();
        for (std::size_t v = 0; v < views.size(); ++v) CHECK(rows_of(*views[v]) == expected[v]);
    }
}

TEST_CASE("a row is read by number and checksum") {
    const TempFolder folder;
    auto file = RecordFile::create(folder / "an.sextant", space());
    RecordFile::Placed a;
    {
        RecordFile::Transaction transaction(file);
        a = transaction.insert(record("a", "1"));
        transaction.commit();
    }
    const auto view = file.view();
    std::string text;
    view->read(1, a.checksum, [&](const Row& row) { text = row.text; });
    CHECK(text == "1");
    const auto read = [&](std::uint64_t number, Checksum checksum) {
        return [&view, number, checksum] { view->read(number, checksum, [](const Row&) {}); };
    };
    expect_error(ErrorCode::corrupt, {"row 2", "gone"}, read(2, a.checksum));
    expect_error(ErrorCode::corrupt, {"row 1", "not the one"}, read(1, {}));
    RecordFile::Transaction transaction(file);
    expect_error(ErrorCode::corrupt, {"row 9", "gone"}, [&] { transaction.remove(9, {}); });
    expect_error(ErrorCode::corrupt, {"row 9", "gone"}, [&] { (void)transaction.replace(9, {}, record("x", "")); });
}

TEST_CASE("the space is remembered, with every part of its fingerprint") {
    const TempFolder folder;
    (void)RecordFile::create(folder / "an.sextant", space());
    const auto file = RecordFile::open(folder / "an.sextant", RecordFile::Access::write);
    CHECK(file.space().dimensions == 2);
    CHECK(file.space().fingerprint.value == "mine");
    CHECK(file.space().fingerprint.parts == space().fingerprint.parts);
}

TEST_CASE("the write lock is kept between transactions, and released at the end") {
    const TempFolder folder;
    const auto path = (folder / "an.sextant").string();
    {
        auto file = RecordFile::create(path, space());
        // A program that knows nothing of Sextant is kept out too, but may read.
        Database stranger(path, "stranger", Database::Mode::read);
        stranger.execute("PRAGMA query_only = OFF");
        for (int i = 0; i < 3; ++i) {
            expect_error(ErrorCode::busy, {"stranger", "locked"},
                         [&] { stranger.execute("UPDATE records SET text = 'x'"); });
            CHECK(stranger.integer("SELECT count(*) FROM records") == i);
            RecordFile::Transaction transaction(file);
            transaction.insert(record(std::to_string(i), ""));
            transaction.commit();
            file.checkpoint();
        }
    }
    Database stranger(path, "stranger", Database::Mode::read);
    stranger.execute("PRAGMA query_only = OFF; BEGIN IMMEDIATE; ROLLBACK");
    expect_error(ErrorCode::io, {"readonly"},
                 [&] { stranger.execute("PRAGMA query_only = ON; UPDATE records SET text = 'x'"); });
}

TEST_CASE("the log begins anew after a checkpoint") {
    const TempFolder folder;
    const auto path = folder / "an.sextant";
    auto file = RecordFile::create(path, space());
    auto view = file.view();
    std::uintmax_t longest = 0;
    std::size_t checkpoints = 0;
    for (int i = 0; i < 60; ++i) {
        RecordFile::Transaction transaction(file);
        for (int n = 0; n < 20; ++n)
            transaction.insert(record(std::to_string(i) + "/" + std::to_string(n), std::string(50'000, 't')));
        transaction.commit();
        view = file.view();
        if (file.checkpoint_due()) {
            ++checkpoints;
            file.checkpoint();
            view = file.view();
        }
        longest = std::max(longest, std::filesystem::file_size(path.string() + "-wal"));
    }
    CHECK(checkpoints > 1);
    CHECK(longest < 22'000'000);
    CHECK(std::filesystem::file_size(path) > 30'000'000);
    CHECK(rows_of(*view).size() == 1200);
}

TEST_CASE("JSON objects, and what is none") {
    JsonCheck check;
    for (const std::string yes : {"{}", " {} ", "{\"a\":[1,2,{\"b\":null}]}", "{\"\\u0000\":1}"})
        CHECK(check.is_object(yes));
    for (const std::string no : {"", "[]", "1", "null", "\"{}\"", "{} {}", "{,}", "{\"a\"}"})
        CHECK_FALSE(check.is_object(no));
    CHECK_FALSE(check.is_object(std::string_view("{}\0{}", 5)));
}

TEST_CASE("a new file appears whole or not at all") {
    const TempFolder folder;
    const auto path = folder / "new";
    expect_error(ErrorCode::io, {"no"}, [&] {
        make_new_file(path, [](const std::string& draft) {
            write_file(draft, "half");
            write_file(draft + "-wal", "log");
            throw sextant::Error(ErrorCode::io, "no");
        });
    });
    CHECK(files_in(folder) == 0);
    expect_error(ErrorCode::invalid_argument, {"new", "exists already"},
                 [&] { make_new_file(path, [&](const std::string&) { write_file(path, "someone was faster"); }); });
    CHECK(read_file(path) == "someone was faster");
    CHECK(files_in(folder) == 1);
    std::filesystem::remove(path);
    make_new_file(path, [](const std::string& draft) { write_file(draft, "whole"); });
    CHECK(read_file(path) == "whole");
    CHECK(files_in(folder) == 1);
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path());
    make_new_file("bare", [](const std::string& draft) { std::ofstream(draft) << "whole"; });
    std::filesystem::current_path(before);
    CHECK(read_file(folder / "bare") == "whole");
    std::filesystem::create_symlink("nowhere", folder / "link");
    expect_error(ErrorCode::invalid_argument, {"exists already"},
                 [&] { make_new_file(folder / "link", [](const std::string&) {}); });
}
