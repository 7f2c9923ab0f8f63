// One file of records, on disk or in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <sextant/core/space.hpp>
#include <sextant/store/record.hpp>

#include "store/checksum.hpp"

namespace sextant::store {

/// One row as it lies in the file. The views are valid during the call that hands them out.
struct Row {
    std::uint64_t number = 0;  ///< rows are numbered in the order of insertion; no number is used twice
    std::string_view id;
    std::span<const std::byte> vector;  ///< `dimensions` little-endian floats; need not be aligned
    std::string_view payload;
    std::string_view text;
    Checksum checksum;
};

/// Records in one SQLite file: src/store/FORMAT.md. Knows rows by their number; who knows them by id is the index.
///
/// Readers see the state of the last `publish()` (or of opening), also while a transaction is written. An in-memory
/// file has one state only, so its owner must keep reads and writes apart (`isolated()` is false).
///
/// Threads: `const` methods may be called by any threads at once, and while one thread writes if `isolated()`.
/// Transactions, `publish()` and `checkpoint()` are for one thread at a time; `publish()` excludes readers too.
///
/// Failures are `Error`: `io` if the system refuses, `corrupt` if bytes are damaged, each naming the file.
class RecordFile {
public:
    enum class Access { read, write };

    /// Makes an empty file that only its owner may read (mode 0600), and opens it for writing. It appears under its
    /// name complete or not at all. Throws `invalid_argument` if something of that name exists, or if the space is
    /// not one: no dimensions, too many of them, a fingerprint with invalid UTF-8 or of absurd size.
    static RecordFile create(const std::filesystem::path& path, const Space& space);

    /// Opens a file and checks its head: application, format version, schema and the summary. The rows are checked by
    /// `scan`. For writing, the file is locked against other writers, in this process and others, until it is closed or
    /// the process ends; throws `busy` if someone else holds that lock. Never changes a file that it refuses.
    static RecordFile open(const std::filesystem::path& path, Access access);

    /// An empty file that is gone with this object.
    static RecordFile in_memory(const Space& space);

    RecordFile(RecordFile&&) noexcept;
    RecordFile& operator=(RecordFile&&) noexcept;
    ~RecordFile();

    [[nodiscard]] const Space& space() const noexcept;
    /// The path as the caller wrote it, or "in-memory index": for messages.
    [[nodiscard]] const std::string& name() const noexcept;
    /// True if readers are undisturbed by a transaction that is being written.
    [[nodiscard]] bool isolated() const noexcept;
    /// How many rows there are, as of the last commit.
    [[nodiscard]] std::uint64_t rows() const noexcept;

    /// Hands out every row in the order of their numbers after checking it, then checks the number of rows, the root,
    /// and the structure of the whole file. Throws `corrupt`, naming the row and, if it can be read, the id.
    void scan(const std::function<void(const Row&)>& each) const;

    /// Reads the row that has this number, and calls `use` with it. Throws `corrupt` if it is not there, or is not the
    /// row that had the checksum `expected`.
    void read(std::uint64_t number, const Checksum& expected, const std::function<void(const Row&)>& use) const;

    /// True if `payload` is a JSON object. Not while another thread reads or writes, unless `isolated()`; writers only.
    [[nodiscard]] bool is_json_object(std::string_view payload);

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

        /// Adds a row under a number of its own, higher than any before.
        Placed insert(const Record& record);
        /// Replaces the row of this number, which has the checksum `old`, and returns its new checksum.
        Checksum replace(std::uint64_t number, const Checksum& old, const Record& record);
        /// Removes the row of this number, which has the checksum `old`. Its bytes are overwritten.
        void remove(std::uint64_t number, const Checksum& old);
        /// Returns when the changes would survive a loss of power. If it throws, nothing has changed, and the file
        /// takes no further writes before it is opened again: the system may have lost what it said was written.
        void commit();

    private:
        struct State;
        std::unique_ptr<State> state_;
    };

    /// Shows the last commit to readers.
    void publish() noexcept;
    /// True if enough was committed since the last checkpoint to make one worth its while.
    [[nodiscard]] bool checkpoint_due() const noexcept;
    /// Moves commits from the write-ahead log to their place in the file. Call `publish()` before it, or the newest
    /// commits stay in the log, and after it, or the log cannot begin anew and only grows.
    void checkpoint() noexcept;

private:
    struct Impl;
    explicit RecordFile(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace sextant::store
