// What every tokenizer promises about every text.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/core/error.hpp>
#include <sextant/core/utf8.hpp>
#include <sextant/tokenize/tokenizer.hpp>

#include "fuzz/target.hpp"

namespace fuzz {

inline void expect(bool kept, const char* promise) {
    if (!kept) broken(std::string("not kept: ") + promise);
}

inline void expect_whole(const sextant::Encoding& encoding, std::string_view first, std::string_view second = {}) {
    const auto count = encoding.ids.size();
    expect(encoding.type_ids.size() == count && encoding.offsets.size() == count &&
               encoding.sequence_ids.size() == count && count <= encoding.tokens_total,
           "the vectors are of one length, and not longer than before the cut");
    for (std::size_t i = 0; i < count; ++i) {
        const auto [begin, end] = encoding.offsets[i];
        const auto sequence = encoding.sequence_ids[i];
        expect(sequence >= -1 && sequence <= 1, "a token is of the first text, of the second or of none");
        const auto text = sequence < 0 ? std::string_view() : sequence == 0 ? first : second;
        expect(begin <= end && end <= text.size(),
               "a token stands for bytes of its text, a special one for none");
    }
}

/// The ids that stand for parts of the text.
inline std::vector<std::int64_t> own_ids(const sextant::Encoding& encoding) {
    std::vector<std::int64_t> ids;
    for (std::size_t i = 0; i < encoding.ids.size(); ++i)
        if (!encoding.is_special(i)) ids.push_back(encoding.ids[i]);
    return ids;
}

inline void expect_cut(const sextant::Tokenizer& tokenizer, std::string_view text, const sextant::Encoding& whole,
                       const sextant::Truncation& truncation) {
    const auto cut = tokenizer.encode(text, truncation);
    expect_whole(cut, text);
    expect(cut.ids.size() <= truncation.max_length, "no more tokens than were asked for");
    expect(cut.tokens_total == whole.tokens_total, "what was cut is counted");
    const auto all = own_ids(whole), kept = own_ids(cut);
    expect(kept.size() <= all.size() && (truncation.side == sextant::Truncation::Side::right
                                             ? std::equal(kept.begin(), kept.end(), all.begin())
                                             : std::equal(kept.rbegin(), kept.rend(), all.rbegin())),
           "a cut takes tokens from one end and changes none");
    const auto windows = tokenizer.encode_windows(text, truncation);
    expect(windows.at(0) == cut, "the first window is what encode returns");
    for (const auto& window : windows) {
        expect_whole(window, text);
        expect(window.ids.size() <= truncation.max_length || kept.empty(), "no window is longer than was asked for");
    }
}

/// The tokens of a text, and others in an order that no text has.
inline void expect_decodable(const sextant::Tokenizer& tokenizer, const std::vector<std::int64_t>& ids,
                             std::string_view text) {
    for (const bool skip : {true, false})
        expect(!sextant::first_invalid_utf8(tokenizer.decode(ids, skip)), "decoded text is UTF-8");
    std::vector<std::int64_t> any(ids.rbegin(), ids.rend());
    for (const char c : text) any.push_back(static_cast<std::uint8_t>(c) % (tokenizer.vocabulary_size() + 1));
    try {
        expect(!sextant::first_invalid_utf8(tokenizer.decode(any)), "whatever is decoded is UTF-8");
    } catch (const sextant::Error& error) {
        if (error.code() != sextant::ErrorCode::not_found) throw;
        outcome(error.what());
    }
}

/// Holds a tokenizer to its promises about one text. Throws what it throws.
inline void expect_promises(const sextant::Tokenizer& tokenizer, std::string_view text,
                            const sextant::Truncation& truncation) {
    const auto whole = tokenizer.encode(text);
    expect_whole(whole, text);
    expect(whole.ids.size() == whole.tokens_total, "without a limit nothing is cut");
    outcome("tokens " + std::string(std::min<std::size_t>(whole.ids.size(), 30) + 5, 'n'));
    try {
        expect_cut(tokenizer, text, whole, truncation);
        const auto pair = tokenizer.encode_pair(text, "a b", truncation);
        expect_whole(pair, text, "a b");
        expect(pair.ids.size() <= truncation.max_length, "a pair has no more tokens than were asked for");
    } catch (const sextant::Error& error) {  // such a cut cannot be made
        if (error.code() != sextant::ErrorCode::invalid_argument) throw;
        outcome(error.what());
    }
    expect_decodable(tokenizer, whole.ids, text);
}

}  // namespace fuzz
