#include <sextant/index/salvage.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include <sextant/core/error.hpp>
#include <sextant/index/index.hpp>

#include "store/new_file.hpp"
#include "store/record_file.hpp"
#include "store/wreck.hpp"

namespace sextant {
namespace {

constexpr std::size_t rows_per_batch = 1000;

/// Puts records into a new index; what that refuses is lost too.
class Saving {
public:
    Saving(Index index, Salvage& salvage) : index_(std::move(index)), salvage_(salvage) {}

    void add(std::uint64_t row, Record record) {
        rows_.push_back(row);
        records_.push_back(std::move(record));
        if (records_.size() == rows_per_batch) flush();
    }
    void flush() {
        if (!all_at_once()) one_by_one();
        records_.clear();
        rows_.clear();
    }

private:
    bool all_at_once() {
        if (std::ranges::any_of(records_, [this](const Record& record) { return index_.contains(record.id); })) return false;
        try {
            index_.upsert(records_);
        } catch (const Error& error) {
            if (error.code() == ErrorCode::io) throw;
            return false;
        }
        salvage_.saved += records_.size();
        return true;
    }

    void one_by_one() {
        for (std::size_t i = 0; i < records_.size(); ++i) {
            const std::span one(&records_[i], 1);
            try {
                if (index_.contains(one[0].id)) throw Error(ErrorCode::corrupt, "an earlier row has this id too");
                index_.upsert(one);
                ++salvage_.saved;
            } catch (const Error& error) {
                if (error.code() == ErrorCode::io) throw;
                salvage_.lost.push_back({rows_[i], one[0].id, error.what()});
            }
        }
    }

    Index index_;
    Salvage& salvage_;
    std::vector<std::uint64_t> rows_;
    std::vector<Record> records_;
};

/// The next number to look at. If the file does not say how many there are, or is not to be believed, rows are looked for;
/// where damage hides them, number by number, for as many as there can be.
std::optional<std::uint64_t> next_row(store::Wreck& wreck, std::uint64_t after, std::uint64_t& passed_over) {
    if (wreck.end()) return after + 1 < *wreck.end() ? std::optional(after + 1) : std::nullopt;
    constexpr auto last = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    for (; after < last && passed_over <= wreck.most_rows(); ++after, ++passed_over) {
        try {
            const auto next = wreck.next(after);
            if (!next || *next > after) return next;  // in a damaged tree what comes next may be lower
        } catch (const Error& error) {
            if (error.code() == ErrorCode::io) throw;
        }
    }
    return std::nullopt;
}

}  // namespace

Salvage salvage(const std::filesystem::path& from, const std::filesystem::path& to) {
    Salvage salvage;
    store::Wreck wreck(from);
    salvage.summary_damaged = wreck.summary_damaged();
    store::make_new_file(to, [&](const std::string& draft) {
        store::RecordFile::write_empty(draft, wreck.spaces());
        Saving saving(Index::open(draft), salvage);
        std::uint64_t row = 0, passed_over = 0;
        while (const auto next = next_row(wreck, row, passed_over)) {
            row = *next;
            try {
                if (auto record = wreck.read(row)) saving.add(row, std::move(*record));
            } catch (const Error& error) {
                if (error.code() == ErrorCode::io) throw;
                salvage.lost.push_back({row, wreck.id_of(row), error.what()});
            }
        }
        saving.flush();
    });
    std::ranges::sort(salvage.lost, {}, &LostRecord::row);
    const std::size_t found = salvage.saved + salvage.lost.size();
    salvage.missing = std::max(wreck.rows().value_or(0), found) - found;
    return salvage;
}

}  // namespace sextant
