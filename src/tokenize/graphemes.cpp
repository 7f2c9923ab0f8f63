#include "tokenize/graphemes.hpp"

#include <algorithm>

#include "tokenize/unicode.hpp"

namespace sextant::tokenize {

namespace {

using enum GraphemeClass;

GraphemeClass class_of(char32_t c) noexcept {
    if (c < 0x7F) return c >= 0x20 ? other : c == '\r' ? carriage_return : c == '\n' ? line_feed : control;
    if (c >= 0xAC00 && c <= 0xD7A3) return (c - 0xAC00) % 28 == 0 ? hangul_lv : hangul_lvt;
    const auto range = std::ranges::lower_bound(grapheme_ranges, c, {}, &GraphemeRange::last);
    return range != grapheme_ranges.end() && range->first <= c ? range->kind : other;
}

// Indic_Conjunct_Break=Linker.
bool is_linker(char32_t c) noexcept {
    return c == 0x94D || c == 0x9CD || c == 0xACD || c == 0xB4D || c == 0xC4D || c == 0xD4D;
}

bool breaks_after(GraphemeClass c) noexcept { return c == control || c == carriage_return || c == line_feed; }

// Goes through a cluster from its start and knows what the rules look back to.
class Cluster {
public:
    explicit Cluster(char32_t c) { accept(c, class_of(c)); }

    // Whether `c` belongs to the cluster too. The names are those of the rules.
    bool goes_on(char32_t c) noexcept {
        const auto next = class_of(c);
        if (!joins(next)) return false;
        accept(c, next);
        return true;
    }

private:
    [[nodiscard]] bool joins(GraphemeClass next) const noexcept {
        if (last_ == carriage_return && next == line_feed) return true;         // GB3
        if (breaks_after(last_) || breaks_after(next)) return false;            // GB4, GB5
        if (next == extend || next == joiner || next == spacing_mark) return true;  // GB9, GB9a
        if (last_ == prepend) return true;                                      // GB9b
        switch (last_) {
            case hangul_l:
                return next == hangul_l || next == hangul_v || next == hangul_lv || next == hangul_lvt;  // GB6
            case hangul_lv:
            case hangul_v:
                return next == hangul_v || next == hangul_t;  // GB7
            case hangul_lvt:
            case hangul_t:
                return next == hangul_t;  // GB8
            default:
                break;
        }
        if (next == consonant) return linked_;                          // GB9c
        return next == pictograph && last_ == joiner && after_picture_;  // GB11
    }

    void accept(char32_t c, GraphemeClass kind) noexcept {
        if (kind == consonant) {
            after_consonant_ = true;
            linked_ = false;
        } else if (is_linker(c)) {
            linked_ = after_consonant_;
        } else if ((kind != extend && kind != joiner) || c == 0x200C) {
            after_consonant_ = linked_ = false;
        }
        if (kind == pictograph)
            after_picture_ = true;
        else if ((kind != extend && kind != joiner) || last_ == joiner)
            after_picture_ = false;
        last_ = kind;
    }

    GraphemeClass last_ = other;
    bool after_consonant_ = false;  // and after linkers and extenders that follow it
    bool linked_ = false;           // one of those is a linker
    bool after_picture_ = false;    // and after extenders that follow it, and one joiner
};

}  // namespace

std::size_t first_grapheme(std::string_view text) noexcept {
    const auto [first, length] = front(text);
    Cluster cluster(first);
    std::size_t end = length;
    while (end < text.size()) {
        const auto [next, bytes] = front(text.substr(end));
        if (!cluster.goes_on(next)) break;
        end += bytes;
    }
    return end;
}

}  // namespace sextant::tokenize
