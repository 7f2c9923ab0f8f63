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
#include <vector>

#include <sextant/filter/filter.hpp>

#include "filter/node.hpp"

namespace sextant::index {

/// A bit for each slot, 64 to a word.
using Bits = std::vector<std::uint64_t>;

/// One field: a number for each slot, and what these numbers stand for. Equal values have one number, so that a
/// condition is looked at once for each value, not once for each record.
class Column {
public:
    /// Notes that the record in this slot is another one.
    void changed(std::size_t slot) noexcept;
    /// Notes that there are only so many slots from now on.
    void cut(std::size_t slots) noexcept;

    /// True if no slot below `slots` is to be read.
    [[nodiscard]] bool complete(std::size_t slots) const;
    [[nodiscard]] bool unread(std::size_t slot) const;
    /// Makes room for so many slots; forgets all if it remembers far more values than there are slots.
    void prepare(std::size_t slots);
    /// There must be room. Slots that were never read come in order.
    void set(std::size_t slot, const std::optional<filter::Held>& held);

    [[nodiscard]] Bits select(const filter::Condition& condition) const;

private:
    [[nodiscard]] std::optional<std::vector<std::uint32_t>> numbers_of(std::span<const FieldValue> wanted) const;
    [[nodiscard]] std::vector<std::uint8_t> met(const filter::Condition& condition) const;

    static constexpr std::uint32_t missing = 0;
    struct Hash {
        std::size_t operator()(const filter::Held& held) const noexcept;
    };

    std::vector<std::uint32_t> of_slot_;  // index in values_
    std::size_t read_ = 0;                // slots from here on were never read
    Bits stale_;
    std::vector<const filter::Held*> values_{nullptr};  // keys of numbers_; the first stands for a missing field
    std::unordered_map<filter::Held, std::uint32_t, Hash> numbers_;
};

/// The columns of all fields that filters have asked for so far: the first filter on a field reads every payload, later
/// ones only those that have changed.
///
/// Threads: `select` by any threads at once; the others exclude everything else.
class Columns {
public:
    /// Calls `use` with the payload of the record in `slot`.
    using Read = std::function<void(std::size_t slot, const std::function<void(std::string_view payload)>& use)>;

    /// The slots below `slots` whose records meet the filter. What `read` throws leaves everything as it was.
    [[nodiscard]] Bits select(const Filter& filter, std::size_t slots, const Read& read);

    void changed(std::size_t slot) noexcept;
    /// The record in `slot` is gone, and the last one, if it is another, has taken its place; now there are `slots`.
    void removed(std::size_t slot, std::size_t slots) noexcept;

private:
    std::shared_lock<std::shared_mutex> with_all_read(const std::vector<filter::Path>& paths, std::size_t slots, const Read& read);
    void read_missing(const std::vector<filter::Path>& paths, std::size_t slots, const Read& read);
    [[nodiscard]] Bits evaluate(const Filter& filter) const;

    std::shared_mutex mutex_;
    std::map<filter::Path, Column> columns_;
};

}  // namespace sextant::index
