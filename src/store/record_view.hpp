// What a commit left in a file of records, for those who read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sextant/core/space.hpp>

#include "store/database.hpp"
#include "store/row.hpp"
#include "store/summary.hpp"

namespace sextant::store {

/// Begins a transaction that sees the last commit.
void begin_snapshot(const Database& database);

/// What views of one file share.
struct ViewedFile {
    std::string path, name;
    std::vector<NamedSpace> spaces;
    Database::Mode mode = Database::Mode::read;  // or immutable
};

/// A connection that reads. It sees one commit, the last one there was when it was told to look.
///
/// Threads: reads by any threads at once, which wait for each other; `see_last_commit` excludes them.
class RecordView {
public:
    /// The head of the file must have been checked (`read_summary`); the connection may have begun a snapshot.
    RecordView(Database connection, std::shared_ptr<const ViewedFile> file);

    /// Throws `io`; then every commit is seen at once.
    void see_last_commit();
    /// Keeps no commit in the log any more.
    void let_go() noexcept;

    using Use = std::function<void(const Row&)>;
    using UseAll = std::function<void(const Row&, RowVectors)>;

    /// Hands out every row in the order of their numbers after checking it and its vectors, then checks the number of
    /// rows, the root, and the structure of the whole file. Throws `corrupt`, naming the row and, if it can be read, the
    /// id.
    void scan(const UseAll& each) const;

    /// The same in parts, for threads with a view each: every row and vector is in one part of those `of`.
    struct Part {
        std::uint64_t number = 0, of = 1;
    };
    struct Sum {
        std::uint64_t rows = 0;
        Checksum root = {};
    };
    [[nodiscard]] Sum scan_part(const Part& part, const UseAll& each) const;
    /// What the parts add up to.
    void check_sum(const Sum& sum) const;
    /// The structure of the file.
    void check_structure() const;

    /// Reads the row that has this number, and calls `use` with it. Throws `corrupt` if it is not there, or is not the
    /// row that had the checksum `expected`.
    void read(std::uint64_t number, const Checksum& expected, const Use& use) const;

    /// The same with the row's vectors, whatever its checksum is. False if there is no such row.
    bool read_all(std::uint64_t number, const UseAll& use) const;

    /// Reads the vector of a row in a dense space to `to`, which has its size. Throws `corrupt` unless the low half of its checksum
    /// is `expected`.
    void read_vector(std::size_t space, std::uint64_t number, std::uint64_t expected, std::span<std::byte> to) const;

    /// Reads what was kept as a part of a cache, unchecked. False if there is none.
    bool read_cache(std::string_view name, std::size_t part, std::vector<std::byte>& bytes) const;

    /// Read and checked when they are asked for first, after a look at another commit.
    [[nodiscard]] Counts counts() const;

    /// The rows that changed after the change numbered `since`, each once; nothing if the file does not remember all.
    [[nodiscard]] std::optional<std::vector<std::uint64_t>> changed_since(std::uint64_t since) const;

private:
    class VectorCursor;
    [[nodiscard]] Row checked_row(const Statement& statement) const;
    void check_vector(std::size_t space, const Row& row, std::span<const std::byte> vector) const;
    [[nodiscard]] Counts checked_counts() const;
    void check_changes(const Counts& counts) const;
    void remember_commit();
    /// An I/O error ends the transaction that it happens in: begins one anew. Throws `io` if it would see another commit.
    void find_again() const;

    std::shared_ptr<const ViewedFile> file_;
    Database connection_;
    mutable std::mutex mutex_;  // of the connection
    std::optional<std::int64_t> commit_;  // SQLite's number of what is seen; none if every commit is seen at once
    mutable std::optional<std::pair<std::int64_t, Counts>> counts_;  // of the commit that has this number
    mutable Statement fetch_;
    Statement& fetch_vector(std::size_t space) const;
    mutable std::vector<Statement> fetch_vector_;  // of each space, once they are wanted
};

/// Makes views of one file, and keeps those that nobody uses for the next who wants one.
///
/// Threads: any, at once.
class RecordViews : public std::enable_shared_from_this<RecordViews> {
public:
    explicit RecordViews(std::shared_ptr<const ViewedFile> file) : file_(std::move(file)) {}

    [[nodiscard]] const ViewedFile& file() const noexcept { return *file_; }

    /// One that has not looked yet.
    [[nodiscard]] std::shared_ptr<RecordView> take();
    /// Comes back here once its last owner has let go of it.
    [[nodiscard]] std::shared_ptr<RecordView> lend(std::unique_ptr<RecordView> view);

private:
    void give_back(std::unique_ptr<RecordView> view) noexcept;

    std::shared_ptr<const ViewedFile> file_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<RecordView>> idle_;
};

}  // namespace sextant::store
