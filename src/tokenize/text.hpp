// The text on its way through the pipeline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sextant/core/error.hpp>

#include "tokenize/unicode.hpp"

namespace sextant::tokenize {

/// No normalizer may make more than this of one text: a Replace with a long content could.
inline constexpr std::size_t max_normalized_bytes = 4 * 1024 * 1024;

/// Goes once over a source and says of each part what becomes of it. Whoever changes text does it through this class,
/// so that what the parts became is known in one place.
class Rewriter {
public:
    explicit Rewriter(std::string_view source) : rest_(source) { result_.reserve(source.size() + source.size() / 8); }

    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }
    [[nodiscard]] bool done() const noexcept { return rest_.empty(); }

    void keep(std::size_t bytes) { replace(bytes, rest_.substr(0, bytes)); }
    void drop(std::size_t bytes) { rest_.remove_prefix(bytes); }
    /// The next `bytes` of the source become `text`.
    void replace(std::size_t bytes, std::string_view text) {
        if (text.size() > max_normalized_bytes - result_.size())
            throw Error(ErrorCode::limit, "the tokenizer's normalizer makes more than 4 MiB of one text");
        result_ += text;
        rest_.remove_prefix(bytes);
    }

    [[nodiscard]] std::string take() {
        keep(rest_.size());
        return std::move(result_);
    }

private:
    std::string_view rest_;
    std::string result_;
};

/// A text that normalizers change.
class Text {
public:
    explicit Text(std::string bytes) : bytes_(std::move(bytes)) {}

    [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }

    /// Calls `rewrite` with a Rewriter over the text; what it leaves over is kept.
    template <class Rewrite>
    void rewrite(Rewrite&& rewrite) {
        Rewriter rewriter(bytes_);
        rewrite(rewriter);
        bytes_ = rewriter.take();
    }

    /// Calls `rewrite` with a Rewriter and each code point in turn.
    template <class Rewrite>
    void rewrite_each(Rewrite&& rewrite) {
        Rewriter rewriter(bytes_);
        while (!rewriter.done()) rewrite(rewriter, front(rewriter.rest()));
        bytes_ = rewriter.take();
    }

private:
    std::string bytes_;
};

/// A part of a text: either still to be tokenized, or an added token.
struct Piece {
    std::size_t begin, end;               // bytes of `Pieces::text`
    std::int64_t added_token = no_token;  // its id

    static constexpr std::int64_t no_token = -1;
    [[nodiscard]] bool is_token() const noexcept { return added_token != no_token; }
};

/// A text cut into pieces, in order; what no piece covers was removed.
struct Pieces {
    std::string text;
    std::vector<Piece> pieces;

    [[nodiscard]] std::string_view view(const Piece& piece) const noexcept {
        return std::string_view(text).substr(piece.begin, piece.end - piece.begin);
    }

    /// Puts what `cut` makes of each piece in its place; added tokens stay, empty pieces go. `cut` takes a string_view
    /// and a function that it calls with (begin, end) of each part, in order.
    template <class Cut>
    void split(Cut&& cut) {
        std::vector<Piece> parts;
        parts.reserve(pieces.size() * 2);
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

    /// Writes every piece anew: `write` takes the piece's text and the string to append to.
    template <class Write>
    void rewrite(Write&& write) {
        std::string fresh;
        fresh.reserve(text.size() + text.size() / 2);
        for (auto& piece : pieces) {
            const auto begin = fresh.size();
            if (piece.is_token())
                fresh += view(piece);
            else
                write(view(piece), fresh);
            piece.begin = begin;
            piece.end = fresh.size();
        }
        text = std::move(fresh);
    }
};

}  // namespace sextant::tokenize
