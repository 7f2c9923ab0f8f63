// A SQLite file system whose connections keep the write lock once they have it.
#pragma once

namespace sextant::store {

/// Registers it with SQLite on the first call, and returns its name, for `sqlite3_open_v2`. Throws `unsupported` if
/// this SQLite cannot have it.
///
/// In WAL mode SQLite takes the write lock for each transaction and gives it back at its end. A connection that was
/// opened through this file system keeps the lock from its first write transaction until it is closed, so that there
/// is one writer per file at any time, in all processes: others get SQLITE_BUSY, readers are never blocked, and the
/// operating system releases the lock if the process dies. A page that is not all there is an I/O error. Everything else goes to SQLite's default file system.
/// Threads: any.
const char* one_writer_vfs();

}  // namespace sextant::store
