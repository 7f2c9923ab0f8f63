#include "store/span_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace sextant::store {
namespace {

template <class Number>
void add(std::string& text, Number number) {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    text.append(" ").append(digits.data(), end);
}

/// Reads numbers with a blank before each. False if these, and nothing else, are not there.
template <class... Numbers>
bool read(std::string_view text, Numbers&... numbers) {
    const auto one = [&text](auto& number) {
        if (!text.starts_with(' ')) return false;
        const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
        if (error != std::errc()) return false;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        return true;
    };
    return (one(numbers) && ...) && text.empty();
}

/// Takes `word` from the beginning of `text`.
bool take(std::string_view& text, std::string_view word) {
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    return true;
}

std::optional<Span> parse(std::string_view text) {
    if (text.empty()) return Span();
    ByteSpan bytes;
    if (take(text, "bytes")) return read(text, bytes.begin, bytes.end) ? std::optional<Span>(bytes) : std::nullopt;
    TimeSpan time;
    if (take(text, "seconds")) return read(text, time.begin, time.end) ? std::optional<Span>(time) : std::nullopt;
    Box box;
    if (take(text, "box") && read(text, box.left, box.top, box.right, box.bottom)) return box;
    return std::nullopt;
}

bool ordered(double begin, double end) { return std::isfinite(begin) && std::isfinite(end) && begin <= end; }

}  // namespace

std::string to_text(const Span& span) {
    std::string text;
    if (const auto* bytes = std::get_if<ByteSpan>(&span)) {
        text = "bytes";
        for (const auto number : {bytes->begin, bytes->end}) add(text, number);
    } else if (const auto* time = std::get_if<TimeSpan>(&span)) {
        text = "seconds";
        for (const auto number : {time->begin, time->end}) add(text, number);
    } else if (const auto* box = std::get_if<Box>(&span)) {
        text = "box";
        for (const auto number : {box->left, box->top, box->right, box->bottom}) add(text, number);
    }
    return text;
}

std::optional<Span> span_from(std::string_view text) {
    auto span = parse(text);
    if (span && (fault_of(*span) != nullptr || to_text(*span) != text)) span.reset();
    return span;
}

const char* fault_of(const Span& span) noexcept {
    constexpr auto fault = "its span ends before it begins, or has a number that is not finite";
    if (const auto* bytes = std::get_if<ByteSpan>(&span)) return bytes->begin <= bytes->end ? nullptr : fault;
    if (const auto* time = std::get_if<TimeSpan>(&span)) return ordered(time->begin, time->end) ? nullptr : fault;
    if (const auto* box = std::get_if<Box>(&span))
        return ordered(box->left, box->right) && ordered(box->top, box->bottom) ? nullptr : fault;
    return nullptr;
}

}  // namespace sextant::store
