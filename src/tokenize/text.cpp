#include "tokenize/text.hpp"

#include <sextant/core/error.hpp>

namespace sextant::tokenize {

namespace {

bool continues(char byte) noexcept { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

void check_room(std::size_t written, std::size_t more) {
    if (more > max_normalized_bytes - written)
        throw Error(ErrorCode::limit, "the tokenizer's normalizer or its added tokens make more than 4 MiB of one text");
}

}  // namespace

Span Text::span(std::size_t at) const noexcept {
    if (!spans_.empty()) return spans_[at];
    std::size_t begin = shift_ + at, end = begin + 1;
    while (continues(original_[begin])) --begin;
    while (end < original_.size() && continues(original_[end])) ++end;
    return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

void Text::copy_spans(std::size_t begin, std::size_t end, std::vector<Span>& out) const {
    if (!spans_.empty()) {
        out.insert(out.end(), spans_.begin() + static_cast<std::ptrdiff_t>(begin),
                   spans_.begin() + static_cast<std::ptrdiff_t>(end));
        return;
    }
    while (begin < end) {
        const auto length = front(original_.substr(shift_ + begin)).length;
        const auto first = static_cast<std::uint32_t>(shift_ + begin);
        out.insert(out.end(), length, {first, static_cast<std::uint32_t>(first + length)});
        begin += length;
    }
}

void Text::append(Text part) {
    if (part.bytes_.empty()) return;
    check_room(bytes_.size(), part.bytes_.size());
    if (bytes_.empty()) {
        *this = std::move(part);
        return;
    }
    const bool is_next = spans_.empty() && part.spans_.empty() && shift_ + bytes_.size() == part.shift_;
    if (!is_next) {
        if (spans_.empty()) {
            std::vector<Span> spans;
            copy_spans(0, bytes_.size(), spans);
            spans_ = std::move(spans);
        }
        part.copy_spans(0, part.bytes_.size(), spans_);
    }
    bytes_ += part.bytes_;
}

void Rewriter::keep(std::size_t bytes) {
    if (moved_) {
        check_room(fresh_.size(), bytes);
        fresh_.append(text_.bytes_, at_, bytes);
        text_.copy_spans(at_, at_ + bytes, fresh_spans_);
    }
    at_ += bytes;
}

void Rewriter::drop(std::size_t bytes) {
    if (bytes > 0) move();
    at_ += bytes;
}

void Rewriter::replace(std::size_t bytes, std::string_view text) {
    if (overwrite(bytes, text)) return;
    move();
    at_ += bytes;
    write(text, before());
}

void Rewriter::insert(std::string_view text) {
    move();
    write(text, done() ? before() : text_.span(at_));
}

void Rewriter::put(char32_t c, int change) {
    std::string text;  // at most four bytes, which no string allocates for
    append(text, c);
    if (change > 0 || done()) {
        move();
        return write(text, before());
    }
    const auto length = front(rest()).length;
    if (change == 0 && overwrite(length, text)) return;
    move();
    const auto span = text_.span(at_);
    at_ += length;
    for (; change < 0 && !done(); ++change) at_ += front(rest()).length;
    write(text, span);
}

void Rewriter::open(std::size_t begin, std::size_t end) {
    begin_ = at_ = begin;
    end_ = end;
    origin_ = begin < end ? text_.span(begin).begin : 0;
}

void Rewriter::finish() {
    if (!moved_) return;
    text_.bytes_ = std::move(fresh_);
    text_.spans_ = std::move(fresh_spans_);
}

// The code point before the next one, as far as it belongs to the part.
Span Rewriter::before() const noexcept {
    if (at_ > begin_) return text_.span(at_ - 1);
    return {static_cast<std::uint32_t>(origin_), static_cast<std::uint32_t>(origin_)};
}

// One code point for another of the same length moves nothing.
bool Rewriter::overwrite(std::size_t bytes, std::string_view text) {
    if (moved_ || bytes == 0 || bytes != text.size() || front(rest()).length != bytes || front(text).length != bytes)
        return false;
    text_.bytes_.replace(at_, bytes, text);
    at_ += bytes;
    return true;
}

void Rewriter::write(std::string_view text, Span span) {
    check_room(fresh_.size(), text.size());
    fresh_ += text;
    fresh_spans_.insert(fresh_spans_.end(), text.size(), span);
}

void Rewriter::move() {
    if (moved_) return;
    moved_ = true;
    const auto likely = text_.bytes_.size() + text_.bytes_.size() / 2;
    fresh_.reserve(likely);
    fresh_spans_.reserve(likely);
    fresh_.append(text_.bytes_, 0, at_);
    text_.copy_spans(0, at_, fresh_spans_);
}

}  // namespace sextant::tokenize
