// Checksums: of rows, of named values, and their sums.
#include "store/hash.hpp"

#include <array>
#include <limits>

#include "support/catch.hpp"

using namespace sextant::store;

namespace {

Row row(std::uint64_t number, std::string_view id, std::string_view payload, std::string_view text, std::string_view parent,
        std::string_view span, std::span<const std::byte> vectors) {
    return {number, id, payload, text, parent, span, vectors, {}};
}

}  // namespace

TEST_CASE("checksums are those of format 2") {
    // Computed by the xxhash module of Python over the bytes that FORMAT.md names.
    const std::array<float, 2> vector = {1.0F, -2.5F};
    const auto bytes = std::as_bytes(std::span(vector));
    CHECK(to_hex(checksum_of(row(7, "id", "{}", "text", "whole", "bytes 0 4", bytes))) == "1fc242b620921399bed06efb79c3a4f3");
    CHECK(to_hex(checksum_of(1, 7, bytes)) == "aa7f9b56afbc9044d2e09baedb72cc2a");
    CHECK(to_hex(checksum_of(std::map<std::string, std::string>{{"a", "1"}, {"key", ""}})) ==
          "1dedc059aea810f25fac7b157ad96203");
}

TEST_CASE("every field counts, and so does where it ends") {
    const std::array<std::byte, 4> four{};
    const std::array<std::byte, 8> eight{};
    const auto base = checksum_of(row(1, "ab", "{}", "c", "de", "f", four));
    CHECK(base == checksum_of(row(1, "ab", "{}", "c", "de", "f", four)));
    for (const auto& other :
         {row(2, "ab", "{}", "c", "de", "f", four), row(1, "a", "b{}", "c", "de", "f", four), row(1, "ab", "{", "}c", "de", "f", four),
          row(1, "ab", "{}", "cd", "e", "f", four), row(1, "ab", "{}", "c", "d", "ef", four), row(1, "ab", "{ }", "c", "de", "f", four),
          row(1, "ab", "{}", "c", "de", "f", eight), row(1, "", "{}", "c", "de", "f", four), row(1, "ab", "{}", "c", "de", "", four)})
        CHECK_FALSE(base == checksum_of(other));
    CHECK_FALSE(checksum_of(0, 1, four) == checksum_of(1, 1, four));
    CHECK_FALSE(checksum_of(0, 1, four) == checksum_of(0, 2, four));
    CHECK_FALSE(checksum_of(0, 1, four) == checksum_of(0, 1, eight));
}

TEST_CASE("sums carry, and do not depend on the order") {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    Checksum sum{most, 1};
    sum += Checksum{1, 0};
    CHECK(sum == Checksum{0, 2});
    sum -= Checksum{1, 0};
    CHECK(sum == Checksum{most, 1});
    sum += Checksum{most, most};
    CHECK(sum == Checksum{most - 1, 1});
    sum -= Checksum{most, most};
    CHECK(sum == Checksum{most, 1});
    const Checksum a{most - 3, 5}, b{77, most}, c{most, most};
    Checksum one = a, two = c;
    one += b;
    one += c;
    two += b;
    two += a;
    CHECK(one == two);
    one -= b;
    one -= a;
    CHECK(one == c);
}

TEST_CASE("checksums as text") {
    const Checksum checksum{0x0123456789abcdefU, 0xfedcba9876543210U};
    CHECK(to_hex(checksum) == "fedcba98765432100123456789abcdef");
    Checksum back;
    CHECK(from_hex("fedcba98765432100123456789abcdef", back));
    CHECK(back == checksum);
    for (const auto bad :
         {"", "0", "fedcba98765432100123456789abcde", "fedcba98765432100123456789abcdeff",
          "FEDCBA98765432100123456789ABCDEF", "+edcba98765432100123456789abcdef", "fedcba98765432 00123456789abcdef"})
        CHECK_FALSE(from_hex(bad, back));
}
