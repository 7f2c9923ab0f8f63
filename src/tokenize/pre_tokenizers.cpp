#include <string_view>
#include <utility>
#include <vector>

#include "tokenize/pattern.hpp"
#include "tokenize/pre_tokenizer.hpp"
#include "tokenize/unicode.hpp"

namespace sextant::tokenize {

namespace {

// Each code point with the property is a match of its own.
template <class Property>
void cut_where(std::string_view text, Property&& has_property, std::vector<Stretch>& stretches) {
    stretches.clear();
    std::size_t gap = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto [c, length] = front(text.substr(at));
        if (has_property(c)) {
            if (gap < at) stretches.push_back({gap, at, false});
            stretches.push_back({at, at + length, true});
            gap = at + length;
        }
        at += length;
    }
    if (gap < text.size()) stretches.push_back({gap, text.size(), false});
}

// Cuts where a property of code points holds.
template <class Property>
class PropertySplit final : public PreTokenizer {
public:
    PropertySplit(Property property, SplitBehavior behavior) : property_(property), behavior_(behavior) {}

    void apply(Pieces& pieces) const override {
        std::vector<Stretch> stretches;
        pieces.split([&](std::string_view text, auto&& part) {
            cut_where(text, property_, stretches);
            tokenize::apply(behavior_, stretches);
            for (const auto& stretch : stretches) part(stretch.begin, stretch.end);
        });
    }

private:
    Property property_;
    SplitBehavior behavior_;
};

template <class Property>
std::unique_ptr<const PreTokenizer> split_where(Property property, SplitBehavior behavior) {
    return std::make_unique<PropertySplit<Property>>(property, behavior);
}

// Words and runs of anything else but whitespace: \w+|[^\w\s]+
class Whitespace final : public PreTokenizer {
public:
    void apply(Pieces& pieces) const override {
        pieces.split([](std::string_view text, auto&& part) {
            enum class Kind { space, word, other } run = Kind::space;
            std::size_t begin = 0;
            for (std::size_t at = 0; at < text.size();) {
                const auto [c, length] = front(text.substr(at));
                const auto kind = is_word(c) ? Kind::word : is_whitespace(c) ? Kind::space : Kind::other;
                if (kind != run) {
                    if (run != Kind::space) part(begin, at);
                    begin = at;
                    run = kind;
                }
                at += length;
            }
            if (run != Kind::space) part(begin, text.size());
        });
    }
};

// Cuts where the script changes. What belongs to no script goes with what stands before it; at the front of a piece it
// is lost, as in Hugging Face.
class UnicodeScripts final : public PreTokenizer {
public:
    void apply(Pieces& pieces) const override {
        pieces.split([](std::string_view text, auto&& part) {
            std::size_t begin = text.size();
            int last = no_script;
            for (std::size_t at = 0; at < text.size();) {
                const auto [c, length] = front(text.substr(at));
                const auto script = script_of(c);
                if (script != no_script && script != last) {
                    if (last != no_script) part(begin, at);
                    begin = at;
                    last = script;
                }
                at += length;
            }
            part(begin, text.size());
        });
    }
};

class Split final : public PreTokenizer {
public:
    Split(std::unique_ptr<const Pattern> pattern, SplitBehavior behavior, bool invert)
        : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}

    void apply(Pieces& pieces) const override {
        std::vector<Stretch> stretches;
        pieces.split([&](std::string_view text, auto&& part) {
            pattern_->cut(text, stretches);
            if (invert_)
                for (auto& stretch : stretches) stretch.is_match = !stretch.is_match;
            tokenize::apply(behavior_, stretches);
            for (const auto& stretch : stretches) part(stretch.begin, stretch.end);
        });
    }

private:
    std::unique_ptr<const Pattern> pattern_;
    SplitBehavior behavior_;
    bool invert_;
};

class Sequence final : public PreTokenizer {
public:
    explicit Sequence(std::vector<std::unique_ptr<const PreTokenizer>> steps) : steps_(std::move(steps)) {}

    void apply(Pieces& pieces) const override {
        for (const auto& step : steps_) step->apply(pieces);
    }

private:
    std::vector<std::unique_ptr<const PreTokenizer>> steps_;
};

std::unique_ptr<const PreTokenizer> bert_pre_tokenizer() {
    std::vector<std::unique_ptr<const PreTokenizer>> steps;
    steps.push_back(split_where(is_whitespace, SplitBehavior::removed));
    steps.push_back(split_where(is_punctuation, SplitBehavior::isolated));
    return std::make_unique<Sequence>(std::move(steps));
}

std::unique_ptr<const PreTokenizer> read_split(const JsonNode& node) {
    node.only({"type", "pattern", "behavior", "invert"});
    return std::make_unique<Split>(read_pattern(node.at("pattern")), read_behavior(node.at("behavior")),
                                   node.at("invert").as_bool());
}

std::unique_ptr<const PreTokenizer> read_sequence(const JsonNode& node) {
    node.only({"type", "pretokenizers"});
    std::vector<std::unique_ptr<const PreTokenizer>> steps;
    for (const auto& element : node.at("pretokenizers").elements()) steps.push_back(read_pre_tokenizer(element));
    return std::make_unique<Sequence>(std::move(steps));
}

}  // namespace

std::unique_ptr<const PreTokenizer> read_pre_tokenizer(const JsonNode& node) {
    const auto& type = node.at("type").as_string();
    if (type == "ByteLevel") return read_byte_level(node);
    if (type == "Metaspace") return read_metaspace(node);
    if (type == "Split") return read_split(node);
    if (type == "Sequence") return read_sequence(node);
    if (type == "Punctuation") {
        node.only({"type", "behavior"});
        const auto behavior = node.find("behavior");
        return split_where(is_punctuation, behavior ? read_behavior(*behavior) : SplitBehavior::isolated);
    }
    if (type == "CharDelimiterSplit") {
        node.only({"type", "delimiter"});
        const auto delimiter = node.at("delimiter").as_code_point();
        return split_where([delimiter](char32_t c) { return c == delimiter; }, SplitBehavior::removed);
    }
    if (type == "Digits") {
        node.only({"type", "individual_digits"});
        const bool single = node.at("individual_digits").as_bool();
        return split_where(is_numeric, single ? SplitBehavior::isolated : SplitBehavior::contiguous);
    }
    node.only({"type"});
    if (type == "BertPreTokenizer") return bert_pre_tokenizer();
    if (type == "Whitespace") return std::make_unique<Whitespace>();
    if (type == "UnicodeScripts") return std::make_unique<UnicodeScripts>();
    if (type == "WhitespaceSplit") return split_where(is_whitespace, SplitBehavior::removed);
    node.fail(ErrorCode::unsupported, "the pre-tokenizer \"" + type + "\" is not supported by this version of sextant");
}

}  // namespace sextant::tokenize
