// After utils/truncation.rs, tokenizer/encoding.rs and pre_tokenizers/byte_level.rs (offsets) of Hugging Face.
#include "tokenize/assemble.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <sextant/core/error.hpp>

#include "tokenize/byte_alphabet.hpp"

namespace sextant::tokenize {

namespace {

using Kind = TemplatePart::Kind;
using Counts = std::array<std::size_t, 2>;  // of the first and of the second text

struct Window {
    std::size_t begin, end;  // tokens of a text
    bool is_first;
};
using Windows = std::vector<Window>;

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorCode::invalid_argument, message); }

// "longest_first", which may differ by one token from removing the longer text's last token again and again.
Counts share(Counts sizes, std::size_t room) {
    const auto shorter = std::min(sizes[0], sizes[1]);
    std::size_t less = shorter;
    std::size_t more = shorter > room ? shorter : std::max(shorter, room - shorter);
    if (less > room || more > room - less) {
        less = room / 2;
        more = less + room % 2;
    }
    return sizes[0] > sizes[1] ? Counts{more, less} : Counts{less, more};
}

// How many tokens of each text stay.
Counts kept_of(Counts sizes, bool is_pair, const Truncation& truncation, std::size_t room) {
    if (sizes[0] <= room && sizes[1] <= room - sizes[0]) return sizes;
    if (room == 0) return {0, 0};
    if (truncation.strategy == Truncation::Strategy::longest_first)
        return is_pair ? share(sizes, room) : Counts{room, 0};
    const std::size_t target = truncation.strategy == Truncation::Strategy::only_first ? 0 : 1;
    if (target == 1 && !is_pair) refuse("the second text is to be cut, but there is only one");
    const auto excess = sizes[0] + sizes[1] - room;
    if (sizes[target] <= excess)
        refuse("only the " + std::string(target == 0 ? "first" : "second") + " text is to be cut; it has " +
               std::to_string(sizes[target]) + " tokens, and " + std::to_string(excess) +
               " are too many: raise max_length, or cut longest_first");
    sizes[target] -= excess;
    return sizes;
}

// The window of `length` tokens, or of what there is, that is `at` tokens from the kept end.
Window window_at(std::size_t at, std::size_t size, std::size_t length, const Truncation& truncation) {
    const auto count = std::min(length, size - at);
    const bool from_left = truncation.side == Truncation::Side::right;
    return from_left ? Window{at, at + count, at == 0} : Window{size - at - count, size - at, at == 0};
}

// Windows of `length` tokens from the kept end to the other, each sharing `stride` with the one before.
Windows windows_of(std::size_t size, std::size_t length, const Truncation& truncation) {
    Windows windows{window_at(0, size, length, truncation)};
    if (length >= size) return windows;
    if (length == 0 && truncation.stride == 0) {
        windows.push_back({0, size, false});
        return windows;
    }
    if (truncation.stride >= length)
        refuse("the stride is " + std::to_string(truncation.stride) + ", but there is only room for " +
               std::to_string(length) + " tokens of the text: make it smaller");
    const auto step = length - truncation.stride;
    std::size_t total = length;
    for (std::size_t at = step; windows.back().end - windows.back().begin + at - step < size; at += step) {
        windows.push_back(window_at(at, size, length, truncation));
        total += length;
        if (total > Tokenizer::max_window_tokens)
            throw Error(ErrorCode::limit, "the windows of the text have more than " +
                                              std::to_string(Tokenizer::max_window_tokens) +
                                              " tokens: raise max_length or lower the stride");
    }
    return windows;
}

std::size_t forward(std::string_view text, std::size_t at, std::size_t end, std::size_t count) {
    for (; count > 0 && at < end; --count) at += front(text.substr(at)).length;
    return std::min(at, end);
}

// Leaves `at` where it is if there are fewer code points before it.
std::size_t backward(std::string_view text, std::size_t at, std::size_t count) {
    auto rest = text.substr(0, at);
    for (; count > 0; --count) {
        if (rest.empty()) return at;
        rest.remove_suffix(back(rest).length);
    }
    return rest.size();
}

Offsets trimmed(Offsets offsets, const Placed& token, bool is_first, const Trim& trim, std::string_view text) {
    const bool was_added = token.leading == 1 && trim.add_prefix_space && (is_first || offsets.begin == 0);
    if (token.leading > 0 && !was_added) offsets.begin = forward(text, offsets.begin, offsets.end, token.leading);
    if (token.trailing > 0) offsets.end = std::max(backward(text, offsets.end, token.trailing), offsets.begin);
    return offsets;
}

class Filler {
public:
    Filler(const std::array<PlacedText, 2>& texts, const Template& pattern, const std::vector<Trim>& trims)
        : texts_(texts), pattern_(pattern), trims_(trims) {}

    Encoding fill(const std::array<Window, 2>& windows) const {
        Encoding encoding;
        reserve(encoding, windows);
        for (const auto& part : pattern_) {
            if (part.kind == Kind::tokens)
                for (const auto id : part.ids) add(encoding, id, part.type_id, {}, -1);
            else
                add_text(encoding, part, windows[part.kind == Kind::first_text ? 0 : 1]);
        }
        return encoding;
    }

private:
    static void add(Encoding& encoding, std::int64_t id, std::int64_t type, Offsets offsets, std::int8_t sequence) {
        encoding.ids.push_back(id);
        encoding.type_ids.push_back(type);
        encoding.offsets.push_back(offsets);
        encoding.sequence_ids.push_back(sequence);
    }

    void reserve(Encoding& encoding, const std::array<Window, 2>& windows) const {
        const auto size = count_added(pattern_) + windows[0].end - windows[0].begin + windows[1].end - windows[1].begin;
        encoding.ids.reserve(size);
        encoding.type_ids.reserve(size);
        encoding.offsets.reserve(size);
        encoding.sequence_ids.reserve(size);
    }

    void add_text(Encoding& encoding, const TemplatePart& part, const Window& window) const {
        const std::size_t which = part.kind == Kind::first_text ? 0 : 1;
        const auto& [text, tokens] = texts_[which];
        const auto type = window.is_first ? part.type_id : part.window_type_id;
        for (auto i = window.begin; i < window.end; ++i) {
            Offsets offsets{tokens[i].place.begin, tokens[i].place.end};
            for (const auto& trim : trims_)
                offsets = trimmed(offsets, tokens[i], i == window.begin && !trim.is_late[which], trim, text);
            add(encoding, tokens[i].id, type, offsets, static_cast<std::int8_t>(which));
        }
    }

    const std::array<PlacedText, 2>& texts_;
    const Template& pattern_;
    const std::vector<Trim>& trims_;
};

bool second_comes_first(const Template& pattern) {
    const auto first = std::ranges::find(pattern, Kind::first_text, &TemplatePart::kind);
    return std::ranges::find(pattern.begin(), first, Kind::second_text, &TemplatePart::kind) != first;
}

// Which window of the first text goes with which of the second, in the order in which Encoding::merge_with of Hugging
// Face makes them.
std::vector<std::array<Window, 2>> pair_up(const std::array<Windows, 2>& windows, const Template& pattern) {
    const std::size_t outer = second_comes_first(pattern) ? 1 : 0, inner = 1 - outer;
    std::vector<std::array<Window, 2>> pairs;
    const auto add = [&](const Window& a, const Window& b) {
        pairs.push_back(outer == 0 ? std::array{a, b} : std::array{b, a});
    };
    add(windows[outer][0], windows[inner][0]);
    for (std::size_t i = 1; i < windows[outer].size(); ++i)
        for (const auto& other : windows[inner]) add(windows[outer][i], other);
    for (std::size_t i = 1; i < windows[inner].size(); ++i) add(windows[outer][0], windows[inner][i]);
    return pairs;
}

void check_total(const std::array<Windows, 2>& windows, std::size_t max_length) {
    const auto count = windows[0].size() * windows[1].size();  // each at most a million
    if (count > 1 && max_length > Tokenizer::max_window_tokens / count)
        throw Error(ErrorCode::limit, "the windows of the two texts have more than " +
                                          std::to_string(Tokenizer::max_window_tokens) +
                                          " tokens: raise max_length, lower the stride, or cut only one of them");
}

}  // namespace

void count_blanks(std::string_view token, Placed& placed) noexcept {
    const auto is_blank = [](CodePoint c) { return c.value == space_letter || is_whitespace(c.value); };
    for (auto rest = token; !rest.empty() && is_blank(front(rest)); rest.remove_prefix(front(rest).length))
        ++placed.leading;
    for (auto rest = token; !rest.empty() && is_blank(back(rest)); rest.remove_suffix(back(rest).length))
        ++placed.trailing;
}

std::vector<Encoding> assemble(const std::array<PlacedText, 2>& texts, bool is_pair, const PostProcessor& processor,
                               const Truncation& truncation, bool all_windows) {
    const auto& pattern = is_pair ? processor.pair : processor.single;
    const auto added = count_added(pattern);
    if (truncation.max_length < added)
        refuse("max_length is " + std::to_string(truncation.max_length) + ", but the special tokens alone are " +
               std::to_string(added) + ": raise it");
    const auto first_size = is_pair ? std::min(texts[0].tokens.size(), truncation.first_max_length) : texts[0].tokens.size();
    const Counts sizes{first_size, texts[1].tokens.size()};
    const auto kept = kept_of(sizes, is_pair, truncation, truncation.max_length - added);
    const Filler filler(texts, pattern, processor.trims);
    std::vector<Encoding> encodings;
    if (all_windows) {
        const std::array windows{windows_of(sizes[0], kept[0], truncation), windows_of(sizes[1], kept[1], truncation)};
        check_total(windows, truncation.max_length);
        for (const auto& pair : pair_up(windows, pattern)) encodings.push_back(filler.fill(pair));
    } else {
        encodings.push_back(filler.fill(
            {window_at(0, sizes[0], kept[0], truncation), window_at(0, sizes[1], kept[1], truncation)}));
    }
    for (auto& encoding : encodings) encoding.tokens_total = texts[0].tokens.size() + texts[1].tokens.size() + added;
    return encodings;
}

}  // namespace sextant::tokenize
