// The tables of an index file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "store/database.hpp"

namespace sextant::store {

/// Throws `corrupt`: the file `name` is damaged there, and how.
[[noreturn]] void throw_damaged(const std::string& name, const std::string& what);

/// The table that holds the vectors of a space.
[[nodiscard]] std::string vectors_table(std::size_t space);

/// Marks an empty database as an index of so many spaces, and makes its tables.
void write_schema(const Database& database, std::size_t spaces);

/// Throws `incompatible` unless the database is an index; returns its format version.
[[nodiscard]] std::int64_t version_of(const Database& database, const std::string& name);

/// Checks application, format version and journal. Throws `incompatible`.
void check_kind(const Database& database, const std::string& name);
inline constexpr std::int64_t format_version = 2;

/// Checks that the tables are those of an index and nothing else is there; returns for how many spaces. Throws `corrupt`.
[[nodiscard]] std::size_t check_schema(const Database& database, const std::string& name);

}  // namespace sextant::store
