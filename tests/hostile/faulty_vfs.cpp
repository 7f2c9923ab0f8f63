#include "hostile/faulty_vfs.hpp"

#include <atomic>
#include <cstring>
#include <deque>
#include <mutex>
#include <stdexcept>

#include <sqlite3.h>

namespace hostile {
namespace {

std::atomic<bool> armed{false}, reached{false};
std::atomic<Fault> planned{Fault::read_error};
std::atomic<std::size_t> planned_call{0}, calls{0};
std::atomic<bool> lasts{false};

bool strikes(Fault fault) {
    if (!armed || fault != planned) return false;
    const auto call = ++calls;
    const bool fails = call == planned_call || (lasts && call > planned_call);
    if (fails) reached = true;
    return fails;
}

/// A table of methods that stands in for another one. SQLite hands it back with the file.
struct Methods {
    sqlite3_io_methods faulty;
    const sqlite3_io_methods* sound;
};

const sqlite3_io_methods& sound(const sqlite3_file* file) { return *reinterpret_cast<const Methods*>(file->pMethods)->sound; }

int read(sqlite3_file* file, void* to, int bytes, sqlite3_int64 at) {
    if (strikes(Fault::read_error)) return SQLITE_IOERR_READ;
    const int result = sound(file).xRead(file, to, bytes, at);
    if (result != SQLITE_OK || !strikes(Fault::short_read)) return result;
    std::memset(static_cast<char*>(to) + bytes / 2, 0, static_cast<std::size_t>(bytes - bytes / 2));
    return SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 at) {
    if (strikes(Fault::write_error)) return SQLITE_IOERR_WRITE;
    if (strikes(Fault::disk_full)) return SQLITE_FULL;
    if (!strikes(Fault::torn_write)) return sound(file).xWrite(file, from, bytes, at);
    sound(file).xWrite(file, from, bytes / 2, at);
    return SQLITE_IOERR_WRITE;
}

int sync(sqlite3_file* file, int flags) { return strikes(Fault::sync) ? SQLITE_IOERR_FSYNC : sound(file).xSync(file, flags); }

int truncate(sqlite3_file* file, sqlite3_int64 size) {
    return strikes(Fault::truncate) ? SQLITE_IOERR_TRUNCATE : sound(file).xTruncate(file, size);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
    return strikes(Fault::file_size) ? SQLITE_IOERR_FSTAT : sound(file).xFileSize(file, size);
}

int lock(sqlite3_file* file, int level) { return strikes(Fault::lock) ? SQLITE_IOERR_LOCK : sound(file).xLock(file, level); }

int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
    if (!strikes(Fault::shm_map)) return sound(file).xShmMap(file, page, size, extend, memory);
    *memory = nullptr;
    return SQLITE_IOERR_SHMMAP;
}

/// To give a lock back cannot fail in a way that SQLite would hear of.
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    const bool fails = (flags & SQLITE_SHM_LOCK) != 0 && strikes(Fault::shm_lock);
    return fails ? SQLITE_IOERR_SHMLOCK : sound(file).xShmLock(file, offset, count, flags);
}

/// One table for each that the default file system has.
const sqlite3_io_methods* faulty(const sqlite3_io_methods* of) {
    static std::mutex mutex;
    static std::deque<Methods> known;
    const std::lock_guard guard(mutex);
    for (const auto& methods : known)
        if (methods.sound == of) return &methods.faulty;
    auto& made = known.emplace_back(Methods{*of, of}).faulty;
    made.xRead = read;
    made.xWrite = write;
    made.xSync = sync;
    made.xTruncate = truncate;
    made.xFileSize = file_size;
    made.xLock = lock;
    if (of->xShmMap != nullptr) made.xShmMap = shm_map;
    if (of->xShmLock != nullptr) made.xShmLock = shm_lock;
    return &made;
}

sqlite3_vfs* sound_vfs = nullptr;

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    file->pMethods = nullptr;
    if (strikes(Fault::open)) return SQLITE_CANTOPEN;
    const int result = sound_vfs->xOpen(sound_vfs, name, file, flags, out_flags);
    if (file->pMethods != nullptr) file->pMethods = faulty(file->pMethods);
    return result;
}

int remove(sqlite3_vfs*, const char* name, int sync_folder) {
    return strikes(Fault::remove) ? SQLITE_IOERR_DELETE : sound_vfs->xDelete(sound_vfs, name, sync_folder);
}

int access(sqlite3_vfs*, const char* name, int flags, int* answer) {
    return strikes(Fault::access) ? SQLITE_IOERR_ACCESS : sound_vfs->xAccess(sound_vfs, name, flags, answer);
}

}  // namespace

void install_faulty_vfs() {
    sound_vfs = sqlite3_vfs_find(nullptr);
    if (sound_vfs == nullptr) throw std::runtime_error("this SQLite has no file system");
    static sqlite3_vfs vfs = *sound_vfs;
    vfs.zName = "faulty";
    vfs.pNext = nullptr;
    vfs.xOpen = open;
    vfs.xDelete = remove;
    vfs.xAccess = access;
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) throw std::runtime_error("SQLite takes no file system");
}

void arm(Fault fault, std::size_t call, bool lasting) {
    planned = fault;
    planned_call = call;
    lasts = lasting;
    calls = 0;
    reached = false;
    armed = true;
}

bool disarm() {
    armed = false;
    return reached;
}

Lifted::Lifted() : was_armed_(armed.exchange(false)) {}
Lifted::~Lifted() { armed = was_armed_; }

}  // namespace hostile
