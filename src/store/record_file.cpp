#include "store/record_file.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <sextant/core/error.hpp>

#include "store/database.hpp"
#include "store/hash.hpp"
#include "store/new_file.hpp"
#include "store/opening.hpp"
#include "store/record_vectors.hpp"
#include "store/schema.hpp"
#include "store/span_text.hpp"
#include "store/summary.hpp"

namespace sextant::store {
namespace {

namespace fs = std::filesystem;

constexpr int pages_per_checkpoint = 1000;  // of 16 KiB

/// How many changes are remembered at least; up to twice that. To read all rows again is less work for few of them.
std::uint64_t remembered_changes(std::uint64_t rows) { return std::clamp<std::uint64_t>(rows, 1024, 65'536); }

std::span<const std::byte> bytes_of(const Checksum& checksum) { return std::as_bytes(std::span(&checksum, 1)); }

std::string name_of_new(const fs::path& path) {
    std::error_code error;
    const auto result = fs::absolute(path, error);
    if (error || path.empty()) throw Error(ErrorCode::invalid_argument, "'" + path.string() + "' does not name a file");
    return result.string();
}

/// 0 if there is none. Asked of the name: to open and close the file would drop the locks on it.
ino_t inode_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

struct RecordFile::Impl {
    std::string name;
    Summary summary;
    std::optional<Database> writer;
    std::shared_ptr<RecordViews> views;         // closed before the writer
    std::shared_ptr<const RecordView> opening;  // what was there when the file was opened, until someone wants a view
    Statement update_summary, insert, replace, remove, note, forget;
    std::vector<Statement> put_vector, remove_vector;  // of each space
    std::string shared_memory;      // the file of SQLite's locks
    ino_t shared_memory_inode = 0;  // another one if the last of those who knew of this one has gone
    std::int64_t data_version = 0;  // of the connection that writes; rises when any other one commits
    bool poisoned = false;

    void prepare_writing() {
        update_summary = writer->prepare(update_summary_sql);
        insert = writer->prepare("INSERT INTO records VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        replace = writer->prepare("UPDATE records SET id = ?2, payload = ?3, text = ?4, parent = ?5, span = ?6, vectors = ?7, "
                                  "checksum = ?8 WHERE row = ?1");
        remove = writer->prepare("DELETE FROM records WHERE row = ?1");
        note = writer->prepare("INSERT INTO changes VALUES(?1, ?2)");
        forget = writer->prepare("DELETE FROM changes WHERE number <= ?1");
        for (std::size_t space = 0; space < summary.spaces.size(); ++space) {
            const auto table = vectors_table(space);
            put_vector.push_back(writer->prepare("INSERT OR REPLACE INTO " + table + " VALUES(?1, ?2)"));
            remove_vector.push_back(writer->prepare("DELETE FROM " + table + " WHERE row = ?1"));
        }
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

RecordFile RecordFile::create(const fs::path& path, std::span<const NamedSpace> spaces) {
    check_spaces(spaces);
    make_new_file(name_of_new(path), [&](const std::string& draft) { write_empty(draft, spaces); });
    return open(path, Access::write);
}

void RecordFile::write_empty(const std::string& draft, std::span<const NamedSpace> spaces) {
    const Database database(draft, draft, Database::Mode::write);
    database.execute("PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; BEGIN IMMEDIATE");
    write_new(database, spaces);
    // Closing would move the log into the file too, but say nothing if the disk is full.
    database.execute("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
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
    auto viewed = std::make_shared<const ViewedFile>(ViewedFile{file, impl->name, impl->summary.spaces, reader.mode()});
    impl->views = std::make_shared<RecordViews>(viewed);
    impl->opening = impl->views->lend(std::make_unique<RecordView>(std::move(reader), viewed));
    return RecordFile(std::move(impl));
}

std::span<const NamedSpace> RecordFile::spaces() const noexcept { return impl_->summary.spaces; }
const std::string& RecordFile::name() const noexcept { return impl_->name; }
const Counts& RecordFile::counts() const noexcept { return impl_->summary.counts; }
bool RecordFile::writable() const noexcept { return impl_->writer.has_value(); }

std::shared_ptr<const RecordView> RecordFile::view() {
    if (impl_->opening) return std::exchange(impl_->opening, nullptr);
    auto view = impl_->views->take();
    view->see_last_commit();
    return view;
}

std::shared_ptr<RecordView> RecordFile::spare_view() {
    std::shared_ptr<RecordView> view;
    impl_->writing([&] { view = impl_->views->take(); });
    return view;
}

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
    std::vector<std::uint64_t> changed = {};  // rows
    std::vector<std::byte> packed = {};       // room

    /// Writes the row with `statement`, and its vectors.
    Checksum store(Statement& statement, std::uint64_t number, const Record& record) {
        const auto& spaces = file.summary.spaces;
        std::vector<Checksum> checksums(spaces.size());
        for (std::size_t space = 0; space < spaces.size(); ++space) {
            const auto vector = pack(vector_in(record, spaces, space), packed);
            if (!vector.empty()) checksums[space] = checksum_of(space, number, vector);
            put(space, number, vector);
        }
        const auto span = to_text(record.span);
        const Row row{number, record.id, record.payload, record.text, record.parent, span, std::as_bytes(std::span(checksums)), {}};
        const Checksum checksum = checksum_of(row);
        statement.bind(1, static_cast<std::int64_t>(number)).bind(2, row.id).bind(3, row.payload).bind(4, row.text);
        statement.bind(5, row.parent).bind(6, row.span).bind(7, row.vectors).bind(8, bytes_of(checksum));
        file.writing([&] { statement.run(); });
        counts.root += checksum;
        changed.push_back(number);
        return checksum;
    }

    void put(std::size_t space, std::uint64_t number, std::span<const std::byte> vector) {
        auto& statement = vector.empty() ? file.remove_vector[space] : file.put_vector[space];
        statement.bind(1, static_cast<std::int64_t>(number));
        if (!vector.empty()) statement.bind(2, vector);
        file.writing([&] { statement.run(); });
    }

    void check_one_changed(std::uint64_t number) const {
        if (file.writer->changes() != 1) throw_damaged(file.name, "row " + std::to_string(number) + " is gone");
    }

    void check_countable(std::uint64_t number, const char* what) const {
        if (number < most_counted) return;
        throw Error(ErrorCode::limit, file.name + ": there are no more numbers for " + what + ": copy its records into a new file with `sextant salvage`");
    }

    /// Adds to the list of changes, and takes from it what is too old.
    void note_changes() {
        check_countable(counts.changes + changed.size(), "changes");
        const auto limit = remembered_changes(counts.rows);
        if (changed.size() >= limit) counts.forgotten = counts.changes + changed.size();
        for (const auto row : changed) {
            ++counts.changes;
            if (counts.changes <= counts.forgotten) continue;
            file.note.bind(1, static_cast<std::int64_t>(counts.changes)).bind(2, static_cast<std::int64_t>(row)).run();
        }
        if (counts.changes - counts.forgotten > 2 * limit) counts.forgotten = counts.changes - limit;
        if (counts.forgotten != file.summary.counts.forgotten) file.forget.bind(1, static_cast<std::int64_t>(counts.forgotten)).run();
    }
};

RecordFile::Transaction::Transaction(RecordFile& file) {
    auto& impl = *file.impl_;
    file.check_writable();
    state_ = std::make_unique<State>(State{impl, impl.summary.counts});
    impl.writing([&] { impl.writer->execute("BEGIN IMMEDIATE"); });
    try {
        impl.writing([&] { impl.check_alone(); });
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
    state_->check_countable(counts.next_row, "rows");
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
    auto& [file, counts, changed, packed] = *state_;
    for (std::size_t space = 0; space < file.remove_vector.size(); ++space) state_->put(space, number, {});
    file.remove.bind(1, static_cast<std::int64_t>(number));
    file.writing([&] { state_->file.remove.run(); });
    state_->check_one_changed(number);
    counts.root -= old;
    --counts.rows;
    changed.push_back(number);
}

void RecordFile::Transaction::drop_cache(std::string_view name) {
    auto& file = state_->file;
    file.writing([&] { file.writer->prepare("DELETE FROM caches WHERE name = ?1").bind(1, name).run(); });
}

void RecordFile::Transaction::put_cache(std::string_view name, std::size_t part, std::span<const std::byte> bytes) {
    auto& file = state_->file;
    file.writing([&] {
        auto put = file.writer->prepare("INSERT INTO caches VALUES(?1, ?2, ?3)");
        put.bind(1, name).bind(2, static_cast<std::int64_t>(part)).bind(3, bytes).run();
    });
}

void RecordFile::Transaction::commit() {
    auto& file = state_->file;
    file.writing([&] {
        state_->note_changes();
        write_counts(*file.writer, file.update_summary, {file.summary.spaces, state_->counts});
        file.writer->execute("COMMIT");
    });
    file.opening.reset();
    file.summary.counts = state_->counts;
}

void RecordFile::copy_to(const fs::path& path) const {
    make_new_file(name_of_new(path), [&](const std::string& draft) {
        {
            const Database from = open_for_reading(impl_->views->file().path, impl_->name), to(draft, path.string(), Database::Mode::write);
            from.copy_to(to);
        }
        open(draft, Access::read).view()->scan([](const Row&, RowVectors) {});
    });
}

void RecordFile::compact() {
    check_writable();
    impl_->writing([&] {
        impl_->check_alone();
        impl_->writer->execute("PRAGMA temp_store = FILE; VACUUM; PRAGMA temp_store = MEMORY");
    });
    checkpoint();
}

bool RecordFile::checkpoint_due() const noexcept {
    return impl_->writer && impl_->writer->log_pages() >= pages_per_checkpoint;
}

void RecordFile::checkpoint() noexcept {
    if (impl_->writer && !impl_->writer->checkpoint()) impl_->poisoned = true;
}

}  // namespace sextant::store
