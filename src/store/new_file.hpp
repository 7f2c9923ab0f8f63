// Making a file that appears complete or not at all.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace sextant::store {

/// Calls `fill` with the name of a new, empty file beside `path` that only its owner may read, then gives it the name
/// `path`. Throws `invalid_argument` if `path` exists (also if another process makes it meanwhile) or has left-overs of
/// a database beside it, `not_found` if its folder does not exist, `io` if the system refuses. Whatever throws, nothing
/// stays behind. A process that is killed may leave a file `path`.new-..., which nobody reads and anybody may delete.
void make_new_file(const std::filesystem::path& path, const std::function<void(const std::string&)>& fill);

}  // namespace sextant::store
