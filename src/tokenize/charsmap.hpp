// The rewrites that SentencePiece compiles into its models.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sextant::tokenize {

/// A `precompiled_charsmap`: keys in a double array (Aoe 1989; laid out as in darts-clone), and what each becomes.
/// Every step that a lookup could take is checked once, when it is read. Never changes; any thread.
class Charsmap {
public:
    static constexpr std::size_t max_bytes = 4 * 1024 * 1024;
    static constexpr std::size_t max_key_bytes = 1024;

    /// From its bytes: the size of the array (uint32), the array of uint32, strings that end with NUL; all
    /// little-endian. Throws `corrupt` for what no builder makes and for keys beyond `max_key_bytes`, and `limit` beyond
    /// `max_bytes`, naming `place`.
    Charsmap(std::string_view bytes, const std::string& place);

    /// What the shortest key becomes that `text` begins with.
    [[nodiscard]] std::optional<std::string_view> find_shortest(std::string_view text) const noexcept;
    struct Match {
        std::string_view becomes;
        std::size_t bytes;
    };
    /// The longest key that `text` begins with.
    [[nodiscard]] std::optional<Match> find_longest(std::string_view text) const noexcept;

private:
    void check(const std::string& place) const;
    void check_leaf(std::size_t value, const std::string& place) const;
    [[nodiscard]] std::string_view replacement(std::uint32_t leaf) const noexcept;

    std::vector<std::uint32_t> units_;
    std::string replacements_;
};

}  // namespace sextant::tokenize
