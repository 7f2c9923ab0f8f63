// The words of a filter expression.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sextant::filter {

struct Token {
    enum class Kind { end, word, text, number, sign };
    Kind kind = Kind::end;
    std::size_t at = 0;   ///< byte
    std::string value;    ///< a text's without quotes and escapes
};

/// Hands out one after the other, and looks one ahead.
class Lexer {
public:
    explicit Lexer(std::string_view expression) : expression_(expression) { advance(); }

    [[nodiscard]] const Token& now() const noexcept { return token_; }
    [[nodiscard]] bool is_word(std::string_view word) const { return token_.kind == Token::Kind::word && token_.value == word; }
    [[nodiscard]] bool is_sign(std::string_view sign) const { return token_.kind == Token::Kind::sign && token_.value == sign; }
    Token take();
    bool take_word(std::string_view word);
    bool take_sign(std::string_view sign);
    /// Throws unless it comes next.
    void expect_sign(std::string_view sign);

    /// Throws `invalid_argument`: what was expected where the next word is.
    [[noreturn]] void refuse(const std::string& expected) const;

private:
    void advance();
    void read_text();
    void read_json_text();
    void read_number();
    void read_sign();
    [[noreturn]] void refuse_at(std::size_t at, const std::string& what) const;

    std::string_view expression_;
    std::size_t at_ = 0;
    Token token_;
};

}  // namespace sextant::filter
