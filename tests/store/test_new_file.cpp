// New files appear under their names complete, and for good, or not at all.
#include "store/new_file.hpp"

#include <cerrno>

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/temp_folder.hpp"

using sextant::ErrorCode;
using sextant::store::make_new_file;

namespace {

int folder_sync_error = 0;

}  // namespace

/// In place of the system's, for the whole program.
extern "C" int fsync(int file) {
    struct stat status {};
    if (folder_sync_error != 0 && ::fstat(file, &status) == 0 && S_ISDIR(status.st_mode)) {
        errno = folder_sync_error;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_fsync, file));
}

TEST_CASE("a name that may be lost with the power is an error, where the file system can tell") {
    const TempFolder folder;
    const auto path = folder / "new";
    const auto make = [&] { make_new_file(path, [](const std::string& draft) { write_file(draft, "what is in it"); }); };
    folder_sync_error = EIO;
    expect_error(ErrorCode::io, {folder.path().string().c_str(), "sync the folder"}, make);
    CHECK(std::filesystem::is_empty(folder.path()));
    folder_sync_error = EINVAL;  // it knows no such thing
    make();
    CHECK(read_file(path) == "what is in it");
    folder_sync_error = 0;
}
