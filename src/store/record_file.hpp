// One file of records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <sextant/core/space.hpp>
#include <sextant/store/record.hpp>

#include "store/checksum.hpp"
#include "store/record_view.hpp"

namespace sextant::store {

/// Records in one SQLite file: src/store/FORMAT.md. Knows rows by their number; who knows them by id is the index.
///
/// Threads: what is `const` by any threads at once, and while one thread writes. The rest, views too, is for one thread at a
/// time; what a view then reads is not.
///
/// Failures are `Error`: `io` if the system refuses, `corrupt` if bytes are damaged, each naming the file.
class RecordFile {
public:
    enum class Access { read, write };

    /// Makes an empty file that only its owner may read (mode 0600), and opens it for writing. It appears under its
    /// name complete or not at all. Throws `invalid_argument` if something of that name exists, or if the space is
    /// not one: no dimensions, too many of them, a fingerprint with invalid UTF-8 or of absurd size, a name twice.
    static RecordFile create(const std::filesystem::path& path, std::span<const NamedSpace> spaces);

    /// Makes of the empty file `draft` one of these, without rows.
    static void write_empty(const std::string& draft, std::span<const NamedSpace> spaces);

    /// Opens a file and checks its head: application, format version, schema and the summary. The rows are checked by
    /// `scan`. For writing, the file is locked against other writers, in this process and others, until it is closed or
    /// the process ends; throws `busy` if someone else holds that lock. Never changes a file that it refuses.
    static RecordFile open(const std::filesystem::path& path, Access access);

    RecordFile(RecordFile&&) noexcept;
    RecordFile& operator=(RecordFile&&) noexcept;
    ~RecordFile();

    [[nodiscard]] std::span<const NamedSpace> spaces() const noexcept;
    /// The path as the caller wrote it: for messages.
    [[nodiscard]] const std::string& name() const noexcept;
    /// As of the last commit of this object.
    [[nodiscard]] const Counts& counts() const noexcept;
    [[nodiscard]] bool writable() const noexcept;

    /// Sees what the file held when it was opened, if there was no commit of this object and this is asked first; else the
    /// last commit, whoever made it. All views must be gone before the file.
    [[nodiscard]] std::shared_ptr<const RecordView> view();

    /// For those who must not fail after a commit: a view that has not looked yet, and then its look. Where the system
    /// refuses even that, the view sees every commit at once, of which there will be no more: `check_writable` throws.
    [[nodiscard]] std::shared_ptr<RecordView> spare_view();
    void show_last_commit(RecordView& view) noexcept;

    /// Throws `invalid_argument` if the file is open for reading only, `io` if an earlier write failed.
    void check_writable() const;

    /// The place that a new row was given.
    struct Placed {
        std::uint64_t number = 0;
        Checksum checksum;
    };

    /// Changes that come into force together, at `commit()`, or not at all.
    class Transaction {
    public:
        /// Throws as `check_writable` does.
        explicit Transaction(RecordFile& file);
        Transaction(const Transaction&) = delete;
        Transaction& operator=(const Transaction&) = delete;
        /// Undoes what was not committed.
        ~Transaction();

        /// Adds a row under a number of its own, higher than any before. Of the record's vectors those count whose spaces
        /// the file has.
        Placed insert(const Record& record);
        /// Replaces the row of this number, which has the checksum `old`, and returns its new checksum.
        Checksum replace(std::uint64_t number, const Checksum& old, const Record& record);
        /// Removes the row of this number, which has the checksum `old`. Its bytes are overwritten.
        void remove(std::uint64_t number, const Checksum& old);
        /// Keeps what can be computed again; `name` with all its parts is dropped first.
        void drop_cache(std::string_view name);
        void put_cache(std::string_view name, std::size_t part, std::span<const std::byte> bytes);
        /// Returns when the changes would survive a loss of power. If it throws, nothing has changed, and the file
        /// takes no further writes before it is opened again: the system may have lost what it said was written.
        void commit();

    private:
        struct State;
        std::unique_ptr<State> state_;
    };

    /// Copies the last commit to a new file, as it is, and checks all of the copy. Nobody waits for it.
    void copy_to(const std::filesystem::path& path) const;

    /// Gives the room of removed rows back to the system. Nothing changes that can be read.
    void compact();

    /// True if enough was committed since the last checkpoint to make one worth its while.
    [[nodiscard]] bool checkpoint_due() const noexcept;
    /// Moves commits from the write-ahead log to their place in the file, but for what an older view may still want. The
    /// log begins anew once there is no view from before the checkpoint.
    void checkpoint() noexcept;

private:
    struct Impl;
    explicit RecordFile(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace sextant::store
