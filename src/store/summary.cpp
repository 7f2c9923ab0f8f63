#include "store/summary.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include <sextant/core/error.hpp>
#include <sextant/core/utf8.hpp>

#include "store/hash.hpp"
#include "store/schema.hpp"

namespace sextant::store {
namespace {

using Values = std::map<std::string, std::string>;

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

/// What stands before the keys of a space.
std::string key_of(std::size_t space) { return "space." + std::to_string(space) + "."; }

Values fixed_values(std::span<const NamedSpace> spaces) {
    Values values = {{"spaces", std::to_string(spaces.size())}};
    for (std::size_t i = 0; i < spaces.size(); ++i) {
        const auto& space = spaces[i].space;
        const auto key = key_of(i);
        values[key + "name"] = spaces[i].name;
        values[key + "kind"] = to_string(space.kind);
        if (space.kind == Output::multi) values[key + "multi_score"] = to_string(space.multi_score);
        values[key + "dimensions"] = std::to_string(space.dimensions);
        values[key + "metric"] = to_string(space.metric);
        values[key + "fingerprint"] = space.fingerprint.value;
        for (const auto& [part, value] : space.fingerprint.parts) values[key + "fingerprint.part." + part] = value;
    }
    return values;
}

/// The counts, and the checksum over all values.
Values changing_values(const Summary& summary) {
    const auto& counts = summary.counts;
    Values values = {{"rows", std::to_string(counts.rows)},       {"next_row", std::to_string(counts.next_row)},
                     {"root", to_hex(counts.root)},               {"changes", std::to_string(counts.changes)},
                     {"forgotten", std::to_string(counts.forgotten)}};
    Values all = fixed_values(summary.spaces);
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

    /// The one of these that has the name that stands there; nothing if none has.
    template <class Choice>
    std::optional<Choice> find_choice(const std::string& text, std::initializer_list<Choice> choices) {
        const auto found = std::ranges::find_if(choices, [&text](Choice choice) { return text == to_string(choice); });
        return found == choices.end() ? std::nullopt : std::optional(*found);
    }

    template <class Choice>
    Choice take_choice(const std::string& key, std::initializer_list<Choice> choices) {
        if (const auto found = find_choice(take(key), choices)) return *found;
        throw_damaged(name_, "its summary says nothing that is known in '" + key + "'");
    }

    Output take_kind(const std::string& key) {
        const auto text = take(key);
        if (const auto found = find_choice(text, {Output::dense, Output::sparse, Output::multi})) return *found;
        throw Error(ErrorCode::incompatible, name_ + " holds vectors of the kind '" + text + "': use a newer Sextant");
    }

    /// All keys that begin so, without that.
    std::map<std::string, std::string> take_all(const std::string& prefix) {
        std::map<std::string, std::string> found;
        for (auto entry = values_.lower_bound(prefix); entry != values_.end() && entry->first.starts_with(prefix);
             entry = values_.erase(entry))
            found[entry->first.substr(prefix.size())] = std::move(entry->second);
        return found;
    }

    NamedSpace take_named_space(std::size_t number) {
        const auto key = key_of(number);
        auto name = take(key + "name");
        const auto kind = take_kind(key + "kind");
        auto space = take_space(key, kind);
        if (kind == Output::multi)
            space.multi_score = take_choice(key + "multi_score", {MultiScore::max_sim_sum, MultiScore::max_sim_mean, MultiScore::max});
        return {std::move(name), std::move(space)};
    }

    /// What stands behind keys that begin with `key`.
    Space take_space(const std::string& key, Output kind = Output::dense) {
        Space space;
        space.kind = kind;
        space.dimensions = take_number(key + "dimensions", most_dimensions(kind));
        space.metric = take_choice(key + "metric", {Metric::cosine, Metric::dot, Metric::l2});
        space.fingerprint.value = take(key + "fingerprint");
        space.fingerprint.parts = take_all(key + "fingerprint.part.");
        return space;
    }

    [[nodiscard]] const Values& rest() const { return values_; }

private:
    const std::string& name_;
    Values values_;
};

/// Of a file that may be damaged, what is text.
Values read_values(const Database& database, const std::string& name, bool may_be_damaged = false) {
    Values values;
    auto query = database.prepare("SELECT key, value FROM meta");
    while (query.step()) {
        if (!query.is_text(0) || !query.is_text(1)) {
            if (may_be_damaged) continue;
            throw_damaged(name, "its summary holds a value that is not text");
        }
        values.emplace(query.text(0), query.text(1));
        if (values.size() > max_spaces * (max_parts + 9)) throw_damaged(name, "its summary has too many entries");
    }
    return values;
}

void check_space(const std::string& where, const Space& space) {
    if (space.dimensions == 0 || space.dimensions > most_dimensions(space.kind))
        throw Error(ErrorCode::invalid_argument, where + " cannot have " + std::to_string(space.dimensions) +
                                                     " dimensions; it takes 1 to " + std::to_string(most_dimensions(space.kind)));
    if (space.kind != Output::dense && space.metric != Metric::dot)
        throw Error(ErrorCode::invalid_argument, where + " of " + std::string(to_string(space.kind)) + " vectors cannot have the metric " + std::string(to_string(space.metric)) +
                                                     ": give it the metric dot, by which such vectors are made to be compared");
    check_text("the fingerprint", space.fingerprint.value, max_fingerprint_bytes);
    if (space.fingerprint.parts.size() > max_parts)
        throw Error(ErrorCode::limit, "the fingerprint has " + std::to_string(space.fingerprint.parts.size()) +
                                          " parts; at most " + std::to_string(max_parts) + " can be kept");
    for (const auto& [part, value] : space.fingerprint.parts) {
        check_text("the name of a part of the fingerprint", part, max_part_name_bytes);
        check_text("the part '" + part + "' of the fingerprint", value, max_part_bytes);
    }
}

/// Of a file: it did not take others when it was made.
void check_own_spaces(std::span<const NamedSpace> spaces, const std::string& name) {
    try {
        check_spaces(spaces);
    } catch (const Error& error) {
        throw_damaged(name, std::string("its summary names what is no space: ") + error.what());
    }
}

/// What `take` returns; nothing if that is missing or damaged.
template <class Take>
auto if_there(const Take& take) -> std::optional<decltype(take())> {
    try {
        return take();
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace

void check_spaces(std::span<const NamedSpace> spaces) {
    if (spaces.empty() || spaces.size() > max_spaces)
        throw Error(ErrorCode::invalid_argument, "an index cannot have " + std::to_string(spaces.size()) + " spaces; it takes 1 to " +
                                                     std::to_string(max_spaces));
    std::set<std::string_view> names;
    for (const auto& [name, space] : spaces) {
        check_text("the name of a space", name, max_space_name_bytes);
        if (!names.insert(name).second)
            throw Error(ErrorCode::invalid_argument, "two spaces have the name \"" + name + "\": give each its own");
        if (name.empty() && names.size() > 1)
            throw Error(ErrorCode::invalid_argument, "only the first space may go without a name: where none is given, that one is meant");
        check_space(name.empty() ? "a space" : "the space \"" + name + "\"", space);
    }
}

void write_new(const Database& database, std::span<const NamedSpace> spaces) {
    write_schema(database, spaces.size());
    auto insert = database.prepare("INSERT INTO meta VALUES(?1, ?2)");
    for (const auto& values : {fixed_values(spaces), changing_values({{spaces.begin(), spaces.end()}, {}})})
        for (const auto& [key, value] : values)
            insert.bind(1, std::string_view(key)).bind(2, std::string_view(value)).run();
}

void write_counts(const Database& database, Statement& update, const Summary& summary) {
    for (const auto& [key, value] : changing_values(summary)) {
        update.bind(1, std::string_view(key)).bind(2, std::string_view(value)).run();
        if (database.changes() != 1) throw Error(ErrorCode::corrupt, "the summary of the file lacks '" + key + "'");
    }
}

Summary read_summary(const Database& database, const std::string& name) {
    check_kind(database, name);
    const auto tables_for = check_schema(database, name);
    Reader reader(name, read_values(database, name));
    const auto checksum = reader.take_checksum("checksum");
    if (checksum_of(reader.rest()) != checksum) throw_damaged(name, "the checksum of its summary does not match");
    Summary summary;
    const auto spaces = reader.take_number("spaces", max_spaces);
    if (spaces != tables_for)
        throw_damaged(name, "its summary names " + std::to_string(spaces) + " spaces, it holds vectors of " + std::to_string(tables_for));
    for (std::size_t i = 0; i < spaces; ++i) summary.spaces.push_back(reader.take_named_space(i));
    auto& counts = summary.counts;
    counts.rows = reader.take_number("rows", most_counted);
    counts.next_row = reader.take_number("next_row", most_counted);
    counts.root = reader.take_checksum("root");
    counts.changes = reader.take_number("changes", most_counted);
    counts.forgotten = reader.take_number("forgotten", counts.changes);
    if (!reader.rest().empty()) throw_damaged(name, "its summary holds an unknown key");
    check_own_spaces(summary.spaces, name);
    return summary;
}

DamagedSummary read_damaged_summary(const Database& database, const std::string& name) {
    Reader reader(name, read_values(database, name, /*may_be_damaged=*/true));
    DamagedSummary summary;
    const auto checksum = if_there([&] { return reader.take_checksum("checksum"); });
    summary.damaged = !checksum || *checksum != checksum_of(reader.rest());
    if (database.integer("PRAGMA user_version") == 1) {
        summary.spaces.push_back({"", reader.take_space("")});
    } else {
        const auto spaces = reader.take_number("spaces", max_spaces);
        for (std::size_t i = 0; i < spaces; ++i) summary.spaces.push_back(reader.take_named_space(i));
    }
    summary.rows = if_there([&] { return reader.take_number("rows", most_counted); });
    summary.next_row = if_there([&] { return reader.take_number("next_row", most_counted); });
    for (std::size_t i = 0; summary.damaged && i < summary.spaces.size(); ++i) {
        auto& [space_name, space] = summary.spaces[i];
        space.fingerprint = {};
        if (space_name.size() > max_space_name_bytes || first_invalid_utf8(space_name)) space_name = "space " + std::to_string(i);
    }
    check_own_spaces(summary.spaces, name);
    return summary;
}

}  // namespace sextant::store
