#include "index/columns.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>
#include <optional>
#include <set>

#include <sextant/core/error.hpp>

#include "filter/payload.hpp"

namespace sextant::index {
namespace {

void mix(std::size_t& hash, std::size_t more) { hash ^= more + 0x9E3779B97F4A7C15U + (hash << 6) + (hash >> 2); }

struct HashScalar {
    std::size_t operator()(filter::Other) const { return 1; }
    std::size_t operator()(filter::Null) const { return 2; }
    std::size_t operator()(const filter::Place& place) const {
        std::size_t hash = std::hash<double>()(place.lat);
        mix(hash, std::hash<double>()(place.lon));
        return hash;
    }
    template <class Value>
    std::size_t operator()(const Value& value) const {
        return std::hash<Value>()(value);
    }
};

/// What a filter asks of fields.
void collect(const Filter& filter, std::vector<const filter::OnField*>& asked) {
    const auto& is = filter.node().is;
    if (const auto* one = std::get_if<filter::OnField>(&is)) asked.push_back(one);
    if (const auto* all = std::get_if<filter::All>(&is))
        for (const auto& part : all->of) collect(part, asked);
    if (const auto* any = std::get_if<filter::Any>(&is))
        for (const auto& part : any->of) collect(part, asked);
    if (const auto* negation = std::get_if<filter::Not>(&is)) collect(negation->of, asked);
}

template <class Join>
Bits joined(std::vector<Bits> parts, Join&& join) {
    Bits result = std::move(parts.front());
    for (std::size_t i = 1; i < parts.size(); ++i)
        for (std::size_t w = 0; w < result.size(); ++w) result[w] = join(result[w], parts[i][w]);
    return result;
}

}  // namespace

std::size_t Column::Hash::operator()(const filter::Held& held) const noexcept {
    std::size_t hash = held.array ? held.elements.size() + 1 : 0;
    for (const auto& element : held.elements) {
        mix(hash, element.index());
        mix(hash, std::visit(HashScalar(), element));
    }
    return hash;
}

void Column::forget(std::size_t slot) noexcept {
    if (slot < of_slot_.size()) set_bit(read_, slot, false);
}

bool Column::complete(const Bits& slots) const {
    if (slots.size() > read_.size()) return false;
    for (std::size_t w = 0; w < slots.size(); ++w)
        if ((slots[w] & ~read_[w]) != 0) return false;
    return true;
}

void Column::prepare(std::size_t blocks) {
    constexpr std::size_t few = 1024;
    if (values_.size() > 2 * blocks * word_bits + few) *this = Column();
    if (blocks <= read_.size()) return;
    of_slot_.resize(blocks * word_bits);
    read_.resize(blocks);
}

void Column::set(std::size_t slot, const std::optional<filter::Held>& held) {
    std::uint32_t number = missing;
    if (held) {
        if (values_.size() > std::numeric_limits<std::uint32_t>::max()) throw Error(ErrorCode::limit, "a field has more than 2^32 - 1 different values");
        if (values_.size() == values_.capacity()) values_.reserve(2 * values_.size());  // before the value has its number: nothing is half done
        const auto [known, is_new] = numbers_.try_emplace(*held, static_cast<std::uint32_t>(values_.size()));
        if (is_new) values_.push_back(&known->first);
        number = known->second;
    }
    of_slot_[slot] = number;
    set_bit(read_, slot, true);
}

/// The numbers of the values that equal one of these; nothing if that is not to be looked up.
std::optional<std::vector<std::uint32_t>> Column::numbers_of(std::span<const FieldValue> wanted) const {
    std::vector<std::uint32_t> numbers;
    for (const auto& value : wanted) {
        const auto held = filter::held_as(value);
        if (!held) return std::nullopt;
        if (const auto known = numbers_.find(*held); known != numbers_.end()) numbers.push_back(known->second);
    }
    return numbers;
}

/// For each number, if its value meets the condition. Equal values are looked up, for all others every value is looked at.
std::vector<std::uint8_t> Column::met(const filter::Condition& condition) const {
    std::vector<std::uint8_t> met(values_.size());
    std::optional<std::vector<std::uint32_t>> numbers;
    if (const auto* equal = std::get_if<filter::Equal>(&condition)) numbers = numbers_of({&equal->value, 1});
    if (const auto* any = std::get_if<filter::OneOf>(&condition)) numbers = numbers_of(any->values);
    if (!numbers) numbers = order_.meeting(values_, condition);
    const auto* match = std::get_if<filter::Match>(&condition);
    if (match) numbers = words_.with_all(match->phrases);
    if (match && std::ranges::any_of(match->phrases, [](const auto& phrase) { return phrase.words.size() > 1; }))  // in that order?
        std::erase_if(*numbers, [&](std::uint32_t number) { return !filter::meets(*values_[number], condition); });
    if (numbers)
        for (const auto number : *numbers) met[number] = 1;
    else
        for (std::size_t i = 1; i < values_.size(); ++i) met[i] = filter::meets(*values_[i], condition);
    return met;
}

bool Column::ready_for(const filter::Condition& condition) const {
    if (std::holds_alternative<filter::Match>(condition)) return words_.listed() == values_.size();
    return !ValueOrder::about_order(condition) || order_.sorted(values_);
}

void Column::get_ready_for(const filter::Condition& condition) {
    if (ready_for(condition)) return;
    if (!std::holds_alternative<filter::Match>(condition)) return order_.sort(values_);
    if (words_.listed() == 0) words_.add({});  // of the missing field
    while (words_.listed() < values_.size()) words_.add(values_[words_.listed()]->elements);
}

Bits Column::select(const filter::Condition& condition, std::size_t blocks) const {
    const auto met = this->met(condition);
    Bits bits(blocks);
    for (std::size_t slot = 0; slot < blocks * word_bits; ++slot) bits[slot / word_bits] |= std::uint64_t{met[of_slot_[slot]]} << (slot % word_bits);
    return bits;
}

std::shared_lock<std::shared_mutex> Columns::lock_to_read() {
    const std::lock_guard gate(gate_);
    return std::shared_lock(mutex_);
}

std::unique_lock<std::shared_mutex> Columns::lock_to_write() {
    const std::lock_guard gate(gate_);
    return std::unique_lock(mutex_);
}

void Columns::forget(std::span<const std::size_t> slots) {
    const auto writing = lock_to_write();
    for (auto& [path, column] : columns_)
        for (const auto slot : slots) column.forget(slot);
}

std::shared_lock<std::shared_mutex> Columns::with_all_read(const std::vector<const filter::OnField*>& asked, const Bits& live, const Read& read) {
    const auto complete = [&](const filter::OnField* one) {
        const auto column = columns_.find(one->path);
        return column != columns_.end() && column->second.complete(live) && column->second.ready_for(one->condition);
    };
    auto reading = lock_to_read();
    while (!std::ranges::all_of(asked, complete)) {
        reading.unlock();
        read_missing(asked, live, read);
        reading = lock_to_read();
    }
    return reading;
}

void Columns::read_missing(const std::vector<const filter::OnField*>& asked, const Bits& live, const Read& read) {
    const auto writing = lock_to_write();
    std::set<filter::Path> wanted;
    for (const auto* one : asked) wanted.insert(one->path);
    const std::vector<filter::Path> paths(wanted.begin(), wanted.end());
    std::vector<Column*> columns;
    for (const auto& path : paths) {
        columns.push_back(&columns_[path]);
        columns.back()->prepare(live.size());
    }
    const auto read_slot = [&](std::size_t slot) {
        if (std::ranges::none_of(columns, [slot](const auto* column) { return column->unread(slot); })) return;
        read(slot, [&](std::string_view payload) {
            const auto fields = filter::Payload::read(payload);
            for (std::size_t i = 0; i < paths.size(); ++i) columns[i]->set(slot, fields ? fields->at(paths[i]) : std::nullopt);
        });
    };
    for_each_slot(live, read_slot);
    for (const auto* one : asked) columns_.at(one->path).get_ready_for(one->condition);
}

Bits Columns::evaluate(const Filter& filter, std::size_t blocks) const {
    const auto parts = [&](const std::vector<Filter>& list) {
        std::vector<Bits> bits;
        for (const auto& part : list) bits.push_back(evaluate(part, blocks));
        return bits;
    };
    const auto& is = filter.node().is;
    if (const auto* one = std::get_if<filter::OnField>(&is)) return columns_.at(one->path).select(one->condition, blocks);
    if (const auto* all = std::get_if<filter::All>(&is)) return joined(parts(all->of), std::bit_and<>());
    if (const auto* any = std::get_if<filter::Any>(&is)) return joined(parts(any->of), std::bit_or<>());
    auto bits = evaluate(std::get<filter::Not>(is).of, blocks);
    for (auto& word : bits) word = ~word;
    return bits;
}

Bits Columns::select(const Filter& filter, const Bits& live, const Read& read) {
    std::vector<const filter::OnField*> asked;
    collect(filter, asked);
    const auto reading = with_all_read(asked, live, read);
    auto bits = evaluate(filter, live.size());
    for (std::size_t w = 0; w < bits.size(); ++w) bits[w] &= live[w];
    return bits;
}

}  // namespace sextant::index
