#include "store/record_file.hpp"

#include <optional>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include <sextant/core/error.hpp>

#include "store/database.hpp"
#include "store/hash.hpp"
#include "store/new_file.hpp"
#include "store/summary.hpp"

namespace sextant::store {
namespace {

namespace fs = std::filesystem;

constexpr int pages_per_checkpoint = 1000;  // of 16 KiB

std::span<const std::byte> bytes_of(const Checksum& checksum) { return std::as_bytes(std::span(&checksum, 1)); }

std::string name_of_new(const fs::path& path) {
    std::error_code error;
    const auto result = fs::absolute(path, error);
    if (error || path.empty()) throw Error(ErrorCode::invalid_argument, "'" + path.string() + "' does not name a file");
    return result.string();
}

/// Without links: SQLite keeps the log beside the file itself.
std::string name_of_existing(const fs::path& path) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (path.empty()) throw Error(ErrorCode::invalid_argument, "'' does not name a file");
    if (status.type() == fs::file_type::not_found)
        throw Error(ErrorCode::not_found, path.string() + " does not exist: create it first");
    if (status.type() != fs::file_type::regular)
        throw Error(ErrorCode::invalid_argument,
                    path.string() + " is not a file" + (error ? ": " + error.message() : ""));
    const auto result = fs::canonical(path, error);
    if (error) throw Error(ErrorCode::io, path.string() + ": " + error.message());
    return result.string();
}

/// 0 if there is none. Asked of the name: to open and close the file would drop the locks on it.
ino_t inode_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

/// In a folder that nobody may write to SQLite cannot place its locks; then nobody else can change the file either.
Database open_for_reading(const std::string& path, const std::string& name) {
    Database database(path, name, Database::Mode::read);
    try {
        begin_snapshot(database);
        return database;
    } catch (const Error& error) {
        std::error_code ignored;
        const bool sealed =
            ::access(fs::path(path).parent_path().c_str(), W_OK) != 0 && !fs::exists(path + "-wal", ignored);
        if (error.code() != ErrorCode::io || !sealed) throw;
    }
    Database sealed(path, name, Database::Mode::immutable);
    begin_snapshot(sealed);
    return sealed;
}

/// SQLite takes what is missing of the last page for zeros. While the log holds anything the file may still be short.
void check_length(const Database& database, const std::string& path, const std::string& name) {
    std::error_code error;
    const auto log = fs::file_size(path + "-wal", error);
    if (!error && log > 0) return;
    const auto expected =
        static_cast<std::uintmax_t>(database.integer("PRAGMA page_count") * database.integer("PRAGMA page_size"));
    const auto found = fs::file_size(path, error);
    if (!error && found != expected)
        throw Error(ErrorCode::corrupt, name + " has " + std::to_string(found) + " bytes, but should have " +
                                            std::to_string(expected) +
                                            ": it was cut or added to; restore it from a copy, or build it again");
}

}  // namespace

struct RecordFile::Impl {
    std::string name;
    Summary summary;
    std::optional<Database> writer;
    std::shared_ptr<RecordViews> views;         // closed before the writer
    std::shared_ptr<const RecordView> opening;  // what was there when the file was opened, until someone wants a view
    Statement update_summary, insert, replace, remove;
    std::string shared_memory;      // the file of SQLite's locks
    ino_t shared_memory_inode = 0;  // another one if the last of those who knew of this one has gone
    std::int64_t data_version = 0;  // of the connection that writes; rises when any other one commits
    bool poisoned = false;

    void prepare_writing() {
        update_summary = writer->prepare(update_summary_sql);
        insert = writer->prepare("INSERT INTO records VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
        replace = writer->prepare(
            "UPDATE records SET id = ?2, vector = ?3, payload = ?4, text = ?5, checksum = ?6 WHERE row = ?1");
        remove = writer->prepare("DELETE FROM records WHERE row = ?1");
        data_version = writer->integer("PRAGMA data_version");
        shared_memory_inode = inode_of(shared_memory);
    }

    /// A process loses its locks on a file when any part of it closes that file (fcntl(2)); then another program can
    /// have written, and what this one remembers of the file is no longer so.
    void check_alone() {
        if (inode_of(shared_memory) == shared_memory_inode && writer->integer("PRAGMA data_version") == data_version) return;
        poisoned = true;
        throw Error(ErrorCode::busy, name + ": another program has written to it meanwhile: close it and open it again");
    }

    /// Runs a step of a transaction. What the system failed to write once is not to be trusted to it again.
    template <class Action>
    void writing(Action&& action) {
        try {
            action();
        } catch (const Error& error) {
            if (error.code() == ErrorCode::io) poisoned = true;
            throw;
        }
    }
};

RecordFile::RecordFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RecordFile::RecordFile(RecordFile&&) noexcept = default;
RecordFile& RecordFile::operator=(RecordFile&&) noexcept = default;
RecordFile::~RecordFile() = default;

RecordFile RecordFile::create(const fs::path& path, const Space& space) {
    check_space(space);
    make_new_file(name_of_new(path), [&](const std::string& draft) {
        const Database database(draft, path.string(), Database::Mode::write);
        database.execute("PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; BEGIN IMMEDIATE");
        write_new(database, space);
        // Closing would move the log into the file too, but say nothing if the disk is full.
        database.execute("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
    });
    return open(path, Access::write);
}

RecordFile RecordFile::open(const fs::path& path, Access access) {
    const auto file = name_of_existing(path);
    auto impl = std::make_unique<Impl>();
    impl->name = path.string();
    auto reader = open_for_reading(file, impl->name);
    impl->summary = read_summary(reader, impl->name);
    check_length(reader, file, impl->name);
    if (access == Access::write) {
        impl->writer.emplace(file, impl->name, Database::Mode::write);
        impl->shared_memory = file + "-shm";
        impl->writer->execute("BEGIN IMMEDIATE; ROLLBACK");  // takes the lock, which stays
        reader.execute("ROLLBACK");
        begin_snapshot(reader);
        impl->summary = read_summary(reader, impl->name);
        impl->prepare_writing();
    }
    const auto dimensions = impl->summary.space.dimensions;
    impl->views = std::make_shared<RecordViews>(file, impl->name, dimensions);
    impl->opening = impl->views->lend(std::make_unique<RecordView>(std::move(reader), impl->name, dimensions));
    return RecordFile(std::move(impl));
}

const Space& RecordFile::space() const noexcept { return impl_->summary.space; }
const std::string& RecordFile::name() const noexcept { return impl_->name; }
std::uint64_t RecordFile::rows() const noexcept { return impl_->summary.counts.rows; }

std::shared_ptr<const RecordView> RecordFile::view() {
    if (impl_->opening) return std::exchange(impl_->opening, nullptr);
    auto view = spare_view();
    view->see_last_commit();
    return view;
}

std::shared_ptr<RecordView> RecordFile::spare_view() { return impl_->views->take(); }

void RecordFile::show_last_commit(RecordView& view) noexcept {
    try {
        view.see_last_commit();
    } catch (...) {
        impl_->poisoned = true;
    }
}

void RecordFile::check_writable() const {
    if (!impl_->writer)
        throw Error(ErrorCode::invalid_argument, impl_->name + " was opened read_only: open it for writing");
    if (impl_->poisoned)
        throw Error(
            ErrorCode::io,
            impl_->name + ": an earlier write failed, so what the disk holds is uncertain: close it and open it again");
}

struct RecordFile::Transaction::State {
    RecordFile::Impl& file;
    Counts counts;

    Checksum store(Statement& statement, std::uint64_t number, const Record& record) {
        const Row row{number, record.id, std::as_bytes(std::span(record.vector)), record.payload, record.text, {}};
        const Checksum checksum = checksum_of(row);
        statement.bind(1, static_cast<std::int64_t>(number)).bind(2, row.id).bind(3, row.vector);
        statement.bind(4, row.payload).bind(5, row.text).bind(6, bytes_of(checksum));
        file.writing([&] { statement.run(); });
        counts.root += checksum;
        return checksum;
    }

    void check_one_changed(std::uint64_t number) const {
        if (file.writer->changes() != 1) throw_damaged(file.name, "row " + std::to_string(number) + " is gone");
    }
};

RecordFile::Transaction::Transaction(RecordFile& file) {
    auto& impl = *file.impl_;
    file.check_writable();
    state_ = std::make_unique<State>(State{impl, impl.summary.counts});
    impl.writing([&] { impl.writer->execute("BEGIN IMMEDIATE"); });
    try {
        impl.check_alone();
    } catch (...) {
        impl.writer->execute("ROLLBACK");
        throw;
    }
}

RecordFile::Transaction::~Transaction() {
    auto& file = state_->file;
    if (file.writer->idle()) return;
    try {
        file.writer->execute("ROLLBACK");
    } catch (...) {
        file.poisoned = true;
    }
}

RecordFile::Placed RecordFile::Transaction::insert(const Record& record) {
    auto& counts = state_->counts;
    const Placed placed{counts.next_row, state_->store(state_->file.insert, counts.next_row, record)};
    ++counts.next_row;
    ++counts.rows;
    return placed;
}

Checksum RecordFile::Transaction::replace(std::uint64_t number, const Checksum& old, const Record& record) {
    const auto checksum = state_->store(state_->file.replace, number, record);
    state_->check_one_changed(number);
    state_->counts.root -= old;
    return checksum;
}

void RecordFile::Transaction::remove(std::uint64_t number, const Checksum& old) {
    state_->file.remove.bind(1, static_cast<std::int64_t>(number));
    state_->file.writing([&] { state_->file.remove.run(); });
    state_->check_one_changed(number);
    state_->counts.root -= old;
    --state_->counts.rows;
}

void RecordFile::Transaction::commit() {
    auto& file = state_->file;
    file.writing([&] {
        write_counts(*file.writer, file.update_summary, file.summary.space, state_->counts);
        file.writer->execute("COMMIT");
    });
    file.opening.reset();
    file.summary.counts = state_->counts;
}

bool RecordFile::checkpoint_due() const noexcept {
    return impl_->writer && impl_->writer->log_pages() >= pages_per_checkpoint;
}

void RecordFile::checkpoint() noexcept {
    if (impl_->writer && !impl_->writer->checkpoint()) impl_->poisoned = true;
}

}  // namespace sextant::store
