// Rows in memory: every state stays as it was for as long as somebody looks at it, and memory follows what is left.
#include "index/row_table.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include <sextant/kernels/similarity.hpp>

#include "index/fixture.hpp"
#include "support/catch.hpp"

using namespace fixture;
using sextant::Metric;
using sextant::index::Kept;
using sextant::index::Rows;
using sextant::index::RowTable;

namespace {

using Vector = std::vector<float>;

struct Remembered {
    std::uint64_t number = 0;
    Vector vector;
    friend bool operator==(const Remembered&, const Remembered&) = default;
};
using Model = std::map<std::string, Remembered>;

void publish(RowTable::Change& change) {
    change.prepare();
    change.make_room();
    change.publish();
}

void put(RowTable::Change& change, const std::string& id, const Remembered& row) {
    REQUIRE(change.put(id, {row.number, {}, sextant::kernels::norm(row.vector)}, row.vector));
}

/// What a state holds; also that its sums are right and that no id is there twice.
Model contents(const Rows& rows) {
    Model model;
    for (std::size_t b = 0; b < rows.blocks(); ++b)
        sextant::index::for_each_bit(rows.live()[b], [&](std::size_t i) {
            const auto slot = b * 64 + i;
            const auto vector = rows.vector(slot);
            const bool is_new = model.emplace(rows.named(slot).first, Remembered{rows.info(slot).number, {vector.begin(), vector.end()}}).second;
            CHECK(is_new);
        });
    CHECK(model.size() == rows.size());
    CHECK(sextant::index::count_bits(rows.live()) == rows.size());
    return model;
}

/// Everything that is computed from a vector, of each row: what a row had when it was written it must have when it was moved.
void check_codes(const Rows& rows) {
    RowTable fresh(rows.layout().dimensions(), rows.layout().metric());
    RowTable::Change change(fresh);
    for (const auto& [id, row] : contents(rows)) put(change, id, row);
    publish(change);
    std::map<std::string, std::size_t> slots;
    const auto& other = *fresh.rows();
    for (std::size_t s = 0; s < other.size(); ++s) slots[other.named(s).first] = s;
    const auto stride = rows.layout().byte_stride();
    for (std::size_t b = 0; b < rows.blocks(); ++b)
        sextant::index::for_each_bit(rows.live()[b], [&](std::size_t i) {
            const auto s = slots.at(rows.named(b * 64 + i).first), j = s % 64;
            const auto mine = rows.block(b), its = other.block(s / 64);
            CHECK(std::memcmp(mine.bytes + i * stride, its.bytes + j * stride, stride) == 0);
            const auto words = sextant::index::words_for(rows.layout().dimensions());
            CHECK(std::memcmp(mine.signs + i * words, its.signs + j * words, words * sizeof(std::uint64_t)) == 0);
            CHECK(mine.by_bytes[i].scale == its.by_bytes[j].scale);
            CHECK(mine.by_nibbles.scale[i] == its.by_nibbles.scale[j]);
            CHECK(mine.by_nibbles.error[i] == its.by_nibbles.error[j]);
            if (mine.nibbles == nullptr || its.nibbles == nullptr) return;
            for (std::size_t g = 0; g < rows.layout().nibble_groups(); ++g)
                CHECK(std::memcmp(mine.nibbles + (g * 64 + i) * 4, its.nibbles + (g * 64 + j) * 4, 4) == 0);
        });
}

std::size_t blocks_in_use(const Rows& rows) {
    return static_cast<std::size_t>(std::ranges::count_if(rows.live(), [](auto word) { return word != 0; }));
}

}  // namespace

TEST_CASE("each state holds what it held, whatever is written later") {
    constexpr std::size_t dimensions = 19;
    Random random(1);
    RowTable table(dimensions, Metric::dot);
    Model now;
    std::vector<std::pair<std::shared_ptr<const Rows>, Model>> states;
    std::uint64_t number = 0;
    for (int step = 0; step < 400; ++step) {
        RowTable::Change change(table);
        Model next = now;
        std::set<std::string> touched;
        const bool mostly_removes = step / 100 % 2 == 1;
        for (std::size_t n = random.below(60); n > 0; --n) {
            const auto id = std::to_string(random.below(700));
            if (!touched.insert(id).second) continue;
            if (next.contains(id) && random.below(4) < (mostly_removes ? 3 : 1)) {
                change.remove(id);
                next.erase(id);
            } else {
                next[id] = {next.contains(id) ? next[id].number : ++number, random.vector(dimensions)};
                put(change, id, next[id]);
            }
        }
        if (random.below(5) == 0) continue;  // it has not happened
        publish(change);
        now = std::move(next);
        if (random.below(3) == 0) states.emplace_back(table.rows(), now);
        if (states.size() > 6) states.erase(states.begin() + static_cast<std::ptrdiff_t>(random.below(states.size())));
        CHECK(contents(*table.rows()) == now);
        for (const auto& [id, row] : now) CHECK(table.rows()->named(*table.find(id)).first == id);
        if (step % 10 == 0)
            for (const auto& [rows, model] : states) CHECK(contents(*rows) == model);
        if (step % 50 == 0) check_codes(*table.rows());
    }
}

TEST_CASE("an id is put once in a change") {
    RowTable table(2, Metric::dot);
    RowTable::Change change(table);
    CHECK(change.put("a", {1, {}, 1}, Vector{1, 0}));
    CHECK_FALSE(change.put("a", {2, {}, 1}, Vector{0, 1}));
    publish(change);
    CHECK(contents(*table.rows()) == Model{{"a", {1, {1, 0}}}});
}

TEST_CASE("what is in no file is there for as long as a state that has it") {
    RowTable table(2, Metric::dot);
    const auto keep = [&](const std::string& text) {
        RowTable::Change change(table);
        change.put("a", {1, {}, 1}, Vector{1, 0}, std::make_unique<Kept>(Kept{"{}", text, {}, {}}));
        publish(change);
    };
    keep("old");
    const auto before = table.rows();
    keep("new");
    CHECK(before->named(0).second.kept->text == "old");
    CHECK(table.rows()->named(*table.find("a")).second.kept->text == "new");
}

TEST_CASE("blocks of which little is left are given up, and used again once nobody looks at them") {
    constexpr std::size_t dimensions = 8, count = 64 * 100;
    Random random(2);
    RowTable table(dimensions, Metric::dot);
    {
        RowTable::Change change(table);
        for (std::size_t i = 0; i < count; ++i) put(change, std::to_string(i), {i, random.vector(dimensions)});
        publish(change);
    }
    CHECK(blocks_in_use(*table.rows()) == 100);
    const auto old = table.rows();
    const auto before = contents(*old);
    for (std::size_t i = 0; i < count; ++i) {  // nine of ten, one at a time
        if (i % 10 == 0) continue;
        RowTable::Change change(table);
        change.remove(std::to_string(i));
        publish(change);
        CHECK(blocks_in_use(*table.rows()) <= 2 * table.rows()->size() / 64 + 2);
    }
    CHECK(table.rows()->size() == count / 10);
    CHECK(contents(*old) == before);
    check_codes(*table.rows());

    // The same record again and again takes no more room, unless someone keeps every state.
    for (int i = 0; i < 2000; ++i) {
        RowTable::Change change(table);
        put(change, "0", {0, random.vector(dimensions)});
        publish(change);
    }
    CHECK(contents(*old) == before);
    CHECK(blocks_in_use(*table.rows()) <= 24);
}

TEST_CASE("memory that nobody uses is given back") {
    constexpr std::size_t dimensions = 16'384, count = 300;  // 64 rows to a piece
    Random random(3);
    RowTable table(dimensions, Metric::dot);
    const Vector vector(dimensions, 1);
    const auto fill = [&] {
        RowTable::Change change(table);
        for (std::size_t i = 0; i < count; ++i) put(change, std::to_string(i), {i, vector});
        publish(change);
    };
    const auto clear = [&] {
        RowTable::Change change(table);
        for (std::size_t i = 0; i < count; ++i) change.remove(std::to_string(i));
        publish(change);
    };
    fill();
    CHECK(table.pieces() == 5);
    auto old = table.rows();
    clear();
    { const RowTable::Change looks(table); }
    CHECK(table.pieces() == 5);
    old.reset();
    { const RowTable::Change looks(table); }
    CHECK(table.pieces() == 1);  // of the block that fills
    for (int i = 0; i < 3; ++i) {
        fill();
        clear();
        CHECK(table.pieces() <= 6);
    }
    { const RowTable::Change looks(table); }
    {  // what was not published is given back too
        RowTable::Change change(table);
        for (std::size_t i = 0; i < count; ++i) put(change, std::to_string(i), {i, vector});
        CHECK(table.pieces() >= 5);
    }
    CHECK(table.pieces() <= 1);
}
