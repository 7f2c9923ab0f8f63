#include <algorithm>
#include <limits>
#include <random>

#include <sextant/kernels/similarity.hpp>
#include <sextant/kernels/top_k.hpp>

#include "support/catch.hpp"

using namespace sextant;

namespace {

std::vector<float> random_vector(std::mt19937& random, std::size_t size) {
    std::normal_distribution<float> normal;
    std::vector<float> v(size);
    for (auto& x : v) x = normal(random);
    return v;
}

}  // namespace

TEST_CASE("dot and norm agree with a plain loop over every size") {
    std::mt19937 random(1);
    for (std::size_t size = 1; size < 300; ++size) {
        const auto a = random_vector(random, size), b = random_vector(random, size);
        double dot = 0, squares = 0;
        for (std::size_t i = 0; i < size; ++i) {
            dot += static_cast<double>(a[i]) * b[i];
            squares += static_cast<double>(a[i]) * a[i];
        }
        CHECK(std::abs(kernels::dot(a, b) - dot) < 1e-12 * static_cast<double>(size));
        CHECK(std::abs(kernels::norm(a) - std::sqrt(squares)) < 1e-12 * static_cast<double>(size));
    }
}

TEST_CASE("rows are scored alike wherever they lie") {
    std::mt19937 random(2);
    for (const std::size_t dimensions : {1U, 3U, 8U, 17U, 384U}) {
        for (const std::size_t rows : {1U, 2U, 7U, 33U}) {
            const auto values = random_vector(random, rows * dimensions), query = random_vector(random, dimensions);
            const kernels::RowsView view(values.data(), static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(dimensions));
            std::vector<float> dots(rows), distances(rows);
            kernels::dot_rows(view, query, dots);
            kernels::l2_rows(view, query, distances);
            for (std::size_t i = 0; i < rows; ++i) {
                const std::span<const float> row(values.data() + i * dimensions, dimensions);
                double distance = 0;
                for (std::size_t d = 0; d < dimensions; ++d) distance -= (static_cast<double>(row[d]) - query[d]) * (static_cast<double>(row[d]) - query[d]);
                CHECK(std::abs(dots[i] - kernels::dot(row, query)) < 1e-4);
                CHECK(std::abs(distances[i] - distance) < 1e-3 * (1 + std::abs(distance)));
            }
        }
    }
}

TEST_CASE("a vector is divided by its length, or left alone if it has none") {
    std::vector<float> v{3, 0, 4};
    CHECK(kernels::normalize(v));
    CHECK(v == std::vector<float>{0.6F, 0, 0.8F});

    std::vector<float> huge{3e38F, 3e38F};
    CHECK(kernels::normalize(huge));
    CHECK(huge[0] == Approx(0.70710678));

    std::vector<float> tiny{1e-42F, 0};
    CHECK(kernels::normalize(tiny));
    CHECK(tiny[0] == Approx(1));

    std::vector<float> zero{0, 0};
    CHECK_FALSE(kernels::normalize(zero));
    CHECK(zero == std::vector<float>{0, 0});

    std::vector<float> infinite{std::numeric_limits<float>::infinity(), 1};
    CHECK_FALSE(kernels::normalize(infinite));
    CHECK(kernels::first_non_finite(infinite) == 0U);
    CHECK_FALSE(kernels::first_non_finite(zero).has_value());
}

TEST_CASE("top-k keeps what a full sort would, ties by order") {
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
        std::vector<kernels::Scored> all;
        const std::size_t rows = random() % 60, k = random() % 20;
        for (std::size_t i = 0; i < rows; ++i) all.push_back({static_cast<float>(random() % 7), i, i});
        std::shuffle(all.begin(), all.end(), random);

        kernels::TopK top(k);
        for (const auto& scored : all) top.push(scored);
        const auto kept = top.take();

        std::sort(all.begin(), all.end(), kernels::better);
        REQUIRE(kept.size() == std::min(k, rows));
        for (std::size_t i = 0; i < kept.size(); ++i) CHECK(kept[i].row == all[i].row);
        CHECK(top.take().empty());
    }
}
