// Makes new inputs out of old ones.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace fuzz {

/// A member of a JSON object, or an element of an array, which is all value.
struct Member {
    std::size_t begin, value, end;
};

/// The same seed, tokens and calls give the same inputs, on every machine.
class Mutator {
public:
    Mutator(std::uint64_t seed, std::vector<std::string> tokens) : random_(seed), tokens_(std::move(tokens)) {}

    /// `input` with one to eight changes. `other` lends pieces. Three of four times JSON stays JSON.
    [[nodiscard]] std::string mutate(std::string input, const std::string& other);

    /// 0 to `count` - 1.
    [[nodiscard]] std::size_t below(std::size_t count) { return static_cast<std::size_t>(random_() % count); }

private:
    void change(std::string& input, const std::string& other);
    void change_bytes(std::string& input);
    void write_integer(std::string& input);
    void add_to_integer(std::string& input);
    void change_length(std::string& input);
    void borrow(std::string& input, const std::string& other);
    void change_json(std::string& input, const std::string& other);
    void change_value(std::string& input, const Member& member);
    [[nodiscard]] std::pair<Member, Member> pick_member(const std::string& json);  // and what holds it
    [[nodiscard]] std::string value();
    [[nodiscard]] std::string piece();
    [[nodiscard]] std::size_t place(const std::string& input) { return below(input.size() + 1); }

    std::mt19937_64 random_;
    std::vector<std::string> tokens_;
};

}  // namespace fuzz
