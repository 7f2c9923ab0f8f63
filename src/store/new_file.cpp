#include "store/new_file.hpp"

#include <atomic>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include <sextant/core/error.hpp>

namespace sextant::store {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& path, int error, const std::string& doing) {
    throw Error(ErrorCode::io, path.string() + ": cannot " + doing + ": " + std::generic_category().message(error));
}

[[noreturn]] void refuse_existing(const fs::path& path) {
    throw Error(ErrorCode::invalid_argument,
                path.string() + " exists already: open it, or choose another name; nothing is overwritten");
}

/// A bare name is one in the working folder.
fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

fs::path with_ending(fs::path path, const char* ending) { return path += ending; }

/// A log that belonged to a deleted file would be taken for the new file's own.
void check_free(const fs::path& path) {
    std::error_code error;
    if (fs::symlink_status(path, error).type() != fs::file_type::not_found) refuse_existing(path);
    for (const char* ending : {"-wal", "-shm", "-journal"})
        if (fs::exists(with_ending(path, ending), error))
            throw Error(ErrorCode::invalid_argument,
                        with_ending(path, ending).string() + " is left over from a file that is gone: remove it first");
    const auto folder = folder_of(path);
    if (!fs::is_directory(folder, error))
        throw Error(ErrorCode::not_found, folder.string() + " is not a folder: make it first");
}

/// Closes and removes the file unless it was moved away.
class Draft {
public:
    explicit Draft(const fs::path& path) {
        static std::atomic<unsigned> counter{0};
        path_ = with_ending(path, (".new-" + std::to_string(::getpid()) + "-" + std::to_string(counter++)).c_str());
        const int file = ::open(path_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
        if (file < 0) refuse(path_, errno, "make it");
        ::close(file);
    }
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;
    ~Draft() {
        for (const char* ending : {"", "-wal", "-shm", "-journal"}) ::unlink(with_ending(path_, ending).c_str());
    }

    [[nodiscard]] std::string name() const { return path_.string(); }

    /// What SQLite could not move from its log into the file when that was closed, it does not speak of.
    void check_complete(const fs::path& path) const {
        std::error_code error;
        const auto log = fs::file_size(with_ending(path_, "-wal"), error);
        if (!error && log > 0)
            throw Error(ErrorCode::io, path.string() + ": it could not be written to its end: free some room on the disk and try again");
    }

    /// A hard link fails if the name is taken, which a renaming does not; where there are none, renaming must do.
    void publish(const fs::path& path) const {
        if (::link(path_.c_str(), path.c_str()) == 0) return;
        if (errno == EEXIST) refuse_existing(path);
        if (::rename(path_.c_str(), path.c_str()) != 0) refuse(path, errno, "name it");
    }

private:
    fs::path path_;
};

/// So that the name of what is in it survives a loss of power. Some file systems know no such thing, and say EINVAL.
void sync_folder(const fs::path& folder) {
    const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) refuse(folder, errno, "open the folder to sync it");
    const int error = ::fsync(file) == 0 ? 0 : errno;
    ::close(file);
    if (error != 0 && error != EINVAL) refuse(folder, error, "sync the folder");
}

}  // namespace

void make_new_file(const fs::path& path, const std::function<void(const std::string&)>& fill) {
    check_free(path);
    {
        const Draft draft(path);
        fill(draft.name());
        draft.check_complete(path);
        draft.publish(path);
    }
    try {
        sync_folder(folder_of(path));
    } catch (...) {
        ::unlink(path.c_str());
        throw;
    }
}

}  // namespace sextant::store
