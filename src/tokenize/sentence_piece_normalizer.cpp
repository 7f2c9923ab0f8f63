#include "tokenize/sentence_piece_normalizer.hpp"

#include <sextant/core/error.hpp>
#include <sextant/core/utf8.hpp>

#include "tokenize/text.hpp"

namespace sextant::tokenize {

// Notes where each byte came from.
class SentencePieceNormalizer::Writer {
public:
    Writer(std::size_t likely, std::string_view blank) : blank_(blank) {
        result_.text.reserve(likely);
        result_.places.reserve(likely + 1);
    }

    void write(std::string_view text, std::size_t place) {
        if (text.size() * blank_.size() > max_normalized_bytes - result_.text.size())
            throw Error(ErrorCode::limit, "the tokenizer's normalizer makes more than 4 MiB of one text");
        for (const char c : text) c == ' ' ? put(blank_, place) : put({&c, 1}, place);
    }

    // Returns where the text ends then.
    std::size_t remove_last_blanks(std::size_t end) {
        while (result_.text.ends_with(blank_)) {
            result_.text.resize(result_.text.size() - blank_.size());
            end = result_.places[result_.text.size()];
            result_.places.resize(result_.text.size());
        }
        return end;
    }

    Result take(std::size_t end) {
        result_.places.push_back(static_cast<std::uint32_t>(end));
        return std::move(result_);
    }

private:
    void put(std::string_view bytes, std::size_t place) {
        result_.text += bytes;
        result_.places.insert(result_.places.end(), bytes.size(), static_cast<std::uint32_t>(place));
    }

    std::string_view blank_;
    Result result_;
};

SentencePieceNormalizer::SentencePieceNormalizer(const NormalizerSpec& spec, bool blank_as_suffix,
                                                 const std::string& name)
    : add_blank_(spec.add_dummy_prefix),
      remove_blanks_(spec.remove_extra_whitespaces),
      escape_blanks_(spec.escape_whitespaces),
      blank_as_suffix_(blank_as_suffix) {
    if (!spec.charsmap.empty()) map_.emplace(spec.charsmap, name);
}

SentencePieceNormalizer::Result SentencePieceNormalizer::apply(std::string_view text, const Trie& symbols) const {
    std::size_t at = 0;
    while (remove_blanks_ && at < text.size()) {
        const auto [becomes, bytes] = next(text.substr(at), symbols);
        if (becomes != " ") break;
        at += bytes;
    }
    if (at == text.size()) return {{}, {0}};
    Writer writer(text.size() + text.size() / 2, escape_blanks_ ? blank_symbol : " ");
    if (add_blank_ && !blank_as_suffix_) writer.write(" ", at);
    bool after_blank = remove_blanks_;
    while (at < text.size()) {
        auto [becomes, bytes] = next(text.substr(at), symbols);
        while (after_blank && becomes.starts_with(' ')) becomes.remove_prefix(1);
        if (!becomes.empty()) {
            writer.write(becomes, at);
            after_blank = remove_blanks_ && becomes.ends_with(' ');
        }
        at += bytes;
    }
    if (remove_blanks_) at = writer.remove_last_blanks(at);
    if (add_blank_ && blank_as_suffix_) writer.write(" ", at);
    return writer.take(at);
}

SentencePieceNormalizer::Prefix SentencePieceNormalizer::next(std::string_view text,
                                                              const Trie& symbols) const noexcept {
    if (const auto symbol = symbols.longest_prefix(Trie::root, text))
        return {text.substr(0, symbol->length), symbol->length};
    if (map_) {
        if (const auto match = map_->find_longest(text)) return {match->becomes, match->bytes};
    }
    const auto length = detail::utf8_length(text, 0);
    if (length == 0) return {"\xEF\xBF\xBD", 1};  // what a key that ends inside a character leaves
    return {text.substr(0, length), length};
}

}  // namespace sextant::tokenize
