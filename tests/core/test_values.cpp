#include <sextant/core/embeddings.hpp>
#include <sextant/core/item.hpp>
#include <sextant/core/space.hpp>
#include <sextant/core/tensor.hpp>

#include "support/catch.hpp"
#include "support/expect_error.hpp"

using namespace sextant;

TEST_CASE("an item knows what it is") {
    const Item words = Text{"a red car"};
    const Item picture = Image{1, 1, {255, 0, 0}};
    CHECK(words.modality() == Modality::text);
    CHECK(words.text()->value == "a red car");
    CHECK(words.image() == nullptr);
    CHECK(picture.modality() == Modality::image);
    CHECK(picture.image()->pixels[0] == 255);
    CHECK(picture.text() == nullptr);
    const Item both = TextImage{{"in blue"}, {1, 1, {255, 0, 0}}};
    CHECK(both.modality() == Modality::text_image);
    CHECK(both.text()->value == "in blue");
    CHECK(both.image()->width == 1);
}

TEST_CASE("a tensor holds just what its shape asks for") {
    const Tensor tensor({2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
    CHECK(tensor.floats()[5] == 6);
    CHECK(Tensor::describe(tensor.shape()) == "[2, 3]");
    expect_error(ErrorCode::invalid_argument, {"[2, 3]", "6", "5"}, [] { Tensor({2, 3}, std::vector<float>(5)); });
    expect_error(ErrorCode::invalid_argument, {"[-1]"}, [] { Tensor({-1}, std::vector<float>{}); });
    expect_error(ErrorCode::invalid_argument, {"cannot have the shape"},
                 [] { Tensor({std::int64_t{1} << 40, std::int64_t{1} << 40}, std::vector<std::int64_t>{}); });
    expect_error(ErrorCode::invalid_argument, {"holds floats"}, [&] { (void)tensor.integers(); });
}

TEST_CASE("a row of embeddings is one vector in one piece") {
    Embeddings embeddings;
    embeddings.vectors.resize(2, 3);
    embeddings.vectors << 1, 2, 3, 4, 5, 6;
    embeddings.info = {{5, 5}, {9, 6}};
    CHECK(embeddings.row(1)[0] == 4);
    CHECK(embeddings.row(1).size() == 3);
    CHECK_FALSE(embeddings.info[0].truncated());
    CHECK(embeddings.info[1].truncated());
}

TEST_CASE("fingerprints name what differs") {
    const Fingerprint a{"1", {{"image.mean", "[0.5]"}, {"weights", "x"}}};
    const Fingerprint b{"2", {{"image.mean", "[0.4]"}, {"weights", "x"}, {"truncate_dim", "8"}}};
    CHECK(a.difference(b) == "image.mean, truncate_dim");
    CHECK(a.difference(a).empty());
}

TEST_CASE("spaces that cannot be compared are told apart") {
    const Space space{4, Metric::cosine, {"abcdef0123456789", {{"image.mean", "[0.5]"}}}};
    CHECK_NOTHROW(require_compatible("photos.sextant", space, space));

    const auto refuses = [&](std::initializer_list<std::string> parts, const Space& other) {
        expect_error(ErrorCode::incompatible, parts, [&] { require_compatible("photos.sextant", space, other); });
    };
    refuses({"photos.sextant", "4 dimensions", "5"}, {5, Metric::cosine, space.fingerprint});
    refuses({"cosine", "dot"}, {4, Metric::dot, space.fingerprint});
    refuses({"abcdef012345...", "no stated encoder"}, {4, Metric::cosine, {}});
    refuses({"different: image.mean", "embed its records again"}, {4, Metric::cosine, {"9999", {{"image.mean", "[0.4]"}}}});
}
