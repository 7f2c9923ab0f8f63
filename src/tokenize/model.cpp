#include "tokenize/model.hpp"

#include <algorithm>
#include <initializer_list>

namespace sextant::tokenize {

namespace {

// Files older than the field "type", as many models on the hub still are, tell the kind by the fields that they have.
// In the order in which Hugging Face tries the kinds, the first counts.
std::string type_of(const JsonNode& node) {
    if (node.json().contains("type")) return node.at("type").as_string();
    const auto has = [&node](std::initializer_list<const char*> fields) {
        return std::ranges::all_of(fields, [&node](const char* field) { return node.find(field).has_value(); });
    };
    if (node.at("vocab").is_array()) return "Unigram";  // no other kind has a list
    if (has({"merges"})) return "BPE";
    if (has({"unk_token", "continuing_subword_prefix", "max_input_chars_per_word"})) return "WordPiece";
    return "WordLevel";
}

}  // namespace

std::unique_ptr<const Model> read_model(const JsonNode& node) {
    const auto type = type_of(node);
    if (type == "BPE") return read_bpe(node);
    if (type == "Unigram") return read_unigram(node);
    if (type == "WordLevel") return read_word_level(node);
    if (type == "WordPiece") return read_word_piece(node);
    node.fail(ErrorCode::unsupported, "the model \"" + type + "\" is not supported by this version of sextant");
}

}  // namespace sextant::tokenize
