#include "model/code_shape.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <sextant/core/error.hpp>

namespace sextant::model_detail {
namespace {

// Seen of exporters, over 60 networks of 20 families: 4, 25, 4 and 0.
constexpr CodeShape most{100, 1000, 100, 100};

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

class Scanner {
public:
    Scanner(std::string_view code, const std::string& file) : code_(code), file_(file) {}

    CodeShape run() {
        indent();
        while (at_ < code_.size()) step(code_[at_]);
        if (open_.size() > 1) refuse("a bracket that is not closed");
        return shape_;
    }

private:
    /// What stands between two brackets, or on a line outside of all.
    struct Level {
        char close = 0;
        std::size_t count = 0;  ///< words and signs since the last comma
        std::size_t inner = 0;  ///< height of what lies in brackets since then
        std::size_t past = 0;   ///< height of what came before
        [[nodiscard]] std::size_t height() const { return std::max(past, count + inner); }
    };

    [[noreturn]] void refuse(const std::string& what) const {
        const auto line = 1 + std::count(code_.begin(), code_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, code_.size())), '\n');
        throw Error(ErrorCode::model, file_ + ": line " + std::to_string(line) + " of the network's code has " + what + ", which exporters do not write: export the model again");
    }
    void bound(std::size_t& seen, std::size_t value, std::size_t limit, const char* what) const {
        seen = std::max(seen, value);
        if (value > limit) refuse("more than " + std::to_string(limit) + " " + what);
    }

    void count() {
        ++open_.back().count;
        ++above_;
        bound(shape_.height, above_ + open_.back().inner, most.height, "words and signs in one expression");
    }
    void open(char close) {
        count();
        open_.push_back({close});
        bound(shape_.brackets, open_.size() - 1, most.brackets, "brackets within each other");
    }
    void close(char bracket) {
        if (open_.size() == 1 || open_.back().close != bracket) refuse("a bracket that was not opened");
        const auto inner = open_.back();
        above_ -= inner.count;
        open_.pop_back();
        open_.back().inner = std::max(open_.back().inner, inner.height());
        count();
    }
    void part() {
        auto& level = open_.back();
        above_ -= level.count;
        level = {level.close, 0, 0, level.height()};
    }
    void indent() {
        const auto begin = at_;
        while (at_ < code_.size() && (code_[at_] == ' ' || code_[at_] == '\t')) ++at_;
        begins_line_ = at_ == begin;
        bound(shape_.indentation, at_ - begin, most.indentation, "blanks before it");
    }
    void end_line() {
        ++at_;
        if (open_.size() > 1) return;
        open_.back() = {};
        above_ = 0;
        indent();
    }
    void word() {
        const auto begin = at_;
        while (at_ < code_.size() && is_word(code_[at_])) ++at_;
        const auto text = code_.substr(begin, at_ - begin);
        if (std::exchange(begins_line_, false) && text == "def") ++shape_.functions;
        if (text.ends_with("elif")) bound(shape_.branches, shape_.branches + 1, most.branches, "times 'elif'");
        count();
    }
    void string(char quote) {
        if (code_.substr(at_).starts_with(std::string(3, quote))) refuse("a string in three quotes");
        for (++at_; at_ < code_.size() && code_[at_] != quote && code_[at_] != '\n'; ++at_)
            if (code_[at_] == '\\') ++at_;
        if (at_ >= code_.size() || code_[at_] != quote) refuse("a string without an end");
        ++at_;
        count();
    }
    void step(char c) {
        if (is_word(c)) return word();
        if (c == '\n') return end_line();
        if (c == '"' || c == '\'') return string(c);
        if (c == '#') refuse("a comment");
        if (c == '\\') refuse("a \\ outside of strings");
        ++at_;
        if (c == '(' || c == '[' || c == '{') open(c == '(' ? ')' : c == '[' ? ']' : '}');
        else if (c == ')' || c == ']' || c == '}') close(c);
        else if (c == ',') part();
        else if (c != ' ' && c != '\t') count();
    }

    std::string_view code_;
    const std::string& file_;
    std::size_t at_ = 0, above_ = 0;  ///< above: the counts of all open levels
    std::vector<Level> open_{Level{}};
    bool begins_line_ = false;  ///< nothing of the line was read, nor does it begin with a blank
    CodeShape shape_;
};

}  // namespace

CodeShape check_code_shape(std::string_view code, const std::string& file) { return Scanner(code, file).run(); }

}  // namespace sextant::model_detail
