// Where rows are written, while readers look at what earlier commits left.
#pragma once

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "index/large_memory.hpp"
#include "index/rows.hpp"

namespace sextant::index {

/// What a change took away; free once nobody looks at what was before it.
struct Retired {
    std::shared_ptr<const std::atomic<bool>> gone;
    std::vector<Ids::node_type> entries;
    std::vector<std::size_t> blocks;
};

/// All rows. A slot is written once, before any `Rows` shows it, and not again while one still does. Blocks are filled
/// one at a time; when fewer than half of a block's rows are left, these move on to the block that fills, so that no
/// more than about half of the memory is lost to rows that are gone. Readers who keep an old state keep its memory.
///
/// Threads: for one thread at a time. What others may read at once: a `Rows`, and, if the owner excludes them from
/// `Change::make_room` and `Change::publish`, ids.
class RowTable {
public:
    /// With 0 dimensions every row has a blob.
    RowTable(std::size_t dimensions, Metric metric, bool keeps_vectors = true);
    RowTable(const RowTable&) = delete;
    RowTable& operator=(const RowTable&) = delete;

    [[nodiscard]] const RowLayout& layout() const noexcept { return layout_; }
    /// What the last change left.
    [[nodiscard]] const std::shared_ptr<const Rows>& rows() const noexcept { return rows_; }
    [[nodiscard]] std::optional<std::size_t> find(std::string_view id) const;
    /// Frees what nobody looks at any more; each change begins with it.
    void reclaim() noexcept;
    /// A piece that the system need not make first when rows are written to it. For any thread.
    [[nodiscard]] static Memory touched_piece(const RowLayout& layout);
    /// How many pieces of memory there are.
    [[nodiscard]] std::size_t pieces() const noexcept;

    /// Changes that are published together. One at a time; what is not published has not happened.
    class Change {
    public:
        explicit Change(RowTable& table);
        Change(const Change&) = delete;
        Change& operator=(const Change&) = delete;
        ~Change();

        /// Adds a row in place of the one that has this id, if there is one. False, and nothing has happened, if this
        /// change has put one of this id already. `info.norm` is that of `vector`.
        bool put(std::string_view id, const RowInfo& info, std::span<const float> vector, std::shared_ptr<const Kept> kept = {});
        /// The same, but the caller writes the vector and its codes (`RowLayout::write`) to the place, before `prepare`; other
        /// calls may come first. Nothing if this change has put one of this id already. With no dimensions there is a blob.
        [[nodiscard]] std::optional<RowLayout::Place> add(std::string_view id, const RowInfo& info, std::shared_ptr<const Kept> kept = {},
                                                          std::unique_ptr<const Blob> blob = {});
        /// There will be about so many more rows.
        void expect(std::size_t rows) { added_.reserve(rows); }
        /// A piece to fill when one is wanted.
        void give(Memory piece) { table_.spare_.push_back(std::move(piece)); }
        [[nodiscard]] bool has_put(std::string_view id) const { return added_.contains(id); }
        /// Once for each id; it must be there.
        void remove(std::string_view id);

        /// After all that: what remains may not throw but for `make_room`.
        void prepare();
        void make_room();
        /// The slots that have been written.
        [[nodiscard]] std::span<const std::size_t> written() const noexcept { return written_; }
        /// What there will be, after `prepare`.
        [[nodiscard]] const Rows& rows() const noexcept { return *rows_; }
        /// After `prepare` and `make_room`.
        void publish() noexcept;

    private:
        [[nodiscard]] std::size_t next_slot();
        [[nodiscard]] RowLayout::Place at(std::size_t slot) const noexcept { return table_.layout_.at(next_.pieces, slot); }
        void kill(std::size_t slot) noexcept;
        void tidy(std::size_t block);

        RowTable& table_;
        Rows::Parts next_;
        Ids added_;
        std::vector<const Named*> dead_;
        std::vector<std::pair<Named*, std::size_t>> moved_;
        std::vector<std::size_t> written_;
        std::vector<std::size_t> taken_, touched_, emptied_;  // blocks
        std::size_t filled_;                                  // slots of next_.filling
        kernels::Codes codes_;
        std::list<Retired> retired_;
        std::shared_ptr<const Rows> rows_;
    };

private:
    [[nodiscard]] std::size_t take_block();
    void free_block(std::size_t block) noexcept;

    RowLayout layout_;
    std::vector<Memory> pieces_;  // null if all blocks of one are free
    std::vector<Memory> spare_;   // while a change is made
    Bits free_;                   // a bit for each block
    std::size_t filling_ = Rows::none, filled_ = 0;
    Ids ids_;
    std::uint64_t stamp_ = 0;
    std::list<Retired> retired_;  // in the order of the changes
    std::shared_ptr<const Rows> rows_;
};

}  // namespace sextant::index
