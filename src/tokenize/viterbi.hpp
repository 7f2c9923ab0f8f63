// The best cut of a word into pieces with scores.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tokenize/trie.hpp"
#include "tokenize/unicode.hpp"

namespace sextant::tokenize {

/// The best way to reach a place in a word: its score, and its last token, which begins at `begin`.
template <class Score>
struct Step {
    Score score;
    std::uint32_t begin;
    Trie::Value token;

    static constexpr Trie::Value none = -1;  // no way is known yet
};

/// Viterbi's algorithm over the pieces of `trie`, linear in the word: `encode_optimized` of Hugging Face
/// (models/unigram/model.rs) and `EncodeOptimized` of SentencePiece (unigram_model.cc). `steps` has one more element
/// than the word has bytes; afterwards the best way leads from the last one back. Of equal scores the first found
/// counts, which ends in the longest piece.
///
/// `score_of(token, bytes)` is an optional double; nothing forbids the token. A code point that is no piece becomes
/// `unknown()`, at the score `unknown_score`.
template <class Score, class ScoreOf, class Unknown>
void find_best(const Trie& trie, std::string_view word, std::span<Step<Score>> steps, ScoreOf&& score_of,
               Score unknown_score, Unknown&& unknown) {
    std::ranges::fill(steps, Step<Score>{0, 0, Step<Score>::none});
    for (std::size_t begin = 0; begin < word.size();) {
        const Score so_far = steps[begin].score;
        const auto offer = [&](std::size_t end, Score score, Trie::Value token) {
            auto& step = steps[end];
            if (step.token != Step<Score>::none && score <= step.score) return;
            step = {score, static_cast<std::uint32_t>(begin), token};
        };
        const auto length = front(word.substr(begin)).length;
        bool is_piece = false;
        trie.for_each_prefix(word.substr(begin), [&](std::size_t bytes, Trie::Value token) {
            const std::optional<double> score = score_of(token, bytes);
            if (!score) return;
            offer(begin + bytes, static_cast<Score>(*score + so_far), token);  // rounded before it is compared
            is_piece |= bytes == length;
        });
        if (!is_piece) offer(begin + length, unknown_score + so_far, unknown());
        begin += length;
    }
}

}  // namespace sextant::tokenize
