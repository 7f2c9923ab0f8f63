// What an index is made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <sextant/index/index.hpp>
#include <sextant/kernels/top_k.hpp>

#include "index/columns.hpp"
#include "index/linked_rows.hpp"
#include "index/row_table.hpp"
#include "store/json_check.hpp"
#include "store/record_file.hpp"

namespace sextant {
namespace index {

/// What one commit left. Whoever holds it reads in peace, whatever is written meanwhile.
struct State {
    std::shared_ptr<const Rows> rows;
    std::shared_ptr<const store::RecordView> file;   // null in memory
    std::shared_ptr<const LinkedRows> linked;  // null if there is no graph

    /// Calls `use` with payload and text.
    template <class Use>
    void read(std::size_t slot, Use&& use) const {
        if (!file) {
            const auto& kept = *rows->named(slot).second.kept;
            use(kept.payload, kept.text);
            return;
        }
        const auto& info = rows->info(slot);
        file->read(info.number, info.checksum, [&use](const store::Row& row) { use(row.payload, row.text); });
    }
};

}  // namespace index

struct Index::Impl {
    std::string name;
    std::optional<store::RecordFile> file;  // none in memory
    Space space;                     // the file's; its fingerprint is the caller's, if he vouches for that
    index::RowTable table;
    mutable index::Columns columns;
    store::JsonCheck json;
    std::uint64_t next_number = 1;  // of a record in memory
    std::mutex building;            // held by the one who links; taken before `writing`
    std::mutex writing;             // held by the one writer; only he changes anything
    mutable std::mutex naming;      // of the ids in `table`
    mutable std::mutex latest;      // of `state`; held for an instant, and taken after `naming`
    index::State state;

    explicit Impl(const Space& of_memory) : name("in-memory index"), space(of_memory), table(space.dimensions, space.metric) {
        state.rows = table.rows();
    }
    explicit Impl(store::RecordFile opened)
        : name(opened.name()), file(std::move(opened)), space(file->space()), table(space.dimensions, space.metric) {
        state = {table.rows(), file->view(), nullptr};
    }

    [[nodiscard]] index::State now() const {
        const std::lock_guard lock(latest);
        return state;
    }
    void load();
    void check_writable() const {
        if (file) file->check_writable();
    }
    void publish(index::RowTable::Change& change, store::RecordFile::Transaction* transaction);
    void checkpoint() noexcept;
    [[nodiscard]] SearchResult result(const index::State& seen, std::span<const kernels::Scored> found, const NearestOptions& options) const;
};

}  // namespace sextant
