#include "store/record_view.hpp"

#include <cstring>
#include <optional>

#include <sextant/core/error.hpp>
#include <sextant/core/utf8.hpp>
#include <sextant/store/record.hpp>

#include "store/hash.hpp"
#include "store/summary.hpp"

namespace sextant::store {
namespace {

constexpr const char* columns = "SELECT row, id, vector, payload, text, checksum FROM records ";

}  // namespace

void begin_snapshot(const Database& database) { database.execute("BEGIN; SELECT count(*) FROM sqlite_master"); }

RecordView::RecordView(Database connection, std::string name, std::size_t dimensions)
    : name_(std::move(name)),
      connection_(std::move(connection)),
      dimensions_(dimensions),
      fetch_(connection_.prepare(std::string(columns) + "WHERE row = ?1")) {}

void RecordView::see_last_commit() {
    if (!connection_.idle()) connection_.execute("ROLLBACK");
    begin_snapshot(connection_);
}

void RecordView::let_go() noexcept {
    try {
        if (!connection_.idle()) connection_.execute("ROLLBACK");
    } catch (...) {  // then it still keeps a commit in the log, which grows until it looks again or is closed
    }
}

void RecordView::scan(const std::function<void(const Row&)>& each) const {
    const std::lock_guard lock(mutex_);
    const auto counts = read_summary(connection_, name_).counts;
    std::uint64_t rows = 0;
    std::uint64_t last = 0;
    Checksum root;
    auto query = connection_.prepare(std::string(columns) + "ORDER BY row");
    while (query.step()) {
        const auto row = checked_row(query);
        if (row.number <= last || row.number >= counts.next_row)
            throw_damaged(name_, "row " + std::to_string(row.number) + " stands after row " + std::to_string(last));
        last = row.number;
        root += row.checksum;
        ++rows;
        each(row);
    }
    if (rows != counts.rows)
        throw_damaged(name_, std::to_string(rows) + " rows were found, " + std::to_string(counts.rows) + " were written");
    if (root != counts.root) throw_damaged(name_, "the rows are not those that were written last");
    const auto answer = connection_.text("PRAGMA integrity_check(1)");
    if (answer != "ok") throw_damaged(name_, "its pages are out of order: " + answer);
}

void RecordView::read(std::uint64_t number, const Checksum& expected, const std::function<void(const Row&)>& use) const {
    const std::lock_guard lock(mutex_);
    struct Reset {
        Statement& statement;
        ~Reset() { statement.reset(); }
    } const reset{fetch_};
    fetch_.bind(1, static_cast<std::int64_t>(number));
    if (!fetch_.step()) throw_damaged(name_, "row " + std::to_string(number) + " is gone");
    const auto row = checked_row(fetch_);
    if (row.number != number || row.checksum != expected)
        throw_damaged(name_, "row " + std::to_string(number) + " is not the one that was written last");
    use(row);
}

/// The row that `statement` stands on, checked.
Row RecordView::checked_row(const Statement& statement) const {
    const auto number = statement.integer(0);
    std::string where = "row " + std::to_string(number);
    const bool readable =
        statement.is_text(1) && statement.text(1).size() <= max_id_bytes && !first_invalid_utf8(statement.text(1));
    if (readable) where += " (its id reads \"" + std::string(statement.text(1)) + "\")";
    if (!statement.is_text(1) || !statement.is_blob(2) || !statement.is_text(3) || !statement.is_text(4) ||
        !statement.is_blob(5))
        throw_damaged(name_, where + " holds a value of the wrong type");
    Row row{static_cast<std::uint64_t>(number),
            statement.text(1),
            statement.blob(2),
            statement.text(3),
            statement.text(4),
            {}};
    if (row.vector.size() != dimensions_ * sizeof(float))
        throw_damaged(name_, where + " holds a vector of " + std::to_string(row.vector.size()) + " bytes");
    if (statement.blob(5).size() != sizeof(Checksum)) throw_damaged(name_, where + " holds no checksum");
    std::memcpy(&row.checksum, statement.blob(5).data(), sizeof(Checksum));
    if (checksum_of(row) != row.checksum) throw_damaged(name_, where + " does not match its checksum");
    return row;
}

std::shared_ptr<RecordView> RecordViews::take() {
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            auto view = std::move(idle_.back());
            idle_.pop_back();
            return lend(std::move(view));
        }
    }
    return lend(std::make_unique<RecordView>(Database(path_, name_, Database::Mode::read), name_, dimensions_));
}

std::shared_ptr<RecordView> RecordViews::lend(std::unique_ptr<RecordView> view) {
    return {view.release(), [owner = shared_from_this()](RecordView* used) { owner->give_back(std::unique_ptr<RecordView>(used)); }};
}

void RecordViews::give_back(std::unique_ptr<RecordView> view) noexcept {
    constexpr std::size_t most_idle = 4;
    view->let_go();
    const std::lock_guard lock(mutex_);
    if (idle_.size() == most_idle) return;
    try {
        idle_.push_back(std::move(view));
    } catch (const std::bad_alloc&) {  // one less to keep
    }
}

}  // namespace sextant::store
