#include <sextant/preprocess/text.hpp>

#include <algorithm>
#include <utility>

#include <sextant/core/error.hpp>
#include <sextant/core/item.hpp>

namespace sextant {

namespace {

class FunctionTransform final : public TextTransform {
public:
    FunctionTransform(std::string name, std::function<std::string(std::string_view)> function)
        : name_(std::move(name)), function_(std::move(function)) {}

    std::string name() const override { return name_; }
    std::string operator()(std::string_view text) const override { return function_(text); }

private:
    std::string name_;
    std::function<std::string(std::string_view)> function_;
};

// A bound before anything is made of the text; the tokenizer's own holds for the result.
void check_size(std::string_view text) {
    if (text.size() > max_text_bytes)
        throw Error(ErrorCode::limit, "the text has " + std::to_string(text.size()) + " bytes; at most " +
                                          std::to_string(max_text_bytes) + " are tokenized: cut it into parts");
}

}  // namespace

std::shared_ptr<const TextTransform> make_text_transform(std::string name,
                                                         std::function<std::string(std::string_view)> function) {
    if (name.empty() || !function)
        throw Error(ErrorCode::invalid_argument,
                    "make_text_transform needs a name with a version, such as \"expand-names/1\", and a function");
    return std::make_shared<FunctionTransform>(std::move(name), std::move(function));
}

Encoding TextTokenizer::encode_pair(std::string_view, std::string_view, const Truncation&) const {
    throw Error(ErrorCode::unsupported, "the tokenizer " + name() + " does not tokenize pairs: derive encode_pair");
}

TextPreprocessor::TextPreprocessor(Tokenizer tokenizer, TextSpec spec, TextPlugins plugins)
    : tokenizer_(std::move(tokenizer)), spec_(std::move(spec)), plugins_(std::move(plugins)) {}

std::string TextPreprocessor::prepared(std::string_view text, std::string_view prompt) const {
    check_size(text);
    std::string whole(prompt);
    whole += plugins_.transform ? (*plugins_.transform)(text) : std::string(text);
    if (spec_.clean == TextCleaning::none && !spec_.lowercase) return whole;
    check_size(whole);
    whole = clean_text(whole, spec_.clean);
    return spec_.lowercase ? lower_case(whole) : whole;
}

Truncation TextPreprocessor::truncation(const PairSpec& pair) const noexcept {
    return {.max_length = spec_.max_length,
            .strategy = pair.truncation,
            .side = spec_.truncation_side,
            .first_max_length = pair.query_max_length};
}

Encoding TextPreprocessor::checked(Encoding encoding) const {
    const auto refuse = [&](const std::string& what) { throw Error(ErrorCode::model, "the tokenizer " + plugins_.tokenizer->name() + " returned " + what); };
    if (encoding.ids.size() != encoding.type_ids.size() || encoding.ids.size() > spec_.max_length)
        refuse(std::to_string(encoding.ids.size()) + " ids and " + std::to_string(encoding.type_ids.size()) +
               " type ids; expected as many of each, at most " + std::to_string(spec_.max_length));
    const auto negative = std::ranges::find_if(encoding.ids, [](auto id) { return id < 0; });
    if (negative != encoding.ids.end()) refuse("the id " + std::to_string(*negative) + "; ids are not negative");
    encoding.tokens_total = std::max(encoding.tokens_total, encoding.ids.size());
    return encoding;
}

Encoding TextPreprocessor::encode(std::string_view text, std::string_view prompt, std::optional<Truncation::Side> side) const {
    const auto whole = prepared(text, prompt);
    auto cut = truncation();
    cut.side = side.value_or(cut.side);
    if (plugins_.tokenizer) return checked(plugins_.tokenizer->encode(whole, cut));
    return tokenizer_.encode(whole, cut);
}

bool TextPreprocessor::keeps_places() const noexcept {
    return spec_.clean == TextCleaning::none && !spec_.lowercase && !plugins_.transform && !plugins_.tokenizer;
}

Encoding TextPreprocessor::encode_pair(std::string_view query, std::string_view document, const PairSpec& pair) const {
    const auto first = prepared(query, spec_.query_prompt), second = prepared(document, spec_.document_prompt);
    if (plugins_.tokenizer) return checked(plugins_.tokenizer->encode_pair(first, second, truncation(pair)));
    return tokenizer_.encode_pair(first, second, truncation(pair));
}

TextBatch TextPreprocessor::batch(std::span<const Encoding> rows) const {
    std::vector<const Encoding*> pointers;
    for (const auto& row : rows) pointers.push_back(&row);
    return batch(pointers);
}

TextBatch TextPreprocessor::batch(std::span<const Encoding* const> rows, std::size_t at_least) const {
    std::size_t width = spec_.pad_to_max_length ? spec_.max_length : at_least;
    for (const auto* row : rows) width = std::max(width, row->ids.size());
    if (const auto multiple = spec_.pad_to_multiple_of; multiple > 1) width = (width + multiple - 1) / multiple * multiple;

    std::vector<std::int64_t> ids(rows.size() * width, spec_.pad_id);
    std::vector<std::int64_t> mask(rows.size() * width, spec_.attend_to_padding ? 1 : 0);
    std::vector<std::int64_t> types(rows.size() * width, spec_.pad_type_id);
    std::vector<EmbeddingInfo> info;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto count = rows[i]->ids.size();
        const auto before = spec_.padding_side == Padding::Side::left ? width - count : 0;
        const auto at = static_cast<std::ptrdiff_t>(i * width + before);
        std::copy(rows[i]->ids.begin(), rows[i]->ids.end(), ids.begin() + at);
        std::copy(rows[i]->type_ids.begin(), rows[i]->type_ids.end(), types.begin() + at);
        std::fill_n(mask.begin() + at, count, 1);
        info.push_back({.tokens_total = rows[i]->tokens_total, .tokens_used = count});
    }
    const Tensor::Shape shape{static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(width)};
    return {{shape, std::move(ids)}, {shape, std::move(mask)}, {shape, std::move(types)}, std::move(info)};
}

}  // namespace sextant
