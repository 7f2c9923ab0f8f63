// torch's resampling of floats. tests/parity/parity_preprocess.py compares hundreds of cases; here are some results of
// torch 2.13's torch.nn.functional.interpolate.
#include <sextant/preprocess/interpolate.hpp>

#include <vector>

#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace sextant;

namespace {

/// Three rows of four squares: 0, 0.01, 0.04 ... 1.21.
Tensor squares() {
    std::vector<float> values;
    for (int i = 0; i < 12; ++i) values.push_back(static_cast<float>(i * i) / 100.0F);
    return {{1, 3, 4}, std::move(values)};
}

void check(const Tensor& seen, const std::vector<double>& expected) {
    REQUIRE(seen.floats().size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
        CHECK(static_cast<double>(seen.floats()[i]) == Approx(expected[i]).margin(4e-7).epsilon(0));
}

}  // namespace

TEST_CASE("results of torch 2.13", "[interpolate]") {
    check(interpolate(squares(), 2, 3, Resampling::bilinear, false),
          {0.044999998062849045, 0.0949999988079071, 0.1783333420753479, 0.5450000166893005, 0.7549999952316284, 0.9983333945274353});
    check(interpolate(squares(), 2, 3, Resampling::bilinear, true),
          {0.07200000435113907, 0.1300000101327896, 0.216000035405159, 0.5019999742507935, 0.6800000071525574, 0.8860000371932983});
    check(interpolate(squares(), 2, 3, Resampling::bicubic, false),
          {0.022221136838197708, 0.06359375268220901, 0.1467256397008896, 0.5560429096221924, 0.7751562595367432, 1.03602933883667});
    check(interpolate(squares(), 2, 3, Resampling::bicubic, true),
          {0.04218776151537895, 0.09749238193035126, 0.18572752177715302, 0.5048961043357849, 0.7048760652542114, 0.9377865791320801});
    check(interpolate(squares(), 4, 5, Resampling::bilinear, false),
          {0.0, 0.007000000216066837, 0.02499999850988388, 0.054999999701976776, 0.09000000357627869,
           0.09999999403953552, 0.1420000046491623, 0.20000000298023224, 0.27000001072883606, 0.3400000035762787,
           0.3399999737739563, 0.42399999499320984, 0.5299999713897705, 0.6480000019073486, 0.7599999904632568,
           0.6399999856948853, 0.7590000033378601, 0.9050000309944153, 1.062999963760376, 1.2100000381469727});
}

TEST_CASE("the shape keeps its leading dimensions, and the same size its values", "[interpolate]") {
    const Tensor planes({2, 1, 3, 2}, std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    const auto same = interpolate(planes, 3, 2, Resampling::bicubic, true);
    CHECK(same.shape() == planes.shape());
    CHECK(std::equal(same.floats().begin(), same.floats().end(), planes.floats().begin()));
    const auto wide = interpolate(planes, 3, 4, Resampling::bilinear, false);
    CHECK(wide.shape() == Tensor::Shape{2, 1, 3, 4});
    CHECK(wide.floats()[0] == 1.0F);
    CHECK(wide.floats()[23] == 12.0F);
    CHECK(wide.floats()[1] == 1.25F);
}

TEST_CASE("what cannot be interpolated is refused", "[interpolate]") {
    const auto refused = [](std::initializer_list<std::string> parts, const Tensor& planes, int height, Resampling filter) {
        expect_error(ErrorCode::invalid_argument, parts, [&] { (void)interpolate(planes, height, 2, filter, true); });
    };
    refused({"[3, 4]", "[0, 2]"}, Tensor({1, 3, 4}, std::vector<float>(12)), 0, Resampling::bilinear);
    refused({"lanczos"}, squares(), 2, Resampling::lanczos);
    refused({"no planes"}, Tensor({3}, std::vector<float>(3)), 2, Resampling::bilinear);
    refused({"no planes"}, Tensor({0, 3, 4}, std::vector<float>()), 2, Resampling::bilinear);
    refused({"integers"}, Tensor({1, 1}, std::vector<std::int64_t>(1)), 2, Resampling::bilinear);
    expect_error(ErrorCode::limit, {"64000000"},
                 [] { (void)interpolate(squares(), 60'000, 60'000, Resampling::bilinear, false); });
}
