#include <sextant/index/index.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <exception>
#include <mutex>
#include <unordered_set>
#include <utility>

#include <sextant/core/error.hpp>

#include "index/columns.hpp"
#include "index/exact_scan.hpp"
#include "index/graph_scan.hpp"
#include "index/linked_rows.hpp"
#include "index/row_table.hpp"
#include "index/validate.hpp"
#include "store/json_check.hpp"
#include "store/record_file.hpp"
#include "store/summary.hpp"

namespace sextant {
namespace {

using index::ExactScan;
using index::LinkedRows;
using index::RowInfo;
using index::Rows;
using index::RowTable;
using store::RecordFile;
using store::RecordView;

ScoreType score_type_of(Metric metric) {
    switch (metric) {
        case Metric::cosine:
            return ScoreType::cosine;
        case Metric::dot:
            return ScoreType::dot;
        case Metric::l2:
            break;
    }
    return ScoreType::l2;
}

void copy_floats(std::span<const std::byte> bytes, std::vector<float>& floats) {
    floats.resize(bytes.size() / sizeof(float));
    std::memcpy(floats.data(), bytes.data(), bytes.size());
}

/// What one commit left. Whoever holds it reads in peace, whatever is written meanwhile.
struct State {
    std::shared_ptr<const Rows> rows;
    std::shared_ptr<const RecordView> file;   // null in memory
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

}  // namespace

struct Index::Impl {
    std::string name;
    std::optional<RecordFile> file;  // none in memory
    Space space;                     // the file's; its fingerprint is the caller's, if he vouches for that
    RowTable table;
    mutable index::Columns columns;
    store::JsonCheck json;
    std::uint64_t next_number = 1;  // of a record in memory
    std::mutex building;            // held by the one who links; taken before `writing`
    std::mutex writing;             // held by the one writer; only he changes anything
    mutable std::mutex naming;      // of the ids in `table`
    mutable std::mutex latest;      // of `state`; held for an instant, and taken after `naming`
    State state;

    explicit Impl(const Space& of_memory) : name("in-memory index"), space(of_memory), table(space.dimensions, space.metric) {
        state.rows = table.rows();
    }
    explicit Impl(RecordFile opened)
        : name(opened.name()), file(std::move(opened)), space(file->space()), table(space.dimensions, space.metric) {
        state = {table.rows(), file->view(), nullptr};
    }

    [[nodiscard]] State now() const {
        const std::lock_guard lock(latest);
        return state;
    }
    void load();
    void check_writable() const {
        if (file) file->check_writable();
    }
    void publish(RowTable::Change& change, RecordFile::Transaction* transaction);
    void checkpoint() noexcept;
    [[nodiscard]] SearchResult result(const State& seen, std::span<const kernels::Scored> found, const NearestOptions& options) const;
};

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

SearchResult Index::Impl::result(const State& seen, std::span<const kernels::Scored> found, const NearestOptions& options) const {
    SearchResult result;
    result.score_type = score_type_of(space.metric);
    if (found.size() < options.k) result.completeness = Completeness::exhausted;
    for (const auto& best : found) {
        auto& hit = result.hits.emplace_back(Hit{seen.rows->named(best.row).first, best.score, best.score, {}, {}});
        if (options.records)
            seen.read(best.row, [&hit](std::string_view payload, std::string_view text) {
                hit.payload = payload;
                hit.text = text;
            });
    }
    return result;
}

void NearestOptions::validate() const {
    const auto refuse = [](const char* what) { throw Error(ErrorCode::invalid_argument, what); };
    if (k == 0) refuse("k is 0: ask for at least 1 hit");
    if (threads == 0) refuse("threads is 0: the calling thread is one");
    if (min_score && std::isnan(*min_score)) refuse("min_score is NaN: every comparison with it is false");
    if (min_recall && !(*min_recall >= 0 && *min_recall <= 1)) refuse("min_recall is a part of 1: give a number from 0 to 1");
    if (ef && *ef < k) refuse("ef is less than k: keep at least as many candidates as hits are wanted");
    if (ef && min_recall) refuse("ef and min_recall are both given: one says the effort, the other what it is to give");
}

void GraphOptions::validate() const {
    const auto refuse = [](const char* what) { throw Error(ErrorCode::invalid_argument, what); };
    if (m < 2 || m > 256) refuse("m is the number of links of a record: give 2 to 256");
    if (ef_construction < m) refuse("ef_construction is less than m: links are chosen from so many candidates");
    if (threads == 0) refuse("threads is 0: the calling thread is one");
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

SearchResult Index::nearest(std::span<const float> query, const NearestOptions& options) const {
    const Eigen::Map<const Matrix> one(query.data(), 1, static_cast<Eigen::Index>(query.size()));
    return std::move(nearest(one, options).front());
}

std::vector<SearchResult> Index::nearest(const Eigen::Ref<const Matrix>& queries, const NearestOptions& options) const {
    const auto begin = std::chrono::steady_clock::now();
    options.validate();
    const auto state = impl_->now();
    const auto count = static_cast<std::size_t>(queries.rows());
    std::vector<std::span<const float>> vectors;
    for (std::size_t i = 0; i < count; ++i) {
        vectors.emplace_back(queries.row(static_cast<Eigen::Index>(i)).data(), static_cast<std::size_t>(queries.cols()));
        index::check_vector(impl_->space, vectors.back(), "query " + std::to_string(i));
    }
    index::Wanted wanted{.k = options.k, .threads = options.threads};
    if (options.min_score) wanted.min_score = *options.min_score;
    index::Bits allowed;
    auto rows = state.rows->size();
    if (options.filter) {
        allowed = impl_->columns.select(*options.filter, state.rows->live(), [&state](std::size_t slot, const auto& use) {
            state.read(slot, [&use](std::string_view payload, std::string_view) { use(payload); });
        });
        wanted.allowed = allowed.data();
        rows = index::count_bits(allowed);
    }
    std::vector<SearchResult> results;
    const auto search = [&](auto scan, const auto& finish) {
        for (const auto& vector : vectors) scan.add(vector);
        scan.run();
        for (std::size_t i = 0; i < count; ++i) {
            results.push_back(impl_->result(state, scan.take(i), options));
            finish(results.back(), scan, i);
        }
    };
    if (const auto ef = index::effort_for(state.linked.get(), *state.rows, rows, count, options)) {
        search(index::GraphScan(*state.rows, *state.linked->graph, state.linked->unlinked, wanted, *ef), [](SearchResult& result, const auto& scan, std::size_t i) {
            result.rows_scored = scan.compared(i);
            if (result.completeness == Completeness::exact && !scan.exact(i)) result.completeness = Completeness::approximate;
        });
    } else {
        search(ExactScan(*state.rows, wanted), [rows](SearchResult& result, const auto&, std::size_t) { result.rows_scored = rows; });
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    for (auto& result : results) result.stages.push_back({"retrieve", elapsed.count()});
    return results;
}

void Index::build_graph(const GraphOptions& options) {
    options.validate();
    const std::lock_guard builder(impl_->building);
    const auto before = impl_->now();
    index::Linking linking(before.rows, before.linked, options);
    std::exception_ptr failure;
    try {
        linking.run();
    } catch (...) {
        failure = std::current_exception();
    }
    {
        const std::lock_guard writer(impl_->writing);
        auto linked = linking.result(*impl_->now().rows);
        const std::lock_guard lock(impl_->latest);
        std::swap(impl_->state.linked, linked);
    }
    if (failure) std::rethrow_exception(failure);
}

std::optional<GraphInfo> Index::graph() const {
    const auto state = impl_->now();
    if (!state.linked) return std::nullopt;
    const auto& [graph, effort, unlinked] = *state.linked;
    const auto left = index::count_bits(unlinked);
    return GraphInfo{graph->shape().m, graph->shape().ef_construction, state.rows->size() - left, left, graph->bytes()};
}

double Index::measure_recall(const Eigen::Ref<const Matrix>& queries, const NearestOptions& options) const {
    auto asked = options, exactly = options;
    asked.records = exactly.records = false;
    exactly.min_recall.reset();
    exactly.ef.reset();
    const auto found = nearest(queries, asked), exact = nearest(queries, exactly);
    double sum = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
        const auto near_enough = [&](const Hit& hit) { return hit.score >= exact[i].hits.back().score; };
        sum += exact[i].empty() ? 1 : std::min(1.0, static_cast<double>(std::ranges::count_if(found[i], near_enough)) / static_cast<double>(exact[i].size()));
    }
    return exact.empty() ? 1 : sum / static_cast<double>(exact.size());
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
