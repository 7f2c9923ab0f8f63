// The most probable cut of a word into pieces: Kudo 2018 (arXiv:1804.10959), found by Viterbi's algorithm as in
// models/unigram/model.rs of Hugging Face (`encode_optimized`).
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "tokenize/model.hpp"
#include "tokenize/scratch.hpp"
#include "tokenize/viterbi.hpp"
#include "tokenize/vocabulary.hpp"

namespace sextant::tokenize {

namespace {

using Index = Vocabulary::Index;

// The score as Hugging Face reads it: its JSON reader rounds twice, once the digits without their point and once the
// quotient by a power of ten, which may be off by one unit in the last place, and such a unit decides ties.
double read_score(const JsonNode& node) {
    if (!node.json().is_number()) node.fail(ErrorCode::corrupt, "expected a score, a number");
    const auto value = node.json().get<double>();
    if (node.json().is_number_integer()) return value;
    std::array<char, 32> text{};
    const auto written =
        std::to_chars(text.data(), text.data() + text.size(), std::abs(value), std::chars_format::scientific);
    std::uint64_t digits = 0;  // at most 17
    int power = 0, decimals = 0;
    const char* at = text.data();
    for (; *at != 'e'; ++at) {
        if (*at == '.') continue;
        digits = digits * 10 + static_cast<std::uint64_t>(*at - '0');
        ++decimals;
    }
    std::from_chars(at[1] == '+' ? at + 2 : at + 1, written.ptr, power);
    power -= decimals - 1;
    auto score = static_cast<double>(digits);
    for (; power < -308; power += 308) score /= 1e308;
    constexpr auto power_of_ten = [](int n) { return std::stod("1e" + std::to_string(n)); };
    score = power < 0 ? score / power_of_ten(-power) : score * power_of_ten(power);
    return std::signbit(value) ? -score : score;
}

Vocabulary read_pieces(const JsonNode& node, std::vector<double>& scores) {
    std::vector<Vocabulary::Entry> entries;
    for (const auto& piece : node.elements()) {
        if (!piece.is_array() || piece.json().size() != 2 || !piece.json()[0].is_string())
            piece.fail(ErrorCode::corrupt, "expected a token and its score");
        entries.push_back({piece.json()[0].get_ref<const std::string&>(), static_cast<std::int64_t>(entries.size())});
        scores.push_back(read_score(JsonNode(piece.json()[1], piece.place() + "[1]")));
    }
    return Vocabulary(entries, node);
}

class Unigram final : public Model {
public:
    explicit Unigram(const JsonNode& node) : vocabulary_(read_pieces(node.at("vocab"), scores_)) {
        if (const auto unknown = node.find("unk_id")) {
            const auto id = unknown->as_id();
            if (id >= static_cast<std::int64_t>(scores_.size()))
                unknown->fail(ErrorCode::corrupt, "there are only " + std::to_string(scores_.size()) + " tokens");
            unknown_ = static_cast<Index>(id);
        }
        constexpr double penalty = 10;
        const auto lowest = std::ranges::min_element(scores_);
        unknown_score_ = lowest == scores_.end() ? 0 : *lowest - penalty;
        if (const auto fallback = node.find("byte_fallback"); fallback && fallback->as_bool())
            bytes_ = find_bytes(vocabulary_);
    }

    void tokenize(std::string_view word, std::vector<Token>& tokens) const override {
        Scratch<Step<double>, 128> scratch(word.size() + 1);
        const auto steps = scratch.values();
        find_best(
            vocabulary_.trie(), word, steps,
            [this](Index token, std::size_t) { return std::optional(scores_[static_cast<std::size_t>(token)]); },
            unknown_score_, [this] { return unknown(); });
        const auto first = std::ssize(tokens);
        for (std::size_t end = word.size(); end > 0;) {
            std::size_t begin = steps[end].begin;
            if (steps[end].token == unknown_) {
                while (begin > 0 && steps[begin].token == unknown_) begin = steps[begin].begin;
                add_unknown(word, begin, end, tokens);
            } else {
                tokens.push_back({vocabulary_.id(steps[end].token), begin, end});
            }
            end = begin;
        }
        std::reverse(tokens.begin() + first, tokens.end());
    }

    std::optional<std::int64_t> token_to_id(std::string_view token) const override {
        return vocabulary_.find_id(token);
    }
    std::optional<std::string> id_to_token(std::int64_t id) const override { return vocabulary_.token(id); }
    std::size_t size() const noexcept override { return vocabulary_.size(); }
    std::optional<std::int64_t> token_of_text() const noexcept override {
        return unknown_ ? std::optional(vocabulary_.id(*unknown_)) : std::nullopt;
    }

private:
    Index unknown() const {
        if (!unknown_)
            throw Error(ErrorCode::unsupported,
                        "a part of the text is unknown, and the tokenizer's unk_id names no token for that");
        return *unknown_;
    }

    // Unknown neighbours are one; together they may be a token, though one that scores too low to be taken.
    void add_unknown(std::string_view word, std::size_t begin, std::size_t end, std::vector<Token>& tokens) const {
        const auto text = word.substr(begin, end - begin);
        const auto byte = [this](char c) { return bytes_[static_cast<unsigned char>(c)]; };
        if (const auto whole = vocabulary_.find(text)) {
            tokens.push_back({vocabulary_.id(*whole), begin, end});
        } else if (!bytes_.empty() && std::ranges::all_of(text, [&](char c) { return byte(c).has_value(); })) {
            for (auto c = text.rbegin(); c != text.rend(); ++c)  // as all else here, from the back
                tokens.push_back({vocabulary_.id(*byte(*c)), begin, end});
        } else {
            tokens.push_back({vocabulary_.id(*unknown_), begin, end});
        }
    }

    std::vector<double> scores_;
    Vocabulary vocabulary_;
    std::optional<Index> unknown_;
    double unknown_score_ = 0;
    std::vector<std::optional<Index>> bytes_;  // empty: no byte fallback
};

}  // namespace

std::unique_ptr<const Model> read_unigram(const JsonNode& node) {
    node.only({"type", "unk_id", "vocab", "byte_fallback"});
    return std::make_unique<Unigram>(node);
}

}  // namespace sextant::tokenize
