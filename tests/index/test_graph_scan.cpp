// A walk that passes over rows is given up where it would take longer than a scan, and its answer is the scan's.
#include "index/graph_scan.hpp"

#include <string>

#include "index/linked_rows.hpp"
#include "index/reference.hpp"
#include "index/row_table.hpp"
#include "support/catch.hpp"

using namespace fixture;
namespace index_ = sextant::index;

TEST_CASE("a walk is given up after so many steps, or when it can be told that it will take more", "[graph]") {
    constexpr std::size_t dimensions = 16, count = 4000;
    // Even rows lie on one side, odd ones on the other, far away.
    Random random(3);
    const auto vector = [&](std::size_t i) {
        auto v = random.vector(dimensions);
        v[0] += i % 2 == 0 ? 30.0F : -30.0F;
        return v;
    };
    index_::RowTable table(dimensions, sextant::Metric::l2);
    index_::RowTable::Change change(table);
    for (std::size_t i = 0; i < count; ++i) {
        const auto v = vector(i);
        double squares = 0;
        for (const float x : v) squares += static_cast<double>(x) * static_cast<double>(x);
        change.put(std::to_string(i), {.number = i + 1, .norm = std::sqrt(squares)}, v);
    }
    change.prepare();
    change.publish();
    const auto rows = table.rows();
    const sextant::GraphOptions options{};
    index_::Linking linking(rows, nullptr, options);
    linking.run(*rows);
    const auto linked = linking.result(*rows);

    index_::Bits even(rows->blocks()), odd(rows->blocks());
    index_::for_each_slot(rows->live(), [&](std::size_t slot) { index_::set_bit(rows->info(slot).number % 2 == 1 ? even : odd, slot, true); });
    const auto query = vector(0);
    const auto walk = [&](const index_::Bits& allowed, std::size_t most_steps) {
        const index_::Wanted wanted{.k = 10, .allowed = allowed.data()};
        index_::GraphScan scan(*rows, *linked->graph, linked->unlinked, wanted, {40, most_steps});
        scan.add(query);
        scan.run();
        return std::tuple(scan.exact(0), scan.compared(0), scan.take(0));
    };
    const auto slots_of = [](const std::vector<sextant::kernels::Scored>& found) {
        std::vector<std::size_t> slots;
        for (const auto& one : found) slots.push_back(one.row);
        return slots;
    };
    const auto scanned = [&](const index_::Bits& allowed) {
        const index_::Wanted wanted{.k = 10, .allowed = allowed.data()};
        index_::ExactScan scan(*rows, wanted);
        scan.add(query);
        scan.run();
        return slots_of(scan.take(0));
    };
    {
        const auto [exact, compared, found] = walk(even, index_::Graph::none);
        CHECK_FALSE(exact);
        CHECK(compared < 1500);
        CHECK(found.size() == 10);
    }
    {
        const auto [exact, compared, found] = walk(even, 400);  // all that are near are allowed: it need not be given up
        CHECK_FALSE(exact);
        CHECK(found.size() == 10);
    }
    {
        const auto [exact, compared, found] = walk(even, 5);
        CHECK(exact);
        CHECK(compared < 2000 + 400);
        CHECK(slots_of(found) == scanned(even));
    }
    {
        const auto [exact, compared, found] = walk(odd, 400);  // nothing near is allowed, which can be told after a few steps
        CHECK(exact);
        CHECK(compared < 2000 + 400);
        CHECK(slots_of(found) == scanned(odd));
    }
    {
        const auto [exact, compared, found] = walk(odd, index_::Graph::none);
        CHECK(compared > 2000);  // from one side to the other
        CHECK(found.size() == 10);
        if (exact) CHECK(slots_of(found) == scanned(odd));
    }
}
