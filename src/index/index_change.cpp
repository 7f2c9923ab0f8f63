// How records come into an index and go: by its own writer, or as another process wrote them.
#include <algorithm>
#include <atomic>
#include <unordered_set>
#include <utility>

#include <sextant/core/error.hpp>

#include "index/graph_file.hpp"
#include "index/in_threads.hpp"
#include "index/index_impl.hpp"
#include "index/validate.hpp"
#include "store/hash.hpp"

namespace sextant {

using index::Coded;
using index::RowInfo;
using index::State;

Index::Impl::Impl(std::string called, std::span<const NamedSpace> named, bool keeps_vectors) : name(std::move(called)) {
    for (const auto& one : named) state.spaces.push_back(spaces.emplace_back(one, keeps_vectors).empty());
}

Index::Impl::Impl(store::RecordFile opened, bool keeps_vectors) : Impl(opened.name(), opened.spaces(), keeps_vectors) {
    file = std::move(opened);
}

std::optional<Index::Impl::Place> Index::Impl::find(std::string_view id) const {
    for (std::size_t space = 0; space < spaces.size(); ++space)
        if (const auto slot = spaces[space].table.find(id)) return Place{space, *slot};
    return std::nullopt;
}

Index::Impl::Change::Change(Impl& impl) : impl_(impl), counts_(impl.state.counts) {
    for (auto& space : impl.spaces) spaces_.emplace_back(space.table);
}

bool Index::Impl::Change::has_put(std::string_view id) const {
    return std::ranges::any_of(spaces_, [id](const auto& space) { return space.has_put(id); });
}

bool Index::Impl::Change::put(std::string_view id, const RowInfo& info, std::span<Coded> vectors,
                              const std::shared_ptr<const index::Kept>& kept) {
    Places places;
    if (!add(id, info, vectors, kept, places)) return false;
    write(places, vectors);
    return true;
}

bool Index::Impl::Change::add(std::string_view id, const RowInfo& info, std::span<Coded> vectors,
                              const std::shared_ptr<const index::Kept>& kept, Places& places) {
    places.assign(spaces_.size(), std::nullopt);
    if (spaces_.size() > 1 && has_put(id)) return false;
    bool first = true;
    for (std::size_t space = 0; space < spaces_.size(); ++space) {
        if (!vectors[space].there) {
            if (impl_.spaces[space].table.find(id)) spaces_[space].remove(id);
            continue;
        }
        auto in_space = info;
        in_space.norm = vectors[space].norm;
        if (!impl_.spaces[space].table.layout().keeps_vectors())
            in_space.vector_checksum = store::checksum_of(space, info.number, std::as_bytes(std::span(vectors[space].vector))).low;
        in_space.first = std::exchange(first, false);
        places[space] = spaces_[space].add(id, in_space, kept, std::move(vectors[space].blob));
        if (!places[space]) return false;
    }
    if (const auto known = impl_.find(id)) {
        counts_.root -= impl_.info(*known).checksum;
    } else {
        ++counts_.rows;
    }
    counts_.root += info.checksum;
    return true;
}

void Index::Impl::Change::expect(std::uint64_t rows) {
    constexpr std::uint64_t most = 1 << 22;  // of what a file only says
    if (spaces_.size() == 1) spaces_.front().expect(static_cast<std::size_t>(std::min(rows, most)));
}

std::vector<index::Memory> Index::Impl::Change::memory_for(std::span<std::size_t> owed) const {
    std::vector<index::Memory> memory(spaces_.size());
    for (std::size_t space = 0; space < spaces_.size(); ++space) {
        const auto& layout = impl_.spaces[space].table.layout();
        if (owed[space] < layout.blocks_per_piece() * kernels::block_rows) continue;
        owed[space] = 0;
        memory[space] = index::RowTable::touched_piece(layout);
    }
    return memory;
}

void Index::Impl::Change::give(std::vector<index::Memory> memory) {
    for (std::size_t space = 0; space < spaces_.size(); ++space)
        if (memory[space]) spaces_[space].give(std::move(memory[space]));
}

void Index::Impl::Change::write(const Places& places, std::span<const Coded> vectors) const noexcept {
    for (std::size_t space = 0; space < places.size(); ++space) {
        const auto& coded = vectors[space];
        if (places[space]) impl_.spaces[space].table.layout().write(*places[space], coded.vector, coded.norm, coded.codes);
    }
}

void Index::Impl::Change::remove(std::string_view id) {
    counts_.root -= impl_.info(*impl_.find(id)).checksum;
    --counts_.rows;
    for (std::size_t space = 0; space < spaces_.size(); ++space)
        if (impl_.spaces[space].table.find(id)) spaces_[space].remove(id);
}

/// Commits, and shows it to readers, all at once. Without a transaction the change is what `seen` sees, if there is a file.
void Index::Impl::publish(Change& change, store::RecordFile::Transaction* transaction, std::shared_ptr<const store::RecordView> seen) {
    State next;
    next.file = std::move(seen);
    for (std::size_t s = 0; s < spaces.size(); ++s) {
        auto& part = change.spaces_[s];
        part.prepare();
        spaces[s].columns.forget(part.written());
        const auto& [rows, linked, lists] = state.spaces[s];
        next.spaces.push_back({nullptr, linked ? linked->after(part.rows(), part.written()) : nullptr, lists ? lists->after(part.rows(), part.written()) : nullptr});
    }
    {
        const std::lock_guard names(naming);
        for (auto& part : change.spaces_) part.make_room();
    }
    if (transaction) {
        auto view = file->spare_view();
        transaction->commit();
        file->show_last_commit(*view);
        next.file = std::move(view);
        change.counts_ = file->counts();
    }
    next.counts = change.counts_;
    {
        const std::lock_guard names(naming);
        for (std::size_t s = 0; s < spaces.size(); ++s) {
            change.spaces_[s].publish();
            next.spaces[s].rows = spaces[s].table.rows();
        }
        const std::lock_guard lock(latest);
        std::swap(state, next);
    }
    next = {};  // the last look at what was before, if no reader has one
    for (auto& space : spaces) space.table.reclaim();
    if (transaction && file->checkpoint_due()) checkpoint();
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

namespace {

std::string what(const std::string& file, std::uint64_t row, std::string_view id) { return file + ": row " + std::to_string(row) + " (id " + index::shown(id) + ")"; }

/// Reads the vectors of rows as the file has them, and checks them.
class Reading {
public:
    Reading(const std::string& name, const std::deque<index::SpaceTable>& spaces) : name_(name), spaces_(spaces) {}

    /// For each space the row's vector.
    void read(const store::Row& row, store::RowVectors bytes, std::vector<Coded>& vectors) {
        bool any = false;
        vectors.resize(spaces_.size());
        for (std::size_t s = 0; s < spaces_.size(); ++s) {
            vectors[s].there = !bytes[s].empty();
            if (bytes[s].empty()) continue;
            any = true;
            const auto vector = unpacking_.unpack(spaces_[s].space, bytes[s]);
            double norm = 0;
            try {
                norm = index::check_vector(spaces_[s].space, vector, "");
            } catch (const Error& error) {
                throw Error(ErrorCode::corrupt, what(name_, row.number, row.id) + error.what());
            }
            spaces_[s].code(vector, norm, vectors[s]);
        }
        if (!any) throw Error(ErrorCode::corrupt, what(name_, row.number, row.id) + ": it has no vector");
    }

private:

    const std::string& name_;
    const std::deque<index::SpaceTable>& spaces_;
    store::Unpacking unpacking_;
};

}  // namespace

/// Rows that one thread has read, and adds together: threads wait for each other a few times only.
class Index::Impl::Adding {
public:
    /// `mutex` is of the change.
    Adding(const std::string& name, Change& change, std::mutex& mutex) : name_(name), change_(change), mutex_(mutex), batch_(most), owed_(change.spaces()) {}

    /// Where to put the row's vectors.
    [[nodiscard]] std::vector<Coded>& next(const store::Row& row) {
        auto& one = batch_[size_++];
        one.id = row.id;
        one.info = {.number = row.number, .checksum = row.checksum};
        return one.vectors;
    }
    [[nodiscard]] bool full() const noexcept { return size_ == most; }
    void finish() {
        const std::span batch(batch_.data(), std::exchange(size_, 0));
        for (const auto& one : batch)
            for (std::size_t space = 0; space < owed_.size(); ++space) owed_[space] += one.vectors[space].there ? 1 : 0;
        auto memory = change_.memory_for(owed_);
        {
            const std::lock_guard lock(mutex_);
            change_.give(std::move(memory));
            for (auto& one : batch)
                if (!change_.add(one.id, one.info, one.vectors, {}, one.places))
                    throw Error(ErrorCode::corrupt, what(name_, one.info.number, one.id) + ": another row has this id too");
        }
        for (const auto& one : batch) change_.write(one.places, one.vectors);
    }

private:
    static constexpr std::size_t most = 32;
    struct One {
        std::string id;
        RowInfo info;
        std::vector<Coded> vectors;
        Change::Places places;
    };
    const std::string& name_;
    Change& change_;
    std::mutex& mutex_;
    std::vector<One> batch_;
    std::size_t size_ = 0;
    std::vector<std::size_t> owed_;  // rows of each space for which no memory was given yet
};

namespace {

/// Views of one commit, one for each thread.
std::vector<std::shared_ptr<const store::RecordView>> views_of(store::RecordFile& file, std::size_t count) {
    std::vector<std::shared_ptr<const store::RecordView>> views;
    while (views.size() < count) {
        views.push_back(file.view());
        if (views.back()->counts().changes != views.front()->counts().changes) views.erase(views.begin(), views.end() - 1);
    }
    return views;
}

}  // namespace

/// All rows of the file, of which the index has none yet.
void Index::Impl::load(std::size_t threads) {
    constexpr std::uint64_t parts_per_thread = 8;  // no thread waits long for the last
    const auto views = views_of(*file, threads);
    const std::uint64_t parts = threads == 1 ? 1 : threads * parts_per_thread;
    Change change(*this);
    store::RecordView::Sum sum;
    index::FirstFailure failure;
    std::mutex mutex;  // of `change` and `sum`
    std::atomic<std::uint64_t> next_task{0};  // the first is to check the structure: it takes longest
    std::atomic<std::size_t> next_view{0};
    change.expect(views.front()->counts().rows);
    const auto read = [&](const store::RecordView& view, std::uint64_t part) {
        Reading reading(name, spaces);
        Adding adding(name, change, mutex);
        const auto found = view.scan_part({part, parts}, [&](const store::Row& row, store::RowVectors bytes) {
            reading.read(row, bytes, adding.next(row));
            if (adding.full()) adding.finish();
        });
        adding.finish();
        const std::lock_guard lock(mutex);
        sum.rows += found.rows;
        sum.root += found.root;
    };
    index::in_threads(threads, [&] {
        const auto& view = *views[next_view++];
        for (auto task = next_task++; task <= parts; task = next_task++) {
            const auto part = task == 0 ? parts : task - 1;
            if (failure.before(part)) break;
            failure.watch(part, [&] { part == parts ? view.check_structure() : read(view, part); });
        }
    });
    if (failure.before(parts)) failure.rethrow();
    views.front()->check_sum(sum);
    failure.rethrow();
    change.counts_ = views.front()->counts();
    publish(change, nullptr, views.front());
    load_graphs(threads);
    if (!file->writable()) state.file.reset();
}

namespace {

std::string cache_of(std::size_t space) { return "graph_" + std::to_string(space); }

}  // namespace

void Index::Impl::load_graphs(std::size_t threads) {
    for (std::size_t s = 0; s < spaces.size(); ++s) {
        if (spaces[s].space.kind != Output::dense) continue;
        state.spaces[s].linked = index::load_graph(
            *state.spaces[s].rows, s, [&](std::size_t part, index::Bytes& bytes) { return state.file->read_cache(cache_of(s), part, bytes); }, threads);
    }
}

/// The caller holds `writing`.
void Index::Impl::save_graph(std::size_t space, const index::LinkedRows& linked, const index::Rows& rows) {
    if (!file || !file->writable()) return;
    store::RecordFile::Transaction transaction(*file);
    transaction.drop_cache(cache_of(space));
    index::save_graph(linked, rows, space, [&](std::size_t part, const index::Bytes& bytes) { transaction.put_cache(cache_of(space), part, bytes); });
    transaction.commit();
    if (!file->checkpoint_due()) return;
    checkpoint();  // gives up the view of what was before, which kept the graph in the log
    checkpoint();
}

State Index::Impl::last() const {
    const std::lock_guard lock(latest);
    return state;
}

State Index::Impl::now(const std::function<void()>& find) {
    std::unique_lock reader(writing, std::defer_lock);
    std::unique_lock names(naming, std::defer_lock);
    std::shared_ptr<const store::RecordView> view;
    if (file && !file->writable()) {
        reader.lock();
        view = look_again();
    }
    if (find) {
        names.lock();
        find();
    }
    auto seen = last();
    if (view) seen.file = std::move(view);
    return seen;
}

/// For a file that is only read: a view of the last commit, which `state` is of then. The caller holds `writing`.
std::shared_ptr<const store::RecordView> Index::Impl::look_again() {
    auto view = file->view();
    const auto counts = view->counts();
    if (counts.changes != state.counts.changes && !catch_up(view, counts, view->changed_since(state.counts.changes)) && !catch_up(view, counts, std::nullopt))
        throw Error(ErrorCode::corrupt, name + ": what another program wrote to it does not add up: open it again");
    return view;
}

/// Takes over the rows that changed, or all that differ if it is not known which. False, and nothing has happened, if that
/// does not lead to what the file says that it holds.
bool Index::Impl::catch_up(const std::shared_ptr<const store::RecordView>& view, const store::Counts& counts,
                           const std::optional<std::vector<std::uint64_t>>& changed) {
    Change change(*this);
    Reading reading(name, spaces);
    std::vector<Coded> coded;
    std::unordered_set<std::uint64_t> there, gone;
    const auto take = [&](const store::Row& row, store::RowVectors vectors) {
        there.insert(row.number);
        const auto known = find(row.id);
        if (known && info(*known).number == row.number && info(*known).checksum == row.checksum) return;
        reading.read(row, vectors, coded);
        (void)change.put(row.id, {.number = row.number, .checksum = row.checksum}, coded);
    };
    if (changed) {
        for (const auto row : *changed)
            if (!view->read_all(row, take)) gone.insert(row);
    } else {
        view->scan(take);
    }
    std::unordered_set<std::string_view> ids;
    for (const auto& space : state.spaces) {
        if (changed && gone.empty()) break;
        index::for_each_slot(space.rows->live(), [&](std::size_t slot) {
            const auto number = space.rows->info(slot).number;
            if (changed ? gone.contains(number) : !there.contains(number)) ids.insert(space.rows->named(slot).first);
        });
    }
    for (const auto id : ids)
        if (!change.has_put(id)) change.remove(id);  // another row may have its id now
    if (change.counts_.root != counts.root || change.counts_.rows != counts.rows) return false;
    change.counts_ = counts;
    publish(change, nullptr);
    return true;
}

}  // namespace sextant
