// What the records of some slots hold, counted.
#include <algorithm>
#include <compare>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "index/columns.hpp"

namespace sextant::index {
namespace {

/// The distinct values of a field that can be counted.
std::vector<Countable> countable(const filter::Held& held) {
    std::vector<Countable> values;
    for (const auto& element : held.elements)
        std::visit([&values](const auto& value) {
            if constexpr (std::is_constructible_v<Countable, std::in_place_type_t<std::decay_t<decltype(value)>>, decltype(value)>) values.emplace_back(value);
        }, element);
    std::ranges::sort(values);
    const auto repeated = std::ranges::unique(values);
    values.erase(repeated.begin(), repeated.end());
    return values;
}

/// Truth values, numbers, texts.
int kind(const FieldValue& value) {
    if (std::holds_alternative<bool>(value.get())) return 0;
    return std::holds_alternative<std::string>(value.get()) ? 2 : 1;
}

bool before(const Facet& a, const Facet& b) {
    if (a.count != b.count) return a.count > b.count;
    if (kind(a.value) != kind(b.value)) return kind(a.value) < kind(b.value);
    return filter::compare(filter::held_as(a.value)->elements.front(), b.value) < 0;
}

}  // namespace

void Column::count(const Bits& among, ValueCounts& counts) const {
    std::vector<std::size_t> of_number(values_.size());
    for_each_slot(among, [&](std::size_t slot) { ++of_number[of_slot_[slot]]; });
    for (std::size_t number = missing + 1; number < of_number.size(); ++number)
        if (of_number[number] > 0)
            for (auto& value : countable(*values_[number])) counts[std::move(value)] += of_number[number];
}

void Columns::count(const filter::Path& path, const Bits& among, const Read& read, ValueCounts& counts) {
    const filter::OnField any{path, filter::Exists{}};
    const auto reading = with_all_read({&any}, among, read);
    columns_.at(path).count(among, counts);
}

std::vector<Facet> most_frequent(const ValueCounts& counts, std::size_t limit) {
    std::vector<Facet> facets;
    for (const auto& [value, count] : counts) facets.push_back({std::visit([](const auto& of_type) { return FieldValue(of_type); }, value), count});
    const auto wanted = facets.begin() + static_cast<std::ptrdiff_t>(std::min(limit, facets.size()));
    std::ranges::partial_sort(facets, wanted, before);
    facets.erase(wanted, facets.end());
    return facets;
}

}  // namespace sextant::index
