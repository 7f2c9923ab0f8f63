// SQLite, with C++ lifetimes and our errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace sextant::store {

/// A prepared statement. Positions of parameters begin at 1, of columns at 0, as in SQLite. One thread at a time.
class Statement {
public:
    Statement() = default;

    /// What is bound must stay where it is until the statement was reset.
    Statement& bind(int position, std::int64_t value);
    Statement& bind(int position, std::string_view text);
    Statement& bind(int position, std::span<const std::byte> blob);

    /// True if a row is there to be read; its views are valid until the next call.
    bool step();
    /// Runs a statement that returns no rows, and resets it.
    void run();
    void reset() noexcept;

    [[nodiscard]] bool is_integer(int column) const;
    [[nodiscard]] bool is_text(int column) const;
    [[nodiscard]] bool is_blob(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string_view text(int column) const;
    [[nodiscard]] std::span<const std::byte> blob(int column) const;

private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    const std::string* name_ = nullptr;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One connection. Every statement must be gone before it; one thread at a time.
class Database {
public:
    enum class Mode {
        write,      ///< holds the write lock of the file from the first write transaction until it is closed
        read,       ///< refuses to write
        shared,     ///< writes in turns with others; what was committed last may be lost with the power
        immutable,  ///< reads a file that nobody writes, in a folder where no lock can be placed
        memory,
    };

    /// `name` is what messages call the file. The file must exist. Throws `io`, `busy` or `corrupt`.
    Database(const std::string& path, const std::string& name, Mode mode);

    Database(Database&&) noexcept = default;
    Database& operator=(Database&&) noexcept = default;

    [[nodiscard]] Statement prepare(std::string_view sql) const;
    /// Runs statements that return no rows, or whose rows are of no interest.
    void execute(const char* sql) const;
    /// The first column of the first row.
    [[nodiscard]] std::int64_t integer(std::string_view sql) const;
    [[nodiscard]] std::string text(std::string_view sql) const;

    /// Leaves the log where it is when this is closed.
    void keep_log() const noexcept;

    [[nodiscard]] Mode mode() const noexcept { return mode_; }
    /// False between `BEGIN` and its end.
    [[nodiscard]] bool idle() const noexcept;
    /// How many rows the last statement changed.
    [[nodiscard]] std::int64_t changes() const noexcept;
    /// Pages in the write-ahead log after the last commit of this connection.
    [[nodiscard]] int log_pages() const noexcept { return *log_pages_; }
    /// Makes `to` the same as the last commit. Throws as the rest.
    void copy_to(const Database& to) const;
    /// Copies what it can from the log into the file without waiting for anyone. False if the system failed.
    [[nodiscard]] bool checkpoint() const noexcept;

private:
    struct Close {
        void operator()(sqlite3* connection) const noexcept;
    };
    void configure();

    Mode mode_;
    std::unique_ptr<std::string> name_;  // statements point to it
    std::unique_ptr<int> log_pages_;     // SQLite writes to it
    std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace sextant::store
