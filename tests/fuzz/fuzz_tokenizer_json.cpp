// Files that say how to tokenize; with those that are sound, a few texts are tokenized.
#include "fuzz/promises.hpp"
#include "fuzz/tokenizers.hpp"

std::vector<fuzz::Bytes> fuzz::seeds() { return tokenizer_files(); }

std::vector<fuzz::Bytes> fuzz::tokens() {
    std::vector<Bytes> words{R"({"type":"Strip","strip_left":true,"strip_right":true})",
                             R"({"type":"Replace","pattern":{"String":"a"},"content":"b"})",
                             R"({"type":"Replace","pattern":{"Regex":"(a|b)*c"},"content":""})",
                             R"({"type":"Prepend","prepend":"x"})",
                             R"({"type":"Digits","individual_digits":true})",
                             R"({"type":"Punctuation","behavior":"Isolated"})",
                             R"({"type":"Sequence","normalizers":[{"type":"NFC"}]})",
                             R"({"type":"Sequence","pretokenizers":[{"type":"Whitespace"}]})",
                             R"({"type":"Sequence","decoders":[{"type":"Fuse"}]})",
                             R"({"type":"Sequence","processors":[]})",
                             R"({"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true})",
                             R"({"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]})",
                             R"({"type":"TemplateProcessing","single":[],"pair":[],"special_tokens":{}})",
                             R"({"type":"Metaspace","replacement":"_","prepend_scheme":"always","split":true})",
                             R"({"type":"Unigram","unk_id":0,"vocab":[["a",-1.0]],"byte_fallback":false})",
                             R"({"type":"WordLevel","vocab":{"a":0},"unk_token":"a"})",
                             R"({"Regex":"\\p{L}+"})",
                             R"({"Regex":"(?:a+)+b"})",
                             R"({"Regex":"[^\\S\\x{10FFFF}\\u00e9]{0,2}"})",
                             R"("Removed")",
                             R"("MergedWithPrevious")",
                             R"("never")",
                             R"("OnlyFirst")",
                             R"("##")",
                             R"("<0x41>")",
                             R"("a a")",
                             R"("\\G(?<=x)\\X")",
                             R"("(?i)[\\w&&a]|ss")",
                             R"("\u0000")",
                             R"("\uD83D\uDE00")",
                             "2147483647",
                             "1e308",
                             "5e-324",
                             "-1.7976931348623157e308"};
    for (const char* name : {"NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "ByteLevel", "Fuse",
                             "ByteFallback", "Whitespace", "WhitespaceSplit", "UnicodeScripts", "BertPreTokenizer"})
        words.push_back("{\"type\":\"" + std::string(name) + "\"}");
    return words;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using Side = sextant::Truncation::Side;
    try {
        const auto tokenizer = sextant::Tokenizer::from_json({reinterpret_cast<const char*>(data), size});
        fuzz::outcome("read");
        for (const char* text : {"", "a", "aab ba's! [CLS] A  b  11", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 1\xCC\x81"})
            fuzz::expect_promises(tokenizer, text,
                                  {.max_length = 5, .side = size % 2 == 0 ? Side::left : Side::right, .stride = 1});
    } catch (const sextant::Error& error) {
        fuzz::outcome(error.what());
    }
    return 0;
}
