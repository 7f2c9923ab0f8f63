// Every sequence of one, two and three bytes, four-byte sequences of all leads, and every character cut short: where
// first_invalid_utf8 finds the first bad byte, against a reference that shares no thought with it: it encodes all
// characters there are, and looks sequences up in what came out.
#include <array>
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sextant/core/utf8.hpp>

namespace {

std::string encoded(std::uint32_t code) {
    const auto tail = [code](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3F)); };
    if (code < 0x80) return {static_cast<char>(code)};
    if (code < 0x800) return {static_cast<char>(0xC0 | code >> 6), tail(0)};
    if (code < 0x10000) return {static_cast<char>(0xE0 | code >> 12), tail(6), tail(0)};
    return {static_cast<char>(0xF0 | code >> 18), tail(12), tail(6), tail(0)};
}

bool surrogate(std::uint32_t code) { return code >= 0xD800 && code <= 0xDFFF; }

/// The bytes as a number, the first the highest.
std::uint32_t number(std::string_view bytes) {
    std::uint32_t value = 0;
    for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
    return value;
}

class Reference {
public:
    Reference() {
        for (std::size_t length = 1; length <= 3; ++length) encodings_[length].resize(std::size_t{1} << 8 * length);
        encodings_[4].resize(std::size_t{1} << 27);  // leads of four bytes begin with 11110: 27 bits follow
        for (std::uint32_t code = 0; code <= 0x10FFFF; ++code) {
            if (surrogate(code)) continue;
            const auto bytes = encoded(code);
            encodings_[bytes.size()][number(bytes) & 0x7FFFFFF] = true;
        }
    }

    [[nodiscard]] std::optional<std::size_t> first_invalid(std::string_view text) const {
        std::size_t at = 0;
        while (at < text.size()) {
            std::size_t length = 1;
            while (length <= 4 && !is_character(text.substr(at), length)) ++length;
            if (length > 4) return at;
            at += length;
        }
        return std::nullopt;
    }

private:
    [[nodiscard]] bool is_character(std::string_view text, std::size_t length) const {
        if (text.size() < length) return false;
        const auto value = number(text.substr(0, length));
        return (length < 4 || value >> 27 == 0x1E) && encodings_[length][value & 0x7FFFFFF];
    }

    std::array<std::vector<bool>, 5> encodings_;
};

class Comparison {
public:
    void operator()(std::string_view text) {
        ++tried_;
        const auto expected = reference_.first_invalid(text), found = sextant::first_invalid_utf8(text);
        if (!expected) ++valid_;
        if (expected == found) return;
        if (++wrong_ > 10) return;
        std::cout << "FAILED:";
        for (const char byte : text) std::cout << ' ' << static_cast<int>(static_cast<std::uint8_t>(byte));
        std::cout << ": first bad byte at " << (found ? std::to_string(*found) : "none") << ", expected "
                  << (expected ? std::to_string(*expected) : "none") << '\n';
    }

    [[nodiscard]] int report() const {
        std::cout << "UTF-8: " << tried_ << " sequences, " << valid_ << " of them valid, " << wrong_ << " failures\n";
        return wrong_ == 0 ? 0 : 1;
    }

private:
    Reference reference_;
    std::size_t tried_ = 0, valid_ = 0, wrong_ = 0;
};

}  // namespace

int main() {
    Comparison compare;
    std::string text;
    for (std::size_t length = 1; length <= 3; ++length)
        for (std::uint32_t value = 0; value >> 8 * length == 0; ++value) {
            text.clear();
            for (std::size_t i = length; i-- > 0;) text += static_cast<char>(value >> 8 * i);
            compare(text);
        }
    // Of four bytes: all leads and second bytes, and tails on both sides of every border.
    for (std::uint32_t start = 0xF000; start <= 0xFFFF; ++start)
        for (const char third : {'\0', '\x7F', '\x80', '\x8F', '\x90', '\xA0', '\xBF', '\xC0', '\xFF'})
            for (const char fourth : {'\0', '\x7F', '\x80', '\xBF', '\xC0', '\xFF'})
                compare(std::string{static_cast<char>(start >> 8), static_cast<char>(start), third, fourth});
    // Every character whole, cut short at each byte, and cut short before another one.
    for (std::uint32_t code = 0; code <= 0x10FFFF; ++code) {
        if (surrogate(code)) continue;
        const auto bytes = encoded(code);
        for (std::size_t length = 0; length <= bytes.size(); ++length) {
            compare("a" + bytes.substr(0, length));
            compare("\xC3\xA9" + bytes.substr(0, length) + "z");
        }
    }
    return compare.report();
}
