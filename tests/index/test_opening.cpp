// Which files are opened, and what a file remembers of who filled it.
#include <sextant/index/index.hpp>

#include <sys/stat.h>

#include "index/fixture.hpp"
#include "index/run_sql.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::ErrorCode;
using sextant::Index;
using sextant::Metric;

namespace {

using Names = std::vector<std::string>;

sextant::Space trained(const std::string& value, const std::string& mean) {
    auto s = space(2);
    s.fingerprint.value = value;
    s.fingerprint.parts = {{"weights", "aa"}, {"preprocess.mean", mean}, {"odd name \xC3\xA9", ""}};
    return s;
}

void make(const std::filesystem::path& file, const sextant::Space& s = space(2)) {
    auto index = Index::create(file, s);
    index.upsert(std::vector{record("a", {1, 0}), record("b", {0, 1})});
}

}  // namespace

TEST_CASE("a file is made once, whole, and for its owner alone") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    make(file);
    CHECK(names(folder) == Names{"an.sextant"});
    struct stat info {};
    REQUIRE(::stat(file.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    const auto before = read_file(file);
    expect_error(ErrorCode::invalid_argument, {"an.sextant", "exists already", "nothing is overwritten"},
                 [&] { (void)Index::create(file, space(2)); });
    CHECK(read_file(file) == before);
    expect_error(ErrorCode::invalid_argument, {"exists already"},
                 [&] { (void)Index::create(folder.path(), space(2)); });
    expect_error(ErrorCode::not_found, {"nowhere", "not a folder"},
                 [&] { (void)Index::create(folder / "nowhere/an.sextant", space(2)); });
    expect_error(ErrorCode::invalid_argument, {"does not name a file"}, [&] { (void)Index::create("", space(2)); });
    CHECK(names(folder) == Names{"an.sextant"});
}

TEST_CASE("a log that belonged to a deleted file is not taken for one's own") {
    const TempFolder folder;
    write_file(folder / "an.sextant-wal", "old");
    expect_error(ErrorCode::invalid_argument, {"an.sextant-wal", "remove it"},
                 [&] { (void)Index::create(folder / "an.sextant", space(2)); });
    CHECK(names(folder) == Names{"an.sextant-wal"});
}

TEST_CASE("files with odd names") {
    const TempFolder folder;
    for (const std::string name :
         {"with space", "per%20cent", "quest?ion=1", "file:colon", ":memory:", "#hash", "\xC3\xA9"}) {
        make(folder / name);
        CHECK(std::filesystem::exists(folder / name));
        CHECK(Index::open(folder / name).size() == 2);
        CHECK(Index::open(folder / name, {.read_only = true}).size() == 2);
    }
}

TEST_CASE("a link to a file is that file") {
    const TempFolder folder;
    std::filesystem::create_directory(folder / "real");
    const auto file = folder / "real/an.sextant";
    const auto link = folder / "link.sextant";
    std::filesystem::create_symlink(file, link);
    auto writer = Index::create(file, space(2));
    writer.upsert(std::vector{record("a", {1, 0}), record("b", {0, 1})});
    CHECK(Index::open(link, {.read_only = true}).size() == 2);
    expect_error(ErrorCode::busy, {"link.sextant"}, [&] { (void)Index::open(link); });
    writer = Index::in_memory(space(2));
    CHECK(Index::open(link).size() == 2);
    CHECK(names(folder) == Names{"link.sextant", "real"});
}

TEST_CASE("what is not an index is not opened, nor changed") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    const auto refused = [&](ErrorCode code, std::initializer_list<std::string> parts) {
        const auto before = read_file(file);
        for (const bool read_only : {true, false})
            expect_error(code, parts, [&] { (void)Index::open(file, {.read_only = read_only}); });
        CHECK(read_file(file) == before);
        CHECK(names(folder) == Names{"an.sextant"});
    };
    expect_error(ErrorCode::not_found, {"an.sextant", "does not exist"}, [&] { (void)Index::open(file); });
    expect_error(ErrorCode::invalid_argument, {"is not a file"}, [&] { (void)Index::open(folder.path()); });
    write_file(file, "");
    refused(ErrorCode::incompatible, {"an.sextant", "not a Sextant index"});
    write_file(file, "some text\n");
    refused(ErrorCode::corrupt, {"an.sextant", "not a database"});
    write_file(file, std::string(100'000, 'x'));
    refused(ErrorCode::corrupt, {"an.sextant", "not a database"});
    std::filesystem::remove(file);
    run_sql(file, "CREATE TABLE recipes(name); INSERT INTO recipes VALUES('soup')");
    refused(ErrorCode::incompatible, {"an.sextant", "SQLite database", "not a Sextant index"});
}

TEST_CASE("older and newer formats are named, and left alone") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    make(file);
    for (const int version : {0, 1, 3, 77}) {
        run_sql(file, "PRAGMA user_version = " + std::to_string(version));
        const auto before = read_file(file);
        for (const bool read_only : {true, false})
            expect_error(ErrorCode::incompatible,
                         {"an.sextant", "format version " + std::to_string(version), "reads version 2"},
                         [&] { (void)Index::open(file, {.read_only = read_only}); });
        CHECK(read_file(file) == before);
    }
    expect_error(ErrorCode::incompatible, {"newer Sextant"}, [&] { (void)Index::open(file); });
    run_sql(file, "PRAGMA user_version = 0");
    expect_error(ErrorCode::incompatible, {"build the index again"}, [&] { (void)Index::open(file); });
    run_sql(file, "PRAGMA user_version = 2");
    CHECK(Index::open(file).size() == 2);
}

TEST_CASE("tables that another program changed") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    const auto refused_after = [&](const std::string& sql, ErrorCode code, std::initializer_list<std::string> parts) {
        std::filesystem::remove(file);
        make(file);
        run_sql(file, sql);
        for (const bool read_only : {true, false})
            expect_error(code, parts, [&] { (void)Index::open(file, {.read_only = read_only}); });
    };
    const auto corrupt = ErrorCode::corrupt;
    refused_after("CREATE TABLE more(x)", corrupt, {"more"});
    refused_after("CREATE INDEX quick ON records(id)", corrupt, {"quick"});
    refused_after("CREATE TRIGGER spy AFTER INSERT ON records BEGIN DELETE FROM meta; END", corrupt, {"spy"});
    refused_after("ALTER TABLE records ADD COLUMN more", corrupt, {"records"});
    refused_after("DROP TABLE records", corrupt, {"'records' is missing"});
    refused_after("DROP TABLE changes", corrupt, {"'changes' is missing"});
    refused_after("DROP TABLE meta", corrupt, {"'meta' is missing"});
    refused_after("DROP TABLE vectors_0", corrupt, {"1 spaces", "vectors of 0"});
    refused_after("CREATE TABLE vectors_1(row INTEGER PRIMARY KEY, vector BLOB)", corrupt, {"1 spaces", "vectors of 2"});
    refused_after("CREATE TABLE vectors_2(row INTEGER PRIMARY KEY, vector BLOB)", corrupt, {"'vectors_2'"});
    refused_after("UPDATE meta SET value = 'sparse' WHERE key = 'space.0.kind'", corrupt, {"checksum of its summary"});
    refused_after("UPDATE meta SET value = '3' WHERE key = 'space.0.dimensions'", corrupt, {"checksum of its summary"});
    refused_after("UPDATE meta SET value = 'l2' WHERE key = 'space.0.metric'", corrupt, {"checksum of its summary"});
    refused_after("INSERT INTO meta VALUES('new', '1')", corrupt, {"checksum of its summary"});
    refused_after("DELETE FROM meta WHERE key = 'root'", corrupt, {"checksum of its summary"});
    refused_after("DELETE FROM meta", corrupt, {"lacks 'checksum'"});
    refused_after("UPDATE meta SET value = NULL WHERE key = 'root'", corrupt, {"not text"});
    refused_after("UPDATE vectors_0 SET vector = zeroblob(8) WHERE row = 2", corrupt, {"row 2", "\"b\"", "checksum"});
    refused_after("UPDATE vectors_0 SET vector = zeroblob(4) WHERE row = 2", corrupt, {"row 2", "\"b\"", "4 bytes"});
    refused_after("UPDATE vectors_0 SET vector = 'text' WHERE row = 2", corrupt, {"row 2", "\"b\"", "0 bytes"});
    refused_after("DELETE FROM vectors_0 WHERE row = 1", corrupt, {"row 1", "lost a vector"});
    refused_after("DELETE FROM vectors_0 WHERE row = 2", corrupt, {"row 2", "lost a vector"});
    refused_after("INSERT INTO vectors_0 VALUES(3, zeroblob(8))", corrupt, {"row 3", "does not exist"});
    refused_after("INSERT INTO vectors_0 VALUES(0, zeroblob(8))", corrupt, {"row 1", "lost a vector"});
    refused_after("DELETE FROM changes WHERE number = 1", corrupt, {"list of changes"});
    refused_after("INSERT INTO changes VALUES(3, 1)", corrupt, {"list of changes"});
    refused_after("UPDATE changes SET number = 7 WHERE number = 2", corrupt, {"list of changes"});
    refused_after("UPDATE records SET parent = 'c' WHERE id = 'b'", corrupt, {"row 2", "checksum"});
    refused_after("UPDATE records SET span = 'bytes 0 1' WHERE id = 'b'", corrupt, {"row 2", "checksum"});
    refused_after("UPDATE records SET vectors = zeroblob(16) WHERE id = 'b'", corrupt, {"row 2", "checksum"});
    refused_after("UPDATE records SET vectors = x'00' WHERE id = 'b'", corrupt, {"row 2", "wrong size"});
    refused_after("UPDATE records SET id = 'c' WHERE id = 'b'", corrupt, {"row 2", "\"c\"", "checksum"});
    refused_after("UPDATE records SET payload = '{\"x\":1}' WHERE id = 'b'", corrupt, {"row 2", "checksum"});
    refused_after("UPDATE records SET text = 'x' WHERE id = 'b'", corrupt, {"row 2", "checksum"});
    refused_after("UPDATE records SET text = NULL WHERE id = 'b'", corrupt, {"row 2", "wrong type"});
    refused_after("UPDATE records SET id = NULL WHERE id = 'b'", corrupt, {"row 2", "wrong type"});
    refused_after("UPDATE records SET row = 7 WHERE id = 'b'", corrupt, {"row 7", "checksum"});
    refused_after("UPDATE records SET checksum = x'00' WHERE id = 'b'", corrupt, {"row 2", "wrong size"});
    refused_after("DELETE FROM records WHERE id = 'b'", corrupt, {"row 2", "does not exist"});
    refused_after("DELETE FROM records WHERE id = 'b'; DELETE FROM vectors_0 WHERE row = 2", corrupt, {"1 rows were found, 2 were written"});
    refused_after("INSERT INTO records SELECT 3, id, payload, text, parent, span, vectors, checksum FROM records WHERE id = 'b'",
                  corrupt, {"row 3"});
    refused_after("PRAGMA journal_mode = DELETE", ErrorCode::incompatible,
                  {"journal mode 'delete'", "PRAGMA journal_mode = WAL"});
}

TEST_CASE("an older state of a row is noticed") {
    // The row's own checksum is right, but it is not what was written last.
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    make(file);
    const auto with_copy = [&](const std::string& sql) { run_sql(file, "ATTACH '" + (folder / "copy").string() + "' AS copy; " + sql); };
    with_copy("CREATE TABLE copy.old AS SELECT * FROM records; CREATE TABLE copy.vector AS SELECT * FROM vectors_0");
    Index::open(file).upsert(std::vector{record("b", {1, 1})});
    with_copy("REPLACE INTO records SELECT * FROM copy.old WHERE id = 'b'");
    expect_error(ErrorCode::corrupt, {"row 2", "does not match its checksum"}, [&] { (void)Index::open(file); });
    with_copy("REPLACE INTO vectors_0 SELECT * FROM copy.vector WHERE row = 2");
    expect_error(ErrorCode::corrupt, {"not those that were written last"}, [&] { (void)Index::open(file); });
}

TEST_CASE("threads that open an index together find what one finds") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    constexpr std::size_t dimensions = 24;
    Random random(3);
    std::vector<sextant::Record> records;
    for (std::size_t i = 0; i < 3000; ++i) records.push_back(record(std::to_string(i), random.vector(dimensions)));
    Index::create(file, space(dimensions)).upsert(records);
    const auto query = random.vector(dimensions);
    const auto expected = Index::open(file).nearest(query, {.k = 50});
    for (const std::size_t threads : {2, 3, 16, 1'000'000}) {
        auto index = Index::open(file, {.threads = threads});
        CHECK(index.size() == records.size());
        CHECK(same(index.nearest(query, {.k = 50}), expected));
        index.verify();
        index.upsert(std::vector{record("new", query)});
        CHECK(index.nearest(query, {.k = 1})[0].id == "new");
        CHECK(index.remove(std::vector<std::string>{"new"}) == 1);
    }
    expect_error(ErrorCode::invalid_argument, {"threads is 0"}, [&] { (void)Index::open(file, {.threads = 0}); });
}

TEST_CASE("an index remembers who filled it") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    const auto mine = trained(std::string(64, '3'), "0.5");
    make(file, mine);
    {
        const auto index = Index::open(file, mine);
        CHECK(index.space().fingerprint == mine.fingerprint);
        CHECK(index.space().fingerprint.parts == mine.fingerprint.parts);
        CHECK(index.space().dimensions == 2);
        CHECK(index.space().metric == Metric::cosine);
    }
    const auto other = trained(std::string(64, '9'), "0.48");
    expect_error(ErrorCode::incompatible,
                 {"an.sextant", "encoder 333333333333...", "encoder 999999999999...",
                  "different: preprocess.mean)", "embed", "allow_compatible"},
                 [&] { (void)Index::open(file, other); });
    CHECK(Index::open(file, other, {.allow_compatible = true}).size() == 2);
    expect_error(ErrorCode::incompatible, {"no stated encoder"}, [&] { (void)Index::open(file, space(2)); });
    for (const bool compatible : {true, false}) {
        auto wrong = mine;
        wrong.dimensions = 3;
        expect_error(ErrorCode::incompatible, {"2 dimensions, not 3"},
                     [&] { (void)Index::open(file, wrong, {.allow_compatible = compatible}); });
        wrong = mine;
        wrong.metric = Metric::l2;
        expect_error(ErrorCode::incompatible, {"by cosine, not l2"},
                     [&] { (void)Index::open(file, wrong, {.allow_compatible = compatible}); });
    }
    CHECK(names(folder) == Names{"an.sextant"});
}
