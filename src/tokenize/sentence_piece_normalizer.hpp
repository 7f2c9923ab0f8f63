// What SentencePiece makes of a text before it cuts it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenize/charsmap.hpp"
#include "tokenize/sentence_piece_file.hpp"
#include "tokenize/trie.hpp"

namespace sextant::tokenize {

/// What SentencePiece writes for a blank.
inline constexpr std::string_view blank_symbol = "\xE2\x96\x81";

/// After normalizer.cc of SentencePiece. Never changes; any thread.
class SentencePieceNormalizer {
public:
    struct Result {
        std::string text;
        std::vector<std::uint32_t> places;  // where each byte of `text` came from, and the end
    };

    /// Throws as `Charsmap`; `name` stands for the file.
    SentencePieceNormalizer(const NormalizerSpec& spec, bool blank_as_suffix, const std::string& name);

    /// Of valid UTF-8; `symbols`, which may hold nothing, stay as they are. Throws `limit` for more than 4 MiB.
    [[nodiscard]] Result apply(std::string_view text, const Trie& symbols) const;

private:
    class Writer;
    struct Prefix {
        std::string_view becomes;
        std::size_t bytes;
    };
    [[nodiscard]] Prefix next(std::string_view text, const Trie& symbols) const noexcept;

    std::optional<Charsmap> map_;
    bool add_blank_, remove_blanks_, escape_blanks_, blank_as_suffix_;
};

}  // namespace sextant::tokenize
