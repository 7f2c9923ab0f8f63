#include <sextant/tokenize/tokenizer.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "tokenize/support.hpp"

using sextant::Encoding;
using sextant::ErrorCode;
using sextant::Truncation;

namespace {

std::vector<Ids> ids_of(const std::vector<Encoding>& windows) {
    std::vector<Ids> ids;
    for (const auto& window : windows) ids.push_back(window.ids);
    return ids;
}

}  // namespace

TEST_CASE("the tail of a text is cut, the special tokens stay", "[tokenize][truncation]") {
    const auto tokenizer = letter_tokenizer(bert);
    const auto cut = tokenizer.encode("abcdef", 5);
    CHECK(cut.ids == Ids{100, 1, 2, 3, 101});
    CHECK(cut.tokens_total == 8);
    CHECK(cut.truncated());
    CHECK_FALSE(tokenizer.encode("abc", 5).truncated());
    CHECK(tokenizer.encode("abc", 2).ids == Ids{100, 101});
    expect_error(ErrorCode::invalid_argument, {"max_length is 1", "2"}, [&] { (void)tokenizer.encode("abc", 1); });
    expect_error(ErrorCode::invalid_argument, {"max_length is 2", "3"},
                 [&] { (void)tokenizer.encode_pair("a", "b", 2); });
    CHECK(letter_tokenizer("null").encode("abc", 0).ids.empty());
}

TEST_CASE("of a pair the longer text is cut first", "[tokenize][truncation]") {
    const auto tokenizer = letter_tokenizer("null");
    const auto lengths = [&tokenizer](std::size_t first, std::size_t second, std::size_t room) {
        const auto types = tokenizer.encode_pair(std::string(first, 'a'), std::string(second, 'b'), room).type_ids;
        const auto ones = static_cast<std::size_t>(std::count(types.begin(), types.end(), 1));
        return std::pair(types.size() - ones, ones);
    };
    CHECK(lengths(3, 4, 7) == std::pair<std::size_t, std::size_t>(3, 4));
    CHECK(lengths(3, 9, 7) == std::pair<std::size_t, std::size_t>(3, 4));
    CHECK(lengths(9, 3, 7) == std::pair<std::size_t, std::size_t>(4, 3));
    CHECK(lengths(9, 9, 6) == std::pair<std::size_t, std::size_t>(3, 3));
    CHECK(lengths(9, 9, 7) == std::pair<std::size_t, std::size_t>(3, 4));   // the odd one goes to the second of equals
    CHECK(lengths(10, 9, 7) == std::pair<std::size_t, std::size_t>(4, 3));  // and to the first if that is longer
    CHECK(lengths(5, 6, 0) == std::pair<std::size_t, std::size_t>(0, 0));
    CHECK(lengths(0, 6, 3) == std::pair<std::size_t, std::size_t>(0, 3));
    CHECK(tokenizer.encode_pair("aaaaa", "bbbbb", 4).tokens_total == 10);
}

TEST_CASE("a text may be cut at its front", "[tokenize][truncation]") {
    const auto tokenizer = letter_tokenizer(bert);
    const auto cut = tokenizer.encode("abcdef", Truncation{.max_length = 5, .side = Truncation::Side::left});
    CHECK(cut.ids == Ids{100, 4, 5, 6, 101});
    CHECK(cut.offsets[1] == sextant::Offsets{3, 4});
    CHECK(tokenizer.encode_pair("abcd", "wxyz", Truncation{.max_length = 7, .side = Truncation::Side::left}).ids ==
          Ids{100, 3, 4, 101, 25, 26, 101});
}

TEST_CASE("of a pair, the text that is at fault is named", "[tokenize]") {
    const auto tokenizer = letter_tokenizer(bert);
    expect_error(ErrorCode::invalid_argument, {"second text", "byte 1"}, [&] { (void)tokenizer.encode_pair("a", "x\xc0"); });
    expect_error(ErrorCode::invalid_argument, {"first text", "byte 0"}, [&] { (void)tokenizer.encode_pair("\xc0", "a"); });
}

TEST_CASE("only one text of a pair may be cut", "[tokenize][truncation]") {
    const auto tokenizer = letter_tokenizer(bert);
    const Truncation first{.max_length = 7, .strategy = Truncation::Strategy::only_first};
    const Truncation second{.max_length = 7, .strategy = Truncation::Strategy::only_second};
    CHECK(tokenizer.encode_pair("abcd", "xyz", first).ids == Ids{100, 1, 101, 24, 25, 26, 101});
    CHECK(tokenizer.encode_pair("abc", "wxyz", second).ids == Ids{100, 1, 2, 3, 101, 23, 101});
    SECTION("if it has enough") {
        expect_error(ErrorCode::invalid_argument, {"first", "has 1 tokens", "1 are too many"},
                     [&] { (void)tokenizer.encode_pair("a", "wxyz", first); });
        expect_error(ErrorCode::invalid_argument, {"second text", "only one"},
                     [&] { (void)tokenizer.encode("abcdefgh", second); });
        CHECK(tokenizer.encode("abc", second).ids == Ids{100, 1, 2, 3, 101});  // nothing is to be cut
    }
}

TEST_CASE("windows go over all of a text", "[tokenize][windows]") {
    const auto tokenizer = letter_tokenizer(bert);
    CHECK(ids_of(tokenizer.encode_windows("abcdefg", Truncation{.max_length = 5})) ==
          std::vector<Ids>{{100, 1, 2, 3, 101}, {100, 4, 5, 6, 101}, {100, 7, 101}});
    CHECK(ids_of(tokenizer.encode_windows("abcdef", Truncation{.max_length = 6, .stride = 2})) ==
          std::vector<Ids>{{100, 1, 2, 3, 4, 101}, {100, 3, 4, 5, 6, 101}});
    CHECK(ids_of(tokenizer.encode_windows("abcde", {.max_length = 5, .side = Truncation::Side::left, .stride = 1})) ==
          std::vector<Ids>{{100, 3, 4, 5, 101}, {100, 1, 2, 3, 101}});
    CHECK(ids_of(tokenizer.encode_windows("ab", Truncation{.max_length = 5})) == std::vector<Ids>{{100, 1, 2, 101}});
    SECTION("each knows its places, and how much there was") {
        const auto windows = tokenizer.encode_windows("abcdefg", Truncation{.max_length = 5});
        CHECK(windows[1].offsets == std::vector<sextant::Offsets>{{0, 0}, {3, 4}, {4, 5}, {5, 6}, {0, 0}});
        CHECK(windows[2].tokens_total == 9);
        CHECK(windows[2].truncated());
        CHECK(windows[0] == tokenizer.encode("abcdefg", 5));
    }
    SECTION("where there is no room, the rest is one window") {
        CHECK(ids_of(tokenizer.encode_windows("abc", Truncation{.max_length = 2})) ==
              std::vector<Ids>{{100, 101}, {100, 1, 2, 3, 101}});
    }
}

TEST_CASE("windows of a pair: each with each, the whole of Hugging Face's order", "[tokenize][windows]") {
    const auto tokenizer = letter_tokenizer("null");
    CHECK(ids_of(tokenizer.encode_pair_windows("abc", "xyz", Truncation{.max_length = 4})) ==
          std::vector<Ids>{{1, 2, 24, 25}, {3, 24, 25}, {3, 26}, {1, 2, 26}});
    CHECK(ids_of(tokenizer.encode_pair_windows(
              "abc", "xyz", {.max_length = 5, .strategy = Truncation::Strategy::only_second, .stride = 1})) ==
          std::vector<Ids>{{1, 2, 3, 24, 25}, {1, 2, 3, 25, 26}});
}

TEST_CASE("strides that never end are refused", "[tokenize][windows]") {
    const auto tokenizer = letter_tokenizer(bert);
    expect_error(ErrorCode::invalid_argument, {"stride is 3", "3 tokens"},
                 [&] { (void)tokenizer.encode_windows("abcdef", {.max_length = 5, .stride = 3}); });
    expect_error(ErrorCode::invalid_argument, {"stride is 1", "0 tokens"},
                 [&] { (void)tokenizer.encode_windows("abcdef", {.max_length = 2, .stride = 1}); });
    CHECK(tokenizer.encode("abcdef", {.max_length = 5, .stride = 3}).ids.size() == 5);  // of one window it says nothing
    const std::string text(60'000, 'a');
    expect_error(ErrorCode::limit, {"1000000", "stride"},
                 [&] { (void)tokenizer.encode_windows(text, {.max_length = 10'002, .stride = 9'999}); });
    expect_error(ErrorCode::limit, {"1000000", "two texts"},
                 [&] { (void)tokenizer.encode_pair_windows(text, text, Truncation{.max_length = 13}); });
}
