#include "index/index_impl.hpp"

#include <cstring>
#include <unordered_set>

#include <sextant/core/error.hpp>

#include "index/validate.hpp"
#include "store/summary.hpp"

namespace sextant {
namespace {

using index::RowInfo;
using index::RowTable;
using index::State;
using store::RecordFile;

void copy_floats(std::span<const std::byte> bytes, std::vector<float>& floats) {
    floats.resize(bytes.size() / sizeof(float));
    std::memcpy(floats.data(), bytes.data(), bytes.size());
}

}  // namespace

void Index::Impl::load() {
    std::vector<float> vector;
    RowTable::Change change(table);
    state.file->scan([&](const store::Row& row) {
        const std::string what = name + ": row " + std::to_string(row.number) + " (id " + index::shown(row.id) + ")";
        copy_floats(row.vector, vector);
        try {
            const double norm = index::check_vector(file->space(), vector, what);
            if (!change.put(row.id, {row.number, row.checksum, norm}, vector))
                throw Error(ErrorCode::corrupt, what + ": an earlier row has this id too");
        } catch (const Error& error) {
            throw Error(ErrorCode::corrupt, error.what());
        }
    });
    change.prepare();
    change.make_room();
    change.publish();
    state.rows = table.rows();
}

/// Commits, and shows it to readers, all at once.
void Index::Impl::publish(RowTable::Change& change, RecordFile::Transaction* transaction) {
    change.prepare();
    columns.forget(change.written());
    {
        const std::lock_guard names(naming);
        change.make_room();
    }
    auto linked = state.linked ? state.linked->after(change.rows(), change.written()) : nullptr;
    std::shared_ptr<store::RecordView> view;
    if (transaction) {
        view = file->spare_view();
        transaction->commit();
        file->show_last_commit(*view);
    }
    State next{nullptr, std::move(view), std::move(linked)};
    {
        const std::lock_guard names(naming);
        change.publish();
        next.rows = table.rows();
        const std::lock_guard lock(latest);
        std::swap(state, next);
    }
    next = {};  // the last look at what was before, if no reader has one
    if (file && file->checkpoint_due()) checkpoint();
}

void Index::Impl::checkpoint() noexcept {
    file->checkpoint();
    try {  // a view from after it, so that the log can begin anew; without, it does so after the next
        auto view = file->view();
        const std::lock_guard lock(latest);
        std::swap(state.file, view);
    } catch (...) {
    }
}

Index::Index(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(Index&&) noexcept = default;
Index::~Index() = default;

Index Index::create(const std::filesystem::path& path, const Space& space) {
    return Index(std::make_unique<Impl>(RecordFile::create(path, space)));
}

Index Index::in_memory(const Space& space) {
    store::check_space(space);
    return Index(std::make_unique<Impl>(space));
}

Index Index::open(const std::filesystem::path& path, const OpenOptions& options) {
    const auto access = options.read_only ? RecordFile::Access::read : RecordFile::Access::write;
    auto impl = std::make_unique<Impl>(RecordFile::open(path, access));
    impl->load();
    return Index(std::move(impl));
}

Index Index::open(const std::filesystem::path& path, const Space& expected, const OpenOptions& options) {
    const auto access = options.read_only ? RecordFile::Access::read : RecordFile::Access::write;
    auto impl = std::make_unique<Impl>(RecordFile::open(path, access));
    auto found = impl->space;
    if (options.allow_compatible) found.fingerprint = expected.fingerprint;
    require_compatible(impl->name, found, expected);
    impl->space = std::move(found);
    impl->load();
    return Index(std::move(impl));
}

const std::string& Index::name() const noexcept { return impl_->name; }
const Space& Index::space() const noexcept { return impl_->space; }

std::size_t Index::size() const { return impl_->now().rows->size(); }

bool Index::contains(std::string_view id) const {
    const std::lock_guard names(impl_->naming);
    return impl_->table.find(id).has_value();
}

void Index::upsert(std::span<const Record> records) {
    const std::lock_guard writer(impl_->writing);
    impl_->check_writable();
    const auto norms = index::check_records(impl_->space, records, [&](std::string_view p) { return impl_->json.is_object(p); });
    if (records.empty()) return;

    auto& [name, file, space, table, columns, json, next_number, building, writing, naming, latest, state] = *impl_;
    RowTable::Change change(table);
    std::optional<RecordFile::Transaction> transaction;
    if (file) transaction.emplace(*file);
    auto number_in_memory = next_number;
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto& record = records[i];
        RowInfo info{.norm = norms[i]};
        const auto known = table.find(record.id);
        if (known) info.number = table.rows()->info(*known).number;
        std::unique_ptr<index::Kept> kept;
        if (!transaction) {
            if (!known) info.number = number_in_memory++;
            kept = std::make_unique<index::Kept>(index::Kept{record.payload, record.text});
        } else if (known) {
            info.checksum = transaction->replace(info.number, table.rows()->info(*known).checksum, record);
        } else {
            const auto added = transaction->insert(record);
            info.number = added.number;
            info.checksum = added.checksum;
        }
        change.put(record.id, info, record.vector, std::move(kept));
    }
    impl_->publish(change, transaction ? &*transaction : nullptr);
    next_number = number_in_memory;
}

std::size_t Index::remove(std::span<const std::string> ids) {
    const std::lock_guard writer(impl_->writing);
    impl_->check_writable();
    const auto& table = impl_->table;
    std::unordered_set<std::string_view> gone;
    for (const auto& id : ids)
        if (table.find(id)) gone.insert(id);
    if (gone.empty()) return 0;

    RowTable::Change change(impl_->table);
    std::optional<RecordFile::Transaction> transaction;
    if (impl_->file) transaction.emplace(*impl_->file);
    for (const auto id : gone) {
        const auto& info = table.rows()->info(*table.find(id));
        if (transaction) transaction->remove(info.number, info.checksum);
        change.remove(id);
    }
    impl_->publish(change, transaction ? &*transaction : nullptr);
    return gone.size();
}

std::optional<Record> Index::get(std::string_view id) const {
    State state;
    std::size_t slot = 0;
    {
        const std::lock_guard names(impl_->naming);
        const auto known = impl_->table.find(id);
        if (!known) return std::nullopt;
        slot = *known;
        state = impl_->now();
    }
    const auto vector = state.rows->vector(slot);
    Record record{std::string(id), {vector.begin(), vector.end()}};
    state.read(slot, [&record](std::string_view payload, std::string_view text) {
        record.payload = payload;
        record.text = text;
    });
    return record;
}

void Index::verify() const {
    const std::lock_guard writer(impl_->writing);
    const auto state = impl_->now();
    if (!state.file) return;
    std::size_t seen = 0;
    state.file->scan([&](const store::Row& row) {
        const auto slot = impl_->table.find(row.id);
        const auto& rows = *state.rows;
        const bool equal = slot && rows.info(*slot).number == row.number && rows.info(*slot).checksum == row.checksum &&
                           std::memcmp(rows.vector(*slot).data(), row.vector.data(), row.vector.size()) == 0;
        if (!equal)
            throw Error(ErrorCode::corrupt, impl_->name + ": row " + std::to_string(row.number) + " (id " +
                                                index::shown(row.id) +
                                                ") is not what is in memory: open the index again");
        ++seen;
    });
    if (seen != state.rows->size())
        throw Error(ErrorCode::corrupt, impl_->name + " holds " + std::to_string(seen) + " records, memory " +
                                            std::to_string(state.rows->size()) + ": open the index again");
}

}  // namespace sextant
