// Long texts: cut, refused, or made into chunks.
#include <sextant/encode/encoder.hpp>

#include <chrono>
#include <numeric>
#include <random>

#include "encode/chunks.hpp"
#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/fake_bundle.hpp"

using namespace sextant;
using encode_detail::cut_into_chunks;

namespace {

/// Words are tokens, and so is each further ten letters of a word; every chunk has two tokens more.
std::size_t count_words(std::string_view text) {
    std::size_t tokens = 2, letters = 0;
    for (const char c : text) {
        letters = c == ' ' || c == '\n' ? 0 : letters + 1;
        if (letters % 10 == 1) ++tokens;
    }
    return tokens;
}

std::vector<std::string> cut(const std::string& text, const ChunkOptions& options, std::size_t max_tokens) {
    std::vector<std::string> pieces;
    for (const auto& span : cut_into_chunks(text, options, max_tokens, count_words)) pieces.push_back(text.substr(span.begin, span.end - span.begin));
    return pieces;
}

using Pieces = std::vector<std::string>;
using By = ChunkOptions::By;

Encoder open(const TempFolder& folder, nlohmann::json manifest = fake::dual_encoder(), fake::Function text = fake::count_words, EncoderOptions options = {}) {
    options.self_test = false;
    options.load_model = fake::loader({{"text.pt", std::move(text)}, {"image.pt", fake::sum_colours}});
    return Encoder::open(fake::write(folder, std::move(manifest)), options);
}

}  // namespace

TEST_CASE("a text is cut at words, and chunks may share some") {
    CHECK(cut("one two  three four\nfive six ", {}, 4) == Pieces{"one two", "three four", "five six"});
    CHECK(cut("one two three four five", {.overlap = 1}, 5) == Pieces{"one two three", "three four five"});
    CHECK(cut("one two three four five", {.overlap = 9}, 4) == Pieces{"one two", "two three", "three four", "four five"});
    CHECK(cut("short", {}, 100) == Pieces{"short"});
    CHECK(cut("", {}, 5) == Pieces{""});
    CHECK(cut(" \n ", {}, 5) == Pieces{""});
}

TEST_CASE("what is too long for a chunk is cut within") {
    CHECK(cut("a bcdefghijklmnopqrstuvwxyz z", {}, 4) == Pieces{"a", "bcdefghijklmnopqrstu", "vwxyz", "z"});
    CHECK(cut("\xC3\xA9\xC3\xA9\xC3\xA9", {}, 2) == Pieces{"\xC3\xA9", "\xC3\xA9", "\xC3\xA9"});  // at last between characters
    CHECK(cut("First one. A sentence of six words here. Last.", {.by = By::sentences}, 6) ==
          Pieces{"First one.", "A sentence of six", "words here.", "Last."});
}

TEST_CASE("a text is cut at sentences") {
    const ChunkOptions each{.by = By::sentences, .max_parts = 1};
    CHECK(cut("It is 3.5 m, e.g. wide. \"Is it?\" Yes! (No...) End", each, 100) == Pieces{"It is 3.5 m, e.g. wide.", "\"Is it?\"", "Yes!", "(No...)", "End"});
    CHECK(cut("A title\n\nThen a text. More", each, 100) == Pieces{"A title", "Then a text.", "More"});
    CHECK(cut("\xE7\xBA\xA2\xE3\x80\x82\xE8\x93\x9D\xE3\x80\x82", each, 100) == Pieces{"\xE7\xBA\xA2\xE3\x80\x82", "\xE8\x93\x9D\xE3\x80\x82"});
    CHECK(cut("A. B. C. D.", {.by = By::sentences}, 4) == Pieces{"A. B.", "C. D."});
    CHECK(cut("A. B. C. D.", {.by = By::sentences, .max_parts = 3, .overlap = 1}, 100) == Pieces{"A. B. C.", "C. D."});
}

TEST_CASE("a text is cut at paragraphs") {
    CHECK(cut("a b\nc\n \nd. e\n\n\nf", {.by = By::paragraphs, .max_parts = 1}, 100) == Pieces{"a b\nc", "d. e", "f"});
    CHECK(cut("a b\nc\n\nd. E f g h\n\ni", {.by = By::paragraphs}, 5) == Pieces{"a b\nc", "d.", "E f g", "h", "i"});
}

TEST_CASE("chunks of random texts fit, ascend, and leave nothing out") {
    std::mt19937 random(11);
    const std::vector<std::string> pieces{" ", "  ", "\n", "\n\n", ". ", "! ", "word", "W", "\xC3\xA9", "\xE3\x80\x82", "...", ")", "e.g. ", "averyverylongwordindeed"};
    for (int round = 0; round < 300; ++round) {
        std::string text;
        for (auto left = random() % 120; left > 0; --left) text += pieces[random() % pieces.size()];
        const ChunkOptions options{.by = static_cast<By>(random() % 3), .max_parts = random() % 4, .overlap = random() % 4};
        const std::size_t max_tokens = 3 + random() % 10;
        std::size_t covered = 0, last_begin = 0;
        const auto chunks = cut_into_chunks(text, options, max_tokens, count_words);
        for (const auto& chunk : chunks) {
            const auto piece = text.substr(chunk.begin, chunk.end - chunk.begin);
            if (count_words(piece) > max_tokens) FAIL("a chunk is too long: " << piece);
            if (&chunk != &chunks.front() && (chunk.begin <= last_begin || chunk.end <= covered)) FAIL("chunks do not ascend in " << text);
            if (chunk.begin > covered && text.substr(covered, chunk.begin - covered).find_first_not_of(" \n") != std::string::npos) FAIL("something was left out of " << text);
            last_begin = chunk.begin;
            covered = chunk.end;
        }
        if (text.substr(covered).find_first_not_of(" \n") != std::string::npos) FAIL("the end was left out of " << text);
    }
}

TEST_CASE("cutting takes time in proportion to the text") {
    for (const char* unit : {".", "\n", "\n ", "a", "a ", ". ", "!)", "\xE3\x80\x82"}) {
        for (const auto by : {By::tokens, By::sentences, By::paragraphs}) {
            std::string text;
            while (text.size() < 1'000'000) text += unit;
            const auto start = std::chrono::steady_clock::now();
            (void)cut_into_chunks(text, {.by = by}, 200, count_words);
            INFO(unit << " " << static_cast<int>(by));
            CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
        }
    }
}

TEST_CASE("a long text keeps its head or its tail, or is refused") {
    const TempFolder folder;
    const auto encoder = open(folder);  // reads 6 tokens, two of which are special
    const std::vector<Item> items{Text{"red"}, Text{"red red red car blue blue"}};
    const auto counts = [&](LongText policy) {
        const auto rows = encoder.encode(items, {.long_text = policy}).dense;
        return std::vector<float>{rows.row(1)[0] / rows.row(1)[3], rows.row(1)[1] / rows.row(1)[3]};
    };
    CHECK(counts(LongText::as_trained) == std::vector<float>{3, 0});
    CHECK(counts(LongText::keep_head) == std::vector<float>{3, 0});
    CHECK(counts(LongText::keep_tail) == std::vector<float>{1, 2});
    expect_error(ErrorCode::limit, {"item 1", "8 tokens", "reads 6", "chunks"}, [&] { (void)encoder.encode(items, {.long_text = LongText::refuse}); });
    CHECK(encoder.encode(std::span(items).first(1), {.long_text = LongText::refuse}).dense.size() == 1);
}

TEST_CASE("a chunk's row is that of its text alone, and says where it comes from") {
    const TempFolder folder;
    auto manifest = fake::dual_encoder();
    manifest["text"]["prompts"]["document"] = "blue ";
    const auto encoder = open(folder, manifest, fake::count_words, {.batch_size = 3, .threads = 2});
    const std::string text = "red car. Red blue car blue. Car";
    const std::vector<Item> items{Text{"car"}, Text{text}, Text{""}, Image{1, 1, {255, 0, 0}}};
    for (const auto by : {By::tokens, By::sentences}) {
        const auto rows = encoder.encode(items, {.long_text = LongText::chunk, .chunks = {.by = by}}).dense;
        REQUIRE(rows.size() > 5);
        std::vector<std::size_t> parents;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto& info = rows.info[i];
            parents.push_back(info.item);
            CHECK_FALSE(info.truncated());
            const auto& item = items[info.item];
            const auto alone = item.text() ? encoder.encode_document(Text{item.text()->value.substr(info.span.begin, info.span.end - info.span.begin)}) : encoder.encode_document(item);
            CHECK(std::vector<float>(rows.row(i).begin(), rows.row(i).end()) == alone.vector);
        }
        CHECK(std::is_sorted(parents.begin(), parents.end()));
        CHECK(parents.front() == 0);
        CHECK(parents.back() == 3);
    }
    CHECK(encoder.encode_document(items).info[1].span == ByteSpan{0, text.size()});
    expect_error(ErrorCode::invalid_argument, {"item 1", "byte 2"}, [&] {
        (void)encoder.encode(std::vector<Item>{Text{"red"}, Text{"re\xFF"}}, {.long_text = LongText::chunk});
    });
}

TEST_CASE("texts of any length become chunks") {
    const TempFolder folder;
    const auto encoder = open(folder);
    std::string text;
    while (text.size() < 3 * max_text_bytes) text += "red car ";
    const std::vector<Item> items{Text{text}};
    CHECK(encoder.encode(items, {.long_text = LongText::chunk}).dense.size() == text.size() / 16);
    expect_error(ErrorCode::limit, {}, [&] { (void)encoder.encode(items, {}); });
}

TEST_CASE("late chunks are pooled after the network has read all of the text") {
    // Every token becomes [its id + the sum of all ids of the row, 1, 0, 0].
    int runs = 0;
    const auto sees_all = [&runs](std::span<const Tensor> inputs) {
        ++runs;
        const auto ids = inputs[0].integers();
        const auto sum = static_cast<float>(std::accumulate(ids.begin(), ids.end(), std::int64_t{0}));
        std::vector<float> out;
        for (const auto id : ids) out.insert(out.end(), {static_cast<float>(id) + sum, 1.0F, 0.0F, 0.0F});
        return std::vector<Tensor>{Tensor({inputs[0].shape()[0], inputs[0].shape()[1], 4}, std::move(out))};
    };
    auto manifest = fake::dual_encoder();
    manifest["normalize"] = false;
    manifest["text"]["max_length"] = 8;
    manifest["text"]["prompts"]["document"] = "blue ";
    manifest["networks"]["text"]["pooling"] = "mean";
    const EncodeOptions late{.long_text = LongText::chunk, .chunks = {.max_tokens = 5, .late = true}};
    const TempFolder folder;
    const auto encoder = open(folder, manifest, sees_all);
    const std::vector<Item> one{Text{"red car blue car"}};
    const auto rows = encoder.encode(one, late).dense;  // [CLS] blue | red car | blue car [SEP]
    CHECK(runs == 1);
    REQUIRE(rows.size() == 2);
    const float all = 2 + 5 + 4 + 6 + 5 + 6 + 3;
    CHECK(rows.row(0)[0] == Approx((4 + 6) / 2.0F + all));
    CHECK(rows.row(1)[0] == Approx((5 + 6) / 2.0F + all));
    CHECK(rows.info[1].span == ByteSpan{8, 16});
    CHECK(rows.info[1].tokens_used == 2);

    runs = 0;
    const std::vector<Item> longer{Text{"red car blue car red red red"}};  // does not fit at once: two passes
    CHECK(encoder.encode(longer, late).dense.size() == 4);
    CHECK(runs == 2);

    const TempFolder other;
    const auto pooled = open(other);
    expect_error(ErrorCode::unsupported, {"item 0", "late", "mean"}, [&] { (void)pooled.encode(one, late); });
}

TEST_CASE("a late chunk that no token stands for is encoded alone") {
    const auto ids = [](std::span<const Tensor> inputs) {
        std::vector<float> out;
        for (const auto id : inputs[0].integers()) out.insert(out.end(), {static_cast<float>(id), 1.0F, 0.0F, 0.0F});
        return std::vector<Tensor>{Tensor({inputs[0].shape()[0], inputs[0].shape()[1], 4}, std::move(out))};
    };
    auto manifest = fake::dual_encoder();
    manifest["networks"]["text"]["pooling"] = "mean";
    const TempFolder folder;
    const auto encoder = open(folder, manifest, ids);
    const auto chunks = [&](const std::string& text, bool late) {
        return encoder.encode(std::vector<Item>{Text{"red"}, Text{text}}, {.long_text = LongText::chunk, .chunks = {.by = By::sentences, .max_parts = 1, .late = late}}).dense;
    };
    for (const std::string text : {"", " \n ", "\x01"}) {
        const auto late = chunks(text, true), plain = chunks(text, false);
        REQUIRE(late.size() == 2);
        CHECK(std::ranges::equal(late.row(1), plain.row(1)));
        CHECK(late.info[1].span == plain.info[1].span);
        CHECK(late.info[1].tokens_used == 2);
    }
    const auto mixed = chunks("red. \x01\n\nCar.", true);  // the second chunk has no token
    REQUIRE(mixed.size() == 4);
    CHECK(std::ranges::equal(mixed.row(2), encoder.encode_document(Text{""}).vector));
    CHECK_FALSE(std::ranges::equal(mixed.row(1), mixed.row(3)));
}

TEST_CASE("chunks have room for more than prompt and special tokens") {
    const TempFolder folder;
    auto manifest = fake::dual_encoder();
    manifest["text"]["prompts"]["document"] = "blue ";
    const auto encoder = open(folder, manifest);
    const std::vector<Item> items{Text{"red"}, Text{"red car"}};
    const auto chunks = [&](std::size_t max_tokens) { return encoder.encode(items, {.long_text = LongText::chunk, .chunks = {.max_tokens = max_tokens}}).dense.size(); };
    CHECK(chunks(4) == 3);
    CHECK(chunks(5) == 2);
    for (const std::size_t few : {1, 3}) expect_error(ErrorCode::invalid_argument, {"item 0", "max_tokens is " + std::to_string(few), "are 3"}, [&] { (void)chunks(few); });
}

TEST_CASE("progress is told, and a call can be stopped") {
    const TempFolder folder;
    const std::vector<Item> items(25, Text{"red"});
    for (const std::size_t threads : {0, 3}) {
        const auto encoder = open(folder, fake::dual_encoder(), fake::count_words, {.batch_size = 4, .threads = threads});
        std::vector<std::size_t> done;
        (void)encoder.encode(items, {.progress = [&](const EncodeProgress& progress) {
            CHECK(progress.rows_total == 25);
            done.push_back(progress.rows_done);
            return true;
        }});
        CHECK(done.size() == 7);
        CHECK(std::is_sorted(done.begin(), done.end()));
        CHECK(done.back() == 25);
        expect_error(ErrorCode::cancelled, {"8 of 25"}, [&] {
            (void)encoder.encode(items, {.progress = [](const EncodeProgress& progress) { return progress.rows_done < 8; }});
        });
    }
}
