#include "store/one_writer_vfs.hpp"

#include <new>
#include <utility>

#include <sqlite3.h>

#include <sextant/core/error.hpp>

namespace sextant::store {
namespace {

constexpr int write_lock = 0;  // the first lock of the shared memory: https://sqlite.org/walformat.html, section 2.3.2

/// What SQLite allocates per file; the default file system's own structure lies behind it.
struct File {
    sqlite3_file base;
    bool holds_write_lock;
};
static_assert(sizeof(File) % 8 == 0);

File& outer(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
sqlite3_file* inner(sqlite3_file* file) { return reinterpret_cast<sqlite3_file*>(&outer(file) + 1); }

/// The lock is asked for and given back alone, never together with others.
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    if (offset != write_lock || count != 1) return inner(file)->pMethods->xShmLock(inner(file), offset, count, flags);
    auto& held = outer(file).holds_write_lock;
    if (held) return SQLITE_OK;
    const int result = inner(file)->pMethods->xShmLock(inner(file), offset, count, flags);
    held = result == SQLITE_OK && (flags & SQLITE_SHM_LOCK) != 0 && (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    return result;
}

/// SQLite expects no locks to be held any more, and would leave this one to other connections of the process.
int shm_unmap(sqlite3_file* file, int remove) {
    if (std::exchange(outer(file).holds_write_lock, false))
        inner(file)->pMethods->xShmLock(inner(file), write_lock, 1, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
    return inner(file)->pMethods->xShmUnmap(inner(file), remove);
}

int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
    return inner(file)->pMethods->xShmMap(inner(file), page, size, extend, memory);
}
void shm_barrier(sqlite3_file* file) { inner(file)->pMethods->xShmBarrier(inner(file)); }
int close(sqlite3_file* file) { return inner(file)->pMethods->xClose(inner(file)); }
/// SQLite would take what is missing of a page for zeros, and a writer would write those back.
int read(sqlite3_file* file, void* to, int bytes, sqlite3_int64 at) {
    constexpr int smallest_page = 512;
    const int result = inner(file)->pMethods->xRead(inner(file), to, bytes, at);
    return result == SQLITE_IOERR_SHORT_READ && bytes >= smallest_page ? SQLITE_IOERR_READ : result;
}
int write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 at) {
    return inner(file)->pMethods->xWrite(inner(file), from, bytes, at);
}
int truncate(sqlite3_file* file, sqlite3_int64 size) { return inner(file)->pMethods->xTruncate(inner(file), size); }
int sync(sqlite3_file* file, int flags) { return inner(file)->pMethods->xSync(inner(file), flags); }
int file_size(sqlite3_file* file, sqlite3_int64* size) { return inner(file)->pMethods->xFileSize(inner(file), size); }
int lock(sqlite3_file* file, int level) { return inner(file)->pMethods->xLock(inner(file), level); }
int unlock(sqlite3_file* file, int level) { return inner(file)->pMethods->xUnlock(inner(file), level); }
int check_reserved(sqlite3_file* file, int* answer) {
    return inner(file)->pMethods->xCheckReservedLock(inner(file), answer);
}
int control(sqlite3_file* file, int what, void* argument) {
    return inner(file)->pMethods->xFileControl(inner(file), what, argument);
}
int sector_size(sqlite3_file* file) { return inner(file)->pMethods->xSectorSize(inner(file)); }
int characteristics(sqlite3_file* file) { return inner(file)->pMethods->xDeviceCharacteristics(inner(file)); }

// Version 2: shared memory, but no memory-mapped pages.
const sqlite3_io_methods methods = {
    2,         close,          read,    write,       truncate,        sync,    file_size, lock,
    unlock,    check_reserved, control, sector_size, characteristics, shm_map, shm_lock,  shm_barrier,
    shm_unmap, nullptr,        nullptr};

sqlite3_vfs* default_vfs() {
    static sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
    return vfs;
}

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto* const vfs = default_vfs();
    if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return vfs->xOpen(vfs, name, file, flags, out_flags);
    outer(file).holds_write_lock = false;
    inner(file)->pMethods = nullptr;
    const int result = vfs->xOpen(vfs, name, inner(file), flags, out_flags);
    file->pMethods = inner(file)->pMethods != nullptr ? &methods : nullptr;
    return result;
}

sqlite3_vfs* make_vfs() {
    if (default_vfs() == nullptr) throw Error(ErrorCode::unsupported, "this SQLite was built without a file system");
    static sqlite3_vfs vfs = *default_vfs();
    vfs.zName = "sextant-one-writer";
    vfs.szOsFile += static_cast<int>(sizeof(File));
    vfs.pNext = nullptr;
    vfs.xOpen = open;
    if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK) throw std::bad_alloc();
    return &vfs;
}

}  // namespace

const char* one_writer_vfs() {
    static sqlite3_vfs* const vfs = make_vfs();
    return vfs->zName;
}

}  // namespace sextant::store
