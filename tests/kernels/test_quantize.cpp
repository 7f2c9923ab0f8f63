// What codes promise: errors that hold, for any vector, and are small, for those of models.
#include "kernels/quantize.hpp"

#include <bit>
#include <cmath>
#include <random>

#include "support/catch.hpp"

using namespace sextant::kernels;

namespace {

std::vector<float> vector_of(int kind, std::size_t size, std::mt19937& random) {
    std::normal_distribution<float> normal;
    std::vector<float> v(size);
    for (auto& x : v) {
        x = normal(random);
        if (kind == 1) x = 1;
        if (kind == 2) x = std::ldexp(x, static_cast<int>(random() % 120) - 100);
        if (kind == 3) x = std::numeric_limits<float>::denorm_min() * static_cast<float>(1 + random() % 20);
        if (kind == 4) x = 0;
    }
    if (kind == 4) v[random() % size] = -3;
    if (kind == 5) v[random() % size] = 1e17F;
    if (kind == 6)
        for (std::size_t i = 0; i < size / 2; ++i) v[i] = 0;
    return v;
}

long double norm_of(const std::vector<float>& v) {
    long double sum = 0;
    for (const float x : v) sum += static_cast<long double>(x) * x;
    return std::sqrt(sum);
}

/// The inner product of two approximations, by their codes alone.
long double product(const Codes& a, const Codes& b, std::size_t size, bool nibbles) {
    long double sum = 0;
    for (std::size_t i = 0; i < size; ++i) {
        const int x = nibbles ? nibble_values[a.nibbles[i]] - nibble_offset : a.bytes[i] - byte_offset;
        sum += static_cast<long double>(x) * (b.bytes[i] - byte_offset);
    }
    return sum * (nibbles ? a.by_nibbles : a.by_bytes).scale * b.by_bytes.scale;
}

}  // namespace

TEST_CASE("inner products of codes are off by no more than the errors allow") {
    std::mt19937 random(1);
    for (const std::size_t size : {1U, 2U, 3U, 5U, 8U, 16U, 31U, 100U, 128U, 384U, 1000U}) {
        const Quantizer quantizer(size);
        for (int round = 0; round < 200; ++round) {
            CAPTURE(size, round);
            const auto a = vector_of(round % 7, size, random), b = vector_of(round / 7 % 7, size, random);
            const long double norms[] = {norm_of(a), norm_of(b)};
            if (norms[0] == 0 || norms[1] == 0) continue;
            Codes x, y;
            quantizer.encode(a, static_cast<double>(norms[0]), x);
            quantizer.encode(b, static_cast<double>(norms[1]), y);
            long double cosine = 0;
            for (std::size_t i = 0; i < size; ++i) cosine += (a[i] / norms[0]) * (b[i] / norms[1]);
            const long double f = y.by_bytes.error;
            CHECK(std::abs(cosine - product(x, y, size, true)) <= x.by_nibbles.error * (1 + f) + f);
            CHECK(std::abs(cosine - product(x, y, size, false)) <= x.by_bytes.error * (1 + f) + f);
            // A vector's product with itself: cosine 1, and the errors lie along it.
            CHECK(std::abs(1 - product(y, y, size, false)) <= 2 * f + f * f);
        }
    }
}

TEST_CASE("errors are those of the best quantizer of normal components, and of bytes") {
    std::mt19937 random(2);
    for (const std::size_t size : {128U, 384U, 512U, 768U, 1000U}) {
        const Quantizer quantizer(size);
        for (const int kind : {0, 6, 5}) {  // empty halves do little, and one huge component not much
            CAPTURE(size, kind);
            double nibbles = 0, bytes = 0;
            for (int round = 0; round < 100; ++round) {
                const auto v = vector_of(kind, size, random);
                Codes codes;
                quantizer.encode(v, static_cast<double>(norm_of(v)), codes);
                nibbles += codes.by_nibbles.error / 100;
                bytes += codes.by_bytes.error / 100;
            }
            CHECK(nibbles < (kind == 0 ? 0.1 : 0.15));
            CHECK(bytes < (kind == 0 ? 0.0085 : 0.011));
        }
    }
}

TEST_CASE("a vector of length 0 has codes of nothing") {
    Codes codes;
    Quantizer(5).encode(std::vector<float>(5), 0, codes);
    for (const auto& by : {codes.by_nibbles, codes.by_bytes}) CHECK((by.scale == 0 && by.error == 0));
    CHECK(codes.nibbles.size() == 16);
}
