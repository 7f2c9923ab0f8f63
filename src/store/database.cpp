#include "store/database.hpp"

#include <limits>
#include <new>

#include <sqlite3.h>

#include <sextant/core/error.hpp>
#include <sextant/store/record.hpp>

#include "store/one_writer_vfs.hpp"

namespace sextant::store {
namespace {

ErrorCode code_of(int result) {
    switch (result & 0xFF) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL:
            return ErrorCode::busy;
        case SQLITE_IOERR:
        case SQLITE_FULL:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
        case SQLITE_NOLFS:
            return ErrorCode::io;
        case SQLITE_TOOBIG:
            return ErrorCode::limit;
        default:
            return ErrorCode::corrupt;  // our statements are right, so the file they run on is not
    }
}

const char* remedy_for(ErrorCode code) {
    switch (code) {
        case ErrorCode::busy:
            return "; another program is writing it: wait for that or close it, or open it read_only";
        case ErrorCode::io:
            return "; check the disk, its free space and the permissions of the file and its folder";
        default:
            return "; the file is damaged, or is not what it should be: restore it from a copy, or build it again";
    }
}

[[noreturn]] void fail(const std::string& name, int result, sqlite3* connection) {
    if ((result & 0xFF) == SQLITE_NOMEM) throw std::bad_alloc();
    const auto code = code_of(result);
    const std::string reason = connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(result);
    throw Error(code, name + ": " + reason + " (SQLite " + std::to_string(result) + ")" + remedy_for(code));
}

void check(const std::string& name, int result, sqlite3* connection) {
    if (result != SQLITE_OK) fail(name, result, connection);
}

int length_of(std::size_t bytes) {
    if (bytes > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        throw Error(ErrorCode::limit, "a value of " + std::to_string(bytes) + " bytes is too large to be stored");
    return static_cast<int>(bytes);
}

int remember_log_pages(void* pages, sqlite3*, const char*, int count) {
    *static_cast<int*>(pages) = count;
    return SQLITE_OK;
}

/// As a URI, for the only option that has no other door.
std::string immutable_uri(const std::string& path) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string uri = "file:";
    for (const char c : path) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain =
            (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '/';
        if (plain) {
            uri += c;
        } else {
            uri += '%';
            uri += digits[byte >> 4];
            uri += digits[byte & 15];
        }
    }
    return uri + "?immutable=1";
}

int flags_of(Database::Mode mode) {
    constexpr int common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    switch (mode) {
        case Database::Mode::immutable:
            return common | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
        case Database::Mode::memory:
            return common | SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY;
        case Database::Mode::read:  // a connection that may write takes the log away when it is the last to be closed
        case Database::Mode::write:
        case Database::Mode::shared:
            break;
    }
    return common | SQLITE_OPEN_READWRITE;
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

Statement& Statement::bind(int position, std::int64_t value) {
    check(*name_, sqlite3_bind_int64(statement_.get(), position, value), sqlite3_db_handle(statement_.get()));
    return *this;
}

Statement& Statement::bind(int position, std::string_view text) {
    // A null pointer would be stored as NULL.
    const char* data = text.empty() ? "" : text.data();
    check(*name_, sqlite3_bind_text(statement_.get(), position, data, length_of(text.size()), SQLITE_STATIC),
          sqlite3_db_handle(statement_.get()));
    return *this;
}

Statement& Statement::bind(int position, std::span<const std::byte> blob) {
    const void* data = blob.empty() ? static_cast<const void*>("") : blob.data();
    check(*name_, sqlite3_bind_blob(statement_.get(), position, data, length_of(blob.size()), SQLITE_STATIC),
          sqlite3_db_handle(statement_.get()));
    return *this;
}

bool Statement::step() {
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    auto* const connection = sqlite3_db_handle(statement_.get());
    try {
        fail(*name_, result, connection);
    } catch (...) {
        reset();
        throw;
    }
}

void Statement::run() {
    while (step()) {
    }
    reset();
}

void Statement::reset() noexcept {
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
}

bool Statement::is_integer(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_INTEGER; }
bool Statement::is_text(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_TEXT; }
bool Statement::is_blob(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_BLOB; }
std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string_view Statement::text(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    const int bytes = sqlite3_column_bytes(statement_.get(), column);
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(bytes)};
}

std::span<const std::byte> Statement::blob(int column) const {
    const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
    const int bytes = sqlite3_column_bytes(statement_.get(), column);
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(bytes)};
}

void Database::Close::operator()(sqlite3* connection) const noexcept { sqlite3_close(connection); }

Database::Database(const std::string& path, const std::string& name, Mode mode)
    : mode_(mode), name_(std::make_unique<std::string>(name)), log_pages_(std::make_unique<int>(0)) {
    if (sqlite3_threadsafe() == 0)
        throw Error(ErrorCode::unsupported,
                    "this SQLite was built for one thread only: install one with SQLITE_THREADSAFE=1");
    const std::string target = mode == Mode::immutable ? immutable_uri(path) : mode == Mode::memory ? ":memory:" : path;
    sqlite3* connection = nullptr;
    const int result =
        sqlite3_open_v2(target.c_str(), &connection, flags_of(mode), mode == Mode::write ? one_writer_vfs() : nullptr);
    connection_.reset(connection);
    check(*name_, result, connection);
    configure();
}

void Database::configure() {
    auto* const connection = connection_.get();
    // A short wait: other connections take the write lock for an instant when they recover or close a file. Where
    // writers take turns, as long as one may need.
    sqlite3_busy_timeout(connection, mode_ == Mode::shared ? 10'000 : 250);
    // No value of ours is larger; without it a damaged length could ask for a gigabyte.
    sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, static_cast<int>(max_multi_bytes + (std::size_t{1} << 20)));
    sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    execute("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY");
    if (mode_ == Mode::read) execute("PRAGMA query_only = ON");
    if (mode_ == Mode::shared) execute("PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON");
    if (mode_ != Mode::write && mode_ != Mode::memory) return;
    execute("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 33554432");
    sqlite3_wal_hook(connection, remember_log_pages, log_pages_.get());  // in place of SQLite's own checkpoints
}

Statement Database::prepare(std::string_view sql) const {
    Statement statement;
    statement.name_ = name_.get();
    sqlite3_stmt* prepared = nullptr;
    const int result = sqlite3_prepare_v3(connection_.get(), sql.data(), length_of(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    statement.statement_.reset(prepared);
    check(*name_, result, connection_.get());
    return statement;
}

void Database::execute(const char* sql) const {
    check(*name_, sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr), connection_.get());
}

std::int64_t Database::integer(std::string_view sql) const {
    auto statement = prepare(sql);
    return statement.step() ? statement.integer(0) : 0;
}

std::string Database::text(std::string_view sql) const {
    auto statement = prepare(sql);
    return statement.step() ? std::string(statement.text(0)) : std::string();
}

void Database::keep_log() const noexcept { sqlite3_db_config(connection_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr); }

bool Database::idle() const noexcept { return sqlite3_get_autocommit(connection_.get()) != 0; }
std::int64_t Database::changes() const noexcept { return sqlite3_changes(connection_.get()); }

void Database::copy_to(const Database& to) const {
    auto* const backup = sqlite3_backup_init(to.connection_.get(), "main", connection_.get(), "main");
    if (backup == nullptr) fail(*to.name_, sqlite3_errcode(to.connection_.get()), to.connection_.get());
    const int stepped = sqlite3_backup_step(backup, -1);
    const int finished = sqlite3_backup_finish(backup);
    if (stepped != SQLITE_DONE) fail(*to.name_, stepped, nullptr);
    check(*to.name_, finished, to.connection_.get());
}

bool Database::checkpoint() const noexcept {
    const int result =
        sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    return result == SQLITE_OK || (result & 0xFF) == SQLITE_BUSY;
}

}  // namespace sextant::store
