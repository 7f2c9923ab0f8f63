#include "store/summary.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <string_view>

#include <sextant/core/error.hpp>
#include <sextant/core/utf8.hpp>

#include "store/hash.hpp"

namespace sextant::store {
namespace {

using Values = std::map<std::string, std::string>;

constexpr std::int64_t application_id = 0x53657874;  // "Sext"
constexpr std::int64_t format_version = 1;
constexpr std::string_view part_prefix = "fingerprint.part.";

struct Table {
    const char* name;
    const char* sql;
};
constexpr std::array<Table, 2> schema = {{
    {"meta", "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID"},
    {"records",
     "CREATE TABLE records(row INTEGER PRIMARY KEY, id TEXT, vector BLOB, payload TEXT, text TEXT, checksum BLOB)"},
}};

constexpr std::size_t max_fingerprint_bytes = 4096;
constexpr std::size_t max_part_name_bytes = 1024;
constexpr std::size_t max_part_bytes = 64 << 10;
constexpr std::size_t max_parts = 1024;

void check_text(const std::string& what, const std::string& text, std::size_t longest) {
    if (text.size() > longest)
        throw Error(ErrorCode::limit, what + " has " + std::to_string(text.size()) + " bytes; at most " +
                                          std::to_string(longest) + " can be kept");
    if (const auto at = first_invalid_utf8(text))
        throw Error(ErrorCode::invalid_argument,
                    what + " is not UTF-8: byte " + std::to_string(*at) + " begins no character");
}

Values fixed_values(const Space& space) {
    Values values = {{"dimensions", std::to_string(space.dimensions)},
                     {"metric", std::string(to_string(space.metric))},
                     {"fingerprint", space.fingerprint.value}};
    for (const auto& [part, value] : space.fingerprint.parts) values[std::string(part_prefix) + part] = value;
    return values;
}

/// The counts, and the checksum over all values.
Values changing_values(const Space& space, const Counts& counts) {
    Values values = {{"rows", std::to_string(counts.rows)},
                     {"next_row", std::to_string(counts.next_row)},
                     {"root", to_hex(counts.root)}};
    Values all = fixed_values(space);
    all.insert(values.begin(), values.end());
    values["checksum"] = to_hex(checksum_of(all));
    return values;
}

class Reader {
public:
    Reader(const std::string& name, Values values) : name_(name), values_(std::move(values)) {}

    std::string take(const std::string& key) {
        auto node = values_.extract(key);
        if (node.empty()) throw_damaged(name_, "its summary lacks '" + key + "'");
        return std::move(node.mapped());
    }

    std::uint64_t take_number(const std::string& key, std::uint64_t largest) {
        const auto text = take(key);
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc() || end != text.data() + text.size() || number > largest)
            throw_damaged(name_, "its summary says '" + key + "' is '" + text.substr(0, 40) + "'");
        return number;
    }

    Checksum take_checksum(const std::string& key) {
        Checksum checksum;
        if (!from_hex(take(key), checksum)) throw_damaged(name_, "its summary holds no checksum in '" + key + "'");
        return checksum;
    }

    Metric take_metric() {
        const auto text = take("metric");
        for (const auto metric : {Metric::cosine, Metric::dot, Metric::l2})
            if (text == to_string(metric)) return metric;
        throw_damaged(name_, "its summary names no metric");
    }

    std::map<std::string, std::string> take_parts() {
        std::map<std::string, std::string> parts;
        for (auto& [key, value] : values_) {
            if (!key.starts_with(part_prefix)) throw_damaged(name_, "its summary holds an unknown key");
            parts[key.substr(part_prefix.size())] = std::move(value);
        }
        return parts;
    }

    [[nodiscard]] const Values& rest() const { return values_; }

private:
    const std::string& name_;
    Values values_;
};

void check_kind(const Database& database, const std::string& name) {
    const auto application = database.integer("PRAGMA application_id");
    if (application != application_id)
        throw Error(ErrorCode::incompatible,
                    name + " is a SQLite database, but not a Sextant index: its application id is " +
                        std::to_string(application) + ", not " + std::to_string(application_id) + ": check the name, or create an index under another");
    const auto version = database.integer("PRAGMA user_version");
    if (version != format_version)
        throw Error(ErrorCode::incompatible,
                    name + " has format version " + std::to_string(version) + "; this library reads version " +
                        std::to_string(format_version) +
                        (version > format_version ? ": use a newer Sextant" : ": build the index again"));
    if (database.mode() != Database::Mode::read && database.mode() != Database::Mode::write) return;
    const auto journal = database.text("PRAGMA journal_mode");
    if (journal != "wal")
        throw Error(ErrorCode::incompatible, name + " was switched to the journal mode '" + journal +
                                                 "' by another program: run  PRAGMA journal_mode = WAL  on it");
}

void check_schema(const Database& database, const std::string& name) {
    auto query = database.prepare("SELECT type, name, sql FROM sqlite_master");
    std::size_t found = 0;
    for (; query.step(); ++found) {
        const auto table =
            std::find_if(schema.begin(), schema.end(), [&](const Table& t) { return query.text(1) == t.name; });
        if (table == schema.end())
            throw_damaged(name, "it holds '" + std::string(query.text(1)) + "', which Sextant does not make");
        if (query.text(0) != "table" || query.text(2) != table->sql)
            throw_damaged(name, "its table '" + std::string(table->name) + "' is not as Sextant makes it");
    }
    if (found != schema.size()) throw_damaged(name, "one of its tables is missing");
}

Values read_values(const Database& database, const std::string& name) {
    Values values;
    auto query = database.prepare("SELECT key, value FROM meta");
    while (query.step()) {
        if (!query.is_text(0) || !query.is_text(1)) throw_damaged(name, "its summary holds a value that is not text");
        values.emplace(query.text(0), query.text(1));
        if (values.size() > max_parts + 16) throw_damaged(name, "its summary has too many entries");
    }
    return values;
}

}  // namespace

void throw_damaged(const std::string& name, const std::string& what) {
    throw Error(ErrorCode::corrupt,
                name + ": " + what + ": the file is damaged; restore it from a copy, or build it again");
}

void check_space(const Space& space) {
    if (space.dimensions == 0 || space.dimensions > max_dimensions)
        throw Error(ErrorCode::invalid_argument, "a space cannot have " + std::to_string(space.dimensions) +
                                                     " dimensions; it takes 1 to " + std::to_string(max_dimensions));
    check_text("the fingerprint", space.fingerprint.value, max_fingerprint_bytes);
    if (space.fingerprint.parts.size() > max_parts)
        throw Error(ErrorCode::limit, "the fingerprint has " + std::to_string(space.fingerprint.parts.size()) +
                                          " parts; at most " + std::to_string(max_parts) + " can be kept");
    for (const auto& [part, value] : space.fingerprint.parts) {
        check_text("the name of a part of the fingerprint", part, max_part_name_bytes);
        check_text("the part '" + part + "' of the fingerprint", value, max_part_bytes);
    }
}

void write_new(const Database& database, const Space& space) {
    database.execute(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
    database.execute(("PRAGMA user_version = " + std::to_string(format_version)).c_str());
    for (const auto& table : schema) database.execute(table.sql);
    auto insert = database.prepare("INSERT INTO meta VALUES(?1, ?2)");
    for (const auto& values : {fixed_values(space), changing_values(space, {})})
        for (const auto& [key, value] : values)
            insert.bind(1, std::string_view(key)).bind(2, std::string_view(value)).run();
}

void write_counts(const Database& database, Statement& update, const Space& space, const Counts& counts) {
    for (const auto& [key, value] : changing_values(space, counts)) {
        update.bind(1, std::string_view(key)).bind(2, std::string_view(value)).run();
        if (database.changes() != 1) throw Error(ErrorCode::corrupt, "the summary of the file lacks '" + key + "'");
    }
}

Summary read_summary(const Database& database, const std::string& name) {
    check_kind(database, name);
    check_schema(database, name);
    Reader reader(name, read_values(database, name));
    const auto checksum = reader.take_checksum("checksum");
    if (checksum_of(reader.rest()) != checksum) throw_damaged(name, "the checksum of its summary does not match");
    constexpr auto most_rows = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    Summary summary;
    summary.space.dimensions = reader.take_number("dimensions", max_dimensions);
    summary.space.metric = reader.take_metric();
    summary.counts.rows = reader.take_number("rows", most_rows);
    summary.counts.next_row = reader.take_number("next_row", most_rows);
    summary.counts.root = reader.take_checksum("root");
    summary.space.fingerprint.value = reader.take("fingerprint");
    summary.space.fingerprint.parts = reader.take_parts();
    check_space(summary.space);
    return summary;
}

}  // namespace sextant::store
