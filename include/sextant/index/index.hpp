// Remembers vectors, and finds the nearest.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/core/embeddings.hpp>
#include <sextant/core/hit.hpp>
#include <sextant/core/space.hpp>
#include <sextant/filter/filter.hpp>
#include <sextant/index/forms.hpp>
#include <sextant/store/record.hpp>

namespace sextant {

struct OpenOptions {
    /// Open without the right to write. Any number of programs may do so, also while another one writes: what that commits
    /// is seen by the next call. While a call lasts, what it sees stays in the writer's log beside the file; between calls
    /// nothing does.
    bool read_only = false;
    /// Accept a file whose fingerprint is not the expected one: the caller vouches that its vectors can be compared with
    /// his, and `space()` says so. All else must fit all the same, and the file stays as it is.
    bool allow_compatible = false;
    /// Keep dense vectors in memory as they were given, 4 bytes per dimension. Without, only codes are, 1.6 bytes per
    /// dimension: the few vectors that a search scores are read from the file, by one thread at a time, and checked.
    /// Answers are the same.
    bool vectors_in_memory = true;
    std::size_t threads = 1;  ///< that read and check together, at least 1; more than 64 are as 64

    /// Throws `invalid_argument` naming the field.
    void validate() const;
};

struct NearestOptions {
    std::size_t k = 10;      ///< how many hits are wanted, at least 1
    std::string space = {};  ///< the name of the space that the query lives in; empty: the first
    /// Only hits with this score or a better one. With the largest k there is: all that are this near.
    std::optional<float> min_score = {};
    /// Only records whose payloads meet it. The first search that asks for a field reads the payloads of all records, and
    /// what the field holds stays in memory; later ones read only those that have changed.
    std::optional<Filter> filter = {};
    std::size_t threads = 1;  ///< that search together, at least 1; an exact answer does not depend on it
    /// From 0 to 1: the part of the k nearest that must be found on average. The index then walks its graph, if there is one
    /// and that is faster, as far as its own measurements say (`build_graph`); else, and without this, it searches exactly.
    std::optional<double> min_recall = {};
    /// Walk the graph, if there is one, and keep so many candidates, whatever the recall; not beside `min_recall`.
    std::optional<std::size_t> ef = {};
    /// Approximate, without a graph: compare at first the signs of components only, by Hamming distance (`binary`), or the first
    /// `truncate_dim` components, for Matryoshka models, or the signs of these; then the `oversample * k` records that seem
    /// nearest as they were given. `advise` (advisor.hpp) says which vectors bear that. Not beside `min_recall`, `ef` and
    /// `search_after`; without `binary`, not without `OpenOptions::vectors_in_memory`.
    bool binary = false;
    std::optional<std::size_t> truncate_dim = {};  ///< 1 to the dimensions of the space
    std::size_t oversample = 4;                    ///< 1 to 1000
    /// `SearchResult::next` of the page before, of the same query, metric and filter: the hits that come after it. Only for
    /// one query at a time, and always searched exactly. Each page takes longer than the one before: what comes before it
    /// cannot be passed over.
    std::string search_after = {};
    /// Of all records with one parent only the nearest counts, a record without one being its own parent: k items, each found
    /// by its best part. Not beside `search_after`, and the answer's `next` is empty.
    bool one_per_parent = false;
    bool records = true;  ///< read each hit's payload, text and place in its parent from the file; else these are empty

    /// Throws `invalid_argument` naming the field.
    void validate() const;
};

struct GraphOptions {
    std::string space = {};             ///< whose vectors are linked, by name; empty: the first
    std::size_t m = 16;                 ///< links of a record to near ones, 2 to 256; twice as many on the lowest level
    std::size_t ef_construction = 200;  ///< candidates of which these are chosen, at least m
    std::size_t threads = 1;            ///< that link together, at least 1
    /// Called by one thread at a time, now and then; may throw, to cancel: what was linked until then stays.
    std::function<void(std::size_t done, std::size_t of)> progress = nullptr;

    /// Throws `invalid_argument` naming the field.
    void validate() const;
};

/// What there is of a graph.
struct GraphInfo {
    std::size_t m = 0, ef_construction = 0;
    std::size_t linked = 0, unlinked = 0;  ///< records that it has, and that it does not have
    std::size_t bytes = 0;                 ///< of memory
};

/// The largest norm of a vector or query: squares of sums of two such are still finite in 32 bits.
inline constexpr double max_norm = 1e18;

/// Records with vectors of one space or of several, in one file or in memory only.
///
/// Every vector is kept in memory: of a dense one 5.6 bytes per dimension, floats, codes and signs (1.6 without
/// `OpenOptions::vectors_in_memory`), and up to twice that after removals and replacements; of a sparse one 16 bytes for each
/// weight, of a multi one 5 for each component. Payloads and texts stay in the file and are read, and checked, when they are
/// wanted.
/// What is written was synced to the disk when the call returns. The file: src/store/FORMAT.md.
///
/// Order of insertion: a new record comes last; one that replaces another of its id takes that one's place.
///
/// Threads: `const` methods may be called by any threads at once, and together with one that writes; writers wait for
/// each other. Each search sees one state, before or after a write, never between, and waits for no writer; but in an index
/// that is open read_only for the one who takes over what another program has written. Readers of one state of an index that
/// is open for writing take turns to read payloads and texts from the file.
/// Moving or destroying an index excludes everything else.
///
/// While an index is open, no other part of the program may open and close its file or those beside it (`-wal`, `-shm`):
/// the system would drop this process's locks (fcntl(2)), and another program could write too. That is noticed at the
/// next write, which throws `busy`.
///
/// Failures are `Error`s, thrown before anything has changed: `corrupt` if bytes of the file are damaged, `io` if the
/// system refuses. After an `io` error of a write, later writes are refused until the file was opened again.
class Index {
public:
    /// Makes an empty index in a new file that only its owner may read (mode 0600), open for writing. The file appears
    /// complete or not at all. Throws `invalid_argument` if a file of that name exists, or the space is not one.
    [[nodiscard]] static Index create(const std::filesystem::path& path, const Space& space);

    /// The same for records that have vectors in several spaces: of pictures and of their captions, say. Each has at least
    /// one of them. Where no space is named, the first is meant.
    [[nodiscard]] static Index create(const std::filesystem::path& path, std::span<const NamedSpace> spaces);
    [[nodiscard]] static Index create(const std::filesystem::path& path, std::initializer_list<NamedSpace> spaces);

    /// Opens an index after checking all of it: format version, schema, the checksum of every record, their number and
    /// sum, and the structure of the file. Throws `not_found`; `incompatible` for another format version or another
    /// kind of file; `corrupt`, naming the row and its id if that can be read; and `busy` if the index is to be written
    /// and is open for writing elsewhere, in this process or another. A file that is refused is left as it was.
    [[nodiscard]] static Index open(const std::filesystem::path& path, const OpenOptions& options = {});

    /// The same, and throws `incompatible` unless the first space of the index is `expected`, naming what differs.
    [[nodiscard]] static Index open(const std::filesystem::path& path, const Space& expected,
                                    const OpenOptions& options = {});

    /// An empty index that is gone with this object.
    [[nodiscard]] static Index in_memory(const Space& space);
    [[nodiscard]] static Index in_memory(std::span<const NamedSpace> spaces);
    [[nodiscard]] static Index in_memory(std::initializer_list<NamedSpace> spaces);

    Index(Index&&) noexcept;
    Index& operator=(Index&&) noexcept;
    ~Index();

    /// The path as the caller wrote it, or "in-memory index".
    [[nodiscard]] const std::string& name() const noexcept;
    /// The first.
    [[nodiscard]] const Space& space() const noexcept;
    /// Throws `not_found`.
    [[nodiscard]] const Space& space(std::string_view name) const;
    [[nodiscard]] std::vector<NamedSpace> spaces() const;
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] bool contains(std::string_view id) const;

    /// Adds records, and replaces those whose ids are there already: all of them, or none if it throws.
    /// Throws `busy` if another program has written to the file since it was opened, which locks prevent (see above).
    /// Throws `invalid_argument` or `limit`, naming the row of `records`, its id and what is wrong with it: no vector, one
    /// of another length or kind or in a space that there is not, ids that do not ascend or are not in the vocabulary, a
    /// weight of 0, a component that is NaN or infinite, a norm over `max_norm` (of several vectors: of all together), a
    /// norm of 0 if the metric is cosine, an id that is empty or appears twice, invalid UTF-8, a span without a parent or
    /// that ends before it begins, a payload that is no JSON object, anything over its limit.
    void upsert(std::span<const Record> records);

    /// Removes the records that have these ids, and returns how many there were; others are no error. The bytes are
    /// overwritten: they are gone from the file, and, once it was closed, from the log beside it.
    std::size_t remove(std::span<const std::string> ids);

    /// How many records have payloads that meet the filter.
    [[nodiscard]] std::size_t count(const Filter& filter) const;

    /// The first records in the order of insertion that come after `ScrollOptions::after`, a page of them, in one state of the
    /// index. Page by page every record that is there all the while is seen once, whatever is written between two pages; of
    /// one that is replaced, what it is when its page is asked for. Looks at the numbers of all records.
    /// Throws `invalid_argument` if an option is out of its range, or `after` is not what a page's `next` was.
    [[nodiscard]] ScrollPage scroll(const ScrollOptions& options = {}) const;

    /// How many records hold each value of a field, the most frequent first, then by value: false before true before
    /// numbers before texts. Of an array each element counts, once for each record. What is null, an object or an array in
    /// an array has no count. Reads payloads as filters do.
    [[nodiscard]] std::vector<Facet> facets(const Field& field, const FacetOptions& options = {}) const;

    /// The record that has this id.
    [[nodiscard]] std::optional<Record> get(std::string_view id) const;

    /// The k records nearest to `query`, proved equal to a scan of all in double precision: scores are computed in 64
    /// bits and rounded once. Equal scores are in the order of insertion. `exhausted` if there are fewer than k. With a
    /// filter, all this holds of the records that meet it. If a graph was walked, or only a part of each vector compared, the
    /// answer says `approximate`: scores are as exact, but nearer records may be missing; never are there fewer than k if so
    /// many exist, or, with `min_score`, only because some that reach it were missed.
    /// Throws `invalid_argument` if an option is out of its range, or if `query` is not a vector that the index could
    /// hold.
    [[nodiscard]] SearchResult nearest(std::span<const float> query, const NearestOptions& options = {}) const;

    /// The same for every row of `queries`, all in one state of the index; equal, bit for bit, to single searches. The
    /// time of the stage is that of all queries together.
    [[nodiscard]] std::vector<SearchResult> nearest(const Eigen::Ref<const Matrix>& queries,
                                                    const NearestOptions& options = {}) const;

    /// The same in spaces of the other kinds, which are always searched exactly, whatever `min_recall`, `ef`, `binary` and
    /// `truncate_dim` say. A query of another kind than its space throws `invalid_argument`.
    /// Sparse: a score is the sum, over the ids that both have, ascending, of the products of their weights. A record without
    /// any of them has the score 0, and is a record all the same: before those whose scores are negative.
    /// Multi: for each vector of the query the largest inner product with one of the record's; of these, in the order of the
    /// query's vectors, what `Space::multi_score` says.
    [[nodiscard]] SearchResult nearest(const SparseRow& query, const NearestOptions& options = {}) const;
    [[nodiscard]] SearchResult nearest(const MultiRow& query, const NearestOptions& options = {}) const;
    [[nodiscard]] std::vector<SearchResult> nearest(const SparseEmbeddings& queries, const NearestOptions& options = {}) const;
    [[nodiscard]] std::vector<SearchResult> nearest(const MultiEmbeddings& queries, const NearestOptions& options = {}) const;

    /// Links all records that are not linked yet to near ones, so that a search with `min_recall` need not look at most of
    /// them (HNSW: src/index/graph.hpp), and measures what effort gives what recall, with some of them as queries before they
    /// are linked. Records that are written later are scanned beside the walk, until this is called again. What had links to
    /// records that are gone is linked anew; if more than a quarter of the graph is gone, or other options are asked for, all
    /// of it is. An index that is open for writing keeps the graph in its file, and has it when it is opened again: links only,
    /// without what was written since. Searches and writes go on meanwhile, but writes wait while it is saved; a second
    /// call waits. Nothing is linked if there are fewer than 1,000 records. Throws `invalid_argument` if the space is not
    /// dense, and as `upsert` if the file cannot be written: the graph is in memory then.
    void build_graph(const GraphOptions& options = {});
    [[nodiscard]] std::optional<GraphInfo> graph(std::string_view space = {}) const;

    /// The part of the k nearest to each query that `nearest` finds with these options, on average; a record as near as
    /// the k-th counts, whichever it is. 1 if nothing is asked or there is nothing to find. For dense
    /// spaces: others are searched exactly.
    [[nodiscard]] double measure_recall(const Eigen::Ref<const Matrix>& queries, const NearestOptions& options) const;

    /// Reads the whole file again, checks it as `open` does, and compares it with what is in memory. Those who want payloads
    /// or texts of the same state wait.
    void verify() const;

    /// Writes all records, as one commit left them, to a new file, also while this index is written to, and checks what it wrote.
    /// Throws as `create`, and `corrupt` if what was read from this index's file was damaged.
    void backup(const std::filesystem::path& path) const;

    /// Gives the room of removed records back to the system; the file is copied for that, within its folder's disk and that
    /// of temporary files. Searches go on meanwhile, writes wait. Throws as `upsert`.
    void compact();

private:
    struct Impl;
    explicit Index(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace sextant
