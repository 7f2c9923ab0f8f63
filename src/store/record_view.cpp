#include "store/record_view.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <limits>

#include <sextant/core/error.hpp>
#include <sextant/core/utf8.hpp>
#include <sextant/store/record.hpp>

#include "store/hash.hpp"
#include "store/record_vectors.hpp"
#include "store/schema.hpp"
#include "store/span_text.hpp"

namespace sextant::store {
namespace {

constexpr const char* columns = "SELECT row, id, payload, text, parent, span, vectors, checksum FROM records ";

/// The checksum of the row's vector in a space; nothing if it has none there.
std::optional<Checksum> expected_vector(const Row& row, std::size_t space) {
    Checksum checksum;
    std::memcpy(&checksum, row.vectors.data() + space * sizeof(Checksum), sizeof(Checksum));
    return checksum == Checksum() ? std::nullopt : std::optional(checksum);
}

/// Of numbers, both ends belong to it.
struct Range {
    std::int64_t first, last;
};

/// The outermost parts reach as far as numbers do: there may be what should not be.
Range range_of(const RecordView::Part& part, std::uint64_t end) {
    const auto begin = [&](std::uint64_t number) { return static_cast<std::int64_t>(end / part.of * number + end % part.of * number / part.of); };
    return {part.number == 0 ? std::numeric_limits<std::int64_t>::min() : begin(part.number),
            part.number + 1 == part.of ? std::numeric_limits<std::int64_t>::max() : begin(part.number + 1) - 1};
}

std::string in_row(std::uint64_t number) { return "row " + std::to_string(number); }

/// Resets a statement that is used again and again.
class Reset {
public:
    explicit Reset(Statement& statement) : statement_(statement) {}
    Reset(const Reset&) = delete;
    Reset& operator=(const Reset&) = delete;
    ~Reset() { statement_.reset(); }

private:
    Statement& statement_;
};

}  // namespace

/// Steps through the vectors of one space beside the rows.
class RecordView::VectorCursor {
public:
    VectorCursor(const RecordView& view, std::size_t space, const Range& range)
        : view_(view),
          space_(space),
          query_(view.connection_.prepare("SELECT row, vector FROM " + vectors_table(space) + " WHERE row BETWEEN ?1 AND ?2 ORDER BY row")) {
        query_.bind(1, range.first).bind(2, range.last);
        next();
    }

    /// The vector of the row that the scan has come to, checked; nothing if it has none here.
    [[nodiscard]] std::span<const std::byte> of(const Row& row) {
        const bool found = there_ && static_cast<std::uint64_t>(query_.integer(0)) == row.number;
        if (found != expected_vector(row, space_).has_value())
            throw_damaged(view_.file_->name, in_row(row.number) + (found ? " has a vector that does not belong to it" : " has lost a vector"));
        used_ = found;
        if (!found) return {};
        const auto vector = query_.is_blob(1) ? query_.blob(1) : std::span<const std::byte>();
        view_.check_vector(space_, row, vector);
        return vector;
    }
    /// After the row was used.
    void leave() {
        if (std::exchange(used_, false)) next();
    }
    void expect_end() const {
        if (there_) throw_damaged(view_.file_->name, "there is a vector of a row " + std::to_string(query_.integer(0)) + ", which does not exist");
    }

private:
    void next() { there_ = query_.step(); }

    const RecordView& view_;
    std::size_t space_;
    Statement query_;
    bool there_ = false, used_ = false;
};

void begin_snapshot(const Database& database) {
    try {
        database.execute("BEGIN; SELECT count(*) FROM sqlite_master");
    } catch (...) {  // a transaction that sees nothing yet would see what is committed later
        if (!database.idle()) database.execute("ROLLBACK");
        throw;
    }
}

RecordView::RecordView(Database connection, std::shared_ptr<const ViewedFile> file)
    : file_(std::move(file)), connection_(std::move(connection)), fetch_(connection_.prepare(std::string(columns) + "WHERE row = ?1")) {
    if (!connection_.idle()) remember_commit();
}

void RecordView::see_last_commit() {
    commit_.reset();
    if (!connection_.idle()) connection_.execute("ROLLBACK");
    begin_snapshot(connection_);
    remember_commit();
}

void RecordView::remember_commit() { commit_ = connection_.integer("PRAGMA data_version"); }

void RecordView::find_again() const {
    if (!commit_ || !connection_.idle()) return;
    begin_snapshot(connection_);
    bool same = false;
    try {
        same = connection_.integer("PRAGMA data_version") == *commit_;
    } catch (...) {
        if (!connection_.idle()) connection_.execute("ROLLBACK");
        throw;
    }
    if (same) return;
    connection_.execute("ROLLBACK");
    throw Error(ErrorCode::io, file_->name + ": an earlier read failed, and what it looked at has been written over since: open it again");
}

void RecordView::let_go() noexcept {
    try {
        if (!connection_.idle()) connection_.execute("ROLLBACK");
    } catch (...) {  // then it still keeps a commit in the log, which grows until it looks again or is closed
    }
}

Counts RecordView::checked_counts() const {
    find_again();
    return read_summary(connection_, file_->name).counts;
}

Counts RecordView::counts() const {
    const std::lock_guard lock(mutex_);
    if (!commit_) return checked_counts();
    if (!counts_ || counts_->first != *commit_) counts_ = {*commit_, checked_counts()};
    return counts_->second;
}

void RecordView::scan(const UseAll& each) const {
    check_sum(scan_part({}, each));
    check_structure();
}

RecordView::Sum RecordView::scan_part(const Part& part, const UseAll& each) const {
    const std::lock_guard lock(mutex_);
    const auto counts = checked_counts();
    const auto range = range_of(part, counts.next_row);
    std::vector<VectorCursor> cursors;
    for (std::size_t space = 0; space < file_->spaces.size(); ++space) cursors.emplace_back(*this, space, range);
    std::vector<std::span<const std::byte>> vectors(cursors.size());
    std::uint64_t last = 0;
    Sum sum;
    auto query = connection_.prepare(std::string(columns) + "WHERE row BETWEEN ?1 AND ?2 ORDER BY row");
    query.bind(1, range.first).bind(2, range.last);
    while (query.step()) {
        const auto row = checked_row(query);
        if (row.number <= last || row.number >= counts.next_row)
            throw_damaged(file_->name, in_row(row.number) + " stands after row " + std::to_string(last));
        for (std::size_t space = 0; space < cursors.size(); ++space) vectors[space] = cursors[space].of(row);
        last = row.number;
        sum.root += row.checksum;
        ++sum.rows;
        each(row, vectors);
        for (auto& cursor : cursors) cursor.leave();
    }
    for (const auto& cursor : cursors) cursor.expect_end();
    return sum;
}

void RecordView::check_sum(const Sum& sum) const {
    const std::lock_guard lock(mutex_);
    const auto counts = checked_counts();
    if (sum.rows != counts.rows)
        throw_damaged(file_->name, std::to_string(sum.rows) + " rows were found, " + std::to_string(counts.rows) + " were written");
    if (sum.root != counts.root) throw_damaged(file_->name, "the rows are not those that were written last");
    check_changes(counts);
}

void RecordView::check_structure() const {
    const std::lock_guard lock(mutex_);
    find_again();
    const auto answer = connection_.text("PRAGMA integrity_check(1)");
    // So SQLite says that it could not read a page, which is no damage.
    if (answer.find("get page") != answer.npos || answer.find("get the page") != answer.npos)
        throw Error(ErrorCode::io, file_->name + ": a page cannot be read: " + answer + ": check the disk");
    if (answer != "ok") throw_damaged(file_->name, "its pages are out of order: " + answer);
}

void RecordView::check_changes(const Counts& counts) const {
    const auto wanted = static_cast<std::int64_t>(counts.changes - counts.forgotten);
    if (connection_.integer("SELECT count(*) FROM changes") != wanted ||
        (wanted > 0 && (connection_.integer("SELECT max(number) FROM changes") != static_cast<std::int64_t>(counts.changes) ||
                        connection_.integer("SELECT min(number) FROM changes") != static_cast<std::int64_t>(counts.forgotten + 1))))
        throw_damaged(file_->name, "its list of changes is not the one that was written last");
}

void RecordView::read(std::uint64_t number, const Checksum& expected, const Use& use) const {
    const std::lock_guard lock(mutex_);
    find_again();
    const Reset reset(fetch_);
    fetch_.bind(1, static_cast<std::int64_t>(number));
    if (!fetch_.step()) throw_damaged(file_->name, in_row(number) + " is gone");
    const auto row = checked_row(fetch_);
    if (row.number != number || row.checksum != expected)
        throw_damaged(file_->name, in_row(number) + " is not the one that was written last");
    use(row);
}

bool RecordView::read_all(std::uint64_t number, const UseAll& use) const {
    const std::lock_guard lock(mutex_);
    find_again();
    const Reset reset(fetch_);
    fetch_.bind(1, static_cast<std::int64_t>(number));
    if (!fetch_.step()) return false;
    const auto row = checked_row(fetch_);
    std::vector<std::span<const std::byte>> vectors(file_->spaces.size());
    std::deque<Reset> resets;
    for (std::size_t space = 0; space < vectors.size(); ++space) {
        if (!expected_vector(row, space)) continue;
        auto& query = fetch_vector(space);
        resets.emplace_back(query);
        query.bind(1, static_cast<std::int64_t>(number));
        if (query.step() && query.is_blob(0)) vectors[space] = query.blob(0);
        check_vector(space, row, vectors[space]);
    }
    use(row, vectors);
    return true;
}

Statement& RecordView::fetch_vector(std::size_t space) const {
    while (fetch_vector_.size() < file_->spaces.size())
        fetch_vector_.push_back(connection_.prepare("SELECT vector FROM " + vectors_table(fetch_vector_.size()) + " WHERE row = ?1"));
    return fetch_vector_[space];
}

void RecordView::read_vector(std::size_t space, std::uint64_t number, std::uint64_t expected, std::span<std::byte> to) const {
    const std::lock_guard lock(mutex_);
    find_again();
    auto& query = fetch_vector(space);
    const Reset reset(query);
    query.bind(1, static_cast<std::int64_t>(number));
    if (!query.step() || !query.is_blob(0)) throw_damaged(file_->name, in_row(number) + " has lost a vector");
    const auto vector = query.blob(0);
    if (vector.size() != to.size() || checksum_of(space, number, vector).low != expected)
        throw_damaged(file_->name, in_row(number) + " holds a vector that is not the one that was written last");
    std::ranges::copy(vector, to.begin());
}

bool RecordView::read_cache(std::string_view name, std::size_t part, std::vector<std::byte>& bytes) const {
    const std::lock_guard lock(mutex_);
    find_again();
    auto query = connection_.prepare("SELECT bytes FROM caches WHERE name = ?1 AND part = ?2");
    query.bind(1, name).bind(2, static_cast<std::int64_t>(part));
    if (!query.step() || !query.is_blob(0)) return false;
    const auto found = query.blob(0);
    bytes.assign(found.begin(), found.end());
    return true;
}

std::optional<std::vector<std::uint64_t>> RecordView::changed_since(std::uint64_t since) const {
    const auto counts = this->counts();
    if (since < counts.forgotten || since > counts.changes) return std::nullopt;
    const std::lock_guard lock(mutex_);
    find_again();
    auto query = connection_.prepare("SELECT DISTINCT row FROM changes WHERE number > ?1");
    query.bind(1, static_cast<std::int64_t>(since));
    std::vector<std::uint64_t> rows;
    while (query.step()) rows.push_back(static_cast<std::uint64_t>(query.integer(0)));
    return rows;
}

/// The row that `statement` stands on, checked but for its vectors.
Row RecordView::checked_row(const Statement& statement) const {
    const auto& name = file_->name;
    const auto number = statement.integer(0);
    std::string where = "row " + std::to_string(number);
    const bool readable =
        statement.is_text(1) && statement.text(1).size() <= max_id_bytes && !first_invalid_utf8(statement.text(1));
    if (readable) where += " (its id reads \"" + std::string(statement.text(1)) + "\")";
    const std::array texts = {1, 2, 3, 4, 5};
    if (!std::ranges::all_of(texts, [&](int column) { return statement.is_text(column); }) || !statement.is_blob(6) || !statement.is_blob(7))
        throw_damaged(name, where + " holds a value of the wrong type");
    Row row{static_cast<std::uint64_t>(number), statement.text(1), statement.text(2), statement.text(3), statement.text(4), statement.text(5),
            statement.blob(6), {}};
    if (row.vectors.size() != file_->spaces.size() * sizeof(Checksum) || statement.blob(7).size() != sizeof(Checksum))
        throw_damaged(name, where + " holds a checksum of the wrong size");
    std::memcpy(&row.checksum, statement.blob(7).data(), sizeof(Checksum));
    if (checksum_of(row) != row.checksum) throw_damaged(name, where + " does not match its checksum");
    if (!span_from(row.span)) throw_damaged(name, where + " holds a span that is none");
    return row;
}

void RecordView::check_vector(std::size_t space, const Row& row, std::span<const std::byte> vector) const {
    const auto& [name, is] = file_->spaces[space];
    const auto where = [&] {
        return in_row(row.number) + " (its id reads \"" + std::string(row.id) + "\")" + (name.empty() ? "" : ", space \"" + name + "\"");
    };
    if (!can_have(is, vector.size()))
        throw_damaged(file_->name, where() + " holds a vector of " + std::to_string(vector.size()) + " bytes");
    if (checksum_of(space, row.number, vector) != *expected_vector(row, space))
        throw_damaged(file_->name, where() + " holds a vector that does not match its checksum");
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
    return lend(std::make_unique<RecordView>(Database(file_->path, file_->name, file_->mode), file_));
}

std::shared_ptr<RecordView> RecordViews::lend(std::unique_ptr<RecordView> view) {
    return {view.release(), [owner = shared_from_this()](RecordView* used) { owner->give_back(std::unique_ptr<RecordView>(used)); }};
}

void RecordViews::give_back(std::unique_ptr<RecordView> view) noexcept {
    constexpr std::size_t most_idle = 16;
    view->let_go();
    const std::lock_guard lock(mutex_);
    if (idle_.size() == most_idle) return;
    try {
        idle_.push_back(std::move(view));
    } catch (const std::bad_alloc&) {  // one less to keep
    }
}

}  // namespace sextant::store
