#include "store/npy_header.hpp"

#include <charconv>
#include <set>
#include <system_error>

#include <sextant/core/error.hpp>

namespace sextant::store {
namespace {

/// A dictionary with three known keys: all that may stand there.
class Reader {
public:
    Reader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

    NpyHeader whole() {
        NpyHeader header;
        std::set<std::string> seen;
        expect('{');
        while (!take('}')) {
            const auto key = quoted();
            if (!seen.insert(key).second) refuse("the key " + key + " twice");
            expect(':');
            if (key == "descr") header.descr = quoted();
            else if (key == "fortran_order") header.fortran_order = truth();
            else if (key == "shape") header.shape = tuple();
            else refuse("the key " + key);
            if (!take(',')) {
                expect('}');
                break;
            }
        }
        skip();
        if (!text_.empty()) refuse("something behind it");
        if (seen.size() != 3) refuse("no descr, fortran_order or shape");
        return header;
    }

private:
    [[noreturn]] void refuse(const std::string& seen) const {
        throw Error(ErrorCode::corrupt, file_ + ": the header is not as NumPy writes it: it has " + seen);
    }

    void skip() {
        while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n' || text_.front() == '\t')) text_.remove_prefix(1);
    }
    bool take(char c) {
        skip();
        if (!text_.starts_with(c)) return false;
        text_.remove_prefix(1);
        return true;
    }
    void expect(char c) {
        if (!take(c)) refuse("no '" + std::string(1, c) + "' where one was expected");
    }

    std::string quoted() {
        expect('\'');
        const auto end = text_.find('\'');
        if (end == text_.npos) refuse("a text without an end");
        std::string text(text_.substr(0, end));
        text_.remove_prefix(end + 1);
        return text;
    }
    bool truth() {
        skip();
        for (const bool value : {false, true}) {
            const std::string_view word = value ? "True" : "False";
            if (!text_.starts_with(word)) continue;
            text_.remove_prefix(word.size());
            return value;
        }
        refuse("a fortran_order that is neither True nor False");
    }
    std::vector<std::uint64_t> tuple() {
        std::vector<std::uint64_t> numbers;
        expect('(');
        while (!take(')')) {
            skip();
            std::uint64_t number = 0;
            const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), number);
            if (error != std::errc()) refuse("a side that is no number");
            text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
            numbers.push_back(number);
            if (!take(',')) {
                expect(')');
                break;
            }
        }
        return numbers;
    }

    std::string_view text_;
    const std::string& file_;
};

}  // namespace

NpyHeader read_npy_header(std::string_view text, const std::string& file) { return Reader(text, file).whole(); }

}  // namespace sextant::store
