// Small tokenizers that together have every component there is, and those of a folder, for the fuzzers of text.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "tokenize/charsmap_writer.hpp"
#include "tokenize/sentence_piece_writer.hpp"
#include "tokenize/support.hpp"

namespace fuzz {

/// BERT's.
inline Sections like_bert() {
    return {.normalizer = R"({"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                              "strip_accents": null, "lowercase": true})",
            .pre_tokenizer = R"({"type": "BertPreTokenizer"})",
            .post_processor = R"({"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]})",
            .added_tokens = R"([{"id": 2, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false,
                                 "normalized": false, "special": true},
                                {"id": 11, "content": "A  b", "single_word": true, "lstrip": true, "rstrip": true,
                                 "normalized": true, "special": false}])",
            .decoder = R"({"type": "WordPiece", "prefix": "##", "cleanup": true})",
            .model = R"({"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                         "max_input_chars_per_word": 9,
                         "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "a": 4, "b": 5, "##a": 6, "##b": 7,
                                   "e": 8, "##s": 9, "!": 10}})",
            .truncation = R"({"direction": "Left", "max_length": 8, "strategy": "OnlySecond", "stride": 2})",
            .padding = R"({"strategy": {"Fixed": 16}, "direction": "Left", "pad_to_multiple_of": 8, "pad_id": 0,
                           "pad_type_id": 0, "pad_token": "[PAD]"})"};
}

/// GPT-2's, with some of the 256 letters that stand for bytes.
inline Sections like_gpt2() {
    const std::string bytes =
        R"({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true})";
    return {.normalizer = R"({"type": "NFC"})",
            .pre_tokenizer = R"({"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": "'s|(?i:'T)|\\p{L}+|[^\\w\\s]{1,3}?|\\b\\x{31}|\\s+(?!\\S)|\\s"},
                 "behavior": "MergedWithNext", "invert": false}, )" +
                             bytes + "]}",
            .post_processor = bytes,
            .decoder = bytes,
            .model = R"({"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                         "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
                         "ignore_merges": false,
                         "vocab": {"a": 0, "b": 1, "s": 2, "\u0120": 3, "'": 4, "\u00c3": 5, "\u00a9": 6, "\u00e2": 7,
                                   "\u0124": 8, "\u00ac": 9, "\u00f0": 10, "1": 11, "aa": 12, "ab": 13, "aaaa": 14},
                         "merges": [["a", "a"], ["a", "b"], ["aa", "aa"]]})"};
}

/// CLIP's.
inline Sections like_clip() {
    return {.normalizer = R"({"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"},
                              {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "},
                              {"type": "Lowercase"}, {"type": "Strip", "strip_left": true, "strip_right": true}]})",
            .pre_tokenizer = R"({"type": "Sequence", "pretokenizers": [
                {"type": "WhitespaceSplit"}, {"type": "Punctuation", "behavior": "MergedWithPrevious"},
                {"type": "Digits", "individual_digits": false}]})",
            .post_processor = R"({"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 1],
                                  "trim_offsets": true, "add_prefix_space": true})",
            .decoder = R"({"type": "BPEDecoder", "suffix": "</w>"})",
            .model = R"({"type": "BPE", "unk_token": "<unk>", "continuing_subword_prefix": "@@",
                         "end_of_word_suffix": "</w>", "fuse_unk": true, "ignore_merges": true,
                         "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2, "a": 3, "@@a": 4, "@@a</w>": 5, "a</w>": 6,
                                   "b": 7, "@@b</w>": 8, "aa": 9, "aab</w>": 10},
                         "merges": ["a @@a", "aa @@b</w>"]})"};
}

/// T5's and XLM-R's.
inline Sections like_t5() {
    const auto map = write_charsmap({{"A", "a"}, {"\xEF\xAC\x81", "fi"}, {"e\xCC\x81", "\xC3\xA9"}, {"\t", ""}});
    const std::string part = R"({"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}})";
    const std::string meta =
        R"({"type": "Metaspace", "replacement": "_", "prepend_scheme": "first", "split": true})";
    return {.normalizer = R"({"type": "Precompiled", "precompiled_charsmap": ")" + write_base64(map) + R"("})",
            .pre_tokenizer = R"({"type": "Sequence", "pretokenizers": [{"type": "UnicodeScripts"}, )" + meta + "]}",
            .post_processor = R"({"type": "TemplateProcessing", "single": [)" + part + R"(],
                                  "pair": [{"Sequence": {"id": "B", "type_id": 1}}, )" + part + R"(],
                                  "special_tokens": {"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}}})",
            .decoder = meta,
            .model = R"({"type": "Unigram", "unk_id": 0, "byte_fallback": false,
                         "vocab": [["<unk>", 0.0], ["</s>", 0], ["_", -1.5], ["a", -2.25], ["_a", -3.1],
                                   ["ab", -4e0], ["fi", -5.5]]})"};
}

/// Gemma's.
inline Sections like_gemma() {
    return {.normalizer = R"({"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Nmt"},
                              {"type": "Prepend", "prepend": "x"},
                              {"type": "Replace", "pattern": {"String": " "}, "content": "__"}]})",
            .pre_tokenizer = R"({"type": "Split", "pattern": {"String": "_"}, "behavior": "Contiguous",
                                 "invert": true})",
            .post_processor = R"({"type": "Sequence", "processors": [{"type": "ByteLevel", "add_prefix_space": true,
                                  "trim_offsets": true, "use_regex": false}]})",
            .decoder = R"({"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "_"},
                           "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
                           {"type": "Strip", "content": " ", "start": 1, "stop": 2}]})",
            .model = R"({"type": "BPE", "unk_token": "<unk>", "byte_fallback": true,
                         "vocab": {"<unk>": 0, "<0xC3>": 1, "<0xA9>": 2, "<0xE2>": 3, "<0x82>": 4, "<0xAC>": 5,
                                   "<0xF0>": 6, "<0x0A>": 7, "a": 8, "_": 9, "x": 10, "__": 11},
                         "merges": [["_", "_"]]})"};
}

/// No model's, but of what is left.
inline Sections like_no_other() {
    return {.normalizer = R"({"type": "Sequence", "normalizers": [{"type": "NFKD"}, {"type": "ByteLevel"}]})",
            .pre_tokenizer = R"({"type": "Sequence", "pretokenizers": [{"type": "Whitespace"},
                                 {"type": "CharDelimiterSplit", "delimiter": "b"},
                                 {"type": "Digits", "individual_digits": true}]})",
            .decoder = R"({"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": true})",
            .model = R"({"type": "WordLevel", "unk_token": "<unk>",
                         "vocab": {"<unk>": 0, "a": 1, "aa": 2, "1": 3, "<pad>": 4, "|": 5}})",
            .truncation = R"({"max_length": 8, "strategy": "LongestFirst", "stride": 0})",
            .padding = R"({"strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": null, "pad_id": 4,
                           "pad_type_id": 0, "pad_token": "<pad>"})"};
}

/// The contents of the files below the folder that SEXTANT_FUZZ_TOKENIZERS names which have the ending, up to 1 MB each.
inline std::vector<std::string> files_ending_in(const char* ending) {
    std::vector<std::string> files;
    const char* const folder = std::getenv("SEXTANT_FUZZ_TOKENIZERS");
    if (folder == nullptr) return files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.path().filename().string().ends_with(ending) || entry.file_size() > 1 << 20) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return files;
}

inline std::vector<std::string> tokenizer_files() {
    auto files = files_ending_in("tokenizer.json");
    for (const auto& sections :
         {like_bert(), like_gpt2(), like_clip(), like_t5(), like_gemma(), like_no_other()})
        files.push_back(sections.json());
    return files;
}

/// Of every kind, with and without all that a file may have.
inline std::vector<std::string> sentence_piece_files() {
    using namespace sentence_piece;
    const std::vector<Piece> pieces{{"<unk>", 0, unknown}, {"<s>", 0, control}, {blank, -2},        {"a", -3},
                                    {"b", -3.5},           {"ab", -4, unused},  {blank + "a", -4},  {"aba", -5},
                                    {"\xC3\xA9", -6},      {"zz", 0, user_defined}};
    const auto map = write_charsmap({{"A", "a"}, {"\xEF\xAC\x81", "fi"}, {"\t", " "}, {"x", ""}});
    auto files = files_ending_in(".model");
    for (const int kind : {unigram, bpe, word, character}) files.push_back(Model{.pieces = pieces, .kind = kind}.bytes());
    files.push_back(Model{.pieces = with_byte_pieces(pieces), .kind = bpe, .byte_fallback = true}.bytes());
    files.push_back(Model{.pieces = pieces, .charsmap = map, .treat_whitespace_as_suffix = true}.bytes());
    files.push_back(Model{.pieces = pieces,
                          .add_dummy_prefix = false,
                          .remove_extra_whitespaces = false,
                          .escape_whitespaces = false,
                          .denormalizer = map}
                        .bytes());
    return files;
}

}  // namespace fuzz
