// After encoder.py of GPT-2 (openai/gpt-2).
#include "tokenize/byte_alphabet.hpp"

#include <algorithm>
#include <array>

#include "tokenize/unicode.hpp"

namespace sextant::tokenize {

namespace {

struct Alphabet {
    std::array<std::string, 256> letters;       // of each byte
    std::array<std::int16_t, 0x144> bytes = {};  // of each letter; -1: none

    // Printable Latin-1 stands for itself, the others follow from U+0100 on.
    Alphabet() {
        bytes.fill(-1);
        char32_t next = 0x100;
        for (char32_t byte = 0; byte < 256; ++byte) {
            const bool visible = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
            const auto letter = visible ? byte : next++;
            append(letters[byte], letter);
            bytes[letter] = static_cast<std::int16_t>(byte);
        }
    }
};

const Alphabet& alphabet() {
    static const Alphabet made;
    return made;
}

}  // namespace

std::string_view letter_of(unsigned char byte) noexcept { return alphabet().letters[byte]; }

std::optional<unsigned char> byte_of(char32_t letter) noexcept {
    const auto& bytes = alphabet().bytes;
    if (letter >= bytes.size() || bytes[letter] < 0) return std::nullopt;
    return static_cast<unsigned char>(bytes[letter]);
}

void write_bytes_as_letters(Rewriter& rewriter) {
    const auto& letters = alphabet().letters;
    const auto is_itself = [](char byte) { return byte >= 0x21 && byte <= 0x7E; };
    for (;;) {
        auto rest = rewriter.rest();
        const auto same = static_cast<std::size_t>(std::ranges::find_if_not(rest, is_itself) - rest.begin());
        rewriter.keep(same);
        if (rewriter.done()) return;
        rest.remove_prefix(same);
        const auto length = front(rest).length;
        if (length == 1) {
            rewriter.replace(1, letters[static_cast<unsigned char>(rest[0])]);
            continue;
        }
        std::string text;  // at most eight bytes, which no string allocates for
        for (const char byte : rest.substr(0, length)) text += letters[static_cast<unsigned char>(byte)];
        rewriter.replace(length, text);
    }
}

}  // namespace sextant::tokenize
