// Which values have which words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "filter/node.hpp"

namespace sextant::index {

/// Inverted lists of the values of a field, which have the numbers 0, 1, ... in the order in which they are added.
class WordLists {
public:
    /// How many values have been added.
    [[nodiscard]] std::size_t listed() const noexcept { return listed_; }
    void add(std::span<const filter::Scalar> texts);

    /// The numbers, ascending, of the values that have all words of all phrases, in whatever order.
    [[nodiscard]] std::vector<std::uint32_t> with_all(std::span<const filter::Phrase> phrases) const;

private:
    [[nodiscard]] std::vector<std::uint32_t> with(const std::string& word, bool prefix) const;

    std::map<std::string, std::vector<std::uint32_t>, std::less<>> numbers_;
    std::size_t listed_ = 0;
};

}  // namespace sextant::index
