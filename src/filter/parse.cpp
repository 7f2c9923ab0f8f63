#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include <sextant/core/error.hpp>
#include <sextant/core/utf8.hpp>

#include "filter/lexer.hpp"
#include "filter/node.hpp"
#include "filter/number.hpp"

namespace sextant {
namespace filter {
namespace {

using Relation = Ordered::Relation;

/// By recursive descent: a function for each rule.
class Parser {
public:
    explicit Parser(std::string_view expression) : lexer_(expression) {}

    Filter whole() {
        auto filter = any();
        if (lexer_.now().kind != Token::Kind::end) lexer_.refuse("and, or, or the end");
        return filter;
    }

private:
    Filter any() {
        const Deeper deeper(*this);
        std::vector<Filter> of{all()};
        while (lexer_.take_word("or") || lexer_.take_sign("||")) of.push_back(all());
        return of.size() == 1 ? of.front() : any_of(std::move(of));
    }

    Filter all() {
        std::vector<Filter> of{one()};
        while (lexer_.take_word("and") || lexer_.take_sign("&&")) of.push_back(one());
        return of.size() == 1 ? of.front() : all_of(std::move(of));
    }

    Filter one() {
        const Deeper deeper(*this);
        if (lexer_.take_word("not") || lexer_.take_sign("!")) return negated(one());
        if (!lexer_.take_sign("(")) return condition();
        auto inner = any();
        lexer_.expect_sign(")");
        return inner;
    }

    Filter condition() {
        auto path = this->path();
        if (lexer_.take_sign("!=")) return negated(on_field(std::move(path), Equal{value()}));
        if (lexer_.take_sign("==") || lexer_.take_sign("=")) return on_field(std::move(path), Equal{value()});
        if (lexer_.take_sign("<=")) return on_field(std::move(path), Ordered{Relation::less_equal, value()});
        if (lexer_.take_sign(">=")) return on_field(std::move(path), Ordered{Relation::greater_equal, value()});
        if (lexer_.take_sign("<")) return on_field(std::move(path), Ordered{Relation::less, value()});
        if (lexer_.take_sign(">")) return on_field(std::move(path), Ordered{Relation::greater, value()});
        if (lexer_.take_word("in")) return on_field(std::move(path), OneOf{values()});
        if (lexer_.take_word("contains")) return on_field(std::move(path), Contains{value()});
        if (lexer_.take_word("starts")) return on_field(std::move(path), StartsWith{prefix()});
        if (lexer_.take_word("match")) return on_field(std::move(path), match(text()));
        if (lexer_.take_word("exists")) return on_field(std::move(path), Exists{});
        if (lexer_.take_word("is")) {
            if (!lexer_.take_word("null")) lexer_.refuse("null");
            return on_field(std::move(path), IsNull{});
        }
        if (lexer_.take_word("within")) return on_field(std::move(path), area());
        lexer_.refuse("a comparison, in, contains, starts with, match, exists, is null or within");
    }

    Path path() {
        Path names;
        do {
            const auto kind = lexer_.now().kind;
            if (kind != Token::Kind::word && kind != Token::Kind::text) lexer_.refuse("the name of a field");
            names.push_back(lexer_.take().value);
        } while (lexer_.take_sign("."));
        return names;
    }

    FieldValue value() {
        if (lexer_.now().kind == Token::Kind::text) return lexer_.take().value;
        if (lexer_.take_word("true")) return true;
        if (lexer_.take_word("false")) return false;
        if (lexer_.take_word("time")) {
            if (lexer_.now().kind != Token::Kind::text) lexer_.refuse("a moment in quotes");
            return Time(lexer_.take().value);
        }
        if (lexer_.is_word("null")) lexer_.refuse("a value; what is null is found by  is null");
        if (lexer_.now().kind != Token::Kind::number) lexer_.refuse("a number, true, false, time or a text in quotes");
        const auto number = read_number(lexer_.now().value);
        if (!number) lexer_.refuse("a number that is finite");
        lexer_.take();
        return *number;
    }

    std::vector<FieldValue> values() {
        std::vector<FieldValue> list;
        lexer_.expect_sign("[");
        if (lexer_.take_sign("]")) return list;
        do list.push_back(value());
        while (lexer_.take_sign(","));
        lexer_.expect_sign("]");
        return list;
    }

    std::string prefix() {
        if (!lexer_.take_word("with")) lexer_.refuse("with");
        return text();
    }

    std::string text() {
        if (lexer_.now().kind != Token::Kind::text) lexer_.refuse("a text in quotes");
        return lexer_.take().value;
    }

    Condition area() {
        if (lexer_.take_word("radius")) {
            const auto of = numbers(3);
            return GeoRadius{of[0], of[1], of[2]};
        }
        if (!lexer_.take_word("box")) lexer_.refuse("radius(lat, lon, metres) or box(south, west, north, east)");
        const auto of = numbers(4);
        return GeoBox{of[0], of[1], of[2], of[3]};
    }

    std::vector<double> numbers(std::size_t count) {
        std::vector<double> list;
        lexer_.expect_sign("(");
        while (list.size() < count) {
            if (!list.empty()) lexer_.expect_sign(",");
            const auto number = read_number(lexer_.now().value);
            if (lexer_.now().kind != Token::Kind::number || !number) lexer_.refuse("a number");
            list.push_back(as_double(*number));
            lexer_.take();
        }
        lexer_.expect_sign(")");
        return list;
    }

    /// Counts how deep the rules have called each other.
    class Deeper {
    public:
        explicit Deeper(Parser& parser) : parser_(parser) {
            if (++parser_.depth_ > 3 * max_depth)
                throw Error(ErrorCode::limit, "filter: byte " + std::to_string(parser_.lexer_.now().at) + ": brackets and not lie too deep in each other");
        }
        Deeper(const Deeper&) = delete;
        Deeper& operator=(const Deeper&) = delete;
        ~Deeper() { --parser_.depth_; }

    private:
        Parser& parser_;
    };

    Lexer lexer_;
    int depth_ = 0;
};

}  // namespace
}  // namespace filter

Filter Filter::parse(std::string_view expression) {
    filter::check_size(expression, "an expression");
    if (const auto at = first_invalid_utf8(expression))
        throw Error(ErrorCode::invalid_argument, "filter: byte " + std::to_string(*at) + ": no UTF-8");
    return filter::Parser(expression).whole();
}

}  // namespace sextant
