#include "filter/lexer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include <sextant/core/error.hpp>

namespace sextant::filter {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
/// What a name may begin with; beyond ASCII anything may be in one.
bool begins_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool is_of_word(char c) { return begins_word(c) || is_digit(c) || c == '-'; }

}  // namespace

void Lexer::refuse_at(std::size_t at, const std::string& what) const {
    throw Error(ErrorCode::invalid_argument, "filter: byte " + std::to_string(at) + ": " + what);
}

void Lexer::refuse(const std::string& expected) const {
    const auto seen = token_.kind == Token::Kind::end ? std::string("the end") : "\"" + token_.value.substr(0, 50) + "\"";
    refuse_at(token_.at, "saw " + seen + "; expected " + expected);
}

Token Lexer::take() {
    Token taken = std::move(token_);
    advance();
    return taken;
}

bool Lexer::take_word(std::string_view word) {
    if (!is_word(word)) return false;
    advance();
    return true;
}

bool Lexer::take_sign(std::string_view sign) {
    if (!is_sign(sign)) return false;
    advance();
    return true;
}

void Lexer::expect_sign(std::string_view sign) {
    if (!take_sign(sign)) refuse(std::string(sign));
}

void Lexer::advance() {
    while (at_ < expression_.size() && is_space(expression_[at_])) ++at_;
    token_ = {Token::Kind::end, at_, {}};
    if (at_ == expression_.size()) return;
    const char c = expression_[at_];
    if (c == '"') return read_json_text();
    if (c == '\'') return read_text();
    if (is_digit(c) || c == '-' || c == '+') return read_number();
    if (!begins_word(c)) return read_sign();
    const auto end = std::find_if_not(expression_.begin() + static_cast<std::ptrdiff_t>(at_), expression_.end(), is_of_word);
    token_.kind = Token::Kind::word;
    token_.value.assign(expression_.begin() + static_cast<std::ptrdiff_t>(at_), end);
    at_ += token_.value.size();
}

/// In single quotes: nothing is escaped but the quote itself, by doubling it.
void Lexer::read_text() {
    token_.kind = Token::Kind::text;
    for (++at_; at_ < expression_.size(); ++at_) {
        if (expression_[at_] == '\'') {
            ++at_;
            if (at_ == expression_.size() || expression_[at_] != '\'') return;
        }
        token_.value += expression_[at_];
    }
    refuse_at(token_.at, "this text has no end: ' is missing");
}

void Lexer::read_json_text() {
    token_.kind = Token::Kind::text;
    auto end = at_ + 1;
    while (end < expression_.size() && expression_[end] != '"') end += expression_[end] == '\\' ? 2 : 1;
    if (end >= expression_.size()) refuse_at(at_, "this text has no end: \" is missing");
    const auto text = nlohmann::json::parse(expression_.substr(at_, end + 1 - at_), nullptr, false);
    if (!text.is_string()) refuse_at(at_, "this is no text as JSON writes them");
    token_.value = text.get<std::string>();
    at_ = end + 1;
}

void Lexer::read_number() {
    token_.kind = Token::Kind::number;
    const auto begin = at_++;
    while (at_ < expression_.size()) {
        const char c = expression_[at_], before = expression_[at_ - 1];
        const bool sign_of_exponent = (c == '-' || c == '+') && (before == 'e' || before == 'E');
        if (!is_of_word(c) && c != '.' && !sign_of_exponent) break;
        if (c == '-' && !sign_of_exponent) break;
        ++at_;
    }
    token_.value = expression_.substr(begin, at_ - begin);
}

void Lexer::read_sign() {
    static constexpr std::array<std::string_view, 16> signs = {"==", "!=", "<=", ">=", "&&", "||", "=", "<", ">", "!", "(", ")", "[", "]", ",", "."};
    token_.kind = Token::Kind::sign;
    const auto rest = expression_.substr(at_);
    const auto* const found = std::ranges::find_if(signs, [&](auto sign) { return rest.starts_with(sign); });
    if (found == signs.end()) refuse_at(at_, "\"" + std::string(rest.substr(0, 1)) + "\" means nothing here");
    token_.value = *found;
    at_ += found->size();
}

}  // namespace sextant::filter
