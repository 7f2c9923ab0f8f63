#include <sextant/tokenize/tokenizer.hpp>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "tokenize/charsmap_writer.hpp"
#include "tokenize/support.hpp"

namespace {

const std::string acute = "\xCC\x81", grave = "\xCC\x80", e_acute = "\xC3\xA9", joiner = "\xE2\x80\x8D";

std::string normalizer(const std::string& bytes) {
    return R"({"type": "Precompiled", "precompiled_charsmap": ")" + write_base64(bytes) + R"("})";
}

std::string rules(const std::vector<std::pair<std::string, std::string>>& list, std::string_view text) {
    return normalized(normalizer(write_charsmap(list)), text);
}

}  // namespace

TEST_CASE("a charsmap rewrites what it has keys for", "[tokenize][precompiled]") {
    CHECK(rules({{"a", "bc"}, {"x", ""}, {e_acute, "e"}}, "a-x-" + e_acute + "-z") == "bc--e-z");
    CHECK(rules({{"a", "b"}}, "") == "");
    CHECK(rules({{"a", "b"}}, std::string("a\0a", 3)) == std::string("b\0b", 3));
}

TEST_CASE("a short grapheme becomes what its shortest key becomes, and its rest is lost", "[tokenize][precompiled]") {
    CHECK(rules({{"e" + acute, "E"}}, "e" + acute + "e" + grave) == "Ee" + grave);
    CHECK(rules({{"e", "1"}, {"e" + acute, "2"}}, "e" + acute + "f") == "1f");
    CHECK(rules({{"\r\n", "n"}}, "a\r\nb\n") == "anb\n");
    SECTION("a grapheme of six bytes or more is taken letter by letter") {
        CHECK(rules({{"e", "1"}}, "e" + acute + grave) == "1");
        CHECK(rules({{"e", "1"}}, "e" + acute + grave + acute) == "1" + acute + grave + acute);
    }
    SECTION("only what is of one grapheme is looked up together") {
        CHECK(rules({{"ab", "1"}}, "ab") == "ab");
        CHECK(rules({{"e" + joiner, "1"}}, "e" + joiner + "x") == "1x");
    }
}

TEST_CASE("places go through a charsmap as in Hugging Face", "[tokenize][precompiled]") {
    const auto places = [](const std::vector<std::pair<std::string, std::string>>& list, std::string_view text) {
        std::vector<std::pair<std::size_t, std::size_t>> spans;
        const auto tokenizer = Sections{.normalizer = normalizer(write_charsmap(list))}.tokenizer();
        for (const auto& [begin, end] : tokenizer.encode(text).offsets) spans.emplace_back(begin, end);
        return spans;
    };
    using Spans = std::vector<std::pair<std::size_t, std::size_t>>;
    // The mark of the end of a piece comes last; it stands for nothing more.
    CHECK(places({{"b", "xy"}}, "abc") == Spans{{0, 1}, {1, 2}, {1, 2}, {2, 3}, {2, 3}});
    CHECK(places({{"b", ""}}, "abc") == Spans{{0, 1}, {2, 3}, {2, 3}});
    // What is lost before the first letter is forgotten, and all places shift.
    CHECK(places({{"a", ""}}, "abc") == Spans{{0, 1}, {1, 2}, {1, 2}});
}

TEST_CASE("a damaged charsmap is refused when it is read", "[tokenize][precompiled]") {
    using enum sextant::ErrorCode;
    const auto good = write_charsmap({{"a", "b"}, {e_acute, "e"}});
    const auto refused = [](const std::string& bytes, const std::string& what) {
        expect_error(corrupt, {"tokenizer.json: normalizer.precompiled_charsmap", what},
                     [&] { (void)normalized(normalizer(bytes), "a"); });
    };
    const auto with = [&good](std::size_t unit, std::uint32_t value) {
        auto bytes = good;
        for (std::size_t i = 0; i < 4; ++i) bytes[4 + 4 * unit + i] = static_cast<char>(value >> 8 * i & 0xFF);
        return bytes;
    };
    refused("", "0 bytes");
    refused(std::string(4, '\0'), "0 bytes");
    refused(good.substr(0, 100), "96 are left");
    refused(with(0, 0x3FFFFFU << 10), "out of the array");
    refused(good.substr(0, good.size() - 4), "is not there");
    refused(good + '\xFF', "not UTF-8");
    expect_error(corrupt, {"precompiled_charsmap", "base64"}, [] {
        (void)normalized(R"({"type": "Precompiled", "precompiled_charsmap": "AAA"})", "");
    });
    expect_error(corrupt, {"precompiled_charsmap", "base64", "character 2"}, [] {
        (void)normalized(R"({"type": "Precompiled", "precompiled_charsmap": "AA-A"})", "");
    });
    expect_error(limit, {"precompiled_charsmap", "4194304"}, [] { (void)normalized(normalizer(std::string(4'200'000, 'A')), ""); });
}

TEST_CASE("no flipped bit of a charsmap does harm", "[tokenize][precompiled][hostile]") {
    const auto good = write_charsmap({{"a", "b"}, {"ab", "c"}, {e_acute, "e"}});
    std::size_t refused = 0, taken = 0;
    for (std::size_t bit = 0; bit < 8 * good.size(); bit += 7) {
        auto bytes = good;
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
        const Sections sections{.normalizer = normalizer(bytes), .model = R"({"type": "BPE", "vocab": {}, "merges": []})"};
        try {
            (void)sections.tokenizer().encode("aab" + e_acute);
        } catch (const sextant::Error& error) {
            CHECK(error.code() == sextant::ErrorCode::corrupt);
            ++refused;
            continue;
        }
        ++taken;
    }
    CHECK(refused > 0);
    CHECK(taken > 0);
}
