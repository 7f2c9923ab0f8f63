// What an index does not let in, and that it stays as it was.
#include <sextant/index/index.hpp>

#include <cmath>
#include <functional>
#include <limits>

#include "index/fixture.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace fixture;
using sextant::ErrorCode;
using sextant::Index;
using sextant::Metric;
using sextant::Record;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

/// A good batch with one bad record in the middle is refused as a whole, in a file and in memory.
void refused(ErrorCode code, std::initializer_list<std::string> parts, const std::function<void(Record&)>& spoil,
             Metric metric = Metric::cosine) {
    const TempFolder folder;
    const auto file = folder / "an.sextant";
    for (const bool on_disk : {true, false}) {
        auto index = on_disk ? Index::create(file, space(3, metric)) : Index::in_memory(space(3, metric));
        index.upsert(std::vector{record("old", {1, 2, 3})});
        std::vector<Record> batch = {record("a", {1, 0, 0}), record("old", {0, 0, 1}), record("b", {0, 1, 0}),
                                     record("c", {1, 1, 1})};
        spoil(batch[2]);
        const auto before = on_disk ? read_file(file) + read_file(file.string() + "-wal") : "";
        expect_error(code, parts, [&] { index.upsert(batch); });
        CHECK((on_disk ? read_file(file) + read_file(file.string() + "-wal") : "") == before);
        CHECK(index.size() == 1);
        CHECK(index.get("old")->vector == std::vector<float>{1, 2, 3});
        CHECK(index.nearest(std::vector<float>{1, 0, 0}).size() == 1);
        index.verify();
        batch[2] = record("b", {0, 1, 0});
        index.upsert(batch);  // nothing is stuck
        CHECK(index.size() == 4);
        index.verify();
    }
}

}  // namespace

TEST_CASE("vectors that are refused") {
    const auto bad = ErrorCode::invalid_argument;
    refused(bad, {"record 2", "\"b\"", "component 0 is NaN"}, [](Record& r) { r.vector[0] = not_a_number; });
    refused(bad, {"record 2", "component 1 is infinite"}, [](Record& r) { r.vector[1] = infinity; });
    refused(bad, {"record 2", "component 2 is minus infinite"}, [](Record& r) { r.vector[2] = -infinity; });
    refused(bad, {"record 2", "2 components", "of 3"}, [](Record& r) { r.vector.pop_back(); });
    refused(bad, {"record 2", "4 components", "of 3"}, [](Record& r) { r.vector.push_back(0); });
    refused(bad, {"record 2", "0 components", "of 3"}, [](Record& r) { r.vector.clear(); });
    refused(bad, {"record 2", "norm is 0", "cosine"}, [](Record& r) { r.vector = {0, -0.0F, 0}; });
    refused(bad, {"record 2", "norm is 5.77", "1e+18"}, [](Record& r) { r.vector = {3.3e38F, 3.3e38F, 3.4e38F}; });
    refused(
        bad, {"record 2", "norm is 1.1e+18"},
        [](Record& r) {
            r.vector = {1.1e18F, 0, 0};
        },
        Metric::dot);
    refused(
        bad, {"component 1 is NaN"}, [](Record& r) { r.vector[1] = not_a_number; }, Metric::dot);
    refused(
        bad, {"component 1 is infinite"}, [](Record& r) { r.vector[1] = infinity; }, Metric::l2);
}

TEST_CASE("ids, payloads and texts that are refused") {
    const auto bad = ErrorCode::invalid_argument;
    refused(bad, {"record 2", "id is empty"}, [](Record& r) { r.id.clear(); });
    refused(bad, {"record 2", "\"a\"", "record 0", "has this id too"}, [](Record& r) { r.id = "a"; });
    refused(bad, {"record 2", "id is not UTF-8", "byte 1"}, [](Record& r) { r.id = "x\xFFy"; });
    refused(bad, {"record 2", "text is not UTF-8", "byte 0"}, [](Record& r) { r.text = "\xC0\x80"; });
    refused(bad, {"record 2", "payload is not UTF-8", "byte 6"},
            [](Record& r) { r.payload = "{\"a\":\"\xED\xA0\x80\"}"; });
    for (const std::string payload :
         {"", " ", "[]", "1", "\"text\"", "null", "{", "{}}", "{\"a\":}", "{'a':1}", "{a:1}", "{\"a\":1,}", "nul"})
        refused(bad, {"record 2", "\"b\"", "payload is not a JSON object"}, [&](Record& r) { r.payload = payload; });
    refused(bad, {"payload is not a JSON object"}, [](Record& r) { r.payload = std::string("{}\0", 3); });
    refused(bad, {"payload is not a JSON object"}, [](Record& r) { r.payload = std::string("{}\0garbage", 10); });
    refused(bad, {"payload is not a JSON object"},
            [](Record& r) { r.payload = "{\"a\":" + std::string(500'000, '[') + std::string(500'000, ']') + "}"; });
    const auto large = ErrorCode::limit;
    refused(large, {"record 2", "id has 1025 bytes", "1024"}, [](Record& r) { r.id = std::string(1025, 'x'); });
    refused(large, {"record 2", "text has 65537 bytes"}, [](Record& r) { r.text = std::string(65'537, 'x'); });
    refused(large, {"record 2", "payload has 1048577 bytes"},
            [](Record& r) { r.payload = "{\"a\":\"" + std::string((1 << 20) - 7, 'x') + "\"}"; });
}

TEST_CASE("values at their limits are accepted") {
    for (const auto metric : {Metric::dot, Metric::l2, Metric::cosine}) {
        auto index = Index::in_memory(space(3, metric));
        const std::string payload = "{\"a\":\"" + std::string((1 << 20) - 8, 'x') + "\"}";
        REQUIRE(payload.size() == sextant::max_payload_bytes);
        index.upsert(std::vector{record(std::string(1024, 'x'), {1, 0, 0}, payload, std::string(65'536, 'x')),
                                 record("huge", {9.9e17F, 0, 0}), record("-huge", {-9.9e17F, 0, 0}),
                                 record("tiny", {1e-45F, 0, 0}, " {\n} ")});
        const auto result = index.nearest(std::vector<float>{9.9e17F, 0, 0});
        REQUIRE(result.size() == 4);
        for (const auto& hit : result) CHECK(std::isfinite(hit.score));
        CHECK(result[3].id == "-huge");
    }
    auto zero = Index::in_memory(space(3, Metric::l2));
    zero.upsert(std::vector{record("zero", {0, 0, 0})});
    const auto result = zero.nearest(std::vector<float>{0, 0, 0});
    CHECK(result[0].score == 0);
    CHECK_FALSE(std::signbit(result[0].score));
}

TEST_CASE("queries that are refused") {
    auto index = Index::in_memory(space(3));
    index.upsert(std::vector{record("a", {1, 0, 0})});
    const auto ask = [&](std::vector<float> query) { return [&index, query] { (void)index.nearest(query); }; };
    expect_error(ErrorCode::invalid_argument, {"query 0", "component 1 is NaN"}, ask({0, not_a_number, 0}));
    expect_error(ErrorCode::invalid_argument, {"component 2 is infinite"}, ask({0, 0, infinity}));
    expect_error(ErrorCode::invalid_argument, {"2 components", "of 3"}, ask({0, 1}));
    expect_error(ErrorCode::invalid_argument, {"0 components"}, ask({}));
    expect_error(ErrorCode::invalid_argument, {"norm is 0"}, ask({0, 0, 0}));
    expect_error(ErrorCode::invalid_argument, {"norm"}, ask({1e30F, 0, 0}));
    sextant::Matrix batch = sextant::Matrix::Ones(5, 3);
    batch(3, 1) = not_a_number;
    expect_error(ErrorCode::invalid_argument, {"query 3", "component 1 is NaN"}, [&] { (void)index.nearest(batch); });
    expect_error(ErrorCode::invalid_argument, {"4 components"},
                 [&] { (void)index.nearest(sextant::Matrix::Ones(5, 4)); });
    expect_error(ErrorCode::invalid_argument, {"k is 0"},
                 [&] { (void)index.nearest(sextant::Matrix(0, 3), {.k = 0}); });
}

TEST_CASE("one bad vector changes nobody's results") {
    for (const auto metric : {Metric::cosine, Metric::dot, Metric::l2}) {
        Random random(11);
        auto index = Index::in_memory(space(32, metric));
        std::vector<Record> records;
        for (int i = 0; i < 300; ++i) records.push_back(record(std::to_string(i), random.vector(32)));
        index.upsert(records);
        const auto query = random.vector(32);
        const auto before = index.nearest(query);
        for (const float poison : {not_a_number, infinity, -infinity, 3e38F})
            for (const std::size_t at : {0, 15, 31}) {
                auto bad = record("bad", random.vector(32));
                bad.vector[at] = poison;
                expect_error(ErrorCode::invalid_argument, {"record 0"}, [&] { index.upsert(std::vector{bad}); });
            }
        CHECK(same(index.nearest(query), before));
    }
}

TEST_CASE("spaces that are refused") {
    const TempFolder folder;
    const auto refused_space = [&](ErrorCode code, std::initializer_list<std::string> parts,
                                   const sextant::Space& bad) {
        expect_error(code, parts, [&] { (void)Index::create(folder / "an.sextant", bad); });
        expect_error(code, parts, [&] { (void)Index::in_memory(bad); });
        CHECK(names(folder).empty());
    };
    refused_space(ErrorCode::invalid_argument, {"0 dimensions"}, space(0));
    refused_space(ErrorCode::invalid_argument, {"65537 dimensions", "65536"}, space(65'537));
    auto bad = space(3);
    bad.fingerprint.value = "\xFF";
    refused_space(ErrorCode::invalid_argument, {"fingerprint", "UTF-8"}, bad);
    bad.fingerprint.value = std::string(5000, 'f');
    refused_space(ErrorCode::limit, {"fingerprint", "5000"}, bad);
    bad.fingerprint.value = "f";
    bad.fingerprint.parts["big"] = std::string(70'000, 'f');
    refused_space(ErrorCode::limit, {"'big'", "70000"}, bad);
    bad.fingerprint.parts.clear();
    for (int i = 0; i < 1025; ++i) bad.fingerprint.parts[std::to_string(i)] = "";
    refused_space(ErrorCode::limit, {"1025"}, bad);
}
