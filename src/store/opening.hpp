// How a file that is there already is opened.
#pragma once

#include <filesystem>
#include <string>

#include "store/database.hpp"

namespace sextant::store {

/// The file's own name, without links: SQLite keeps the log beside the file itself. Throws `not_found`,
/// `invalid_argument` if it is no file, `io`.
[[nodiscard]] std::string name_of_existing(const std::filesystem::path& path);

/// A connection that sees the last commit. In a folder that nobody may write to SQLite cannot place its locks; then nobody
/// else can change the file either. `name` is what messages call it.
[[nodiscard]] Database open_for_reading(const std::string& path, const std::string& name);

/// Throws `corrupt` if the file is longer or shorter than it says: SQLite takes what is missing of the last page for zeros.
/// While the log holds anything the file may still be short.
void check_length(const Database& database, const std::string& path, const std::string& name);

}  // namespace sextant::store
