#include "index/value_order.hpp"

#include <algorithm>
#include <span>
#include <variant>

namespace sextant::index {
namespace {

using filter::Ordered;
using Numbers = std::span<const std::uint32_t>;

bool is_number(const filter::Scalar& held) { return std::holds_alternative<std::int64_t>(held) || std::holds_alternative<double>(held); }

/// The part of a sorted list that stands in this relation to a value.
Numbers part_of(Numbers sorted, const ValueOrder::Values& values, const Ordered& wanted) {
    const auto until = [&](auto&& before) {
        const auto at = std::ranges::partition_point(sorted, [&](std::uint32_t number) { return before(filter::compare(values[number]->elements.front(), wanted.value)); });
        return static_cast<std::size_t>(at - sorted.begin());
    };
    const auto less = [&] { return until([](auto order) { return order < 0; }); };
    const auto not_greater = [&] { return until([](auto order) { return order <= 0; }); };
    switch (wanted.relation) {
        case Ordered::Relation::less: return sorted.first(less());
        case Ordered::Relation::less_equal: return sorted.first(not_greater());
        case Ordered::Relation::greater: return sorted.subspan(not_greater());
        case Ordered::Relation::greater_equal: return sorted.subspan(less());
    }
    return {};
}

Numbers part_of(Numbers sorted, const ValueOrder::Values& values, const std::string& prefix) {
    const auto text = [&](std::uint32_t number) -> const std::string& { return std::get<std::string>(values[number]->elements.front()); };
    const auto begin = std::ranges::partition_point(sorted, [&](std::uint32_t number) { return text(number) < prefix; });
    const auto end = std::partition_point(begin, sorted.end(), [&](std::uint32_t number) { return text(number).starts_with(prefix); });
    return {begin, end};
}

}  // namespace

void ValueOrder::sort(const Values& values) {
    auto numbers = numbers_, texts = texts_;  // what throws leaves all as it was
    for (auto* list : {&numbers, &texts}) {
        const auto before = static_cast<std::ptrdiff_t>(list->size());
        for (std::size_t i = listed_; i < values.size(); ++i) {
            if (values[i] == nullptr || values[i]->array) continue;
            const auto& held = values[i]->elements.front();
            if (list == &numbers ? is_number(held) : std::holds_alternative<std::string>(held)) list->push_back(static_cast<std::uint32_t>(i));
        }
        const auto less = [&](std::uint32_t a, std::uint32_t b) { return filter::compare(values[a]->elements.front(), values[b]->elements.front()) < 0; };
        std::sort(list->begin() + before, list->end(), less);
        std::inplace_merge(list->begin(), list->begin() + before, list->end(), less);
    }
    numbers_.swap(numbers);
    texts_.swap(texts);
    listed_ = values.size();
}

bool ValueOrder::about_order(const filter::Condition& condition) {
    const auto* ordered = std::get_if<Ordered>(&condition);
    if (ordered == nullptr) return std::holds_alternative<filter::StartsWith>(condition);
    return !std::holds_alternative<Time>(ordered->value.get());  // the order of moments is not that of the texts
}

std::optional<std::vector<std::uint32_t>> ValueOrder::meeting(const Values& values, const filter::Condition& condition) const {
    if (!about_order(condition)) return std::nullopt;
    const auto* ordered = std::get_if<Ordered>(&condition);
    Numbers part;
    if (ordered) part = part_of(std::holds_alternative<std::string>(ordered->value.get()) ? texts_ : numbers_, values, *ordered);
    else part = part_of(texts_, values, std::get<filter::StartsWith>(condition).prefix);
    std::vector<std::uint32_t> numbers(part.begin(), part.end());
    for (std::size_t i = listed_; i < values.size(); ++i)
        if (values[i] != nullptr && filter::meets(*values[i], condition)) numbers.push_back(static_cast<std::uint32_t>(i));
    return numbers;
}

}  // namespace sextant::index
