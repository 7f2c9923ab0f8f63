// More items than are in memory at once.
#include <sextant/encode/stream.hpp>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/fake_bundle.hpp"
#include "support/temp_folder.hpp"

using namespace sextant;

namespace {

Encoder open_fake(const TempFolder& folder) {
    return Encoder::open(fake::write(folder, fake::dual_encoder()), {.self_test = false, .load_model = fake::loader({{"text.pt", fake::count_words}, {"image.pt", fake::sum_colours}})});
}

/// One text after the other.
std::function<std::optional<Item>()> each_of(const std::vector<Item>& items) {
    return [&items, i = std::size_t{0}]() mutable { return i < items.size() ? std::optional(items[i++]) : std::nullopt; };
}

std::vector<Item> some_texts() {
    std::vector<Item> texts;
    for (const char* text : {"red", "blue", "red car", "car car car", "blue red", "car", "red red"}) texts.emplace_back(Text{text});
    return texts;
}

}  // namespace

TEST_CASE("a stream of items gives the vectors of one call, a part at a time") {
    const TempFolder folder;
    const auto encoder = open_fake(folder);
    const auto texts = some_texts();
    const auto whole = encoder.encode_document(texts);
    for (const std::size_t items : {1, 3, 7, 100}) {
        std::size_t row = 0, parts = 0;
        const auto count = encode_stream(encoder, each_of(texts), [&](Encoded&& part) {
            CHECK(part.dense.size() <= items);
            for (std::size_t i = 0; i < part.dense.size(); ++i, ++row) {
                CHECK(std::ranges::equal(part.dense.row(i), whole.row(row)));
                CHECK(part.dense.info[i].item == row);
            }
            ++parts;
            return true;
        }, {.items = items});
        CHECK(count == texts.size());
        CHECK(row == texts.size());
        CHECK(parts == (texts.size() + items - 1) / items);
    }
}

TEST_CASE("chunks of a stream point back to their item") {
    const TempFolder folder;
    const auto encoder = open_fake(folder);
    const auto texts = some_texts();
    std::vector<std::size_t> items;
    const StreamOptions options{.encode = {.long_text = LongText::chunk, .chunks = {.max_tokens = 3}}, .items = 2};
    (void)encode_stream(encoder, each_of(texts), [&](Encoded&& part) {
        for (const auto& info : part.dense.info) items.push_back(info.item);
        return true;
    }, options);
    CHECK(items == std::vector<std::size_t>{0, 1, 2, 2, 3, 3, 3, 4, 4, 5, 6, 6});
}

TEST_CASE("a stream stops where it is told to, and what went wrong has a place") {
    const TempFolder folder;
    const auto encoder = open_fake(folder);
    auto texts = some_texts();
    std::size_t parts = 0;
    const auto count_parts = [&parts](Encoded&&) { return ++parts < 2; };
    CHECK(encode_stream(encoder, each_of(texts), count_parts, {.items = 3}) == 6);
    CHECK(parts == 2);
    CHECK(encode_stream(encoder, [] { return std::optional<Item>(); }, count_parts) == 0);
    CHECK(parts == 2);
    texts[5] = Text{"\xFF"};
    parts = 0;
    expect_error(ErrorCode::invalid_argument, {"item 5: ", "UTF-8"},
                 [&] { (void)encode_stream(encoder, each_of(texts), [&parts](Encoded&&) { return ++parts < 9; }, {.items = 4}); });
    CHECK(parts == 1);
    expect_error(ErrorCode::invalid_argument, {"item 5: ", "UTF-8"}, [&] { (void)encode_stream(encoder, each_of(texts), [](Encoded&&) { return true; }, {.items = 1}); });
    expect_error(ErrorCode::invalid_argument, {"StreamOptions::items"}, [&] { (void)encode_stream(encoder, each_of(texts), count_parts, {.items = 0}); });
    expect_error(ErrorCode::invalid_argument, {"encode_stream"}, [&] { (void)encode_stream(encoder, nullptr, count_parts); });
}
