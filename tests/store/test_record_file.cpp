// Rows in a file, below ids and searching.
#include "store/record_file.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "store/database.hpp"
#include "store/hash.hpp"
#include "store/json_check.hpp"
#include "store/new_file.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/temp_folder.hpp"

using namespace sextant::store;
using sextant::ErrorCode;
using sextant::Record;

namespace {

std::vector<sextant::NamedSpace> spaces() {
    sextant::Space space;
    space.dimensions = 2;
    space.fingerprint.value = "mine";
    space.fingerprint.parts = {{"weights", "aa"}};
    return {{"", space}};
}

std::vector<sextant::NamedSpace> two_spaces() {
    auto both = spaces();
    both.push_back({"picture", {3, sextant::Metric::l2, {"theirs", {{"weights", "bb"}, {"pooling", ""}}}}});
    return both;
}

std::vector<std::string> rows_of(const RecordView& view) {
    std::vector<std::string> rows;
    view.scan([&](const Row& row, RowVectors) {
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
    auto file = RecordFile::create(folder / "an.sextant", spaces());
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
    CHECK(file.counts().rows == 2);
    CHECK(rows_of(*before) == Rows{"1:a:1", "2:b:2"});  // it sees what it saw
    CHECK(rows_of(*file.view()) == Rows{"1:a:one", "3:c:3"});
    CHECK(rows_of(*RecordFile::open(folder / "an.sextant", RecordFile::Access::read).view()) == Rows{"1:a:one", "3:c:3"});
}

TEST_CASE("what is not committed has not happened") {
    const TempFolder folder;
    {
        auto file = RecordFile::create(folder / "an.sextant", spaces());
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
    auto file = RecordFile::create(folder / "an.sextant", spaces());
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
    auto file = RecordFile::create(folder / "an.sextant", spaces());
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

TEST_CASE("spaces are remembered, with every part of their fingerprints") {
    const TempFolder folder;
    (void)RecordFile::create(folder / "an.sextant", two_spaces());
    const auto file = RecordFile::open(folder / "an.sextant", RecordFile::Access::write);
    REQUIRE(file.spaces().size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        const auto wanted = two_spaces()[i];
        CHECK(file.spaces()[i].name == wanted.name);
        CHECK(file.spaces()[i].space.dimensions == wanted.space.dimensions);
        CHECK(file.spaces()[i].space.metric == wanted.space.metric);
        CHECK(file.spaces()[i].space.fingerprint.value == wanted.space.fingerprint.value);
        CHECK(file.spaces()[i].space.fingerprint.parts == wanted.space.fingerprint.parts);
    }
    auto doubled = two_spaces();
    doubled[1].name = "";
    expect_error(ErrorCode::invalid_argument, {"two spaces"}, [&] { (void)RecordFile::create(folder / "b", doubled); });
    auto unnamed = two_spaces();
    unnamed[0].name = "a";
    unnamed[1].name = "";
    expect_error(ErrorCode::invalid_argument, {"only the first space"}, [&] { (void)RecordFile::create(folder / "b", unnamed); });
    expect_error(ErrorCode::invalid_argument, {"0 spaces"}, [&] { (void)RecordFile::create(folder / "b", {}); });
    CHECK_FALSE(std::filesystem::exists(folder / "b"));
}

TEST_CASE("a row has its vector in each space, or none there") {
    const TempFolder folder;
    auto file = RecordFile::create(folder / "an.sextant", two_spaces());
    RecordFile::Placed both;
    {
        RecordFile::Transaction transaction(file);
        auto a = record("a", "1"), b = record("b", "2");
        a.vectors["picture"] = {3, 4, 5};
        b.vector.clear();
        b.vectors["picture"] = {6, 7, 8};
        both = transaction.insert(a);
        transaction.insert(b);
        transaction.insert(record("c", "3"));
        transaction.commit();
    }
    const auto vectors_of = [](const RecordView& view) {
        std::vector<std::string> found;
        const auto show = [&](const Row& row, RowVectors vectors) {
            found.emplace_back(row.id);
            for (const auto vector : vectors) {
                std::vector<float> floats(vector.size() / sizeof(float));
                if (!floats.empty()) std::memcpy(floats.data(), vector.data(), vector.size());
                found.back() += "|";
                for (const auto number : floats) found.back() += " " + std::to_string(static_cast<int>(number));
            }
        };
        view.scan(show);
        std::vector<std::string> scanned;
        scanned.swap(found);
        for (std::uint64_t row = 1; row <= 3; ++row) (void)view.read_all(row, show);
        CHECK(found == scanned);
        return scanned;
    };
    CHECK(vectors_of(*file.view()) == Rows{"a| 1 2| 3 4 5", "b|| 6 7 8", "c| 1 2|"});
    {
        RecordFile::Transaction transaction(file);
        auto a = record("a", "");
        a.vectors["elsewhere"] = {1};
        (void)transaction.replace(1, both.checksum, a);
        transaction.commit();
    }
    CHECK(vectors_of(*file.view()) == Rows{"a| 1 2|", "b|| 6 7 8", "c| 1 2|"});
    CHECK_FALSE(file.view()->read_all(4, [](const Row&, RowVectors) {}));
}

TEST_CASE("what changed since a commit is known, until it is too long ago") {
    const TempFolder folder;
    auto file = RecordFile::create(folder / "an.sextant", spaces());
    const auto changed = [&](std::uint64_t since) { return file.view()->changed_since(since); };
    using Numbers = std::vector<std::uint64_t>;
    std::vector<Checksum> checksums(5);
    const auto write = [&](const std::function<void(RecordFile::Transaction&)>& steps) {
        RecordFile::Transaction transaction(file);
        steps(transaction);
        transaction.commit();
        return file.counts().changes;
    };
    const auto first = write([&](auto& transaction) {
        for (std::size_t i = 1; i < 5; ++i) checksums[i] = transaction.insert(record("r" + std::to_string(i), "")).checksum;
    });
    CHECK(first == 4);
    write([&](auto& transaction) { checksums[3] = transaction.replace(3, checksums[3], record("r3", "new")); });
    write([&](auto& transaction) {
        transaction.remove(1, checksums[1]);
        checksums[3] = transaction.replace(3, checksums[3], record("r3", "newer"));
    });
    auto now = *changed(first);
    std::ranges::sort(now);
    CHECK(now == Numbers{1, 3});
    CHECK(changed(file.counts().changes) == Numbers{});
    CHECK(changed(0)->size() == 4);
    CHECK_FALSE(changed(file.counts().changes + 1));  // of another file

    write([&](auto& transaction) {  // more than it remembers
        for (int i = 0; i < 70'000; ++i) transaction.insert(record("s" + std::to_string(i), ""));
    });
    CHECK_FALSE(changed(first));
    CHECK(changed(file.counts().changes) == Numbers{});
    for (int round = 0; round < 3; ++round)
        write([&](auto& transaction) {
            for (int i = 0; i < 60'000; ++i) transaction.insert(record("t" + std::to_string(i), ""));
        });
    const auto& counts = file.counts();
    CHECK(counts.changes - counts.forgotten >= 65'536);
    CHECK(counts.changes - counts.forgotten <= 131'072);
    CHECK(changed(counts.forgotten)->size() == counts.changes - counts.forgotten);
    CHECK_FALSE(changed(counts.forgotten - 1));
    file.view()->scan([](const Row&, RowVectors) {});
}

TEST_CASE("a view that was given back counts anew what was committed since") {
    const TempFolder folder;
    auto writer = RecordFile::create(folder / "an.sextant", spaces());
    auto reader = RecordFile::open(folder / "an.sextant", RecordFile::Access::read);
    CHECK(reader.view()->counts().rows == 0);
    for (std::uint64_t rows = 1; rows < 4; ++rows) {
        RecordFile::Transaction transaction(writer);
        transaction.insert(record(std::to_string(rows), ""));
        CHECK(reader.view()->counts().rows == rows - 1);
        transaction.commit();
        const auto view = reader.view();
        CHECK(view->counts().rows == rows);
        CHECK(view->counts().changes == rows);
    }
}

namespace {

/// As one would who knows the format, the checksum of the summary too.
void forge(const std::string& path, const std::map<std::string, std::string>& forged) {
    const Database database(path, path, Database::Mode::write);
    std::map<std::string, std::string> values = forged;
    auto query = database.prepare("SELECT key, value FROM meta WHERE key <> 'checksum'");
    while (query.step()) values.emplace(query.text(0), query.text(1));
    values["checksum"] = to_hex(checksum_of(values));
    for (const auto& [key, value] : values)
        database.prepare("UPDATE meta SET value = ?2 WHERE key = ?1").bind(1, std::string_view(key)).bind(2, std::string_view(value)).run();
}

}  // namespace

TEST_CASE("numbers of rows and changes come to an end, and a forged space is damage") {
    const TempFolder folder;
    const std::string last = "9223372036854775807";
    const auto fill = [&](const std::string& name, const std::map<std::string, std::string>& forged) {
        const auto path = (folder / name).string();
        { (void)RecordFile::create(path, spaces()); }
        forge(path, forged);
        auto file = RecordFile::open(path, RecordFile::Access::write);
        RecordFile::Transaction transaction(file);
        transaction.insert(record("a", ""));
        transaction.commit();
    };
    expect_error(ErrorCode::limit, {"no more numbers for rows"}, [&] { fill("rows", {{"next_row", last}}); });
    expect_error(ErrorCode::limit, {"no more numbers for changes"}, [&] { fill("changes", {{"changes", last}, {"forgotten", last}}); });
    expect_error(ErrorCode::corrupt, {"0 dimensions", "damaged"}, [&] { fill("space", {{"space.0.dimensions", "0"}}); });
    CHECK(RecordFile::open(folder / "rows", RecordFile::Access::read).counts().rows == 0);
}

TEST_CASE("a snapshot that could not begin leaves no transaction") {
    const TempFolder folder;
    const auto path = (folder / "an.sextant").string();
    { (void)RecordFile::create(path, spaces()); }
    const Database reader(path, "reader", Database::Mode::read);
    {
        const Database alone(path, "alone", Database::Mode::shared);
        alone.execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
        expect_error(ErrorCode::busy, {"reader"}, [&] { begin_snapshot(reader); });
        CHECK(reader.idle());
        alone.execute("ROLLBACK");
    }
    begin_snapshot(reader);
    CHECK_FALSE(reader.idle());
}

TEST_CASE("the write lock is kept between transactions, and released at the end") {
    const TempFolder folder;
    const auto path = (folder / "an.sextant").string();
    {
        auto file = RecordFile::create(path, spaces());
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
    auto file = RecordFile::create(path, spaces());
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
