// Dense, sparse and multi spaces in one index, and in its file.
#include <sextant/index/index.hpp>
#include <sextant/index/salvage.hpp>

#include <cmath>

#include "index/kinds.hpp"
#include "store/record_file.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::ErrorCode;
using sextant::Filter;
using sextant::Index;
using sextant::MultiRow;
using sextant::NamedSpace;
using Ids = std::vector<std::string>;

namespace {

const std::vector<NamedSpace> kinds{{"", sparse_space(1000)}, {"meaning", space(4)}, {"page", multi_space(3, MultiScore::max_sim_mean)}};

/// With vectors in some of the spaces, by the bits of `in`.
Record mixed(std::string id, std::size_t in, Random& random, std::string payload = "{}") {
    auto made = record(std::move(id), {}, std::move(payload), "text");
    if (in & 1) made.sparse[""] = {{static_cast<std::int64_t>(random.below(500)), 500, 999}, {random.uniform(), 0.5F, -random.uniform() - 2}};
    if (in & 2) made.vectors["meaning"] = random.vector(4);
    if (in & 4) {
        auto& page = made.multi["page"];
        page.resize(1 + static_cast<Eigen::Index>(random.below(3)), 3);
        for (auto& x : page.reshaped()) x = random.uniform();
    }
    return made;
}

std::vector<Record> mixture(std::size_t count, std::uint64_t seed) {
    Random random(seed);
    std::vector<Record> records;
    for (std::size_t i = 0; i < count; ++i) records.push_back(mixed("id" + std::to_string(i), 1 + i % 7, random, "{\"n\":" + std::to_string(i) + "}"));
    return records;
}

bool equal(const Record& a, const Record& b) { return same(a, b) && a.vectors == b.vectors && a.sparse == b.sparse && a.multi == b.multi; }

/// All that is found in each space.
std::vector<std::vector<Ranked>> found_in(const Index& index) {
    const Matrix query = Matrix::Identity(2, 3);
    return {ranked(index.nearest(SparseVector{{3, 500}, {1, 2}}, {.k = 10'000})), ranked(index.nearest(std::vector<float>{1, 2, 3, 4}, {.k = 10'000, .space = "meaning"})),
            ranked(index.nearest(MultiRow(query), {.k = 10'000, .space = "page"}))};
}

}  // namespace

TEST_CASE("records with vectors of several kinds are kept, found, counted, scrolled, copied and saved") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    auto records = mixture(700, 1);
    auto memory = Index::in_memory(kinds);
    memory.upsert(records);
    {
        auto index = Index::create(file, kinds);
        index.upsert(records);
        CHECK(found_in(index) == found_in(memory));
        Random random(2);
        const auto replaced = mixed("id5", 2, random, R"({"n": 5})");  // it was in all spaces but that of pages
        for (auto* each : {&index, &memory}) {
            each->upsert(std::vector{replaced});
            CHECK(each->remove(Ids{"id6", "id7"}) == 2);
        }
        records[5] = replaced;
        records.erase(records.begin() + 6, records.begin() + 8);
        CHECK(found_in(index) == found_in(memory));
        index.compact();
        index.backup(folder / "copy");
        memory.backup(folder / "from memory");
        index.verify();
    }
    CHECK(sextant::salvage(file, folder / "saved").saved == 698);
    for (const auto* name : {"an.sextant", "copy", "from memory", "saved"}) {
        const auto index = Index::open(folder / name, {.threads = 3});
        CHECK(index.size() == 698);
        CHECK(found_in(index) == found_in(memory));
        CHECK(index.count(Filter::parse("n < 100")) == 98);
        CHECK(index.facets(sextant::field("n"), {.limit = 1000}).size() == 698);
        const auto page = index.scroll({.limit = 1000}).records;
        REQUIRE(page.size() == 698);
        for (std::size_t i = 0; i < page.size(); ++i) CHECK(equal(page[i], records[i]));
        for (const auto& record : records) REQUIRE(equal(*index.get(record.id), record));
    }
}

TEST_CASE("a reader sees what is written to spaces of all kinds") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    auto writer = Index::create(file, kinds);
    const auto reader = Index::open(file, {.read_only = true});
    for (std::size_t i = 1; i < 40; ++i) {
        writer.upsert(mixture(25 * i, i));
        (void)writer.remove(Ids{"id" + std::to_string(i), "id" + std::to_string(3 * i)});
        CHECK(reader.size() == writer.size());
        REQUIRE(found_in(reader) == found_in(writer));
    }
    reader.verify();
}

namespace {

/// Writes a record as it is, without the checks of an index.
void forge(const std::filesystem::path& file, const std::vector<Record>& records) {
    auto forged = sextant::store::RecordFile::create(file, kinds);
    sextant::store::RecordFile::Transaction transaction(forged);
    for (const auto& record : records) (void)transaction.insert(record);
    transaction.commit();
}

}  // namespace

TEST_CASE("a file with vectors that no index would have written is damaged") {
    const TempFolder folder;
    int number = 0;
    const auto refused = [&](Record bad, const std::string& part) {
        const auto file = folder / std::to_string(number++);
        forge(file, {mixture(7, 3)[6], bad});
        for (const bool read_only : {true, false})
            expect_error(ErrorCode::corrupt, {file.string(), "row 2", "bad", part}, [&] { (void)Index::open(file, {.read_only = read_only}); });
        const auto salvage = sextant::salvage(file, file.string() + ".saved");
        CHECK(salvage.saved == 1);
        REQUIRE(salvage.lost.size() == 1);
        CHECK(salvage.lost[0].id == "bad");
    };
    const auto words = [](SparseVector vector) {
        auto bad = record("bad", {});
        bad.sparse[""] = std::move(vector);
        return bad;
    };
    refused(words({{5, 5}, {1, 1}}), "id 5 comes after 5");
    refused(words({{6, 5}, {1, 1}}), "id 5 comes after 6");
    refused(words({{1000}, {1}}), "id 1000");
    refused(words({{-1}, {1}}), "id 4294967295");
    refused(words({{1}, {0}}), "is 0");
    refused(words({{1}, {std::nanf("")}}), "NaN");
    refused(words({{1}, {2e18F}}), "norm");
    const auto pages = [](std::vector<float> values) {
        auto bad = record("bad", {});
        bad.multi["page"] = Eigen::Map<const Matrix>(values.data(), 1, static_cast<Eigen::Index>(values.size()));
        return bad;
    };
    refused(pages({1, 2}), "8 bytes");
    refused(pages({1, 2, 3, 4}), "16 bytes");
    refused(pages({1, INFINITY, 3}), "component 1 of vector 0");
    refused(pages({2e18F, 0, 0}), "norm");
}

namespace {

/// What `version_2_kinds.sextant` holds.
Index fill(const std::filesystem::path& file) {
    auto index = Index::create(file, {{"", sparse_space(250'002)}, {"page", multi_space(2, MultiScore::max)}, {"meaning", space(3)}});
    auto one = record("one", {}, R"({"n": 1})", "the first"), two = record("two", {}, R"({"n": 2})"), three = record("three", {});
    one.sparse[""] = {{0, 7, 250'001}, {0.5F, -1e-40F, 1e17F}};
    one.multi["page"] = Matrix::Identity(3, 2);
    two.multi["page"] = Matrix::Constant(1, 2, -0.25F);
    three.sparse[""] = {{3}, {1}};
    three.vectors["meaning"] = {1, 2.5F, -3};
    index.upsert(std::vector{one, two, three});
    return index;
}

}  // namespace

// Writes the file anew; by hand, when a format is new.
TEST_CASE("write version_2_kinds.sextant", "[.write-kinds]") { (void)fill("tests/index/files/version_2_kinds.sextant"); }

TEST_CASE("a file of format 2 with spaces of all kinds is what it was when it was written") {
    const TempFolder folder;
    std::filesystem::copy_file("tests/index/files/version_2_kinds.sextant", folder / "old");
    const auto index = Index::open(folder / "old");
    const auto expected = fill(folder / "new");
    CHECK(index.size() == 3);
    CHECK(index.space("page").multi_score == MultiScore::max);
    CHECK(index.space().kind == sextant::Output::sparse);
    CHECK(index.space().dimensions == 250'002);
    for (const auto& wanted : expected.scroll().records) CHECK(equal(*index.get(wanted.id), wanted));
}
