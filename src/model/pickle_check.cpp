#include "model/pickle_check.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sextant/core/error.hpp>

namespace sextant::model_detail {
namespace {

// Seen of exporters, over 60 networks of 20 families: 27 deep, 25,077 values.
constexpr std::size_t most_deep = 200, most_values = std::size_t{1} << 24, longest_name = 1000;

/// Depth of the brackets in a text, whether or not they close.
std::size_t brackets(std::string_view text) {
    std::size_t depth = 0, deepest = 0;
    for (const char c : text) {
        if (c == '[' || c == '(' || c == '{') deepest = std::max(deepest, ++depth);
        if ((c == ']' || c == ')' || c == '}') && depth > 0) --depth;
    }
    return deepest;
}

/// What one number takes, by the name of torch's storage for it; 0 for an unknown one.
std::uint64_t bytes_of_number(std::string_view storage) {
    constexpr std::pair<std::string_view, std::uint64_t> known[] = {
        {"FloatStorage", 4},   {"DoubleStorage", 8}, {"HalfStorage", 2},  {"BFloat16Storage", 2},     {"LongStorage", 8},
        {"IntStorage", 4},     {"ShortStorage", 2},  {"CharStorage", 1},  {"ByteStorage", 1},         {"BoolStorage", 1},
        {"QInt8Storage", 1},   {"QUInt8Storage", 1}, {"QInt32Storage", 4}, {"ComplexFloatStorage", 8}, {"ComplexDoubleStorage", 16}};
    for (const auto& [name, bytes] : known)
        if (storage == name) return bytes;
    return 0;
}

/// Runs a pickle without making its values: of each only its size is known, and of those that name what lies elsewhere,
/// what they say.
class Scanner {
public:
    Scanner(std::string_view pickle, const std::string& file) : pickle_(pickle), file_(file), values_{{1, 1, false, false}} {}

    PickleContent run() {
        if (take(2) != "\x80\x02") refuse("does not begin as pickles of protocol 2 do");
        for (char opcode = take(1)[0]; opcode != '.'; opcode = take(1)[0]) step(opcode);
        if (stack_.size() != 1 || !marks_.empty()) refuse("ends with " + std::to_string(stack_.size()) + " values; 1 was expected");
        return {{values_[stack_[0].value].depth, values_[stack_[0].value].size}, std::move(stored_)};
    }

private:
    /// `open`: more may be put into it. Once it lies in another value nothing may, so that no size changes afterwards.
    struct Value {
        std::size_t depth, size;
        bool open, callable;
    };
    /// A text, a name of torch's, or a whole number; else nothing.
    struct Literal {
        enum class Kind { none, text, torch, number } kind = Kind::none;
        std::string_view text = {};
        std::int64_t number = 0;
    };
    struct Place {
        std::size_t value;  ///< index in values_
        Literal literal;
    };

    [[noreturn]] void refuse(const std::string& what) const {
        throw Error(ErrorCode::model, file_ + ": the pickle " + what + " (byte " + std::to_string(at_) + "): export the model again");
    }

    std::string_view take(std::size_t count) {
        if (count > pickle_.size() - at_) refuse("ends within a value");
        at_ += count;
        return pickle_.substr(at_ - count, count);
    }
    template <class Number>
    Number number() {
        Number value = 0;
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return value;
    }
    std::string_view line() {
        const auto end = pickle_.find('\n', at_);
        if (end == pickle_.npos || end - at_ > longest_name) refuse("has a name of more than " + std::to_string(longest_name) + " bytes");
        const auto text = take(end - at_);
        ++at_;
        return text;
    }

    std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
    std::size_t mark() {
        if (marks_.empty()) refuse("closes what it did not open");
        const auto place = marks_.back();
        marks_.pop_back();
        return place;
    }
    /// The place of the last `count` values, none of which lies below a mark.
    std::size_t last(std::size_t count) const {
        if (stack_.size() - floor() < count) refuse("takes more values than there are");
        return stack_.size() - count;
    }

    void push(Value value) {
        if (value.depth > most_deep) refuse("has values more than " + std::to_string(most_deep) + " deep within each other");
        if (value.size > most_values) refuse("has more than " + std::to_string(most_values) + " values");
        stack_.push_back({values_.size(), Literal()});
        values_.push_back(value);
    }
    void push_leaf() { stack_.push_back({0, Literal()}); }
    void push_leaf(const Literal& literal) { stack_.push_back({0, literal}); }
    template <class Number>
    void push_number() {
        push_leaf({Literal::Kind::number, {}, number<Number>()});
    }
    /// The lowest byte first, in two's complement.
    void push_long_number() {
        const auto bytes = take(number<std::uint8_t>());
        if (bytes.size() > sizeof(std::int64_t)) return push_leaf();
        std::uint64_t value = !bytes.empty() && (bytes.back() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
        std::memcpy(&value, bytes.data(), bytes.size());
        push_leaf({Literal::Kind::number, {}, static_cast<std::int64_t>(value)});
    }

    /// `whole` with what lies on the stack from `place` on.
    Value filled(Value whole, std::size_t place) {
        for (auto i = place; i < stack_.size(); ++i) {
            auto& part = values_[stack_[i].value];
            part.open = false;
            whole.depth = std::max(whole.depth, part.depth + 1);
            whole.size += part.size;
        }
        return whole;
    }
    void make(std::size_t place, bool open, bool pairs = false) {
        if (pairs && (stack_.size() - place) % 2 != 0) refuse("has a key without a value");
        const auto value = filled({1, 1, open, false}, place);
        last_parts_.assign(stack_.begin() + static_cast<std::ptrdiff_t>(place), stack_.begin() + static_cast<std::ptrdiff_t>(std::min(stack_.size(), place + most_parts)));
        stack_.resize(place);
        push(value);
        last_made_ = stack_.back().value;
    }
    void add(std::size_t place, bool pairs) {
        if (place < floor() + 1) refuse("fills a value that is not there");
        if (pairs && (stack_.size() - place) % 2 != 0) refuse("has a key without a value");
        const auto whole = stack_[place - 1].value;
        if (!values_[whole].open) refuse("fills a value that is whole already");
        const auto value = filled(values_[whole], place);
        if (!values_[whole].open) refuse("puts a value into itself");
        stack_.resize(place - 1);
        push(value);
        values_[whole] = value;
        stack_.back() = {whole, Literal()};
    }
    void call() {
        const auto place = last(2);
        if (!values_[stack_[place].value].callable) refuse("calls what is no function");
        make(place, false);
    }
    void name_global() {
        const auto module = line(), name = line();
        const bool known = module == "collections" || module == "torch" || module.starts_with("torch.") || module == "__torch__" || module.starts_with("__torch__.");
        if (!known) refuse("names '" + std::string(module.substr(0, 100)) + "." + std::string(name.substr(0, 100)) + "', which is neither torch's nor the archive's");
        push({1, 1, false, true});
        if (module == "torch") stack_.back().literal = {Literal::Kind::torch, name};
    }
    /// ('storage', type, key, device, count), made just before.
    void name_stored() {
        const auto place = last(1);
        using Kind = Literal::Kind;
        constexpr Kind kinds[] = {Kind::text, Kind::torch, Kind::text, Kind::text, Kind::number};
        bool usual = stack_[place].value == last_made_ && last_parts_.size() == std::size(kinds);
        for (std::size_t i = 0; usual && i < std::size(kinds); ++i) usual = last_parts_[i].literal.kind == kinds[i];
        const auto each = usual ? bytes_of_number(last_parts_[1].literal.text) : 0;
        const auto count = usual ? last_parts_[4].literal.number : -1;
        constexpr std::int64_t most = std::int64_t{1} << 48;
        if (each == 0 || count < 0 || count > most || last_parts_[0].literal.text != "storage") refuse("names numbers that lie elsewhere in a way that no exporter does");
        stored_.push_back({std::string(last_parts_[2].literal.text), static_cast<std::uint64_t>(count) * each});
        make(place, false);
    }
    void remember(std::size_t slot) { memo_[slot] = stack_[last(1)]; }
    void recall(std::size_t slot) {
        const auto found = memo_.find(slot);
        if (found == memo_.end()) refuse("recalls a value that it has not kept");
        stack_.push_back(found->second);
    }
    void text() {
        const auto content = take(number<std::uint32_t>());
        if (const auto depth = brackets(content); depth > 0) push({1 + depth, 1, false, false});
        else push_leaf({Literal::Kind::text, content});
    }

    void step(char opcode) {
        switch (static_cast<unsigned char>(opcode)) {
            case '(': marks_.push_back(stack_.size()); break;
            case 'N': case 0x88: case 0x89: push_leaf(); break;  // None, true, false
            case 'K': push_number<std::uint8_t>(); break;
            case 'M': push_number<std::uint16_t>(); break;
            case 'J': push_number<std::int32_t>(); break;
            case 'G': (void)take(8), push_leaf(); break;
            case 0x8A: push_long_number(); break;
            case 'X': text(); break;
            case ')': push_leaf(); break;
            case ']': case '}': push({1, 1, true, false}); break;
            case 't': make(mark(), false); break;
            case 'l': make(mark(), true); break;
            case 'd': make(mark(), true, true); break;
            case 0x85: make(last(1), false); break;
            case 0x86: make(last(2), false); break;
            case 0x87: make(last(3), false); break;
            case 'a': add(last(1), false); break;
            case 's': add(last(2), true); break;
            case 'e': add(mark(), false); break;
            case 'u': add(mark(), true); break;
            case 'c': name_global(); break;
            case 0x81: stack_.resize(last(1)); break;  // an object is its class until it is built
            case 'b': case 'R': call(); break;
            case 'Q': name_stored(); break;
            case 'q': remember(number<std::uint8_t>()); break;
            case 'r': remember(number<std::uint32_t>()); break;
            case 'h': recall(number<std::uint8_t>()); break;
            case 'j': recall(number<std::uint32_t>()); break;
            default: refuse("has the opcode " + std::to_string(static_cast<unsigned char>(opcode)) + ", which no exporter writes");
        }
    }

    std::string_view pickle_;
    const std::string& file_;
    std::size_t at_ = 0;
    static constexpr std::size_t most_parts = 6;
    std::vector<Value> values_;        ///< the first stands for all that hold no others
    std::vector<Place> stack_;
    std::vector<std::size_t> marks_;   ///< heights of the stack
    std::unordered_map<std::size_t, Place> memo_;
    std::vector<Place> last_parts_;    ///< of the value that was made last, the first of them
    std::size_t last_made_ = 0;
    std::vector<StoredNumbers> stored_;
};

}  // namespace

PickleContent check_pickle(std::string_view pickle, const std::string& file) { return Scanner(pickle, file).run(); }

}  // namespace sextant::model_detail
