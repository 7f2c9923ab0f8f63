#include "index/word_lists.hpp"

#include <algorithm>
#include <iterator>
#include <variant>

namespace sextant::index {

void WordLists::add(std::span<const filter::Scalar> texts) {
    const auto number = static_cast<std::uint32_t>(listed_);
    for (const auto& element : texts) {
        const auto* text = std::get_if<std::string>(&element);
        if (text == nullptr) continue;
        for (auto& word : filter::words_of(*text)) {
            auto& numbers = numbers_[std::move(word)];
            if (numbers.empty() || numbers.back() != number) numbers.push_back(number);  // also if adding it was cut off before
        }
    }
    ++listed_;
}

std::vector<std::uint32_t> WordLists::with(const std::string& word, bool prefix) const {
    if (!prefix) {
        const auto found = numbers_.find(word);
        return found == numbers_.end() ? std::vector<std::uint32_t>() : found->second;
    }
    std::vector<std::uint32_t> all;
    for (auto at = numbers_.lower_bound(word); at != numbers_.end() && at->first.starts_with(word); ++at) all.insert(all.end(), at->second.begin(), at->second.end());
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

std::vector<std::uint32_t> WordLists::with_all(std::span<const filter::Phrase> phrases) const {
    std::vector<std::uint32_t> left;
    bool first = true;
    for (const auto& phrase : phrases)
        for (const auto& word : phrase.words) {
            auto some = with(word, phrase.prefix && &word == &phrase.words.back());
            if (!first) {
                std::vector<std::uint32_t> both;
                std::ranges::set_intersection(left, some, std::back_inserter(both));
                some = std::move(both);
            }
            left = std::move(some);
            first = false;
        }
    return left;
}

}  // namespace sextant::index
