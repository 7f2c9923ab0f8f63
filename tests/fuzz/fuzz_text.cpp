// Texts, sound UTF-8 or not, through one tokenizer and one way of cleaning. The first four bytes say which, and how to
// cut.
#include <sextant/tokenize/clean.hpp>

#include "fuzz/promises.hpp"
#include "fuzz/tokenizers.hpp"

namespace {

constexpr std::size_t settings_size = 4;

const std::vector<sextant::Tokenizer>& tokenizers() {
    static const auto all = [] {
        std::vector<sextant::Tokenizer> made;
        for (const auto& file : fuzz::tokenizer_files()) made.push_back(sextant::Tokenizer::from_json(file));
        made.push_back(Sections{.decoder = R"({"type": "ByteFallback"})"}.tokenizer());  // with every byte
        for (const auto& file : fuzz::sentence_piece_files())
            made.push_back(sextant::Tokenizer::from_sentence_piece(file));
        return made;
    }();
    return all;
}

sextant::Truncation truncation(std::uint8_t length, std::uint8_t stride, std::uint8_t flags) {
    using enum sextant::Truncation::Strategy;
    constexpr std::array strategies{longest_first, longest_first, only_first, only_second};
    return {.max_length = length,
            .strategy = strategies[flags >> 1 & 3],
            .side = (flags & 1) != 0 ? sextant::Truncation::Side::left : sextant::Truncation::Side::right,
            .stride = stride};
}

/// A text is refused if it is no UTF-8, with the place, and only then.
template <class Use>
void try_text(std::string_view text, Use&& use) {
    const auto invalid = sextant::first_invalid_utf8(text);
    try {
        use();
        fuzz::expect(!invalid, "a text that is no UTF-8 is refused");
    } catch (const sextant::Error& error) {
        fuzz::expect(invalid && error.code() == sextant::ErrorCode::invalid_argument,
                     (std::string("a sound text is taken: ") + error.what()).c_str());
        fuzz::expect(std::string_view(error.what()).find("byte " + std::to_string(*invalid) + ':') !=
                         std::string_view::npos,
                     (std::string("the first bad byte is named: ") + error.what()).c_str());
        fuzz::outcome(error.what());
    }
}

}  // namespace

std::vector<fuzz::Bytes> fuzz::seeds() {
    std::vector<Bytes> inputs;
    for (const auto& text : {Bytes("a red bicycle"), Bytes("aab ba's! [CLS] 12 A  b zz"),
                             Bytes("\xC3\xA9t\xC3\xA9 \xE2\x82\xAC \xE4\xB8\xAD\xE6\x96\x87"),
                             Bytes("\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80"),
                             Bytes("e\xCC\x81 \xEF\xAC\x81 \xC7\x86"),
                             Bytes("\xED\x95\x9C\xEA\xB5\xAD \xD8\xB9\xD8\xB1\xD8\xA8\xD9\x8A"), Bytes(300, 'a'),
                             Bytes("\t\r\n \xC2\xA0\xE3\x80\x80"), Bytes("&lt;&amp;#x41;&notit; \xCE\xA3\xCE\xA3_.")})
        for (std::size_t i = 0; i < tokenizers().size(); ++i)
            inputs.push_back(Bytes{static_cast<char>(i), 8, 2, static_cast<char>(i % 8)} + text);
    return inputs;
}

std::vector<fuzz::Bytes> fuzz::tokens() {
    return {"\xC2", "\xE0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF0\x9F", "\xEF\xBF\xBD", "\xCC\x80",
            "\xE2\x80\x8D", "\xEF\xB8\x8F", "[CLS]", "[SEP]", "##", "'s", " ", "\n", std::string(1, '\0'),
            "\xEF\xBB\xBF", "\xE1\x84\x80\xE1\x85\xA1", "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA", "\xE2\x96\x81", "<0x41>",
            "</w>", "&amp;", "&#", "\xCE\xA3", "\xC4\xB0", "\xC3\x9F", Bytes(200, 'a')};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < settings_size) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + settings_size, size - settings_size);
    try_text(text, [&] {
        fuzz::expect_promises(tokenizers()[data[0] % tokenizers().size()], text, truncation(data[1], data[2], data[3]));
    });
    try_text(text, [&] {
        const auto clean = sextant::clean_text(text, static_cast<sextant::TextCleaning>(data[3] >> 3 & 3));
        fuzz::expect(!sextant::first_invalid_utf8(clean), "a text that was cleaned is UTF-8");
    });
    return 0;
}
