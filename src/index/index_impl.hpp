// What an index is made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/index/index.hpp>
#include <sextant/kernels/top_k.hpp>

#include "index/columns.hpp"
#include "index/linked_rows.hpp"
#include "index/row_table.hpp"
#include "index/sparse_lists.hpp"
#include "index/vectors.hpp"
#include "store/json_check.hpp"
#include "store/record_file.hpp"
#include "store/record_vectors.hpp"
#include "store/span_text.hpp"

namespace sextant {
namespace index {

/// A record but for its id and its vectors.
struct Details {
    std::string_view payload, text, parent;
    Span span;
};

/// The vectors of one space as one commit left them.
struct SpaceState {
    std::shared_ptr<const Rows> rows;
    std::shared_ptr<const LinkedRows> linked = {};   // null if there is no graph
    std::shared_ptr<const SparseLists> lists = {};  // null unless the space is sparse
};

/// What one commit left. Whoever holds it reads in peace, whatever is written meanwhile.
struct State {
    std::vector<SpaceState> spaces;
    std::shared_ptr<const store::RecordView> file = {};  // null in memory
    store::Counts counts = {};                           // in memory: of rows only

    /// Calls `use` with the details of the record that has its vector in this slot.
    template <class Use>
    void read(const SpaceState& in, std::size_t slot, Use&& use) const {
        const auto& info = in.rows->info(slot);
        if (file) {
            file->read(info.number, info.checksum,
                       [&use](const store::Row& row) { use(Details{row.payload, row.text, row.parent, *store::span_from(row.span)}); });
            return;
        }
        const auto& kept = *in.rows->named(slot).second.kept;
        use(Details{kept.payload, kept.text, kept.parent, kept.span});
    }
    [[nodiscard]] Vectors vectors(std::size_t space) const noexcept { return {*spaces[space].rows, file.get(), space}; }
    /// Of a vector, as a file has them. Valid until `room` is used again.
    [[nodiscard]] std::span<const std::byte> bytes(std::size_t space, std::size_t slot, std::vector<float>& room) const {
        const auto& rows = *spaces[space].rows;
        return rows.layout().keeps_vectors() ? rows.bytes(slot) : std::as_bytes(vectors(space).at(slot, room));
    }
    /// Reads them for `Columns`, while this stays where it is.
    [[nodiscard]] Columns::Read payloads(std::size_t space) const {
        return [this, space](std::size_t slot, const auto& use) {
            read(spaces[space], slot, [&use](const Details& details) { use(details.payload); });
        };
    }
};

/// A vector that is ready to be put, or none.
struct Coded {
    bool there = false;
    std::vector<float> vector;
    double norm = 0;
    kernels::Codes codes;
    std::unique_ptr<const Blob> blob;
};

/// The vectors of one space. Of the file's `space` the fingerprint is the caller's, if he vouches for that.
struct SpaceTable : NamedSpace {
    SpaceTable(const NamedSpace& named, bool keeps_vectors);

    /// What a state without rows has.
    [[nodiscard]] SpaceState empty() const;
    /// Makes a vector ready to be put, which must be one that `check_vector` passed, and of that norm; or none.
    void code(const store::AnyVector& vector, double norm, Coded& coded) const;

    RowTable table;
    std::optional<RowLayout> each;  // of a multi space: of one vector
    Columns columns;
};

}  // namespace index

struct Index::Impl {
    std::string name;
    std::optional<store::RecordFile> file;  // none in memory
    std::deque<index::SpaceTable> spaces;   // at least one
    store::JsonCheck json;
    std::mutex building;        // held by the one who links; taken before `writing`
    std::mutex writing;         // held by the one who changes anything: a writer, or who looks if another process wrote
    mutable std::mutex naming;  // of the ids in the tables
    mutable std::mutex latest;  // of `state`; held for an instant, and taken after `naming`
    index::State state;         // without a view if the file is only read: it would keep what it sees in the writer's log

    Impl(std::string called, std::span<const NamedSpace> named, bool keeps_vectors = true);
    explicit Impl(store::RecordFile opened, bool keeps_vectors = true);

    /// What the last commit left; if the file is only read, that of any process. Calls `find`, if there is one, while ids stand
    /// for what is in it.
    [[nodiscard]] index::State now(const std::function<void()>& find = nullptr);
    [[nodiscard]] index::State last() const;  // that this object knows of
    void load(std::size_t threads);
    void load_graphs(std::size_t threads);
    void save_graph(std::size_t space, const index::LinkedRows& linked, const index::Rows& rows);
    [[nodiscard]] std::shared_ptr<const store::RecordView> look_again();
    bool catch_up(const std::shared_ptr<const store::RecordView>& view, const store::Counts& counts,
                  const std::optional<std::vector<std::uint64_t>>& changed);
    void check_writable() const {
        if (file) file->check_writable();
    }

    /// The number of the space that has this name; the first, if the name is empty. Throws `not_found`.
    [[nodiscard]] std::size_t number_of(std::string_view space) const;

    /// Where a vector of the record lies.
    struct Place {
        std::size_t space, slot;
    };
    /// Of the last state that was published. The caller holds `writing` or `naming`.
    [[nodiscard]] std::optional<Place> find(std::string_view id) const;
    [[nodiscard]] const index::RowInfo& info(const Place& place) const { return spaces[place.space].table.rows()->info(place.slot); }

    [[nodiscard]] Record record(const index::State& seen, std::span<const std::optional<std::size_t>> slots) const;
    /// The slots of records in each space, by the records' numbers: of these, or of all.
    using Slots = std::map<std::uint64_t, std::vector<std::optional<std::size_t>>>;
    [[nodiscard]] Slots slots_of(const index::State& seen, const std::optional<std::span<const std::uint64_t>>& numbers = std::nullopt) const;
    [[nodiscard]] std::vector<Record> records(const index::State& seen, std::span<const std::uint64_t> numbers) const;

    class Change;
    class Adding;
    void publish(Change& change, store::RecordFile::Transaction* transaction, std::shared_ptr<const store::RecordView> seen = {});
    void checkpoint() noexcept;
    /// The slots in this space of the records that meet it, or of all.
    [[nodiscard]] index::Bits meeting(const index::State& seen, std::size_t space, const std::optional<Filter>& filter);
    /// The same, of the records that have no vector in an earlier space: so each record is counted once.
    [[nodiscard]] index::Bits meeting_first(const index::State& seen, std::size_t space, const std::optional<Filter>& filter);
    [[nodiscard]] std::vector<kernels::Scored> best_of_parents(const index::State& seen, std::size_t space, std::span<const kernels::Scored> found,
                                                               std::size_t k) const;
    [[nodiscard]] std::vector<SearchResult> nearest(std::span<const store::AnyVector> queries, const NearestOptions& options);
    [[nodiscard]] SearchResult result(const index::State& seen, std::size_t space, std::span<const kernels::Scored> found,
                                      const NearestOptions& options) const;
};

/// A change of records in all spaces. One at a time; what is not published has not happened.
class Index::Impl::Change {
public:
    explicit Change(Impl& impl);

    /// Puts the vectors that there are, one for each space, taking their blobs, in place of those of the record that has this id.
    /// False if this change has put one of this id already.
    bool put(std::string_view id, const index::RowInfo& info, std::span<index::Coded> vectors,
             const std::shared_ptr<const index::Kept>& kept = {});
    /// The same in two steps, so that other threads can take the first meanwhile: that, and `write` of what it gives
    /// places to.
    using Places = std::vector<std::optional<index::RowLayout::Place>>;  // for each space
    bool add(std::string_view id, const index::RowInfo& info, std::span<index::Coded> vectors,
             const std::shared_ptr<const index::Kept>& kept, Places& places);
    void write(const Places& places, std::span<const index::Coded> vectors) const noexcept;
    /// There will be about so many rows.
    void expect(std::uint64_t rows);
    [[nodiscard]] std::size_t spaces() const noexcept { return spaces_.size(); }
    /// A piece of memory, or none, for each space: what a thread has to give before it adds more rows than were `owed` memory, so that
    /// nobody waits for the system while rows are added. For any threads at once, each with its own `owed`.
    [[nodiscard]] std::vector<index::Memory> memory_for(std::span<std::size_t> owed) const;
    void give(std::vector<index::Memory> memory);
    [[nodiscard]] bool has_put(std::string_view id) const;
    /// Once for each id; it must be there.
    void remove(std::string_view id);
    /// For a new record of an index in memory.
    [[nodiscard]] std::uint64_t next_number() noexcept { return counts_.next_row++; }

private:
    friend struct Impl;
    Impl& impl_;
    std::deque<index::RowTable::Change> spaces_;
    store::Counts counts_;
};

}  // namespace sextant
