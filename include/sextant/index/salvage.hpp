// What is left of an index whose file was damaged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sextant {

/// A record that could not be saved.
struct LostRecord {
    std::uint64_t row = 0;  ///< its number in the file
    std::string id;         ///< as far as it can be read
    std::string why;
};

struct Salvage {
    std::size_t saved = 0;         ///< records in the new file
    std::vector<LostRecord> lost;  ///< in the order of their rows
    std::size_t missing = 0;       ///< of which nothing was found, though the file says that there were so many more; 0 if it does not say
    /// What the file says of itself does not match its checksum: the new index has no fingerprints, and all else of its spaces
    /// (names, kinds, dimensions, metrics) and `missing` are as the file says, right or wrong.
    bool summary_damaged = false;
};

/// Copies every record of the file `from` that can still be read, and matches its checksums, to a new index `to`, in the
/// order of insertion; also the records of a file of format 1, which `Index::open` refuses. `from` is not changed, nor is its
/// log (`-wal`); beside a log SQLite may leave `-shm`.
/// Throws `not_found`; `incompatible` if `from` is no index or one of a newer format; `corrupt` if not even its first page
/// and tables can be read; and as `Index::create` and `Index::upsert`: nothing is left of `to` then.
[[nodiscard]] Salvage salvage(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace sextant
