// What the fields of payloads hold, in memory, for filters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include <sextant/filter/filter.hpp>
#include <sextant/index/forms.hpp>

#include "filter/node.hpp"
#include "index/bits.hpp"
#include "index/value_order.hpp"
#include "index/word_lists.hpp"

namespace sextant::index {

/// Truth values, numbers and texts, and how many records hold them.
using Countable = std::variant<bool, std::int64_t, double, std::string>;
using ValueCounts = std::unordered_map<Countable, std::size_t>;

/// The most frequent first, then by value; so many at most.
[[nodiscard]] std::vector<Facet> most_frequent(const ValueCounts& counts, std::size_t limit);

/// One field: a number for each slot, and what these numbers stand for. Equal values have one number, so that a
/// condition is looked at once for each value, not once for each record.
class Column {
public:
    /// Notes that the record in this slot is another one.
    void forget(std::size_t slot) noexcept;

    /// True if none of these slots is to be read.
    [[nodiscard]] bool complete(const Bits& slots) const;
    [[nodiscard]] bool unread(std::size_t slot) const { return !get_bit(read_, slot); }
    /// Makes room for so many blocks of slots; forgets all if it remembers far more values than there are slots.
    void prepare(std::size_t blocks);
    /// There must be room.
    void set(std::size_t slot, const std::optional<filter::Held>& held);

    /// Whether `select` has what it needs for a condition: the words of all values, or their order. Else `get_ready_for` it first.
    [[nodiscard]] bool ready_for(const filter::Condition& condition) const;
    void get_ready_for(const filter::Condition& condition);

    /// Of the slots of so many blocks, for which there must be room; what was not read means nothing.
    [[nodiscard]] Bits select(const filter::Condition& condition, std::size_t blocks) const;
    /// Adds how many of these slots, which must have been read, hold each value that can be counted.
    void count(const Bits& among, ValueCounts& counts) const;

private:
    [[nodiscard]] std::optional<std::vector<std::uint32_t>> numbers_of(std::span<const FieldValue> wanted) const;
    [[nodiscard]] std::vector<std::uint8_t> met(const filter::Condition& condition) const;

    static constexpr std::uint32_t missing = 0;
    struct Hash {
        std::size_t operator()(const filter::Held& held) const noexcept;
    };

    std::vector<std::uint32_t> of_slot_;  // index in values_
    Bits read_;
    std::vector<const filter::Held*> values_{nullptr};  // keys of numbers_; the first stands for a missing field
    std::unordered_map<filter::Held, std::uint32_t, Hash> numbers_;
    WordLists words_;   // of values_
    ValueOrder order_;  // of these
};

/// The columns of all fields that filters have asked for so far: the first filter on a field reads every payload, later
/// ones only those that have changed.
///
/// Threads: may be used by any, at once. What was read of a slot holds for every state of the rows in which it holds a row
/// that was read; before it is written anew, when no such state is left, `forget` it.
class Columns {
public:
    /// Calls `use` with the payload of the record in `slot`.
    using Read = std::function<void(std::size_t slot, const std::function<void(std::string_view payload)>& use)>;

    /// Those of the slots `live` whose records meet the filter. What `read` throws leaves everything as it was.
    [[nodiscard]] Bits select(const Filter& filter, const Bits& live, const Read& read);

    /// Adds how many of the records in these slots hold each value, as an element or alone.
    void count(const filter::Path& path, const Bits& among, const Read& read, ValueCounts& counts);

    void forget(std::span<const std::size_t> slots);

private:
    std::shared_lock<std::shared_mutex> with_all_read(const std::vector<const filter::OnField*>& asked, const Bits& live, const Read& read);
    void read_missing(const std::vector<const filter::OnField*>& asked, const Bits& live, const Read& read);
    [[nodiscard]] Bits evaluate(const Filter& filter, std::size_t blocks) const;

    /// All who want the lock pass through the gate one by one: else those who read, of whom there may always be some, could keep
    /// out for ever the one who writes.
    std::shared_lock<std::shared_mutex> lock_to_read();
    std::unique_lock<std::shared_mutex> lock_to_write();

    std::mutex gate_;
    std::shared_mutex mutex_;
    std::map<filter::Path, Column> columns_;
};

}  // namespace sextant::index
