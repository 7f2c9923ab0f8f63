#include "index/index_impl.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include <sextant/core/error.hpp>

#include "index/validate.hpp"
#include "store/hash.hpp"
#include "store/new_file.hpp"
#include "store/summary.hpp"

namespace sextant {
namespace {

using index::RowInfo;
using index::State;
using store::RecordFile;

RecordFile::Access access_of(const OpenOptions& options) {
    return options.read_only ? RecordFile::Access::read : RecordFile::Access::write;
}

/// Each has a connection to the file.
std::size_t threads_of(const OpenOptions& options) { return std::min<std::size_t>(options.threads, 64); }

std::array<const NamedSpace, 1> alone(const Space& space) { return {{{"", space}}}; }

}  // namespace

void OpenOptions::validate() const {
    if (threads == 0) throw Error(ErrorCode::invalid_argument, "threads is 0: the calling thread is one");
}

Index::Index(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(Index&&) noexcept = default;
Index::~Index() = default;

Index Index::create(const std::filesystem::path& path, const Space& space) { return create(path, std::span(alone(space))); }

Index Index::create(const std::filesystem::path& path, std::initializer_list<NamedSpace> spaces) {
    return create(path, std::span(spaces.begin(), spaces.size()));
}

Index Index::create(const std::filesystem::path& path, std::span<const NamedSpace> spaces) {
    auto impl = std::make_unique<Impl>(RecordFile::create(path, spaces));
    impl->load(1);
    return Index(std::move(impl));
}

Index Index::in_memory(const Space& space) { return in_memory(std::span(alone(space))); }

Index Index::in_memory(std::initializer_list<NamedSpace> spaces) { return in_memory(std::span(spaces.begin(), spaces.size())); }

Index Index::in_memory(std::span<const NamedSpace> spaces) {
    store::check_spaces(spaces);
    return Index(std::make_unique<Impl>("in-memory index", spaces));
}

Index Index::open(const std::filesystem::path& path, const OpenOptions& options) {
    options.validate();
    auto impl = std::make_unique<Impl>(RecordFile::open(path, access_of(options)), options.vectors_in_memory);
    impl->load(threads_of(options));
    return Index(std::move(impl));
}

Index Index::open(const std::filesystem::path& path, const Space& expected, const OpenOptions& options) {
    options.validate();
    auto impl = std::make_unique<Impl>(RecordFile::open(path, access_of(options)), options.vectors_in_memory);
    auto& first = impl->spaces.front().space;
    auto found = first;
    if (options.allow_compatible) found.fingerprint = expected.fingerprint;
    require_compatible(impl->name, found, expected);
    first = std::move(found);
    impl->load(threads_of(options));
    return Index(std::move(impl));
}

const std::string& Index::name() const noexcept { return impl_->name; }
const Space& Index::space() const noexcept { return impl_->spaces.front().space; }

const Space& Index::space(std::string_view name) const { return impl_->spaces[impl_->number_of(name)].space; }

std::vector<NamedSpace> Index::spaces() const {
    std::vector<NamedSpace> all;
    for (const auto& one : impl_->spaces) all.push_back(one);
    return all;
}

std::size_t Index::Impl::number_of(std::string_view space) const {
    if (space.empty()) return 0;
    std::string names;
    for (std::size_t s = 0; s < spaces.size(); ++s) {
        if (spaces[s].name == space) return s;
        names += (s == 0 ? "" : ", ") + index::shown(spaces[s].name);
    }
    throw Error(ErrorCode::not_found, name + " has no space " + index::shown(space) + ": it has " + names);
}

std::size_t Index::size() const { return impl_->now().counts.rows; }

bool Index::contains(std::string_view id) const {
    bool found = false;
    (void)impl_->now([&] { found = impl_->find(id).has_value(); });
    return found;
}

void Index::upsert(std::span<const Record> records) {
    const std::lock_guard writer(impl_->writing);
    impl_->check_writable();
    const auto named = spaces();
    const auto norms = index::check_records(named, records, [&](std::string_view p) { return impl_->json.is_object(p); });
    if (records.empty()) return;

    Impl::Change change(*impl_);
    std::optional<RecordFile::Transaction> transaction;
    if (impl_->file) transaction.emplace(*impl_->file);
    std::vector<index::Coded> vectors(named.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto& record = records[i];
        for (std::size_t s = 0; s < named.size(); ++s) impl_->spaces[s].code(store::vector_in(record, named, s), norms[i * named.size() + s], vectors[s]);
        const auto known = impl_->find(record.id);
        RowInfo info;
        if (known) info = impl_->info(*known);
        std::shared_ptr<const index::Kept> kept;
        if (!transaction) {
            if (!known) info.number = change.next_number();
            kept = std::make_shared<const index::Kept>(index::Kept{record.payload, record.text, record.parent, record.span});
        } else if (known) {
            info.checksum = transaction->replace(info.number, info.checksum, record);
        } else {
            const auto added = transaction->insert(record);
            info.number = added.number;
            info.checksum = added.checksum;
        }
        change.put(record.id, info, vectors, kept);
    }
    impl_->publish(change, transaction ? &*transaction : nullptr);
}

std::size_t Index::remove(std::span<const std::string> ids) {
    const std::lock_guard writer(impl_->writing);
    impl_->check_writable();
    std::unordered_set<std::string_view> gone;
    for (const auto& id : ids)
        if (impl_->find(id)) gone.insert(id);
    if (gone.empty()) return 0;

    Impl::Change change(*impl_);
    std::optional<RecordFile::Transaction> transaction;
    if (impl_->file) transaction.emplace(*impl_->file);
    for (const auto id : gone) {
        const auto& info = impl_->info(*impl_->find(id));
        if (transaction) transaction->remove(info.number, info.checksum);
        change.remove(id);
    }
    impl_->publish(change, transaction ? &*transaction : nullptr);
    return gone.size();
}

/// The record that has its vectors in these slots of the spaces; in at least one of them.
Record Index::Impl::record(const State& seen, std::span<const std::optional<std::size_t>> slots) const {
    const auto first = static_cast<std::size_t>(std::ranges::find_if(slots, [](const auto& slot) { return slot.has_value(); }) - slots.begin());
    Record record{seen.spaces[first].rows->named(*slots[first]).first, {}};
    seen.read(seen.spaces[first], *slots[first], [&record](const index::Details& details) {
        record.payload = details.payload;
        record.text = details.text;
        record.parent = details.parent;
        record.span = details.span;
    });
    store::Unpacking unpacking;
    std::vector<float> room;
    for (std::size_t s = 0; s < slots.size(); ++s)
        if (slots[s]) store::put_vector(record, spaces[s], s == 0, unpacking.unpack(spaces[s].space, seen.bytes(s, *slots[s], room)));
    return record;
}

std::optional<Record> Index::get(std::string_view id) const {
    std::vector<std::optional<std::size_t>> slots;
    bool found = false;
    const auto state = impl_->now([&] {
        for (const auto& space : impl_->spaces) found = slots.emplace_back(space.table.find(id)).has_value() || found;
    });
    return found ? std::optional(impl_->record(state, slots)) : std::nullopt;
}

namespace {

/// Whether this is the row's vector.
bool holds(const index::Rows& rows, std::size_t space, std::size_t slot, std::span<const std::byte> vector) {
    if (rows.layout().keeps_vectors()) return std::ranges::equal(rows.bytes(slot), vector);
    return store::checksum_of(space, rows.info(slot).number, vector).low == rows.info(slot).vector_checksum;
}

}  // namespace

void Index::verify() const {
    const auto state = impl_->now();
    if (!state.file) return;
    const auto refuse = [this](const std::string& what) {
        throw Error(ErrorCode::corrupt, impl_->name + ": " + what + " is not what is in memory: open the index again");
    };
    std::vector<std::unordered_map<std::uint64_t, std::size_t>> slots(state.spaces.size());  // by the numbers of rows
    for (std::size_t s = 0; s < slots.size(); ++s)
        index::for_each_slot(state.spaces[s].rows->live(), [&](std::size_t slot) { slots[s][state.spaces[s].rows->info(slot).number] = slot; });
    state.file->scan([&](const store::Row& row, store::RowVectors vectors) {
        for (std::size_t s = 0; s < slots.size(); ++s) {
            const auto& rows = *state.spaces[s].rows;
            const auto known = slots[s].extract(row.number);
            const bool equal = known ? rows.named(known.mapped()).first == row.id && rows.info(known.mapped()).checksum == row.checksum &&
                                           holds(rows, s, known.mapped(), vectors[s])
                                     : vectors[s].empty();
            if (!equal) refuse("row " + std::to_string(row.number) + " (id " + index::shown(row.id) + ")");
        }
    });
    for (const auto& left : slots)
        if (!left.empty()) refuse("the absence of row " + std::to_string(left.begin()->first));
}

void Index::backup(const std::filesystem::path& path) const {
    if (impl_->file) {
        impl_->file->copy_to(path);
        return;
    }
    const auto state = impl_->last();
    store::make_new_file(path, [&](const std::string& draft) {
        RecordFile::write_empty(draft, spaces());
        {
            auto file = RecordFile::open(draft, RecordFile::Access::write);
            RecordFile::Transaction transaction(file);
            for (const auto& [number, slots] : impl_->slots_of(state)) transaction.insert(impl_->record(state, slots));
            transaction.commit();
        }
        RecordFile::open(draft, RecordFile::Access::read).view()->scan([](const store::Row&, store::RowVectors) {});
    });
}

void Index::compact() {
    const std::lock_guard writer(impl_->writing);
    if (!impl_->file) return;
    impl_->file->compact();
    impl_->checkpoint();  // gives up the view of what was before, which kept the log
    impl_->checkpoint();
}

}  // namespace sextant
