// The text on its way through the pipeline, and where each part of it came from.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenize/unicode.hpp"

namespace sextant::tokenize {

/// No normalizer may make more than this of one text: a Replace with a long content could.
inline constexpr std::size_t max_normalized_bytes = 4 * 1024 * 1024;

/// Bytes of the text that the caller gave, which is at most `max_text_bytes` long.
struct Span {
    std::uint32_t begin, end;
};

/// A text that normalizers change, and for each of its bytes the code point of the original that it stands for. Nothing
/// is recorded as long as every code point was kept or replaced by one of equal length.
class Text {
public:
    /// The bytes [begin, end) of `original`, which is borrowed.
    Text(std::string_view original, std::size_t begin, std::size_t end)
        : original_(original), shift_(begin), bytes_(original.substr(begin, end - begin)) {}

    [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }

    /// Where the bytes [begin, end), which are some, came from.
    [[nodiscard]] Span place(std::size_t begin, std::size_t end) const noexcept {
        return {span(begin).begin, span(end - 1).end};
    }

    /// Calls `rewrite` with a Rewriter over all of the text; what it leaves over is kept.
    template <class Rewrite>
    void rewrite(Rewrite&& rewrite);

    /// Calls `rewrite` with a Rewriter and each code point in turn.
    template <class Rewrite>
    void rewrite_each(Rewrite&& rewrite);

    /// Puts a part of the same original behind this.
    void append(Text part);

private:
    friend class Rewriter;

    [[nodiscard]] Span span(std::size_t at) const noexcept;
    /// Appends the spans of the bytes [begin, end), which are whole code points.
    void copy_spans(std::size_t begin, std::size_t end, std::vector<Span>& out) const;

    std::string_view original_;
    std::size_t shift_;        // where the text began in the original
    std::string bytes_;
    std::vector<Span> spans_;  // of each byte; empty: byte i is byte shift_ + i of the original, or stands in for it
};

/// Goes once over a text, or over parts of it in order, and says of each bit what becomes of it. Whoever changes text
/// does it through this class, so that what came from where is known in one place. New text stands for the code point
/// that NormalizedString::transform of Hugging Face (tokenizer/normalizer.rs) would align it with.
///
/// Changes nothing, and copies nothing, before the first change of length.
class Rewriter {
public:
    explicit Rewriter(Text& text) : text_(text), end_(text.bytes_.size()), origin_(text.shift_) {}

    /// What is still to be read of the part.
    [[nodiscard]] std::string_view rest() const noexcept {
        return std::string_view(text_.bytes_).substr(at_, end_ - at_);
    }
    [[nodiscard]] bool done() const noexcept { return at_ == end_; }
    /// Where the part begins in the original.
    [[nodiscard]] std::size_t origin() const noexcept { return origin_; }

    void keep(std::size_t bytes);
    void drop(std::size_t bytes);
    /// The next `bytes` become `text`, which stands for the last code point replaced, or for the one before.
    void replace(std::size_t bytes, std::string_view text);
    /// `text` is put before the next code point and stands for it.
    void insert(std::string_view text);
    /// One step of NormalizedString::transform: `c` is new and stands for the code point before it (change > 0), or
    /// replaces the next code point (0), or the next 1 - change (< 0).
    void put(char32_t c, int change);

    /// Goes on to the part [begin, end) of the text; what lies before it may get lost.
    void open(std::size_t begin, std::size_t end);
    /// How much has been written.
    [[nodiscard]] std::size_t position() const noexcept { return moved_ ? fresh_.size() : at_; }
    /// Gives the text what was written. The last call.
    void finish();

private:
    [[nodiscard]] Span before() const noexcept;
    [[nodiscard]] bool overwrite(std::size_t bytes, std::string_view text);
    void write(std::string_view text, Span span);
    void move();

    Text& text_;
    std::size_t begin_ = 0, at_ = 0, end_;  // the part, and the next byte to read
    std::size_t origin_;
    bool moved_ = false;  // into `fresh_`
    std::string fresh_;
    std::vector<Span> fresh_spans_;
};

template <class Rewrite>
void Text::rewrite(Rewrite&& rewrite) {
    Rewriter rewriter(*this);
    rewrite(rewriter);
    rewriter.keep(rewriter.rest().size());
    rewriter.finish();
}

template <class Rewrite>
void Text::rewrite_each(Rewrite&& rewrite) {
    Rewriter rewriter(*this);
    while (!rewriter.done()) rewrite(rewriter, front(rewriter.rest()));
    rewriter.finish();
}

/// A part of a text: either still to be tokenized, or an added token.
struct Piece {
    std::size_t begin, end;               // bytes of `Pieces::text`
    std::int64_t added_token = no_token;  // its id

    static constexpr std::int64_t no_token = -1;
    [[nodiscard]] bool is_token() const noexcept { return added_token != no_token; }
};

/// A text cut into pieces, in order; what no piece covers was removed.
struct Pieces {
    Text text;
    std::vector<Piece> pieces = {};

    [[nodiscard]] std::string_view view(const Piece& piece) const noexcept {
        return std::string_view(text.bytes()).substr(piece.begin, piece.end - piece.begin);
    }

    /// Puts what `cut` makes of each piece in its place; added tokens stay, empty pieces go. `cut` takes a string_view
    /// and a function that it calls with (begin, end) of each part, in order.
    template <class Cut>
    void split(Cut&& cut) {
        std::vector<Piece> parts;
        parts.reserve(std::max(pieces.size() * 2, text.bytes().size() / 4));  // as many words as a text has
        for (const auto& piece : pieces) {
            if (piece.is_token()) {
                parts.push_back(piece);
                continue;
            }
            cut(view(piece), [&](std::size_t begin, std::size_t end) {
                if (begin < end) parts.push_back({piece.begin + begin, piece.begin + end});
            });
        }
        pieces = std::move(parts);
    }

    /// Calls `rewrite` with a Rewriter over each piece that is no token; what it leaves over is kept.
    template <class Rewrite>
    void rewrite(Rewrite&& rewrite) {
        Rewriter rewriter(text);
        for (auto& piece : pieces) {
            rewriter.open(piece.begin, piece.end);
            piece.begin = rewriter.position();
            if (!piece.is_token()) rewrite(rewriter);
            rewriter.keep(rewriter.rest().size());
            piece.end = rewriter.position();
        }
        rewriter.finish();
    }
};

}  // namespace sextant::tokenize
