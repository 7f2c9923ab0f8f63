// After processors/{template,bert,roberta}.rs of Hugging Face.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "tokenize/post_processor.hpp"

namespace sextant::tokenize {

namespace {

using Kind = TemplatePart::Kind;

constexpr std::size_t max_added = 1024;  // tokens around a text

TemplatePart read_part(const JsonNode& node, const JsonNode& special_tokens) {
    node.only({"Sequence", "SpecialToken"});
    if (const auto sequence = node.find("Sequence")) {
        sequence->only({"id", "type_id"});
        const auto& id = sequence->at("id").as_string();
        if (id != "A" && id != "B")
            sequence->fail(ErrorCode::corrupt, "expected the id \"A\" or \"B\", found \"" + id + "\"");
        const bool is_first = id == "A";
        return {is_first ? Kind::first_text : Kind::second_text, sequence->at("type_id").as_id(), {}, is_first ? 0 : 1};
    }
    const auto token = node.at("SpecialToken");
    token.only({"id", "type_id"});
    const auto& name = token.at("id").as_string();
    const auto entry = special_tokens.find(name);
    if (!entry) token.fail(ErrorCode::corrupt, "\"" + name + "\" is not among the special_tokens");
    entry->only({"id", "ids", "tokens"});
    TemplatePart part{Kind::tokens, token.at("type_id").as_id()};
    for (const auto& id : entry->at("ids").elements()) part.ids.push_back(id.as_id());
    return part;
}

Template read_template(const JsonNode& node, const JsonNode& special_tokens, bool is_pair) {
    Template pattern;
    std::size_t added = 0;
    for (const auto& element : node.elements()) {
        pattern.push_back(read_part(element, special_tokens));
        added += pattern.back().ids.size();
        if (added > max_added)
            node.fail(ErrorCode::limit, "more than " + std::to_string(max_added) + " tokens are added to a text");
    }
    const auto count = [&pattern](Kind kind) { return std::ranges::count(pattern, kind, &TemplatePart::kind); };
    if (count(Kind::first_text) != 1 || count(Kind::second_text) != (is_pair ? 1 : 0))
        node.fail(ErrorCode::unsupported, is_pair ? "a pair's template must have A and B, each once"
                                                  : "a single text's template must have A once, and no B");
    return pattern;
}

PostProcessor read_template_processing(const JsonNode& node) {
    node.only({"type", "single", "pair", "special_tokens"});
    const auto special_tokens = node.at("special_tokens");
    return {read_template(node.at("single"), special_tokens, false),
            read_template(node.at("pair"), special_tokens, true),
            {}};
}

// ["[SEP]", 102]
TemplatePart read_token(const JsonNode& node, std::int64_t type_id) {
    const auto elements = node.elements();
    if (elements.size() != 2) node.fail(ErrorCode::corrupt, "expected a token and its id");
    static_cast<void>(elements[0].as_string());
    return {Kind::tokens, type_id, {elements[1].as_id()}};
}

PostProcessor read_cls_and_sep(const JsonNode& node) {
    const auto cls = read_token(node.at("cls"), 0);
    const auto sep = read_token(node.at("sep"), 0);
    return {{cls, {Kind::first_text, 0}, sep},
            {cls, {Kind::first_text, 0}, sep, {Kind::second_text, 1}, read_token(node.at("sep"), 1)},
            {}};
}

PostProcessor read_bert_processing(const JsonNode& node) {
    node.only({"type", "sep", "cls"});
    return read_cls_and_sep(node);
}

bool is_of_type(const JsonNode& node, std::string_view type) { return node.at("type").as_string() == type; }

// Without both of its flags, Hugging Face reads a RobertaProcessing as a BertProcessing.
bool is_roberta(const JsonNode& node) {
    return is_of_type(node, "RobertaProcessing") && node.find("trim_offsets") && node.find("add_prefix_space");
}

PostProcessor read_roberta_processing(const JsonNode& node) {
    node.only({"type", "sep", "cls", "trim_offsets", "add_prefix_space"});
    if (!is_roberta(node)) return read_cls_and_sep(node);
    const auto cls = read_token(node.at("cls"), 0);
    const auto sep = read_token(node.at("sep"), 0);
    PostProcessor processor{{cls, {Kind::first_text, 0}, sep},
                            {cls, {Kind::first_text, 0}, sep, sep, {Kind::second_text, 0}, sep},
                            {}};
    if (node.at("trim_offsets").as_bool()) processor.trims.push_back({node.at("add_prefix_space").as_bool(), {}});
    return processor;
}

PostProcessor read_byte_level_processing(const JsonNode& node) {
    node.only({"type", "add_prefix_space", "trim_offsets", "use_regex"});
    PostProcessor processor;
    if (node.at("trim_offsets").as_bool()) processor.trims.push_back({node.at("add_prefix_space").as_bool(), {}});
    return processor;
}

// ByteLevel only moves offsets; of the others one decides.
PostProcessor read_sequence(const JsonNode& node) {
    node.only({"type", "processors"});
    PostProcessor all;
    bool decided = false;
    std::array is_late{false, false};
    for (const auto& element : node.at("processors").elements()) {
        auto next = read_post_processor(element);
        for (const auto& trim : next.trims) all.trims.push_back({trim.add_prefix_space, is_late});
        if (is_of_type(element, "ByteLevel")) continue;
        if (std::exchange(decided, true))
            element.fail(ErrorCode::unsupported, "a second post-processor that adds tokens");
        const bool has_cls = is_of_type(element, "RobertaProcessing") || is_of_type(element, "BertProcessing");
        is_late = {has_cls, is_roberta(element)};
        next.trims = std::move(all.trims);
        all = std::move(next);
    }
    return all;
}

}  // namespace

PostProcessor read_post_processor(const JsonNode& node) {
    const auto& type = node.at("type").as_string();
    if (type == "TemplateProcessing") return read_template_processing(node);
    if (type == "BertProcessing") return read_bert_processing(node);
    if (type == "RobertaProcessing") return read_roberta_processing(node);
    if (type == "Sequence") return read_sequence(node);
    if (type == "ByteLevel") return read_byte_level_processing(node);
    node.fail(ErrorCode::unsupported,
              "the post-processor \"" + type + "\" is not supported by this version of sextant");
}

std::size_t count_added(const Template& pattern) {
    std::size_t count = 0;
    for (const auto& part : pattern) count += part.ids.size();
    return count;
}

}  // namespace sextant::tokenize
