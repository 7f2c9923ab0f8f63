// What a commit left in a file of records, for those who read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/checksum.hpp"
#include "store/database.hpp"

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

/// Begins a transaction that sees the last commit.
void begin_snapshot(const Database& database);

/// A connection that reads. It sees one commit, the last one there was when it was told to look.
///
/// Threads: reads by any threads at once, which wait for each other; `see_last_commit` excludes them.
class RecordView {
public:
    /// The head of the file must have been checked (`read_summary`); the connection may have begun a snapshot.
    RecordView(Database connection, std::string name, std::size_t dimensions);

    /// Throws `io`; then every commit is seen at once.
    void see_last_commit();
    /// Keeps no commit in the log any more.
    void let_go() noexcept;

    /// Hands out every row in the order of their numbers after checking it, then checks the number of rows, the root,
    /// and the structure of the whole file. Throws `corrupt`, naming the row and, if it can be read, the id.
    void scan(const std::function<void(const Row&)>& each) const;

    /// Reads the row that has this number, and calls `use` with it. Throws `corrupt` if it is not there, or is not the
    /// row that had the checksum `expected`.
    void read(std::uint64_t number, const Checksum& expected, const std::function<void(const Row&)>& use) const;

private:
    [[nodiscard]] Row checked_row(const Statement& statement) const;

    std::string name_;
    Database connection_;
    std::size_t dimensions_;
    mutable std::mutex mutex_;  // of the connection
    mutable Statement fetch_;
};

/// Makes views of one file, and keeps those that nobody uses for the next who wants one.
///
/// Threads: any, at once.
class RecordViews : public std::enable_shared_from_this<RecordViews> {
public:
    RecordViews(std::string path, std::string name, std::size_t dimensions)
        : path_(std::move(path)), name_(std::move(name)), dimensions_(dimensions) {}

    /// One that has not looked yet.
    [[nodiscard]] std::shared_ptr<RecordView> take();
    /// Comes back here once its last owner has let go of it.
    [[nodiscard]] std::shared_ptr<RecordView> lend(std::unique_ptr<RecordView> view);

private:
    void give_back(std::unique_ptr<RecordView> view) noexcept;

    std::string path_, name_;
    std::size_t dimensions_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<RecordView>> idle_;
};

}  // namespace sextant::store
