// Small tokenizer.json files, and those of a folder, for the fuzzers of text.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace fuzz {

inline const char* const word_piece = R"({
  "added_tokens": [{"id": 2, "content": "[CLS]", "single_word": false, "lstrip": false,
                    "rstrip": false, "normalized": false, "special": true}],
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
                 "lowercase": true},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
  "decoder": null,
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "a": 4, "b": 5, "##a": 6, "##b": 7,
                      "e": 8, "##s": 9, "!": 10}}
})";

/// The 256 letters that stand for bytes, then three merges (GPT-2's scheme).
inline std::string byte_level_bpe() {
    std::string vocabulary;
    unsigned next = 256;
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool shown = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
        const unsigned code = shown ? byte : next++;
        vocabulary += '"';
        if (code == '"' || code == '\\') vocabulary += '\\';
        if (code >= 0x80) {
            vocabulary += static_cast<char>(0xC0 | code >> 6);
            vocabulary += static_cast<char>(0x80 | (code & 0x3F));
        } else {
            vocabulary += static_cast<char>(code);
        }
        vocabulary += "\":" + std::to_string(byte) + ",";
    }
    return R"({"added_tokens": [], "normalizer": {"type": "NFC"},
  "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
    {"type": "Split", "pattern": {"Regex": "'s|'t|\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+|\\s+"}, "behavior": "Isolated",
     "invert": false},
    {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}]},
  "post_processor": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true},
  "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
  "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null,
            "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
            "vocab": {)" +
           vocabulary + R"("aa": 256, "ab": 257, "aaaa": 258}, "merges": [["a", "a"], ["a", "b"], ["aa", "aa"]]}})";
}

/// The two above, and every tokenizer.json below the folder that SEXTANT_FUZZ_TOKENIZERS names, up to 1 MB each.
inline std::vector<std::string> tokenizer_files() {
    std::vector<std::string> files{word_piece, byte_level_bpe()};
    const char* const folder = std::getenv("SEXTANT_FUZZ_TOKENIZERS");
    if (folder == nullptr) return files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.path().filename() != "tokenizer.json" || entry.file_size() > 1 << 20) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return files;
}

}  // namespace fuzz
