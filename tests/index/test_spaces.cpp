// Records with vectors in several spaces, and records that are parts of others.
#include <sextant/index/index.hpp>

#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "index/fixture.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::ErrorCode;
using sextant::Index;
using sextant::Metric;
using sextant::NamedSpace;
using sextant::Record;
using Ids = std::vector<std::string>;

namespace {

const std::vector<NamedSpace> spaces{{"picture", space(4)}, {"caption", space(3, Metric::dot)}, {"depth", space(2, Metric::l2)}};

Record picture(std::string id, std::vector<float> of_picture, std::map<std::string, std::vector<float>, std::less<>> others) {
    auto record = fixture::record(std::move(id), std::move(of_picture));
    record.vectors = std::move(others);
    return record;
}

Ids ids(const sextant::SearchResult& result) {
    Ids ids;
    for (const auto& hit : result) ids.push_back(hit.id);
    return ids;
}

}  // namespace

TEST_CASE("each space is searched by its own metric, among the records that have a vector there") {
    const TempFolder folder;
    for (const bool kept : {false, true}) {
        auto index = kept ? Index::create(folder / "an.sextant", spaces) : Index::in_memory(spaces);
        index.upsert(std::vector{picture("cat", {1, 0, 0, 0}, {{"caption", {1, 0, 0}}}), picture("dog", {0, 1, 0, 0}, {{"depth", {3, 3}}}),
                                 picture("word", {}, {{"caption", {2, 0, 1}}})});
        CHECK(index.size() == 3);
        CHECK(ids(index.nearest(std::vector<float>{1, 0.1F, 0, 0})) == Ids{"cat", "dog"});
        CHECK(ids(index.nearest(std::vector<float>{1, 0.1F, 0, 0}, {.space = "picture"})) == Ids{"cat", "dog"});
        const auto captions = index.nearest(std::vector<float>{1, 0, 0}, {.space = "caption"});
        CHECK(ids(captions) == Ids{"word", "cat"});
        CHECK(captions[0].score == 2);
        CHECK(captions.score_type == sextant::ScoreType::dot);
        CHECK(captions.rows_scored == 2);
        CHECK(index.nearest(std::vector<float>{3, 4}, {.space = "depth"})[0].score == -1);

        const auto cat = *index.get("cat");
        CHECK(cat.vector == std::vector<float>{1, 0, 0, 0});
        CHECK(cat.vectors.size() == 1);
        CHECK(cat.vectors.at("caption") == std::vector<float>{1, 0, 0});
        CHECK(index.get("word")->vector.empty());
        CHECK(index.contains("word"));
        CHECK(index.space().dimensions == 4);
        CHECK(index.space("depth").metric == Metric::l2);
        CHECK(index.spaces().size() == 3);
        index.verify();
    }
}

TEST_CASE("a record is replaced in all spaces, and removed from all") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    {
        auto index = Index::create(file, spaces);
        index.upsert(std::vector{picture("a", {1, 0, 0, 0}, {{"caption", {1, 0, 0}}}), picture("b", {0, 1, 0, 0}, {{"caption", {0, 1, 0}}})});
        index.upsert(std::vector{picture("a", {}, {{"picture", {0, 0, 1, 0}}, {"depth", {1, 1}}})});  // no caption any more
        CHECK(index.size() == 2);
        CHECK(ids(index.nearest(std::vector<float>{1, 1, 0}, {.space = "caption"})) == Ids{"b"});
        CHECK(ids(index.nearest(std::vector<float>{1, 1}, {.space = "depth"})) == Ids{"a"});
        CHECK(index.get("a")->vector == std::vector<float>{0, 0, 1, 0});
    }
    {
        auto index = Index::open(file);
        CHECK(index.get("a")->vectors.size() == 1);
        CHECK(index.remove(Ids{"a", "a"}) == 1);
        CHECK_FALSE(index.contains("a"));
        CHECK(index.nearest(std::vector<float>{1, 1}, {.space = "depth"}).empty());
        index.verify();
    }
    CHECK(Index::open(file).size() == 1);
}

TEST_CASE("vectors without a space, and records without a vector, are refused") {
    auto index = Index::in_memory(spaces);
    const auto refused = [&](const Record& record, std::initializer_list<std::string> parts) {
        expect_error(ErrorCode::invalid_argument, parts, [&] { index.upsert(std::vector{record}); });
    };
    refused(picture("a", {}, {}), {"record 0", "\"a\"", "no vector"});
    refused(picture("a", {1, 0, 0, 0}, {{"smell", {1}}}), {"\"smell\"", "does not have"});
    refused(picture("a", {1, 0, 0, 0}, {{"picture", {1, 0, 0, 0}}}), {"\"picture\"", "twice"});
    refused(picture("a", {1, 0, 0, 0}, {{"caption", {1}}}), {"\"caption\"", "1 components", "3"});
    refused(picture("a", {1, 0, 0, 0}, {{"caption", {}}}), {"\"caption\"", "0 components"});
    refused(picture("a", {0, 0, 0, 0}, {{"caption", {1, 1, 1}}}), {"\"picture\"", "norm is 0"});
    CHECK(index.size() == 0);
    expect_error(ErrorCode::not_found, {"\"smell\"", "\"picture\", \"caption\", \"depth\""},
                 [&] { (void)index.nearest(std::vector<float>{1}, {.space = "smell"}); });
    expect_error(ErrorCode::not_found, {"smell"}, [&] { (void)index.space("smell"); });
    expect_error(ErrorCode::not_found, {"smell"}, [&] { index.build_graph({.space = "smell"}); });
    auto twice = spaces;
    twice[2].name = "caption";
    expect_error(ErrorCode::invalid_argument, {"caption", "own"}, [&] { (void)Index::in_memory(twice); });
    expect_error(ErrorCode::invalid_argument, {"0 spaces"}, [&] { (void)Index::in_memory(std::vector<NamedSpace>()); });
}

TEST_CASE("records are counted and scrolled once, in whichever spaces they have vectors") {
    auto index = Index::in_memory(spaces);
    const auto with = [](std::string id, std::string payload, std::map<std::string, std::vector<float>, std::less<>> vectors) {
        auto record = picture(std::move(id), {}, std::move(vectors));
        record.payload = std::move(payload);
        return record;
    };
    index.upsert(std::vector{with("depth only", R"({"tag": "x"})", {{"depth", {1, 1}}}),
                             with("all", R"({"tag": ["x", "y"]})", {{"picture", {1, 0, 0, 0}}, {"caption", {1, 0, 0}}, {"depth", {2, 2}}}),
                             with("words", R"({"tag": ["y"]})", {{"caption", {0, 1, 0}}, {"depth", {3, 3}}}), with("none", "{}", {{"picture", {0, 1, 0, 0}}})});
    CHECK(index.count(sextant::field("tag").exists()) == 3);
    CHECK(index.count(sextant::field("tag").contains("y")) == 2);
    const auto tags = index.facets(sextant::field("tag"));
    REQUIRE(tags.size() == 2);
    CHECK(tags[0].count == 2);
    CHECK(tags[1].count == 2);
    Ids scrolled;
    std::string after;
    do {
        const auto page = index.scroll({.limit = 3, .after = after});
        for (const auto& record : page.records) {
            scrolled.push_back(record.id);
            CHECK(same(record, *index.get(record.id)));
            CHECK(record.vectors == index.get(record.id)->vectors);
        }
        after = page.next;
    } while (!after.empty());
    CHECK(scrolled == Ids{"depth only", "all", "words", "none"});
    // A filter's columns are of each space: what one has read, another reads for itself.
    CHECK(ids(index.nearest(std::vector<float>{1, 1}, {.space = "depth", .filter = sextant::field("tag").contains("y")})) == Ids{"all", "words"});
}

// What each space holds is what an index of that space alone would hold.
TEST_CASE("a history of writes leaves in each space what it would leave there alone") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    Random random(3);
    std::optional<Index> index = Index::create(file, spaces);
    const auto reader = Index::open(file, {.read_only = true});
    std::vector<Index> alone;
    for (const auto& one : spaces) alone.push_back(Index::in_memory(one.space));
    for (int round = 0; round < 150; ++round) {
        if (round % 40 == 39) {
            index.reset();
            index.emplace(Index::open(file));
        }
        std::map<std::string, Record> batch;
        for (int i = 0; i < 8; ++i) {
            auto record = fixture::record(std::to_string(random.below(200)), {});
            for (const auto& [name, space] : spaces)
                if (random.below(3) != 0) record.vectors[name] = random.vector(space.dimensions);
            if (record.vectors.empty()) record.vectors["depth"] = random.vector(2);
            batch[record.id] = record;
        }
        std::vector<Record> records;
        Ids removed;
        for (const auto& [id, record] : batch) records.push_back(record);
        for (int i = 0; i < 3; ++i) removed.push_back(std::to_string(random.below(200)));
        index->upsert(records);
        (void)index->remove(removed);
        for (std::size_t s = 0; s < spaces.size(); ++s) {
            for (const auto& record : records) {
                const auto vector = record.vectors.find(spaces[s].name);
                if (vector == record.vectors.end()) (void)alone[s].remove(Ids{record.id});
                else alone[s].upsert(std::vector{fixture::record(record.id, vector->second)});
            }
            (void)alone[s].remove(removed);
            const auto query = random.vector(spaces[s].space.dimensions);
            const auto expected = alone[s].nearest(query, {.k = 7});
            for (const Index* one : {static_cast<const Index*>(&*index), &reader}) {
                const auto found = one->nearest(query, {.k = 7, .space = spaces[s].name});
                REQUIRE(found.rows_scored == expected.rows_scored);
                REQUIRE(ids(found) == ids(expected));
            }
        }
    }
    index->verify();
    reader.verify();
}

TEST_CASE("parts know their parents, and which part of them they are") {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    const auto part = [](std::string id, sextant::Span span) {
        auto record = fixture::record(std::move(id), {1, 2});
        record.parent = "the whole";
        record.span = span;
        return record;
    };
    const std::vector records{part("text", sextant::ByteSpan{3, 17}), part("sound", sextant::TimeSpan{0.1, 1.0 / 3}), part("picture", sextant::Box{0, 0.5, 1e9, 7}),
                              part("all", {})};
    {
        auto index = Index::create(file, space(2));
        index.upsert(records);
    }
    auto memory = Index::in_memory(space(2));
    memory.upsert(records);
    const auto opened = Index::open(file, {.read_only = true});
    for (const Index* index : {static_cast<const Index*>(&memory), &opened})
        for (const auto& record : records) {
            CHECK(index->get(record.id)->parent == "the whole");
            CHECK(index->get(record.id)->span == record.span);
        }
    const auto hit = opened.nearest(std::vector<float>{1, 2}, {.k = 2})[1];
    CHECK(hit.parent == "the whole");
    CHECK(hit.span == sextant::Span(sextant::TimeSpan{0.1, 1.0 / 3}));

    const auto refused = [&](Record record, const std::string& why) {
        expect_error(ErrorCode::invalid_argument, {"\"" + record.id + "\"", why}, [&] { memory.upsert(std::vector{record}); });
    };
    refused(part("backwards", sextant::ByteSpan{3, 2}), "ends before it begins");
    refused(part("nan", sextant::TimeSpan{0, std::nan("")}), "not finite");
    refused(part("box", sextant::Box{0, 2, 1, 1}), "ends before it begins");
    auto orphan = part("orphan", sextant::ByteSpan{0, 1});
    orphan.parent.clear();
    refused(orphan, "no parent");
}

// Parts of ten long texts, the nearest hundred all of one of them: what is found first must not crowd out the rest.
TEST_CASE("one hit for each parent, by its best part, and as many parents as are wanted") {
    const TempFolder folder;
    Random random(11);
    std::vector<Record> records;
    for (int parent = 0; parent < 10; ++parent)
        for (int part = 0; part < (parent == 4 ? 400 : 12); ++part) {
            auto record = fixture::record(std::to_string(parent) + "/" + std::to_string(part), random.vector(6));
            if (parent == 4) record.vector = {1, 0.001F * static_cast<float>(part), 0, 0, 0, 0};
            record.parent = "text " + std::to_string(parent);
            record.span = sextant::ByteSpan{static_cast<std::size_t>(part), static_cast<std::size_t>(part) + 1};
            records.push_back(record);
        }
    records.push_back(fixture::record("whole", {1, 0.5F, 0, 0, 0, 0}));  // its own parent
    auto memory = Index::in_memory(space(6));
    memory.upsert(records);
    auto kept = Index::create(folder / "an.sextant", space(6));
    kept.upsert(records);
    const std::vector<float> query{1, 0, 0, 0, 0, 0};
    const auto all = memory.nearest(query, {.k = 1000});
    for (const Index* index : {&memory, &kept})
        for (const std::size_t k : {1U, 2U, 7U, 11U, 12U, 100U}) {
            std::map<std::string, std::string> best;  // of each parent
            Ids expected;
            for (const auto& hit : all)
                if (best.emplace(hit.parent.empty() ? hit.id : hit.parent, hit.id).second && expected.size() < k) expected.push_back(hit.id);
            const auto found = index->nearest(query, {.k = k, .one_per_parent = true});
            CHECK(ids(found) == expected);
            CHECK(found.completeness == (k > 11 ? sextant::Completeness::exhausted : sextant::Completeness::exact));
        }
    CHECK(memory.nearest(query, {.k = 3, .one_per_parent = true})[0].span == sextant::Span(sextant::ByteSpan{0, 1}));
    const auto none_of_four = memory.nearest(query, {.k = 20, .min_score = 0.9999F, .one_per_parent = true});
    CHECK(ids(none_of_four) == Ids{"4/0"});
    expect_error(ErrorCode::invalid_argument, {"search_after"},
                 [&] { (void)memory.nearest(query, {.search_after = memory.nearest(query, {.k = 1}).next, .one_per_parent = true}); });
}
