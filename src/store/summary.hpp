// What a file says of itself.
#pragma once

#include <cstdint>
#include <string>

#include <sextant/core/space.hpp>

#include "store/checksum.hpp"
#include "store/database.hpp"

namespace sextant::store {

/// Throws `corrupt`: the file `name` is damaged there, and how.
[[noreturn]] void throw_damaged(const std::string& name, const std::string& what);

/// What changes with the rows.
struct Counts {
    std::uint64_t rows = 0;
    std::uint64_t next_row = 1;
    Checksum root;  ///< the sum of the checksums of all rows
};

/// The contents of the table `meta`.
struct Summary {
    Space space;
    Counts counts;
};

/// Throws `invalid_argument` if no file can hold this space.
void check_space(const Space& space);

/// Writes an empty file: tables, format version and summary. Inside a transaction of the caller's.
void write_new(const Database& database, const Space& space);

/// Writes the counts. Inside a transaction of the caller's; `update` was prepared from `update_summary_sql`.
void write_counts(const Database& database, Statement& update, const Space& space, const Counts& counts);
inline constexpr const char* update_summary_sql = "UPDATE meta SET value = ?2 WHERE key = ?1";

/// Checks application, format version, journal and schema, then reads the summary and checks it. Throws `incompatible`
/// or `corrupt`.
[[nodiscard]] Summary read_summary(const Database& database, const std::string& name);

}  // namespace sextant::store
