// Several pieces of work take turns on one thread.
#include "index/steps.hpp"

#include <stdexcept>
#include <string>

#include "support/catch.hpp"

using sextant::index::Steps;
using sextant::index::take_turns;
using sextant::index::Turn;

namespace {

Steps write(std::string& out, char name, int steps, bool fails = false) {
    for (int i = 0; i < steps; ++i) {
        out += name;
        co_await Turn();
    }
    if (fails) throw std::runtime_error(std::string(1, name));
    out += '.';
}

/// Gives work of 1, 2, 3 ... steps, so many pieces; the one of this number fails.
auto pieces(std::string& out, int count, int failing = 0) {
    return [&out, count, failing, given = 0]() mutable -> std::optional<Steps> {
        if (given == count) return std::nullopt;
        ++given;
        return write(out, static_cast<char>('a' + given - 1), given, given == failing);
    };
}

}  // namespace

TEST_CASE("pieces take turns, and when one ends the next begins", "[steps]") {
    std::string out;
    take_turns(2, pieces(out, 4));
    CHECK(out == "ab.b.ccdcd.dd.");
    out.clear();
    take_turns(1, pieces(out, 3));
    CHECK(out == "a.bb.ccc.");
    out.clear();
    take_turns(9, pieces(out, 3));
    CHECK(out == "abc.bc.c.");
    take_turns(3, pieces(out, 0));
}

TEST_CASE("when a piece fails, those that were begun are ended, and no more are", "[steps]") {
    std::string out;
    CHECK_THROWS_WITH(take_turns(3, pieces(out, 9, 2)), "b");
    CHECK(out.find("c.") != std::string::npos);
    CHECK(out.find('e') == std::string::npos);
}
