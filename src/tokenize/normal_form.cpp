// After the crate unicode-normalization-alignments, which says of each code point of a normal form how many it replaces.
#include "tokenize/normal_form.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <sextant/core/error.hpp>

namespace sextant::tokenize {

namespace {

using Point = utf8proc_int32_t;

int combining_class(Point c) noexcept { return utf8proc_get_property(c)->combining_class; }

// The one code point that two compose to.
std::optional<Point> compose(Point left, Point right) noexcept {
    if (right < 0x300 || (right >= 0x3100 && right < 0x10000)) return std::nullopt;  // never the right half
    constexpr auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    Point pair[] = {left, right};
    return utf8proc_normalize_utf32(pair, 2, options) == 1 ? std::optional(pair[0]) : std::nullopt;
}

// A stretch of text that is normalised on its own. utf8proc decomposes, and composes pairs; sorting marks takes it
// quadratic time, so that is done here.
class Stretch {
public:
    explicit Stretch(NormalForm form) noexcept : compose_(form == NormalForm::nfc || form == NormalForm::nfkc) {
        const bool compatible = form == NormalForm::nfkc || form == NormalForm::nfkd;
        options_ = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | (compatible ? UTF8PROC_COMPAT : 0));
    }

    void add(char32_t c) {
        constexpr std::size_t longest = 32;  // U+FDFA becomes 18 code points
        Point points[longest];
        int boundary = 0;
        const auto count =
            utf8proc_decompose_char(static_cast<Point>(c), points, static_cast<utf8proc_ssize_t>(longest), options_,
                                    &boundary);
        if (count < 0 || static_cast<std::size_t>(count) > longest)
            throw Error(ErrorCode::unsupported, std::string("utf8proc: ") + utf8proc_errmsg(count));
        for (utf8proc_ssize_t i = 0; i < count; ++i)
            parts_.push_back({points[i], i == 0 ? 0 : 1, combining_class(points[i])});
    }

    void flush(Rewriter& rewriter) {
        sort_marks();
        if (compose_) compose_all();
        for (const auto& part : parts_) rewriter.put(static_cast<char32_t>(part.point), part.change);
        parts_.clear();
    }

private:
    struct Part {
        Point point;
        int change;  // as Rewriter::put takes it
        int combining_class;
    };

    void sort_marks() {
        const auto is_mark = [](const Part& part) { return part.combining_class != 0; };
        for (auto begin = parts_.begin(); begin != parts_.end();) {
            begin = std::find_if(begin, parts_.end(), is_mark);
            const auto end = std::find_if_not(begin, parts_.end(), is_mark);
            if (end - begin > 1) std::ranges::stable_sort(begin, end, {}, &Part::combining_class);
            begin = end;
        }
    }

    // Joins each starter with the marks behind it that nothing of the same or a higher class parts from it.
    void compose_all() {
        constexpr std::size_t none = static_cast<std::size_t>(-1);
        std::size_t starter = none, size = 0;
        int last_class = -1;  // of what was left between; -1: nothing was
        for (const auto part : parts_) {
            if (starter != none && last_class < part.combining_class) {
                if (const auto whole = compose(parts_[starter].point, part.point)) {
                    parts_[starter].point = *whole;
                    parts_[starter].change += part.change - 1;
                    continue;
                }
            }
            if (part.combining_class == 0) starter = size;
            if (starter != none) last_class = part.combining_class == 0 ? -1 : part.combining_class;
            parts_[size++] = part;
        }
        parts_.resize(size);
    }

    std::vector<Part> parts_;
    utf8proc_option_t options_;
    bool compose_;
};

}  // namespace

void rewrite_in(NormalForm form, Text& text) {
    // A form leaves alone what is below `simple`, unless a mark follows, and joins it with nothing that stands before.
    const char32_t simple = form == NormalForm::nfc ? 0x300 : 0x80;
    Stretch stretch(form);
    text.rewrite([&](Rewriter& rewriter) {
        while (!rewriter.done()) {
            auto rest = rewriter.rest();
            std::size_t run = 0, last = 0;
            for (; run < rest.size(); run += last) {
                const auto [c, length] = front(rest.substr(run));
                if (c >= simple) break;
                last = length;
            }
            if (run == rest.size()) return;
            rewriter.keep(run - last);
            rest.remove_prefix(run - last);
            do {
                const auto [c, length] = front(rest);
                rest.remove_prefix(length);
                if (is_unmoved(c)) {
                    stretch.flush(rewriter);
                    rewriter.put(c, 0);
                } else {
                    stretch.add(c);
                }
            } while (!rest.empty() && front(rest).value >= simple);
            stretch.flush(rewriter);
        }
    });
}

}  // namespace sextant::tokenize
