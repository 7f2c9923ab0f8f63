// Files that say how to tokenize; with those that are sound, a few texts are tokenized.
#include <sextant/core/error.hpp>
#include <sextant/tokenize/tokenizer.hpp>

#include "fuzz/target.hpp"
#include "fuzz/tokenizers.hpp"

std::vector<fuzz::Bytes> fuzz::seeds() { return tokenizer_files(); }

std::vector<fuzz::Bytes> fuzz::tokens() {
    std::vector<Bytes> words{R"({"type":"Strip","strip_left":true,"strip_right":true})",
                             R"({"type":"Replace","pattern":{"String":"a"},"content":"b"})",
                             R"({"type":"Replace","pattern":{"Regex":"(a|b)*c"},"content":""})",
                             R"({"type":"Prepend","prepend":"x"})",
                             R"({"type":"Digits","individual_digits":true})",
                             R"({"type":"Punctuation","behavior":"Isolated"})",
                             R"({"type":"Whitespace"})",
                             R"({"type":"Sequence","normalizers":[]})",
                             R"({"type":"Sequence","pretokenizers":[]})",
                             R"({"type":"TemplateProcessing","single":[],"pair":[],"special_tokens":{}})",
                             R"({"type":"Metaspace","replacement":"_","prepend_scheme":"always","split":true})",
                             R"({"type":"Unigram","unk_id":0,"vocab":[["a",-1.0]],"byte_fallback":false})",
                             R"({"type":"WordLevel","vocab":{"a":0},"unk_token":"a"})",
                             R"("\\p{L}+")",
                             R"("(?:a+)+b")",
                             "\"(?=x)\""};
    for (const char* name : {"NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt", "ByteLevel", "Fuse"})
        words.push_back("{\"type\":\"" + std::string(name) + "\"}");
    return words;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const auto tokenizer = sextant::Tokenizer::from_json({reinterpret_cast<const char*>(data), size});
        fuzz::outcome("read");
        for (const char* text : {"", "a", "aab ba's! [CLS]", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 1\xCC\x81"}) {
            const auto encoding = tokenizer.encode(text);
            if (encoding.ids.size() != encoding.type_ids.size()) fuzz::broken("ids and type ids differ in number");
            fuzz::outcome("encoded " + std::string(encoding.ids.size() + 5, 'n'));
        }
    } catch (const sextant::Error& error) {
        fuzz::outcome(error.what());
    }
    return 0;
}
