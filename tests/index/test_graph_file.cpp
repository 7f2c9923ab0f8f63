// A graph is kept in the file, fits what it finds there when it is opened, and is repaired where rows have gone.
#include <sextant/index/index.hpp>

#include <cstring>
#include <map>
#include <set>

#include "index/graph_file.hpp"
#include "index/graph_scan.hpp"
#include "index/reference.hpp"
#include "index/row_table.hpp"
#include "store/hash.hpp"
#include "index/run_sql.hpp"
#include "support/catch.hpp"

using namespace fixture;
using sextant::Index;
using sextant::Record;
using Ids = std::vector<std::string>;
namespace index_ = sextant::index;

namespace {

constexpr std::size_t dimensions = 24, count = 3000;

std::vector<Record> records(std::size_t first, std::size_t n, std::uint64_t seed = 1) {
    Random random(seed + first);
    std::vector<Record> list;
    for (std::size_t i = first; i < first + n; ++i) list.push_back(record(std::to_string(i), random.vector(dimensions)));
    return list;
}

sextant::Matrix queries(std::size_t n) {
    Random random(77);
    sextant::Matrix all(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(dimensions));
    for (auto& x : all.reshaped()) x = random.uniform();
    return all;
}

bool same_answers(const Index& a, const Index& b, const sextant::NearestOptions& options) {
    const auto asked = queries(50);
    const auto one = a.nearest(asked, options), other = b.nearest(asked, options);
    for (std::size_t q = 0; q < one.size(); ++q)
        if (!same(one[q], other[q])) return false;
    return true;
}

}  // namespace

TEST_CASE("an index that is opened again has its graph, and finds by it what it found before", "[graph]") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    auto memory = Index::in_memory(space(dimensions));
    memory.upsert(records(0, count));
    memory.build_graph();
    {
        auto index = Index::create(file, space(dimensions));
        index.upsert(records(0, count));
        index.build_graph();
        CHECK(same_answers(index, memory, {.ef = 20}));
    }
    for (const bool read_only : {true, false}) {
        const auto index = Index::open(file, {.read_only = read_only, .threads = 2});
        REQUIRE(index.graph());
        CHECK(index.graph()->linked == count);
        CHECK(index.graph()->m == 16);
        CHECK(same_answers(index, memory, {.ef = 20}));
        CHECK(index.measure_recall(queries(100), {.min_recall = 0.9}) >= 0.9);
        index.verify();
    }
}

TEST_CASE("what was written since is scanned, what is gone is not found, and nothing of it is in the file", "[graph]") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    {
        auto index = Index::create(file, space(dimensions));
        index.upsert(records(0, count));
        index.build_graph();
        Ids gone;
        for (std::size_t i = 0; i < 300; ++i) gone.push_back(std::to_string(i));
        (void)index.remove(gone);
        index.upsert(records(300, 200, 5));
        index.upsert(records(count, 100));
    }
    auto index = Index::open(file);
    REQUIRE(index.graph());
    CHECK(index.graph()->linked == count - 500);
    CHECK(index.graph()->unlinked == 300);
    CHECK(index.measure_recall(queries(100), {.ef = 100}) > 0.95);
    for (const auto& result : index.nearest(queries(50), {.k = 20, .ef = 60})) {
        CHECK(result.size() == 20);
        for (const auto& hit : result) CHECK(std::stoul(hit.id) >= 300);
    }
    index.build_graph();
    CHECK(index.graph()->unlinked == 0);
}

TEST_CASE("a graph is repaired where rows have gone: it finds as much as a new one", "[graph]") {
    auto index = Index::in_memory(space(dimensions)), fresh = Index::in_memory(space(dimensions));
    index.upsert(records(0, count));
    index.build_graph();
    const auto bytes = index.graph()->bytes;
    for (std::size_t round = 0; round < 3; ++round) {  // each time a fifth goes, in a row and scattered
        Ids gone;
        for (std::size_t i = round * 200; i < (round + 1) * 200; ++i) gone.push_back(std::to_string(i));
        for (std::size_t i = 600 + round; i < count; i += 8) gone.push_back(std::to_string(i));
        (void)index.remove(gone);
        index.build_graph();
        CHECK(index.graph()->unlinked == 0);
        CHECK(index.graph()->linked == index.size());
        CHECK(index.graph()->bytes <= bytes);
    }
    std::vector<Record> left;
    for (const auto& record : index.scroll({.limit = count}).records) left.push_back(record);
    fresh.upsert(left);
    fresh.build_graph();
    for (const std::size_t ef : {10U, 40U, 160U}) {
        const double repaired = index.measure_recall(queries(200), {.ef = ef}), anew = fresh.measure_recall(queries(200), {.ef = ef});
        CAPTURE(ef, repaired, anew);
        CHECK(repaired > anew - 0.03);
    }
}

TEST_CASE("a damaged graph is as none, and is built again", "[graph]") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    {
        auto index = Index::create(file, space(dimensions));
        index.upsert(records(0, count));
        index.build_graph();
    }
    for (const std::string damage : {"UPDATE caches SET bytes = zeroblob(100) WHERE part = 1", "DELETE FROM caches WHERE part = 1", "DELETE FROM caches WHERE part = 0",
                                     "UPDATE caches SET part = part + 10", "UPDATE caches SET name = 'graph_1'", "UPDATE caches SET bytes = 'text'"}) {
        std::filesystem::copy_file(file, folder / "copy", std::filesystem::copy_options::overwrite_existing);
        run_sql(folder / "copy", damage);
        auto index = Index::open(folder / "copy");
        CHECK_FALSE(index.graph());
        CHECK(index.nearest(queries(1).row(0), {.min_recall = 0.9})[0].completeness == sextant::Completeness::exact);
        index.build_graph();
        CHECK(index.graph());
    }
}

// Who writes a file can write checksums that fit, too: nothing may be read or written where nothing is.
TEST_CASE("whatever bytes a graph is made of, it is one, or none", "[graph]") {
    index_::RowTable table(dimensions, sextant::Metric::cosine);
    index_::RowTable::Change change(table);
    std::uint64_t number = 0;
    for (const auto& record : records(0, 1500)) {
        ++number;
        change.put(record.id, {number, {number, 0}, 1}, record.vector);
    }
    change.prepare();
    change.publish();
    const auto rows = table.rows();
    const sextant::GraphOptions options{.m = 4, .ef_construction = 20};
    index_::Linking linking(rows, nullptr, options);
    linking.run(*rows);
    std::map<std::size_t, index_::Bytes> parts;
    index_::save_graph(*linking.result(*rows), *rows, 0, [&](std::size_t part, const index_::Bytes& bytes) { parts[part] = bytes; });
    const auto load = [&](const std::map<std::size_t, index_::Bytes>& from) {
        return index_::load_graph(*rows, 0, [&](std::size_t part, index_::Bytes& bytes) {
            if (!from.contains(part)) return false;
            bytes = from.at(part);
            return true;
        }, 1);
    };
    REQUIRE(load(parts));
    const auto seal = [](std::size_t part, index_::Bytes& bytes) {
        const auto size = bytes.size() - sizeof(sextant::store::Checksum);
        const auto checksum = sextant::store::checksum_of(0, part, std::span(bytes).first(size));
        std::memcpy(bytes.data() + size, &checksum, sizeof checksum);
    };
    Random random(4);
    std::size_t graphs = 0;
    for (int round = 0; round < 3000; ++round) {
        auto changed = parts;
        const std::size_t part = random.below(4) == 0 ? 0 : 1;
        auto& bytes = changed[part];
        for (std::size_t n = 1 + random.below(3); n > 0; --n) bytes[random.below(bytes.size() - 16)] = static_cast<std::byte>(random.below(256));
        seal(part, bytes);
        const auto found = load(changed);
        if (!found) continue;
        ++graphs;
        const index_::Wanted wanted{.k = 5};
        index_::GraphScan scan(*rows, *found->graph, found->unlinked, wanted, {20});
        const auto query = random.vector(dimensions);
        scan.add(query);
        scan.run();
        std::set<std::size_t> slots;
        for (const auto& one : scan.take(0)) slots.insert(one.row);
        CHECK(slots.size() == 5);
        if (const auto reach = index_::reach_for(found.get(), *rows, nullptr, 8, {.min_recall = 0.9})) {
            CHECK(reach->ef <= found->graph->size());
            CHECK(reach->most_steps <= found->graph->size());
        }
    }
    CHECK(graphs > 100);
    CHECK(graphs < 3000);
}
