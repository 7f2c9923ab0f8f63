// After doc/RE of Oniguruma 6.9 (Ruby syntax) and pcre2pattern(3).
#include "tokenize/regex_syntax.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "tokenize/unicode.hpp"

namespace sextant::tokenize {

namespace {

// Oniguruma's \w, as members of a class; PCRE2's knows neither marks nor enclosed letters.
constexpr std::string_view word =
    R"(\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\x{24B6}-\x{24E9}\x{1F130}-\x{1F149}\x{1F150}-\x{1F169}\x{1F170}-\x{1F189})";
// Outside brackets, and only there, it also takes these.
constexpr std::string_view word_alone = R"(\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE})";

constexpr std::array categories{"L",  "Lu", "Ll", "Lt", "Lm", "Lo", "M",  "Mn", "Mc", "Me", "N",  "Nd",
                                "Nl", "No", "P",  "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S",  "Sm",
                                "Sc", "Sk", "So", "Z",  "Zs", "Zl", "Zp", "C",  "Cc", "Cf", "Co", "Cn"};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_hex(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

class Translator {
public:
    explicit Translator(std::string_view source)
        : source_(source), ignores_case_(source.find("(?i") != std::string_view::npos) {}

    Translation run() {
        while (problem_.empty() && at_ < source_.size()) step();
        if (problem_.empty() && in_class_) refuse(1);
        return {std::move(out_), std::move(problem_)};
    }

private:
    std::string_view rest() const noexcept { return source_.substr(at_); }

    void refuse(std::size_t length) { problem_ = std::string(rest().substr(0, length)); }
    void copy(std::size_t length) {
        out_ += rest().substr(0, length);
        at_ += length;
    }
    void write(std::string_view text, std::size_t length) {
        out_ += text;
        at_ += length;
    }

    void step() {
        const char c = source_[at_];
        if (c == '\\') return escape();
        if (static_cast<unsigned char>(c) >= 0x80) return letter();
        if (in_class_) return class_member(c);
        if (c == '[') return open_class();
        if (c == '(') return open_group();
        if (c == '{') return interval();
        if (ignores_case_ && starts_ligature()) return refuse(2);
        copy(1);
    }

    // Without regard to case, Oniguruma takes U+00DF for "ss", U+FB01 for "fi" and so on; PCRE2 does not.
    bool starts_ligature() const {
        std::string pair(rest().substr(0, 2));
        std::ranges::transform(pair, pair.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? char(c + ('a' - 'A')) : c; });
        return pair == "ss" || pair == "ff" || pair == "fi" || pair == "fl" || pair == "st";
    }

    // A code point that is matched through its stand-in cannot be named, nor one that may have a folding of its own.
    void letter() {
        const auto [c, length] = front(rest());
        regex_mirror(c) == c && !ignores_case_ ? copy(length) : refuse(length);
    }

    void open_class() {
        std::size_t length = rest().starts_with("[^") ? 2 : 1;
        if (rest().substr(length).starts_with("]")) return refuse(length + 1);
        copy(length);
        in_class_ = true;
    }

    void class_member(char c) {
        if (c == '[' || rest().starts_with("&&")) return refuse(2);  // nested classes, POSIX brackets, intersections
        if (c == ']') in_class_ = false;
        copy(1);
    }

    void open_group() {
        for (const std::string_view group : {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i:", "(?-i:"})
            if (rest().starts_with(group)) return copy(group.size());
        if (rest().starts_with("(?i)") && at_ == 0) return copy(4);
        if (rest().starts_with("(?") || rest().starts_with("(*")) return refuse(4);
        copy(1);
    }

    // {n}, {n,} or {n,m}, and neither possessive nor, for {n}, lazy: those mean something else in Ruby.
    void interval() {
        std::size_t end = 1;
        const auto digits = [&] {
            const auto begin = end;
            while (end < rest().size() && is_digit(rest()[end])) ++end;
            return end - begin;
        };
        bool good = digits() > 0;
        const bool is_exact = good && !rest().substr(end).starts_with(',');
        if (good && !is_exact) ++end, digits();
        good = good && rest().substr(end).starts_with('}');
        const auto after = good ? rest().substr(end + 1) : "";
        if (!good || after.starts_with('+') || (is_exact && after.starts_with('?'))) return refuse(end + 2);
        copy(end + 1);
    }

    void escape() {
        if (rest().size() < 2) return refuse(1);
        const char c = rest()[1];
        switch (c) {
            case 's':
            case 'S':
            case 'd':
            case 'D':
            case 'n':
            case 'r':
            case 't':
            case 'f':
            case 'a':
            case 'e':
                return copy(2);
            case 'v':
                return write("\\x0B", 2);
            case 'A':
            case 'z':
            case 'Z':
                return in_class_ ? refuse(2) : copy(2);
            case 'p':
            case 'P':
                return property();
            case 'w':
                return in_class_ ? write(word, 2) : write(word_class("["), 2);
            case 'W':
                return in_class_ ? refuse(2) : write(word_class("[^"), 2);
            case 'b':
            case 'B':
                return in_class_ ? refuse(2) : boundary(c == 'b');
            case 'x':
            case 'u':
                return number();
            default:
                break;
        }
        if (is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80) return refuse(2);
        copy(2);
    }

    static std::string word_class(std::string_view open) {
        std::string text(open);
        return ((text += word) += word_alone) += ']';
    }

    void boundary(bool is_boundary) {
        const std::string is = word_class("[");
        std::string edge = is_boundary ? "(?:" : "(?!";
        ((edge += "(?<=") += is) += ")(?!";
        ((edge += is) += ")|(?<!") += is;
        ((edge += ")(?=") += is) += "))";
        write(edge, 2);
    }

    void property() {
        const auto end = rest().find('}');
        if (!rest().substr(2).starts_with('{') || end == std::string_view::npos) return refuse(3);
        auto name = rest().substr(3, end - 3);
        const bool negated = name.starts_with('^');
        if (negated) name.remove_prefix(1);
        const bool is_script = name == "Han";  // the only one that the mirror answers for
        if (!is_script && std::ranges::find(categories, name) == categories.end()) return refuse(end + 1);
        // A bare script name means script extensions in PCRE2.
        const char letter = negated == (rest()[1] == 'p') ? 'P' : 'p';
        write(std::string("\\") + letter + (is_script ? "{sc:" : "{") + std::string(name) + "}", end + 1);
    }

    // \xHH below 80, \x{...} and \uHHHH.
    void number() {
        const bool braced = rest().substr(1).starts_with("x{");
        const auto begin = braced ? 3U : 2U;
        auto end = begin;
        while (end < rest().size() && is_hex(rest()[end]) && (braced || end < (rest()[1] == 'u' ? 6U : 4U))) ++end;
        const std::string digits(rest().substr(begin, end - begin));
        const bool closed = !braced || rest().substr(end).starts_with('}');
        const std::size_t expected = rest()[1] == 'u' ? 4 : 2;
        if (!closed || digits.empty() || digits.size() > 6 || (!braced && digits.size() != expected))
            return refuse(end);
        const auto value = static_cast<char32_t>(std::stoul(digits, nullptr, 16));
        if ((!braced && expected == 2 && value >= 0x80) || regex_mirror(value) != value) return refuse(end);
        write("\\x{" + digits + "}", end + (braced ? 1 : 0));
    }

    std::string_view source_;
    bool ignores_case_;
    std::size_t at_ = 0;
    bool in_class_ = false;
    std::string out_, problem_;
};

}  // namespace

Translation translate_regex(std::string_view oniguruma) { return Translator(oniguruma).run(); }

}  // namespace sextant::tokenize
