#include "encode/chunks.hpp"

#include <algorithm>
#include <array>

#include <sextant/core/item.hpp>

namespace sextant::encode_detail {
namespace {

constexpr std::string_view blanks = " \t\n\v\f\r";

/// From coarse to fine.
enum class Level { paragraphs, sentences, words, characters };

std::size_t skip(std::string_view text, std::size_t at, std::string_view any_of) { return std::min(text.find_first_not_of(any_of, at), text.size()); }

/// How far a look from some place went, and whether a part of the text ends there.
struct Look {
    std::size_t end;
    bool is_end;
};

/// A paragraph ends behind blanks with an empty line among them.
Look look_for_paragraph(std::string_view text, std::size_t at) {
    if (text[at] != '\n') return {at + 1, false};
    const auto end = skip(text, at, blanks);
    const auto lines = std::ranges::count(text.substr(at, end - at), '\n');
    return lines > 1 ? Look{end, true} : Look{at + 1, false};
}

/// The number of bytes of the first of `words` that stands at `at`; 0 if none does.
template <std::size_t n>
std::size_t one_of(std::string_view text, std::size_t at, const std::array<std::string_view, n>& words) {
    for (const auto word : words)
        if (text.substr(at).starts_with(word)) return word.size();
    return 0;
}

/// A sentence ends behind its marks and the blanks after them. A plain form of the sentence boundaries of Unicode
/// Standard Annex 29: a full stop before a small letter ends no sentence.
Look look_for_sentence(std::string_view text, std::size_t at) {
    constexpr std::array<std::string_view, 4> marks{".", "!", "?", "\xE2\x80\xA6"};                       // and the ellipsis
    constexpr std::array<std::string_view, 3> wide{"\xE3\x80\x82", "\xEF\xBC\x81", "\xEF\xBC\x9F"};  // Chinese and Japanese: no blank follows
    constexpr std::array<std::string_view, 8> closing{"\"", "'", ")", "]", "\xE2\x80\x9D", "\xE2\x80\x99", "\xE3\x80\x8D", "\xC2\xBB"};
    if (const auto paragraph = look_for_paragraph(text, at); paragraph.is_end) return paragraph;
    const auto narrow_mark = one_of(text, at, marks), mark = narrow_mark > 0 ? narrow_mark : one_of(text, at, wide);
    if (mark == 0) return {at + 1, false};
    auto end = at + mark;
    while (const auto more = one_of(text, end, marks) + one_of(text, end, wide) + one_of(text, end, closing)) end += more;
    const auto next = skip(text, end, blanks);
    if (narrow_mark == 0 || next == text.size()) return {next, true};
    return next > end && !(text[next] >= 'a' && text[next] <= 'z') ? Look{next, true} : Look{end, false};
}

Look look_for_word(std::string_view text, std::size_t at) {
    const bool blank = blanks.find(text[at]) != std::string_view::npos;
    return blank ? Look{skip(text, at, blanks), true} : Look{at + 1, false};
}

Look look_for_character(std::string_view text, std::size_t at) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    return {at, true};
}

/// All of `whole`, cut at every end of its level, blanks with what they follow.
std::vector<ByteSpan> parts_of(std::string_view text, ByteSpan whole, Level level) {
    constexpr std::array looks{look_for_paragraph, look_for_sentence, look_for_word, look_for_character};
    text = text.substr(0, whole.end);
    std::vector<ByteSpan> parts;
    auto begin = whole.begin;
    for (auto at = begin; at < whole.end;) {
        const auto look = looks[static_cast<std::size_t>(level)](text, at);
        at = look.end;
        if (!look.is_end) continue;
        parts.push_back({begin, at});
        begin = at;
    }
    if (begin < whole.end) parts.push_back({begin, whole.end});
    return parts;
}

class Cutter {
public:
    Cutter(std::string_view text, std::size_t max_tokens, const CountTokens& count)
        : text_(text), max_tokens_(max_tokens), count_(count), added_(count("")) {}

    /// Packs as many parts of this level as fit, and at most `max_parts`, into each chunk.
    void cut(ByteSpan whole, Level level, const ChunkOptions& options) {
        const auto parts = parts_of(text_, {trimmed(whole).begin, whole.end}, level);  // no part is blank
        std::size_t covered = 0;  // parts that are in some chunk
        for (std::size_t begin = 0; covered < parts.size();) {
            if (level != Level::characters && !fits(parts[begin])) {
                cut(parts[begin], static_cast<Level>(static_cast<int>(level) + 1), {});
                covered = ++begin;
                continue;
            }
            const auto end = last_that_fits(parts, begin, options.max_parts);
            if (end <= covered) {  // what is shared leaves no room for more
                ++begin;
                continue;
            }
            add({parts[begin].begin, parts[end - 1].end});
            covered = end;
            begin = end - shared(parts, begin, end, level, options.overlap);
        }
    }

    [[nodiscard]] std::vector<ByteSpan> take() {
        if (chunks_.empty()) chunks_.emplace_back();
        return std::move(chunks_);
    }

private:
    [[nodiscard]] std::size_t tokens(ByteSpan span) const { return count_(text_.substr(span.begin, span.end - span.begin)); }
    [[nodiscard]] bool fits(ByteSpan span) const { return span.end - span.begin <= max_text_bytes / 2 && tokens(trimmed(span)) <= max_tokens_; }

    [[nodiscard]] ByteSpan trimmed(ByteSpan span) const {
        const auto piece = text_.substr(span.begin, span.end - span.begin);
        const auto first = piece.find_first_not_of(blanks);
        if (first == std::string_view::npos) return {span.begin, span.begin};
        return {span.begin + first, span.begin + piece.find_last_not_of(blanks) + 1};
    }

    void add(ByteSpan span) {
        span = trimmed(span);
        if (span.begin < span.end) chunks_.push_back(span);
    }

    /// One past the last part that goes into a chunk with `begin`, which fits.
    [[nodiscard]] std::size_t last_that_fits(const std::vector<ByteSpan>& parts, std::size_t begin, std::size_t max_parts) {
        const auto most = max_parts == 0 ? parts.size() : std::min(parts.size(), begin + max_parts);
        const auto together = [&](std::size_t end) { return fits({parts[begin].begin, parts[end - 1].end}); };
        std::size_t low = begin + 1, high = most + 1;  // low fits, high does not
        for (auto step = last_count_; low < most && low + step < high; step *= 2) {
            if (!together(low + step)) {
                high = low + step;
                break;
            }
            low += step;
        }
        while (high - low > 1) {
            const auto middle = low + (high - low) / 2;
            (together(middle) ? low : high) = middle;
        }
        last_count_ = std::max<std::size_t>(low - begin, 1);
        return low;
    }

    /// How many parts at the end of a chunk are also the beginning of the next.
    [[nodiscard]] std::size_t shared(const std::vector<ByteSpan>& parts, std::size_t begin, std::size_t end, Level level, std::size_t overlap) const {
        if (level != Level::words) return std::min(overlap, end - begin - 1);
        std::size_t count = 0;
        while (count + 1 < end - begin && tokens(trimmed({parts[end - count - 1].begin, parts[end - 1].end})) <= added_ + overlap) ++count;
        return count;
    }

    std::string_view text_;
    std::size_t max_tokens_;
    const CountTokens& count_;
    std::size_t added_;            ///< tokens of every chunk that are none of its text: prompt and special tokens
    std::size_t last_count_ = 16;  ///< parts of the chunk before: the next will have about as many
    std::vector<ByteSpan> chunks_;
};

}  // namespace

std::vector<ByteSpan> cut_into_chunks(std::string_view text, const ChunkOptions& options, std::size_t max_tokens, const CountTokens& count) {
    using By = ChunkOptions::By;
    const auto level = options.by == By::tokens ? Level::words : options.by == By::sentences ? Level::sentences : Level::paragraphs;
    Cutter cutter(text, max_tokens, count);
    cutter.cut({0, text.size()}, level, options);
    return cutter.take();
}

}  // namespace sextant::encode_detail
