// `.model` files of SentencePiece; with those that are sound, a few texts are tokenized.
#include "fuzz/promises.hpp"
#include "fuzz/tokenizers.hpp"

std::vector<fuzz::Bytes> fuzz::seeds() { return sentence_piece_files(); }

std::vector<fuzz::Bytes> fuzz::tokens() {
    using namespace sentence_piece;
    std::vector<Bytes> fields;
    for (const int type : {normal, unknown, control, user_defined, unused, byte})
        fields.push_back(bytes_field(1, bytes_field(1, "ba") + number_field(3, static_cast<std::size_t>(type))));
    for (const unsigned field : {3U, 4U, 5U, 24U, 35U})
        for (const unsigned value : {0U, 1U, 2U}) fields.push_back(number_field(field, value));
    fields.push_back(bytes_field(44, "?"));
    fields.push_back(bytes_field(2, number_field(3, word)));
    fields.push_back(bytes_field(3, bytes_field(2, "")));
    fields.push_back("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01");
    fields.push_back("<0x41>");
    fields.push_back(blank);
    fields.push_back(Bytes("\0\0\xC0\x7F", 4));  // not a number
    return fields;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const auto tokenizer = sextant::Tokenizer::from_sentence_piece({reinterpret_cast<const char*>(data), size});
        fuzz::outcome("read");
        for (const char* text : {"", " ", "aab  zzA aba\t", "\xC3\xA9\xE2\x82\xAC b\xEF\xAC\x81 "})
            fuzz::expect_promises(tokenizer, text, {.max_length = 3, .stride = size % 3});
    } catch (const sextant::Error& error) {
        fuzz::outcome(error.what());
    }
    return 0;
}
