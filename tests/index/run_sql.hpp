// Another program's hand in a file.
#pragma once

#include <filesystem>
#include <string>

#include <sqlite3.h>

#include "support/catch.hpp"

namespace fixture {

inline void run_sql(const std::filesystem::path& file, const std::string& sql) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
}

}  // namespace fixture
