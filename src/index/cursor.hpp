// Where a page ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sextant::index {

/// The last record of a page. What comes after it is told by the record's own number and score, not by how many came before:
/// so writes between two pages neither repeat nor skip a record that stays as it is.
struct Cursor {
    std::uint64_t number = 0;    ///< `RowInfo::number`
    std::optional<float> score;  ///< of a hit; none if records are scrolled

    /// Letters and digits: what is in it, in hex, and a checksum.
    [[nodiscard]] std::string to_string() const;

    /// Throws `invalid_argument`, beginning with `what`, unless `text` is what `to_string` gave, with a score or without.
    [[nodiscard]] static Cursor parse(std::string_view text, bool of_hit, const std::string& what);
};

}  // namespace sextant::index
