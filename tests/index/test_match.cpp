// Searches for words, beside SQLite's full-text index (FTS5, tokenizer unicode61).
#include <sextant/index/index.hpp>

#include <memory>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "index/fixture.hpp"
#include "support/catch.hpp"
#include "support/dice.hpp"

using namespace fixture;
using sextant::field;
using sextant::Index;

namespace {

const std::vector<std::string> vocabulary = {"dog",    "DOGS", "Dog", "caf\u00e9", "Cafe\u0301", "cafe", "\u00dcber", "uber", "\u0394\u039f\u039c\u0397", "\u03b4\u03bf\u03bc\u03b7",
                                             "\u041c\u0438\u0440", "\u043c\u0438\u0440", "x1",  "1x",  "42",        "o",          "on"};

std::string any_of(Dice& dice, const std::vector<std::string>& list) { return list[static_cast<std::size_t>(dice.below(static_cast<int>(list.size())))]; }

std::string text(Dice& dice) {
    std::string words;
    for (int n = dice.below(9); n > 0; --n) words += any_of(dice, vocabulary) + any_of(dice, {" ", ", ", "-", "! ", "\n", " (", "\u2026"});
    return words;
}

/// As both of them read it.
std::string query(Dice& dice) {
    std::string query;
    for (int n = 1 + dice.below(3); n > 0; --n) {
        switch (dice.below(4)) {
            case 0: query += "\"" + any_of(dice, vocabulary) + " " + any_of(dice, vocabulary) + "\" "; break;
            case 1: query += any_of(dice, {"d", "do", "\"ca\"", "o", "on", "\u03b4", "\u043c\u0438"}) + "* "; break;
            default: query += any_of(dice, vocabulary) + " ";
        }
    }
    return query;
}

class FullText {
public:
    FullText() {
        sqlite3* opened = nullptr;
        REQUIRE(sqlite3_open(":memory:", &opened) == SQLITE_OK);
        database_.reset(opened);
        REQUIRE(sqlite3_exec(opened, "CREATE VIRTUAL TABLE t USING fts5(text, tokenize = 'unicode61 remove_diacritics 2')", nullptr, nullptr, nullptr) == SQLITE_OK);
    }
    void add(const std::string& text) { (void)run("INSERT INTO t VALUES(?1)", text); }
    [[nodiscard]] std::size_t count(const std::string& query) { return run("SELECT count(*) FROM t WHERE t MATCH ?1", query); }

private:
    std::size_t run(const char* sql, const std::string& bound) {
        sqlite3_stmt* statement = nullptr;
        REQUIRE(sqlite3_prepare_v2(database_.get(), sql, -1, &statement, nullptr) == SQLITE_OK);
        sqlite3_bind_text(statement, 1, bound.data(), static_cast<int>(bound.size()), SQLITE_TRANSIENT);
        const int result = sqlite3_step(statement);
        INFO(bound << ": " << sqlite3_errmsg(database_.get()));
        CHECK((result == SQLITE_ROW || result == SQLITE_DONE));
        const auto count = result == SQLITE_ROW ? static_cast<std::size_t>(sqlite3_column_int64(statement, 0)) : 0;
        sqlite3_finalize(statement);
        return count;
    }
    struct Close {
        void operator()(sqlite3* database) const noexcept { sqlite3_close(database); }
    };
    std::unique_ptr<sqlite3, Close> database_;
};

std::string payload(const std::string& text) {
    std::string json = "{\"t\": \"";
    for (const char c : text) json += c == '\n' ? "\\n" : std::string(1, c);
    return json + "\"}";
}

}  // namespace

TEST_CASE("words are found where SQLite's full-text index finds them") {
    Dice dice(31);
    Random random(31);
    FullText peer;
    auto index = Index::in_memory(space(3));
    std::size_t found = 0, number = 0;
    for (int round = 0; round < 20; ++round) {  // a few more texts each time: what is listed already is added to
        std::vector<sextant::Record> records;
        for (int i = 0; i < 50; ++i) {
            const auto words = text(dice);
            peer.add(words);
            records.push_back(record("id-" + std::to_string(number++), random.vector(3), payload(words)));
        }
        index.upsert(records);
        for (int i = 0; i < 20; ++i) {
            const auto words = query(dice);
            INFO(words);
            const auto count = index.count(field("t").match(words));
            CHECK(count == peer.count(words));
            found += count;
        }
    }
    CHECK(found > 5'000);
}

TEST_CASE("words are looked for in what a record holds now") {
    auto index = Index::in_memory(space(1));
    index.upsert(std::vector{record("a", {1}, R"({"t": "red dog"})"), record("b", {1}, R"({"t": "blue cat"})"), record("c", {1}, R"({})")});
    CHECK(index.count(field("t").match("dog")) == 1);
    CHECK(index.count(!field("t").match("dog")) == 2);
    index.upsert(std::vector{record("a", {1}, R"({"t": "red fish"})"), record("c", {1}, R"({"t": ["hot", "Dog"]})")});
    CHECK(index.count(field("t").match("dog")) == 1);
    CHECK(index.nearest(std::vector<float>{1}, {.filter = field("t").match("dog")})[0].id == "c");
    CHECK(index.count(field("t").match("\"hot dog\"")) == 0);
    CHECK(index.count(field("t").match("hot dog")) == 1);
}
