#include <sextant/index/index.hpp>

#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include <sextant/core/error.hpp>

#include "index/columns.hpp"
#include "index/exact_scan.hpp"
#include "index/rows.hpp"
#include "index/validate.hpp"
#include "store/record_file.hpp"

namespace sextant {
namespace {

using index::ExactScan;
using index::RowInfo;
using index::Rows;
using store::RecordFile;

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

/// Where a record that is written goes in memory, and with what.
struct Placed {
    std::size_t slot = 0;
    RowInfo info;
    kernels::Codes codes;
};

void copy_floats(std::span<const std::byte> bytes, std::vector<float>& floats) {
    floats.resize(bytes.size() / sizeof(float));
    std::memcpy(floats.data(), bytes.data(), bytes.size());
}

}  // namespace

struct Index::Impl {
    RecordFile file;
    Space space;  // the file's; its fingerprint is the caller's, if he vouches for that
    Rows rows;
    mutable index::Columns columns;
    std::mutex writing;               // held by the one writer; only he changes anything
    mutable std::shared_mutex state;  // of `rows` and of what `file` shows to readers
    mutable std::mutex turn;          // a writer that waits for `state` lets no new readers pass

    explicit Impl(RecordFile opened)
        : file(std::move(opened)), space(file.space()), rows(space.dimensions, space.metric) {}

    [[nodiscard]] std::shared_lock<std::shared_mutex> shared() const {
        const std::lock_guard my_turn(turn);
        return std::shared_lock(state);
    }
    [[nodiscard]] std::unique_lock<std::shared_mutex> alone() const {
        const std::lock_guard my_turn(turn);
        return std::unique_lock(state);
    }
    /// For the whole of a write: nothing, or `alone()` if readers would see what is being written.
    [[nodiscard]] std::unique_lock<std::shared_mutex> alone_unless_isolated() const {
        return file.isolated() ? std::unique_lock<std::shared_mutex>() : alone();
    }

    void load();
    template <class Change>
    void take_over(std::unique_lock<std::shared_mutex>& lock, Change&& change);
    [[nodiscard]] index::Bits select(const Filter& filter) const;
    [[nodiscard]] SearchResult result(std::span<const kernels::Scored> found, std::size_t rows_scored, const NearestOptions& options) const;
};

void Index::Impl::load() {
    std::vector<float> vector;
    file.scan([&](const store::Row& row) {
        const std::string what =
            file.name() + ": row " + std::to_string(row.number) + " (id " + index::shown(row.id) + ")";
        copy_floats(row.vector, vector);
        try {
            const double norm = index::check_vector(file.space(), vector, what);
            if (!rows.append(row.id, {row.number, row.checksum, norm}, vector))
                throw Error(ErrorCode::corrupt, what + ": an earlier row has this id too");
        } catch (const Error& error) {
            throw Error(ErrorCode::corrupt, error.what());
        }
    });
}

/// After a commit: shows it to readers, all at once.
template <class Change>
void Index::Impl::take_over(std::unique_lock<std::shared_mutex>& lock, Change&& change) {
    if (!lock.owns_lock()) lock = alone();
    file.publish();
    change();
    lock.unlock();
    if (!file.checkpoint_due()) return;
    file.checkpoint();
    lock = alone();
    file.publish();
    lock.unlock();
}

/// The slots of the records that meet the filter.
index::Bits Index::Impl::select(const Filter& filter) const {
    return columns.select(filter, rows.size(), [this](std::size_t slot, const auto& use) {
        const auto& info = rows.info(slot);
        file.read(info.number, info.checksum, [&use](const store::Row& row) { use(row.payload); });
    });
}

SearchResult Index::Impl::result(std::span<const kernels::Scored> found, std::size_t rows_scored, const NearestOptions& options) const {
    SearchResult result;
    result.score_type = score_type_of(file.space().metric);
    result.rows_scored = rows_scored;
    if (found.size() < options.k) result.completeness = Completeness::exhausted;
    for (const auto& best : found) {
        Hit hit{rows.id(best.row), best.score, best.score, {}, {}};
        const auto& info = rows.info(best.row);
        if (options.records)
            file.read(info.number, info.checksum, [&hit](const store::Row& row) {
                hit.payload = row.payload;
                hit.text = row.text;
            });
        result.hits.push_back(std::move(hit));
    }
    return result;
}

void NearestOptions::validate() const {
    const auto refuse = [](const char* what) { throw Error(ErrorCode::invalid_argument, what); };
    if (k == 0) refuse("k is 0: ask for at least 1 hit");
    if (threads == 0) refuse("threads is 0: the calling thread is one");
    if (min_score && std::isnan(*min_score)) refuse("min_score is NaN: every comparison with it is false");
}

Index::Index(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(Index&&) noexcept = default;
Index::~Index() = default;

Index Index::create(const std::filesystem::path& path, const Space& space) {
    return Index(std::make_unique<Impl>(RecordFile::create(path, space)));
}

Index Index::in_memory(const Space& space) { return Index(std::make_unique<Impl>(RecordFile::in_memory(space))); }

Index Index::open(const std::filesystem::path& path, const OpenOptions& options) {
    const auto access = options.read_only ? RecordFile::Access::read : RecordFile::Access::write;
    auto impl = std::make_unique<Impl>(RecordFile::open(path, access));
    impl->load();
    return Index(std::move(impl));
}

Index Index::open(const std::filesystem::path& path, const Space& expected, const OpenOptions& options) {
    const auto access = options.read_only ? RecordFile::Access::read : RecordFile::Access::write;
    auto impl = std::make_unique<Impl>(RecordFile::open(path, access));
    auto found = impl->file.space();
    if (options.allow_compatible) found.fingerprint = expected.fingerprint;
    require_compatible(impl->file.name(), found, expected);
    impl->space = std::move(found);
    impl->load();
    return Index(std::move(impl));
}

const std::string& Index::name() const noexcept { return impl_->file.name(); }
const Space& Index::space() const noexcept { return impl_->space; }

std::size_t Index::size() const {
    const auto lock = impl_->shared();
    return impl_->rows.size();
}

bool Index::contains(std::string_view id) const {
    const auto lock = impl_->shared();
    return impl_->rows.find(id).has_value();
}

void Index::upsert(std::span<const Record> records) {
    auto& [file, space, rows, columns, writing, state, turn] = *impl_;
    const std::lock_guard writer(writing);
    auto lock = impl_->alone_unless_isolated();
    file.check_writable();
    const auto norms =
        index::check_records(space, records, [&](std::string_view p) { return file.is_json_object(p); });
    if (records.empty()) return;

    Rows::Additions additions;
    std::vector<Placed> placed(records.size());
    RecordFile::Transaction transaction(file);
    for (std::size_t i = 0; i < records.size(); ++i) {
        auto& [slot, info, codes] = placed[i];
        info.norm = norms[i];
        rows.encode(records[i].vector, info.norm, codes);
        if (const auto known = rows.find(records[i].id)) {
            slot = *known;
            info.number = rows.info(slot).number;
            info.checksum = transaction.replace(info.number, rows.info(slot).checksum, records[i]);
        } else {
            slot = rows.size() + additions.size();
            additions.add(records[i].id);
            const auto added = transaction.insert(records[i]);
            info.number = added.number;
            info.checksum = added.checksum;
        }
    }
    if (file.isolated()) {
        const auto making_room = impl_->alone();
        rows.reserve(additions);
    } else {
        rows.reserve(additions);
    }
    transaction.commit();
    impl_->take_over(lock, [&] {
        rows.add(std::move(additions));
        for (std::size_t i = 0; i < records.size(); ++i) {
            rows.replace(placed[i].slot, placed[i].info, records[i].vector, placed[i].codes);
            columns.changed(placed[i].slot);
        }
    });
}

std::size_t Index::remove(std::span<const std::string> ids) {
    auto& [file, space, rows, columns, writing, state, turn] = *impl_;
    const std::lock_guard writer(writing);
    auto lock = impl_->alone_unless_isolated();
    file.check_writable();
    Rows::Additions found;
    std::vector<std::string_view> gone;
    for (const auto& id : ids)
        if (rows.find(id) && found.add(id)) gone.push_back(id);
    if (gone.empty()) return 0;

    RecordFile::Transaction transaction(file);
    for (const auto id : gone) {
        const auto& info = rows.info(*rows.find(id));
        transaction.remove(info.number, info.checksum);
    }
    transaction.commit();
    impl_->take_over(lock, [&] {
        for (const auto id : gone) {
            const auto slot = *rows.find(id);
            rows.remove(slot);
            columns.removed(slot, rows.size());
        }
    });
    return gone.size();
}

std::optional<Record> Index::get(std::string_view id) const {
    const auto lock = impl_->shared();
    const auto slot = impl_->rows.find(id);
    if (!slot) return std::nullopt;
    Record record;
    const auto& info = impl_->rows.info(*slot);
    impl_->file.read(info.number, info.checksum, [&record](const store::Row& row) {
        record.id = row.id;
        copy_floats(row.vector, record.vector);
        record.payload = row.payload;
        record.text = row.text;
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
    const auto& space = impl_->file.space();
    index::Wanted wanted{.k = options.k, .threads = options.threads};
    if (options.min_score) wanted.min_score = *options.min_score;
    ExactScan scan(impl_->rows, wanted);
    for (Eigen::Index i = 0; i < queries.rows(); ++i) {
        const std::span<const float> query(queries.row(i).data(), static_cast<std::size_t>(queries.cols()));
        index::check_vector(space, query, "query " + std::to_string(i));
        scan.add(query);
    }
    const auto lock = impl_->shared();
    index::Bits allowed;
    auto rows_scored = impl_->rows.size();
    if (options.filter) {
        allowed = impl_->select(*options.filter);
        wanted.allowed = allowed.data();
        rows_scored = 0;
        for (const auto word : allowed) rows_scored += static_cast<std::size_t>(std::popcount(word));
    }
    scan.run();
    std::vector<SearchResult> results;
    for (std::size_t i = 0; i < static_cast<std::size_t>(queries.rows()); ++i)
        results.push_back(impl_->result(scan.take(i), rows_scored, options));
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    for (auto& result : results) result.stages.push_back({"retrieve", elapsed.count()});
    return results;
}

void Index::verify() const {
    const std::lock_guard writer(impl_->writing);
    const auto lock = impl_->shared();
    const auto& rows = impl_->rows;
    std::size_t seen = 0;
    impl_->file.scan([&](const store::Row& row) {
        const auto slot = rows.find(row.id);
        const bool equal = slot && rows.info(*slot).number == row.number && rows.info(*slot).checksum == row.checksum &&
                           std::memcmp(rows.vector(*slot).data(), row.vector.data(), row.vector.size()) == 0;
        if (!equal)
            throw Error(ErrorCode::corrupt, impl_->file.name() + ": row " + std::to_string(row.number) + " (id " +
                                                index::shown(row.id) +
                                                ") is not what is in memory: open the index again");
        ++seen;
    });
    if (seen != rows.size())
        throw Error(ErrorCode::corrupt, impl_->file.name() + " holds " + std::to_string(seen) + " records, memory " +
                                            std::to_string(rows.size()) + ": open the index again");
}

}  // namespace sextant
