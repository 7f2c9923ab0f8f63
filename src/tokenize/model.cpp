#include "tokenize/model.hpp"

namespace sextant::tokenize {

std::unique_ptr<const Model> read_model(const JsonNode& node) {
    const auto& type = node.at("type").as_string();
    if (type == "BPE") return read_bpe(node);
    if (type == "Unigram") return read_unigram(node);
    if (type == "WordLevel") return read_word_level(node);
    if (type == "WordPiece") return read_word_piece(node);
    node.fail(ErrorCode::unsupported, "the model \"" + type + "\" is not supported by this version of sextant");
}

}  // namespace sextant::tokenize
