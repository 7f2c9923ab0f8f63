#include "store/schema.hpp"

#include <algorithm>
#include <map>

#include <sextant/core/error.hpp>
#include <sextant/core/space.hpp>

namespace sextant::store {
namespace {

constexpr std::int64_t application_id = 0x53657874;  // "Sext"

/// The statement that makes each table, by its name.
std::map<std::string, std::string> schema(std::size_t spaces) {
    std::map<std::string, std::string> tables = {
        {"meta", "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID"},
        {"records", "CREATE TABLE records(row INTEGER PRIMARY KEY, id TEXT, payload TEXT, text TEXT, parent TEXT, span TEXT, "
                    "vectors BLOB, checksum BLOB)"},
        {"changes", "CREATE TABLE changes(number INTEGER PRIMARY KEY, row INTEGER)"},
        {"caches", "CREATE TABLE caches(name TEXT, part INTEGER, bytes BLOB, PRIMARY KEY(name, part)) WITHOUT ROWID"},
    };
    for (std::size_t i = 0; i < spaces; ++i) {
        const auto name = vectors_table(i);
        tables[name] = "CREATE TABLE " + name + "(row INTEGER PRIMARY KEY, vector BLOB)";
    }
    return tables;
}

}  // namespace

void throw_damaged(const std::string& name, const std::string& what) {
    throw Error(ErrorCode::corrupt,
                name + ": " + what + ": the file is damaged; restore it from a copy, or build it again");
}

std::string vectors_table(std::size_t space) { return "vectors_" + std::to_string(space); }

void write_schema(const Database& database, std::size_t spaces) {
    database.execute(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
    database.execute(("PRAGMA user_version = " + std::to_string(format_version)).c_str());
    for (const auto& [name, sql] : schema(spaces)) database.execute(sql.c_str());
}

std::int64_t version_of(const Database& database, const std::string& name) {
    const auto application = database.integer("PRAGMA application_id");
    if (application != application_id)
        throw Error(ErrorCode::incompatible,
                    name + " is a SQLite database, but not a Sextant index: its application id is " + std::to_string(application) +
                        ", not " + std::to_string(application_id) + ": check the name, or create an index under another");
    return database.integer("PRAGMA user_version");
}

void check_kind(const Database& database, const std::string& name) {
    const auto version = version_of(database, name);
    if (version != format_version)
        throw Error(ErrorCode::incompatible, name + " has format version " + std::to_string(version) + "; this library reads version " +
                                                 std::to_string(format_version) +
                                                 (version > format_version ? ": use a newer Sextant"
                                                  : version == 1           ? ": copy its records into a new file with `sextant salvage`"
                                                                           : ": build the index again"));
    if (database.mode() != Database::Mode::read && database.mode() != Database::Mode::write) return;
    const auto journal = database.text("PRAGMA journal_mode");
    if (journal != "wal")
        throw Error(ErrorCode::incompatible, name + " was switched to the journal mode '" + journal +
                                                 "' by another program: run  PRAGMA journal_mode = WAL  on it");
}

std::size_t check_schema(const Database& database, const std::string& name) {
    const auto spaces = static_cast<std::size_t>(database.integer("SELECT count(*) FROM sqlite_master WHERE name GLOB 'vectors_[0-9]*'"));
    auto tables = schema(std::min(spaces, max_spaces));
    auto query = database.prepare("SELECT type, name, sql FROM sqlite_master");
    while (query.step()) {
        const auto table = tables.find(std::string(query.text(1)));
        if (table == tables.end())
            throw_damaged(name, "it holds '" + std::string(query.text(1)) + "', which Sextant does not make");
        if (query.text(0) != "table" || query.text(2) != table->second)
            throw_damaged(name, "its table '" + table->first + "' is not as Sextant makes it");
        tables.erase(table);
    }
    if (!tables.empty()) throw_damaged(name, "its table '" + tables.begin()->first + "' is missing");
    return spaces;
}

}  // namespace sextant::store
