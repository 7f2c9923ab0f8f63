#include "tokenize/merges.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <tuple>
#include <utility>

#include "tokenize/unicode.hpp"

namespace sextant::tokenize {

namespace {

using Parts = std::pair<std::string_view, std::string_view>;

[[noreturn]] void refuse(const JsonNode& node, std::size_t i, const std::string& message) {
    node.fail(ErrorCode::corrupt, "merge " + std::to_string(i) + ": " + message);
}

Parts read_parts(const JsonNode& node, std::size_t i, bool as_string) {
    const auto& merge = node.json()[i];
    if (as_string) {
        if (!merge.is_string()) refuse(node, i, "expected a string, as the first merge is one");
        const std::string_view text = merge.get_ref<const std::string&>();
        const auto space = text.find(' ');
        if (space == std::string_view::npos || text.find(' ', space + 1) != std::string_view::npos)
            refuse(node, i, "expected two tokens with one space between them");
        return {text.substr(0, space), text.substr(space + 1)};
    }
    if (!merge.is_array() || merge.size() != 2 || !merge[0].is_string() || !merge[1].is_string())
        refuse(node, i, "expected two strings");
    return {merge[0].get_ref<const std::string&>(), merge[1].get_ref<const std::string&>()};
}

Vocabulary::Index find_token(const JsonNode& node, std::size_t i, const Vocabulary& vocabulary,
                             std::string_view token) {
    const auto index = vocabulary.find(token);
    if (!index) refuse(node, i, "\"" + std::string(token) + "\" is not in the vocabulary");
    return *index;
}

}  // namespace

Merges::Merges(const JsonNode& node, const Vocabulary& vocabulary, std::size_t prefix_bytes) {
    if (!node.is_array()) node.fail(ErrorCode::corrupt, "expected an array of merges");
    const auto count = node.json().size();
    const bool as_strings = count > 0 && node.json()[0].is_string();
    merges_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto& merge = node.json()[i];
        if (as_strings && merge.is_string() && merge.get_ref<const std::string&>().starts_with("#version")) continue;
        const auto [left, right] = read_parts(node, i, as_strings);
        if (right.size() < prefix_bytes) refuse(node, i, "the right part is shorter than continuing_subword_prefix");
        const std::string result = std::string(left) + std::string(right.substr(prefix_bytes));
        merges_.push_back({find_token(node, i, vocabulary, left), find_token(node, i, vocabulary, right),
                           find_token(node, i, vocabulary, result), static_cast<std::uint32_t>(i)});
    }
    const int bits = static_cast<int>(std::bit_width(2 * count + 1));
    shift_ = 64 - bits;
    // Of two merges of the same parts the later counts, as in Hugging Face.
    const auto order = [this](const Merge& m) { return std::tuple(bucket(m.left, m.right), m.left, m.right, ~m.rank); };
    std::ranges::sort(merges_, {}, order);
    const auto parts = [](const Merge& m) { return std::tuple(m.left, m.right); };
    merges_.erase(std::ranges::unique(merges_, {}, parts).begin(), merges_.end());
    first_.assign((std::size_t{1} << bits) + 1, 0);
    for (const auto& merge : merges_) ++first_[bucket(merge.left, merge.right) + 1];
    for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
    find_joints(vocabulary);
}

// Eight bits and more for each merge: of the pairs that no merge joins, hardly any shares its bit.
void Merges::find_joints(const Vocabulary& vocabulary) {
    const int bits = std::max(6, static_cast<int>(std::bit_width(8 * merges_.size())));
    joint_shift_ = 64 - bits;
    joints_.assign(std::size_t{1} << (bits - 6), 0);
    for (const auto& merge : merges_) {
        const auto left = vocabulary.text(merge.left), right = vocabulary.text(merge.right);
        if (left.empty() || right.empty()) continue;  // a part without text stands for no code point
        const auto bit = hash(back(left).value, front(right).value, joint_shift_);
        joints_[bit / 64] |= std::uint64_t{1} << bit % 64;
    }
}

const Merge* Merges::find_among(const Merge* begin, const Merge* end, Vocabulary::Index left,
                                Vocabulary::Index right) noexcept {
    const auto* merge = std::lower_bound(begin, end, std::tuple(left, right), [](const Merge& m, const auto& wanted) {
        return std::tuple(m.left, m.right) < wanted;
    });
    return merge != end && merge->left == left && merge->right == right ? merge : nullptr;
}

}  // namespace sextant::tokenize
