#include "tokenize/pattern.hpp"

#include <algorithm>
#include <utility>

namespace sextant::tokenize {

namespace {

class Literal final : public Pattern {
public:
    explicit Literal(std::string text) : text_(std::move(text)) {}

    std::vector<Stretch> cut(std::string_view text) const override {
        std::vector<Stretch> stretches;
        std::size_t end = 0;
        for (auto at = text.find(text_); at != std::string_view::npos; at = text.find(text_, end)) {
            if (end < at) stretches.push_back({end, at, false});
            end = at + text_.size();
            stretches.push_back({at, end, true});
        }
        if (end < text.size()) stretches.push_back({end, text.size(), false});
        return stretches;
    }

private:
    std::string text_;
};

// Joins each match with its neighbour on one side: the left one when the stretches come in order, the right one when
// they come in reverse.
template <class Iterator, class Join>
std::vector<Stretch> merge(Iterator begin, Iterator end, Join join) {
    std::vector<Stretch> merged;
    bool previous_match = false;
    for (auto stretch = begin; stretch != end; ++stretch) {
        if (stretch->is_match && !previous_match && !merged.empty())
            join(merged.back(), *stretch);
        else
            merged.push_back(*stretch);
        previous_match = stretch->is_match;
    }
    return merged;
}

std::vector<Stretch> join_equal(const std::vector<Stretch>& stretches) {
    std::vector<Stretch> joined;
    for (const auto& stretch : stretches) {
        if (!joined.empty() && joined.back().is_match == stretch.is_match)
            joined.back().end = stretch.end;
        else
            joined.push_back(stretch);
    }
    return joined;
}

}  // namespace

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

std::vector<Stretch> apply(SplitBehavior behavior, std::vector<Stretch> stretches) {
    switch (behavior) {
        case SplitBehavior::isolated:
            return stretches;
        case SplitBehavior::removed:
            std::erase_if(stretches, [](const Stretch& stretch) { return stretch.is_match; });
            return stretches;
        case SplitBehavior::contiguous:
            return join_equal(stretches);
        case SplitBehavior::merged_with_previous:
            return merge(stretches.begin(), stretches.end(), [](Stretch& left, const Stretch& s) { left.end = s.end; });
        case SplitBehavior::merged_with_next: {
            auto merged = merge(stretches.rbegin(), stretches.rend(),
                                [](Stretch& right, const Stretch& s) { right.begin = s.begin; });
            std::ranges::reverse(merged);
            return merged;
        }
    }
    return stretches;
}

}  // namespace sextant::tokenize
