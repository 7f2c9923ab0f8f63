// Counting, scrolling and facets.
#include <utility>

#include <sextant/core/error.hpp>

#include "index/cursor.hpp"
#include "index/index_impl.hpp"

namespace sextant {
namespace {

void check_limit(std::size_t limit) {
    if (limit == 0) throw Error(ErrorCode::invalid_argument, "limit is 0: ask for at least 1");
}

}  // namespace

void ScrollOptions::validate() const {
    check_limit(limit);
    if (!after.empty()) (void)index::Cursor::parse(after, /*of_hit=*/false, "after");
}

void FacetOptions::validate() const { check_limit(limit); }

index::Bits Index::Impl::meeting(const index::State& seen, std::size_t space, const std::optional<Filter>& filter) {
    const auto& live = seen.spaces[space].rows->live();
    return filter ? spaces[space].columns.select(*filter, live, seen.payloads(space)) : live;
}

index::Bits Index::Impl::meeting_first(const index::State& seen, std::size_t space, const std::optional<Filter>& filter) {
    auto bits = meeting(seen, space, filter);
    if (space > 0)
        index::for_each_slot(index::Bits(bits), [&](std::size_t slot) { index::set_bit(bits, slot, seen.spaces[space].rows->info(slot).first); });
    return bits;
}

std::size_t Index::count(const Filter& filter) const {
    const auto state = impl_->now();
    std::size_t count = 0;
    for (std::size_t s = 0; s < state.spaces.size(); ++s) count += index::count_bits(impl_->meeting_first(state, s, filter));
    return count;
}

Index::Impl::Slots Index::Impl::slots_of(const index::State& seen, const std::optional<std::span<const std::uint64_t>>& numbers) const {
    Slots slots;
    if (numbers)
        for (const auto number : *numbers) slots[number].resize(spaces.size());
    for (std::size_t s = 0; s < spaces.size(); ++s)
        index::for_each_slot(seen.spaces[s].rows->live(), [&](std::size_t slot) {
            const auto number = seen.spaces[s].rows->info(slot).number;
            const auto found = numbers ? slots.find(number) : slots.try_emplace(number, spaces.size()).first;
            if (found != slots.end()) found->second[s] = slot;
        });
    return slots;
}

/// The records of these numbers, in that order; all must be there.
std::vector<Record> Index::Impl::records(const index::State& seen, std::span<const std::uint64_t> numbers) const {
    const auto slots = slots_of(seen, numbers);
    std::vector<Record> records;
    for (const auto number : numbers) records.push_back(record(seen, slots.at(number)));
    return records;
}

ScrollPage Index::scroll(const ScrollOptions& options) const {
    options.validate();
    const auto state = impl_->now();
    std::optional<index::Cursor> after;
    if (!options.after.empty()) after = index::Cursor::parse(options.after, /*of_hit=*/false, "after");
    kernels::TopK first(options.limit);  // scores are equal: the lowest numbers
    std::size_t left = 0;
    for (std::size_t s = 0; s < state.spaces.size(); ++s)
        index::for_each_slot(impl_->meeting_first(state, s, options.filter), [&](std::size_t slot) {
            const auto number = state.spaces[s].rows->info(slot).number;
            if (after && number <= after->number) return;
            first.push({0, number, slot});
            ++left;
        });
    ScrollPage page;
    if (left > options.limit) page.next = index::Cursor{first.worst().order, std::nullopt}.to_string();
    std::vector<std::uint64_t> numbers;
    for (const auto& one : first.take()) numbers.push_back(one.order);
    page.records = impl_->records(state, numbers);
    return page;
}

std::vector<Facet> Index::facets(const Field& field, const FacetOptions& options) const {
    options.validate();
    const auto state = impl_->now();
    index::ValueCounts counts;
    for (std::size_t s = 0; s < state.spaces.size(); ++s)
        impl_->spaces[s].columns.count(field.path(), impl_->meeting_first(state, s, options.filter), state.payloads(s), counts);
    return index::most_frequent(counts, options.limit);
}

}  // namespace sextant
