// Texts, sound UTF-8 or not, through each tokenizer.
#include <sextant/core/error.hpp>
#include <sextant/core/utf8.hpp>
#include <sextant/tokenize/tokenizer.hpp>

#include "fuzz/target.hpp"
#include "fuzz/tokenizers.hpp"

namespace {

const std::vector<sextant::Tokenizer>& tokenizers() {
    static const auto all = [] {
        std::vector<sextant::Tokenizer> made;
        for (const auto& file : fuzz::tokenizer_files()) made.push_back(sextant::Tokenizer::from_json(file));
        return made;
    }();
    return all;
}

/// Holds a tokenizer to its promises about one text.
void encode(const sextant::Tokenizer& tokenizer, std::string_view text) {
    const auto invalid = sextant::first_invalid_utf8(text);
    try {
        const auto whole = tokenizer.encode(text);
        if (invalid) fuzz::broken("a text that is no UTF-8 was tokenized");
        const auto cut = tokenizer.encode(text, std::size_t{8});
        if (whole.ids.size() != whole.tokens_total || cut.ids.size() > 8 || cut.tokens_total != whole.tokens_total)
            fuzz::broken("numbers of tokens do not fit together");
        const auto pair = tokenizer.encode_pair(text, text.substr(0, 0), std::size_t{9});
        if (pair.ids.size() > 9) fuzz::broken("a pair is longer than was asked for");
        fuzz::outcome(std::string(std::min<std::size_t>(whole.ids.size(), 30) + 5, 'n'));
    } catch (const sextant::Error& error) {
        if (invalid && error.code() == sextant::ErrorCode::invalid_argument &&
            std::string_view(error.what()).find(std::to_string(*invalid)) == std::string_view::npos)
            fuzz::broken(std::string("the first bad byte, ") + std::to_string(*invalid) +
                         ", is not named: " + error.what());
        if (!invalid && text.size() <= sextant::max_text_bytes)
            fuzz::broken(std::string("a sound text was refused: ") + error.what());
        fuzz::outcome(error.what());
    }
}

}  // namespace

std::vector<fuzz::Bytes> fuzz::seeds() {
    return {"a red bicycle",
            "aab ba's! [CLS] 12",
            "\xC3\xA9t\xC3\xA9 \xE2\x82\xAC \xE4\xB8\xAD\xE6\x96\x87",
            "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80",
            "e\xCC\x81 \xEF\xAC\x81 \xC7\x86",
            "\xED\x95\x9C\xEA\xB5\xAD \xD8\xB9\xD8\xB1\xD8\xA8\xD9\x8A",
            Bytes(3'000, 'a'),
            "\t\r\n \xC2\xA0\xE3\x80\x80"};
}

std::vector<fuzz::Bytes> fuzz::tokens() {
    return {"\xC2",
            "\xE0\x80",
            "\xED\xA0\x80",
            "\xF4\x90\x80\x80",
            "\xF0\x9F",
            "\xEF\xBF\xBD",
            "\xCC\x80",
            "\xE2\x80\x8D",
            "\xEF\xB8\x8F",
            "[CLS]",
            "[SEP]",
            "##",
            "'s",
            " ",
            "\n",
            std::string(1, '\0'),
            "\xEF\xBB\xBF",
            "\xE1\x84\x80\xE1\x85\xA1",
            "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA",
            Bytes(200, 'a')};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    for (const auto& tokenizer : tokenizers()) encode(tokenizer, {reinterpret_cast<const char*>(data), size});
    return 0;
}
