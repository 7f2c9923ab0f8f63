#include "store/wreck.hpp"

#include <cstring>
#include <system_error>
#include <utility>

#include <sextant/core/error.hpp>
#include <sextant/core/utf8.hpp>

#include "store/hash.hpp"
#include "store/opening.hpp"
#include "store/record_vectors.hpp"
#include "store/schema.hpp"
#include "store/span_text.hpp"

namespace sextant::store {
namespace {

/// Who closes a file last moves what its log holds into it, unless he was told not to. An empty log is taken away.
Database open_unchanged(const std::string& path, const std::string& name) {
    std::error_code ignored;
    const bool has_log = std::filesystem::exists(path + "-wal", ignored);
    auto database = open_for_reading(path, name);
    if (has_log) database.keep_log();
    return database;
}

}  // namespace

Wreck::Wreck(const std::filesystem::path& path)
    : name_(path.string()), database_(open_unchanged(name_of_existing(path), name_)), version_(version_of(database_, name_)) {
    if (version_ != 1 && version_ != format_version)
        throw Error(ErrorCode::incompatible, name_ + " has format version " + std::to_string(version_) + ": use a newer Sextant");
    summary_ = read_damaged_summary(database_, name_);
    constexpr std::uint64_t fewest_bytes = 32;  // of a row: its checksums alone
    most_rows_ = static_cast<std::uint64_t>(database_.integer("PRAGMA page_count") * database_.integer("PRAGMA page_size")) / fewest_bytes;
    // A file of few bytes that says it once had more numbers than can be counted is not to be believed either.
    if (!summary_.damaged && summary_.next_row && *summary_.next_row / 1000 <= most_rows_) end_ = summary_.next_row;
    fetch_id_ = database_.prepare("SELECT id FROM records WHERE row = ?1");
    fetch_next_ = database_.prepare("SELECT row FROM records WHERE row > ?1 ORDER BY row LIMIT 1");
    if (version_ == 1) {
        fetch_ = database_.prepare("SELECT id, vector, payload, text, checksum FROM records WHERE row = ?1");
        return;
    }
    auto file = std::make_shared<const ViewedFile>(ViewedFile{name_of_existing(path), name_, summary_.spaces, database_.mode()});
    view_.emplace(std::move(database_), file);
}

std::optional<std::uint64_t> Wreck::next(std::uint64_t number) {
    fetch_next_.reset();
    fetch_next_.bind(1, static_cast<std::int64_t>(number));
    if (!fetch_next_.step()) return std::nullopt;
    return static_cast<std::uint64_t>(fetch_next_.integer(0));
}

std::optional<Record> Wreck::read(std::uint64_t number) {
    if (version_ == 1) return read_version_1(number);
    std::optional<Record> record;
    view_->read_all(number, [&](const Row& row, RowVectors vectors) {
        record.emplace(Record{std::string(row.id), {}, std::string(row.payload), std::string(row.text), std::string(row.parent), *span_from(row.span)});
        Unpacking unpacking;
        for (std::size_t space = 0; space < vectors.size(); ++space)
            if (!vectors[space].empty()) put_vector(*record, summary_.spaces[space], space == 0, unpacking.unpack(summary_.spaces[space].space, vectors[space]));
    });
    return record;
}

std::optional<Record> Wreck::read_version_1(std::uint64_t number) {
    fetch_.reset();
    fetch_.bind(1, static_cast<std::int64_t>(number));
    if (!fetch_.step()) return std::nullopt;
    const auto damaged = [&](const std::string& how) { throw_damaged(name_, "row " + std::to_string(number) + how); };
    if (!fetch_.is_text(0) || !fetch_.is_blob(1) || !fetch_.is_text(2) || !fetch_.is_text(3) || !fetch_.is_blob(4))
        damaged(" holds a value of the wrong type");
    const Row row{number, fetch_.text(0), fetch_.text(2), fetch_.text(3), {}, {}, {}, {}};
    const auto vector = fetch_.blob(1), checksum = fetch_.blob(4);
    const auto expected = checksum_of_version_1(row, vector);
    if (checksum.size() != sizeof(expected) || std::memcmp(checksum.data(), &expected, sizeof(expected)) != 0)
        damaged(" does not match its checksum");
    Record record{std::string(row.id), {}, std::string(row.payload), std::string(row.text)};
    put_vector(record, summary_.spaces.front(), /*first=*/true, Unpacking().unpack(summary_.spaces.front().space, vector));
    return record;
}

std::string Wreck::id_of(std::uint64_t number) {
    try {
        fetch_id_.reset();
        fetch_id_.bind(1, static_cast<std::int64_t>(number));
        if (!fetch_id_.step() || !fetch_id_.is_text(0)) return {};
        const auto id = fetch_id_.text(0);
        return id.size() <= max_id_bytes && !first_invalid_utf8(id) ? std::string(id) : std::string();
    } catch (const Error&) {
        return {};
    }
}

}  // namespace sextant::store
