#include <sextant/model/torchscript.hpp>

#include <algorithm>
#include <cmath>
#include <thread>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/temp_folder.hpp"

using namespace sextant;

namespace {

std::unique_ptr<Model> load(const std::string& bytes, const char* name = "text.pt") { return load_torchscript(std::as_bytes(std::span(bytes)), name); }

std::vector<Tensor> sentence(std::int64_t rows, std::int64_t tokens) {
    std::vector<std::int64_t> ids;
    for (std::int64_t i = 0; i < rows * tokens; ++i) ids.push_back(5 + i % 90);
    return {Tensor({rows, tokens}, std::move(ids)), Tensor({rows, tokens}, std::vector<std::int64_t>(static_cast<std::size_t>(rows * tokens), 1))};
}

double cosine(std::span<const float> a, std::span<const float> b) {
    double dot = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) dot += double{a[i]} * b[i], aa += double{a[i]} * a[i], bb += double{b[i]} * b[i];
    return dot / std::sqrt(aa * bb);
}

}  // namespace

TEST_CASE("a build without libtorch says so") {
    if (has_torchscript()) return;
    expect_error(ErrorCode::unsupported, {"text.pt", "libtorch", "SEXTANT_WITH_TORCH"}, [] { (void)load("anything"); });
}

TEST_CASE("a TorchScript network runs on any number of rows and tokens, the same every time") {
    if (!has_torchscript()) return;
    const auto network = load(read_file("examples/models/demo/text.pt"));
    for (const std::int64_t rows : {1, 2, 7}) {
        for (const std::int64_t tokens : {2, 9, 30}) {
            const auto inputs = sentence(rows, tokens);
            const auto first = network->run(inputs), second = network->run(inputs);
            REQUIRE(first.size() == 1);
            CHECK(first[0].shape().at(0) == rows);
            CHECK(std::equal(first[0].floats().begin(), first[0].floats().end(), second[0].floats().begin()));
        }
    }
}

TEST_CASE("a lower precision is near the full one, not equal to it, and depends on no other row") {
    if (!has_torchscript()) return;
    const auto bytes = read_file("examples/models/demo/text.pt");
    const auto inputs = sentence(5, 9);
    const auto exact = load(bytes)->run(inputs)[0];
    for (const auto& [precision, least] : {std::pair{Precision::bfloat16, 0.999}, {Precision::int8, 0.99}}) {
        INFO(to_string(precision));
        const auto network = load_torchscript(std::as_bytes(std::span(bytes)), "text.pt", precision);
        const auto rough = network->run(inputs)[0];
        REQUIRE(rough.shape() == exact.shape());
        CHECK_FALSE(std::ranges::equal(rough.floats(), exact.floats()));
        const auto width = static_cast<std::size_t>(exact.shape()[1]);
        for (std::size_t row = 0; row < 5; ++row)
            CHECK(cosine(rough.floats().subspan(row * width, width), exact.floats().subspan(row * width, width)) > least);
        // The first row, alone.
        auto first = sentence(1, 9);
        const auto alone = network->run(first)[0];
        CHECK(cosine(alone.floats(), rough.floats().subspan(0, width)) > 0.999999);
    }
}

TEST_CASE("many threads may run one network") {
    if (!has_torchscript()) return;
    const auto network = load(read_file("examples/models/demo/text.pt"));
    const auto inputs = sentence(3, 8);
    const auto expected = network->run(inputs);
    std::vector<std::thread> threads;
    std::vector<int> equal(4, 0);
    for (std::size_t t = 0; t < equal.size(); ++t) {
        threads.emplace_back([&, t] {
            for (int round = 0; round < 25; ++round) {
                const auto seen = network->run(inputs);
                equal[t] += std::equal(seen[0].floats().begin(), seen[0].floats().end(), expected[0].floats().begin()) ? 1 : 0;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(equal == std::vector<int>(4, 25));
}

TEST_CASE("what libtorch cannot read or run is one short error") {
    if (!has_torchscript()) return;
    const auto bytes = read_file("examples/models/demo/text.pt");
    for (const auto& damaged : {std::string(), std::string("not an archive"), bytes.substr(0, bytes.size() / 2)}) {
        expect_error(ErrorCode::corrupt, {"some/text.pt", "export the model again"}, [&] { (void)load(damaged, "some/text.pt"); });
        try {
            (void)load_any_torchscript(std::as_bytes(std::span(damaged)), "some/text.pt");
            FAIL("nothing was thrown");
        } catch (const Error& error) {
            CHECK(error.code() == ErrorCode::model);
            CHECK_THAT(error.what(), ContainsSubstring("loading some/text.pt"));
            CHECK(std::string(error.what()).size() < 400);
            CHECK(std::string(error.what()).find('\n') == std::string::npos);
        }
    }
    const auto network = load(bytes);
    expect_error(ErrorCode::model, {"running text.pt"}, [&] { (void)network->run({}); });
    const auto one = std::vector<Tensor>{Tensor({2, 3}, std::vector<float>(6, 0.5F)), Tensor({2, 3}, std::vector<float>(6, 0.5F))};
    expect_error(ErrorCode::model, {"running text.pt"}, [&] { (void)network->run(one); });
}
