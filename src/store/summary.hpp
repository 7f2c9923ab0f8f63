// What a file says of itself.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sextant/core/space.hpp>

#include "store/checksum.hpp"
#include "store/database.hpp"

namespace sextant::store {

/// What changes with the rows.
struct Counts {
    std::uint64_t rows = 0;
    std::uint64_t next_row = 1;
    Checksum root;                ///< the sum of the checksums of all rows
    std::uint64_t changes = 0;    ///< rows that were ever added, replaced or removed; numbered from 1
    std::uint64_t forgotten = 0;  ///< of these, the first so many are not in the table `changes` any more
};

inline constexpr auto most_counted = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

/// The contents of the table `meta`.
struct Summary {
    std::vector<NamedSpace> spaces;  ///< at least one
    Counts counts;
};

/// Throws `invalid_argument` or `limit` if no index can hold these spaces.
void check_spaces(std::span<const NamedSpace> spaces);

/// Writes an empty file: tables, format version and summary. Inside a transaction of the caller's.
void write_new(const Database& database, std::span<const NamedSpace> spaces);

/// Writes the counts. Inside a transaction of the caller's; `update` was prepared from `update_summary_sql`.
void write_counts(const Database& database, Statement& update, const Summary& summary);
inline constexpr const char* update_summary_sql = "UPDATE meta SET value = ?2 WHERE key = ?1";

/// Checks application, format version, journal and tables, and reads the summary and checks it. Throws `incompatible`
/// or `corrupt`.
[[nodiscard]] Summary read_summary(const Database& database, const std::string& name);

/// What can be told of a file whose summary may be damaged.
struct DamagedSummary {
    bool damaged = false;            ///< its checksum does not match
    std::vector<NamedSpace> spaces;  ///< if it is damaged without fingerprints: a wrong one would let vectors be compared that cannot be
    std::optional<std::uint64_t> rows, next_row;
};

/// Without a look at the tables; also of a file of format 1. Throws `corrupt` if the spaces cannot be told.
[[nodiscard]] DamagedSummary read_damaged_summary(const Database& database, const std::string& name);

}  // namespace sextant::store
