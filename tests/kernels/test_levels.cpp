// Every level of CPU computes what the slow and obvious form does.
#include <bit>
#include <cmath>
#include <cstring>
#include <random>

#include "kernels/levels.hpp"
#include "support/catch.hpp"

using namespace sextant;
using namespace sextant::kernels;

namespace {

using Bytes = std::vector<std::uint8_t>;
using Signed = std::vector<std::int8_t>;

/// Of exactly the wanted length, so that a sanitizer sees one byte too many. Half are extremes: these overflow first.
Bytes codes(std::mt19937& random, std::size_t size) {
    Bytes all(size);
    for (auto& code : all) code = static_cast<std::uint8_t>(random() % 2 ? random() % 256 : random() % 2 * 255);
    return all;
}

Signed components(std::mt19937& random, std::size_t size) {
    Signed all(size);
    for (auto& c : all) {
        const int any = static_cast<int>(random() % 255) - 127, extreme = random() % 2 ? 127 : -127;
        c = static_cast<std::int8_t>(random() % 2 ? any : extreme);
    }
    return all;
}

std::vector<float> floats(std::mt19937& random, std::size_t size) {
    std::normal_distribution<float> normal;
    std::vector<float> all(size);
    for (auto& x : all) x = random() % 9 == 0 ? 0 : normal(random);
    return all;
}

}  // namespace

TEST_CASE("blocks of 4-bit codes against up to eight queries") {
    std::mt19937 random(1);
    for (const auto& [level, kernels] : faster_levels())
        for (const std::size_t groups : {0U, 1U, 2U, 3U, 17U, 64U})
            for (int count = 1; count <= most_queries; ++count) {
                CAPTURE(to_string(level), groups, count);
                const auto block = codes(random, groups * block_rows * nibble_group / 2);
                const auto queries = components(random, groups * nibble_group * static_cast<std::size_t>(count));
                std::vector<std::int32_t> bias;
                for (int q = 0; q < count; ++q) bias.push_back(static_cast<int>(random() % 2000) - 1000);
                std::vector<std::int32_t> expected(block_rows * bias.size()), found(expected.size());
                baseline_codes.nibble_dots(block.data(), groups, queries.data(), count, bias.data(), expected.data());
                kernels->nibble_dots(block.data(), groups, queries.data(), count, bias.data(), found.data());
                CHECK(found == expected);
            }
}

TEST_CASE("the reference adds products of values and components") {
    std::mt19937 random(2);
    constexpr std::size_t groups = 3, count = 2;
    const auto block = codes(random, groups * block_rows * 4);
    const auto queries = components(random, groups * nibble_group * count);
    const std::int32_t bias[count] = {5, -7};
    std::int32_t dots[count * block_rows];
    baseline_codes.nibble_dots(block.data(), groups, queries.data(), count, bias, dots);
    for (std::size_t q = 0; q < count; ++q)
        for (std::size_t row = 0; row < block_rows; ++row) {
            int sum = -bias[q];
            for (std::size_t d = 0; d < groups * 8; ++d) {
                const std::size_t group = d / 8, within = d % 8;
                const int byte = block[group * 256 + row * 4 + within % 4];
                const int component = queries[group * 8 * count + (within / 4) * 4 * count + q * 4 + within % 4];
                sum += nibble_values[within < 4 ? byte % 16 : byte / 16] * component;
            }
            CHECK(dots[q * block_rows + row] == sum);
        }
}

TEST_CASE("byte codes against a query, at every length and to the last bit of the longest") {
    std::mt19937 random(3);
    for (const auto& [level, kernels] : faster_levels())
        for (const std::size_t stride : {16U, 32U, 48U, 64U, 80U, 128U, 208U, 384U, 2000U, 65536U}) {
            CAPTURE(to_string(level), stride);
            auto rows = codes(random, 4 * stride);
            std::fill_n(rows.begin(), stride, std::uint8_t{255});
            auto query = components(random, stride);
            if (stride > 2000) query.assign(stride, 127);
            const std::uint8_t* const wanted[] = {rows.data() + 3 * stride, rows.data(), rows.data() + 2 * stride, rows.data(), rows.data() + stride, rows.data()};
            std::vector<std::int32_t> expected(6), found(6);
            const std::int32_t bias = stride > 2000 ? byte_offset * 127 * 65536 : 77;
            baseline_codes.byte_dots(wanted, 6, stride, query.data(), bias, expected.data());
            kernels->byte_dots(wanted, 6, stride, query.data(), bias, found.data());
            CHECK(found == expected);
            if (stride > 2000) CHECK(found[1] == 127 * 127 * 65536);
            kernels->byte_dots(wanted, 0, stride, query.data(), bias, nullptr);
        }
}

TEST_CASE("components are added whose signs are set, at every level") {
    std::mt19937 random(6);
    for (const std::size_t stride : {16, 32, 48, 64, 80, 112, 128, 384, 400, 512, 2032, 2048, 2064, 65536}) {
        std::vector<std::int8_t> query(stride);
        for (auto& component : query) component = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
        if (stride == 65536) query.assign(stride, 127);
        std::vector<std::uint8_t> rows(7 * stride / 8);
        for (auto& byte : rows) byte = static_cast<std::uint8_t>(random());
        std::fill_n(rows.begin(), stride / 8, std::uint8_t{255});
        std::vector<const std::uint8_t*> wanted;
        std::vector<std::int32_t> expected;
        for (std::size_t i = 0; i < 7; ++i) {
            wanted.push_back(rows.data() + i * stride / 8);
            std::int32_t sum = 0;
            for (std::size_t j = 0; j < stride; ++j)
                if ((wanted[i][j / 8] >> (j % 8) & 1) != 0) sum += query[j];
            expected.push_back(sum);
        }
        auto levels = faster_levels();
        levels.push_back({CpuLevel::baseline, &baseline_codes});
        for (const auto& [level, kernels] : levels) {
            CAPTURE(to_string(level), stride);
            std::vector<std::int32_t> found(7);
            kernels->sign_dots(wanted.data(), 7, stride, query.data(), found.data());
            CHECK(found == expected);
        }
    }
}

TEST_CASE("rows pass if their bound reaches the limit") {
    std::mt19937 random(4);
    for (int round = 0; round < 300; ++round) {
        std::vector<std::int32_t> dots(block_rows);
        for (auto& dot : dots) dot = static_cast<int>(random() % 20001) - 10000;
        const auto scale = floats(random, block_rows), error = floats(random, block_rows);
        const auto norm = floats(random, block_rows);
        const BlockView block{scale.data(), error.data(), norm.data()};
        const auto factors = floats(random, 4);
        Test test{factors[0], factors[1], factors[2], factors[3], 0};
        std::vector<double> bounds;
        for (std::size_t i = 0; i < block_rows; ++i)
            bounds.push_back(double(scale[i]) * dots[i] * test.a + double(error[i]) * test.b +
                             double(norm[i]) * (test.c + double(norm[i]) * test.d));
        test.limit = static_cast<float>(bounds[random() % block_rows]);
        auto levels = faster_levels();
        levels.push_back({CpuLevel::baseline, &baseline_codes});
        for (const auto& [level, kernels] : levels) {
            const auto passed = kernels->select(dots.data(), block, test);
            for (std::size_t i = 0; i < block_rows; ++i) {
                CAPTURE(to_string(level), i, bounds[i], test.limit);
                if (std::abs(bounds[i] - test.limit) > 1e-5 * (10000 + std::abs(bounds[i])))
                    CHECK(((passed >> i) & 1) == (bounds[i] >= test.limit));
            }
        }
    }
}

TEST_CASE("sums in 64 bits are the same bits at every level") {
    std::mt19937 random(5);
    for (const auto& [level, kernels] : faster_levels())
        for (std::size_t size = 1; size < 200; ++size) {
            CAPTURE(to_string(level), size);
            auto a = floats(random, size), b = floats(random, size);
            if (size % 3 == 0)
                for (auto& x : a) x = std::ldexp(x, static_cast<int>(random() % 200) - 150);
            CHECK(kernels->dot(a.data(), b.data(), size) == baseline_codes.dot(a.data(), b.data(), size));
            CHECK(kernels->squared_distance(a.data(), b.data(), size) ==
                  baseline_codes.squared_distance(a.data(), b.data(), size));
        }
}

TEST_CASE("sums in 64 bits are right") {
    std::mt19937 random(6);
    for (std::size_t size = 1; size < 100; ++size) {
        const auto a = floats(random, size), b = floats(random, size);
        long double dot = 0, distance = 0;
        for (std::size_t i = 0; i < size; ++i) {
            dot += static_cast<long double>(a[i]) * b[i];
            distance += (static_cast<long double>(a[i]) - b[i]) * (static_cast<long double>(a[i]) - b[i]);
        }
        CHECK(std::abs(baseline_codes.dot(a.data(), b.data(), size) - dot) < 1e-13L * static_cast<long double>(size));
        CHECK(std::abs(baseline_codes.squared_distance(a.data(), b.data(), size) - distance) < 1e-13L * (distance + 1));
    }
}

TEST_CASE("codes are the same bits at every level") {
    std::mt19937 random(7);
    for (const auto& [level, kernels] : faster_levels())
        for (const std::size_t size : {1U, 2U, 7U, 16U, 17U, 100U, 384U, 1000U}) {
            CAPTURE(to_string(level), size);
            const std::size_t room = (size + 15) / 16 * 16;
            auto v = floats(random, size);
            v.resize(room);
            Bytes expected(room), found(room);
            const float scale = 1.0F / 23;
            auto a = baseline_codes.to_nibbles(v.data(), size, scale, expected.data());
            auto b = kernels->to_nibbles(v.data(), size, scale, found.data());
            CHECK((a.scale == b.scale && a.residue == b.residue && expected == found));
            a = baseline_codes.to_bytes(v.data(), size, expected.data());
            b = kernels->to_bytes(v.data(), size, found.data());
            CHECK((a.scale == b.scale && a.residue == b.residue && expected == found));
        }
}

TEST_CASE("the transform is that of Walsh and Hadamard, at every level") {
    std::mt19937 random(8);
    for (std::size_t size = 1; size <= 1024; size *= 2) {
        const auto v = floats(random, size);
        std::vector<float> signs(size);
        for (auto& sign : signs) sign = random() % 2 ? 1.0F : -1.0F;
        auto expected = v;
        baseline_codes.hadamard(expected.data(), size, signs.data(), 0.5F);
        for (std::size_t i = 0; i < size; ++i) {
            double sum = 0;
            for (std::size_t j = 0; j < size; ++j)
                sum += (__builtin_parityll(i & j) ? -0.5 : 0.5) * static_cast<double>(signs[j]) * v[j];
            CHECK(std::abs(expected[i] - sum) < 1e-5 * static_cast<double>(size));
        }
        for (const auto& [level, kernels] : faster_levels()) {
            CAPTURE(to_string(level), size);
            auto found = v;
            kernels->hadamard(found.data(), size, signs.data(), 0.5F);
            CHECK(found == expected);
        }
    }
}

TEST_CASE("bits that differ are counted, at every level") {
    std::mt19937_64 random(9);
    auto levels = faster_levels();
    levels.push_back({sextant::CpuLevel::baseline, &baseline_codes});
    for (const auto& [level, kernels] : levels)
        for (const std::size_t words : {1U, 2U, 3U, 12U}) {
            CAPTURE(to_string(level), words);
            std::vector<std::uint64_t> rows(5 * words), query(words);
            for (auto& word : rows) word = random();
            for (auto& word : query) word = random();
            std::vector<std::uint32_t> found(5), expected(5);
            kernels->hamming(rows.data(), 5, words, query.data(), found.data());
            for (std::size_t i = 0; i < rows.size() * 64; ++i)
                expected[i / (64 * words)] += (rows[i / 64] >> i % 64 & 1) != (query[i / 64 % words] >> i % 64 & 1) ? 1 : 0;
            CHECK(found == expected);
        }
}

TEST_CASE("products with 16-bit floats are those of the floats they stand for, at every level") {
    std::mt19937_64 random(10);
    std::normal_distribution<float> normal;
    auto levels = faster_levels();
    levels.push_back({sextant::CpuLevel::baseline, &baseline_codes});
    for (const auto& [level, kernels] : levels)
        for (const std::size_t size : {1U, 3U, 15U, 16U, 64U, 100U, 1'537U}) {
            CAPTURE(to_string(level), size);
            std::vector<std::uint16_t> rows(3 * size);
            std::vector<float> query(size), found(3);
            for (auto& half : rows) half = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(normal(random)) >> 16);
            for (auto& x : query) x = normal(random);
            kernels->bfloat16_dots(rows.data(), 3, size, query.data(), found.data());
            for (std::size_t row = 0; row < 3; ++row) {
                double sum = 0, sizes = 0;
                for (std::size_t i = 0; i < size; ++i) {
                    const double product = static_cast<double>(std::bit_cast<float>(std::uint32_t{rows[row * size + i]} << 16)) * static_cast<double>(query[i]);
                    sum += product;
                    sizes += std::abs(product);
                }
                CHECK(std::abs(static_cast<double>(found[row]) - sum) <= 1e-6 * sizes);
            }
        }
}
