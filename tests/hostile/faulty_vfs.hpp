// A SQLite file system on which the n-th call of a kind fails.
#pragma once

#include <array>
#include <cstddef>

namespace hostile {

/// What goes wrong.
enum class Fault {
    read_error,   ///< xRead: EIO
    short_read,   ///< xRead: half of the bytes, the rest zeros, as at the end of a file
    write_error,  ///< xWrite: EIO
    torn_write,   ///< xWrite: half of the bytes, then EIO
    disk_full,    ///< xWrite: ENOSPC
    sync,         ///< xSync: EIO
    truncate,
    file_size,
    lock,
    shm_map,
    shm_lock,
    open,
    remove,
    access,
};

struct NamedFault {
    Fault fault;
    const char* name;
};
inline constexpr std::array<NamedFault, 14> all_faults = {{
    {Fault::read_error, "read error"}, {Fault::short_read, "short read"}, {Fault::write_error, "write error"},
    {Fault::torn_write, "torn write"}, {Fault::disk_full, "disk full"},   {Fault::sync, "failed sync"},
    {Fault::truncate, "truncate"},     {Fault::file_size, "file size"},   {Fault::lock, "lock"},
    {Fault::shm_map, "shm map"},       {Fault::shm_lock, "shm lock"},     {Fault::open, "open"},
    {Fault::remove, "remove"},         {Fault::access, "access"},
}};

/// Makes it SQLite's default. Once, before anything else uses SQLite.
void install_faulty_vfs();

/// From now on calls are counted; the one of this number fails, and if it is `lasting`, all later ones too.
void arm(Fault fault, std::size_t call, bool lasting);
/// Nothing fails any more. True if something has.
bool disarm();

/// While it lives, nothing fails, and no call is counted.
class Lifted {
public:
    Lifted();
    ~Lifted();
    Lifted(const Lifted&) = delete;
    Lifted& operator=(const Lifted&) = delete;

private:
    bool was_armed_;
};

}  // namespace hostile
