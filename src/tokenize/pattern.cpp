#include "tokenize/pattern.hpp"

#include <algorithm>
#include <utility>

namespace sextant::tokenize {

namespace {

class Literal final : public Pattern {
public:
    explicit Literal(std::string text) : text_(std::move(text)) {}

    void cut(std::string_view text, std::vector<Stretch>& stretches) const override {
        start(text, stretches);
        std::size_t end = 0;
        for (auto at = text.find(text_); at != std::string_view::npos; at = text.find(text_, end)) {
            if (end < at) stretches.push_back({end, at, false});
            end = at + text_.size();
            stretches.push_back({at, end, true});
        }
        if (end < text.size()) stretches.push_back({end, text.size(), false});
    }

private:
    std::string text_;
};

// Joins each stretch for which `joins(before, stretch)` holds, where `before` is the one that it stood next to, with
// what has become of that.
template <class Joins>
void join(std::vector<Stretch>& stretches, Joins joins) {
    if (stretches.empty()) return;
    std::size_t last = 0;  // of what is left
    auto before = stretches[0];
    for (std::size_t i = 1; i < stretches.size(); ++i) {
        const auto stretch = stretches[i];
        auto& left = stretches[last];
        if (joins(before, stretch))
            left = {std::min(left.begin, stretch.begin), std::max(left.end, stretch.end), left.is_match};
        else
            stretches[++last] = stretch;
        before = stretch;
    }
    stretches.resize(last + 1);
}

bool is_match_after_gap(const Stretch& before, const Stretch& stretch) { return stretch.is_match && !before.is_match; }

}  // namespace

void Pattern::start(std::string_view text, std::vector<Stretch>& stretches) {
    stretches.clear();
    stretches.reserve(text.size() / 4 + 1);
}

std::unique_ptr<const Pattern> read_pattern(const JsonNode& node) {
    node.only({"String", "Regex"});
    if (node.json().size() != 1) node.fail(ErrorCode::corrupt, "expected one of \"String\" and \"Regex\"");
    const auto regex = node.find("Regex");
    const auto& text = (regex ? *regex : node.at("String")).as_string();
    if (text.empty()) node.fail(ErrorCode::unsupported, "an empty pattern");
    if (regex) return make_regex(text, *regex);
    return std::make_unique<Literal>(text);
}

SplitBehavior read_behavior(const JsonNode& node) {
    const auto& name = node.as_string();
    if (name == "Removed") return SplitBehavior::removed;
    if (name == "Isolated") return SplitBehavior::isolated;
    if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
    if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
    if (name == "Contiguous") return SplitBehavior::contiguous;
    node.fail(ErrorCode::unsupported, "the behaviour \"" + name + "\" is not known to this version of sextant");
}

void apply(SplitBehavior behavior, std::vector<Stretch>& stretches) {
    switch (behavior) {
        case SplitBehavior::isolated:
            return;
        case SplitBehavior::removed:
            std::erase_if(stretches, [](const Stretch& stretch) { return stretch.is_match; });
            return;
        case SplitBehavior::contiguous:
            return join(stretches, [](const Stretch& a, const Stretch& b) { return a.is_match == b.is_match; });
        case SplitBehavior::merged_with_previous:
            return join(stretches, is_match_after_gap);
        case SplitBehavior::merged_with_next:
            std::ranges::reverse(stretches);
            join(stretches, is_match_after_gap);
            std::ranges::reverse(stretches);
            return;
    }
}

}  // namespace sextant::tokenize
